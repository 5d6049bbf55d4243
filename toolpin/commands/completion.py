"""`toolpin completion SHELL`: the script that completes toolpin's command line there.

Its table of commands and options was written from the parsers. What changes from day to
day the script asks for, by `--words`.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import NamedTuple

from toolpin.app import App
from toolpin.env import quote, quote_fish
from toolpin.errors import UsageError
from toolpin.paths import bundled
from toolpin.shells.known_words import KINDS, known_words

_SHELLS: dict[str, Callable[[str], str]] = {
    "bash": quote,
    "zsh": quote,
    "fish": quote_fish,
}


class Options(NamedTuple):
    """The arguments of the command line."""

    shell: str | None = None
    words: tuple[str, ...] | None = None


def add_arguments(parser: ArgumentParser) -> None:
    """Take a shell, or what its script asks for."""
    parser.add_argument(
        "shell", nargs="?", choices=tuple(_SHELLS), help="print the script for it"
    )
    parser.add_argument(
        "--words",
        nargs="+",
        metavar="KIND",
        help="for the scripts: print the words of a kind, one a line; behind versions "
        f"and sources stands a tool: {', '.join(KINDS)}",
    )


def run(options: Options, app: App) -> int:
    """Print the script or the words; of what is not there, none."""
    if (options.words is None) == (options.shell is None):
        raise UsageError(
            "toolpin completion wants a shell: bash, zsh or fish",
            hint="toolpin completion bash",
        )
    if options.words is not None:
        kind, tool = options.words[0], "".join(options.words[1:2])
        words = known_words(kind, tool, app)
        if app.report.as_json:
            app.report.document("completion", {"words": words})
        else:
            for word in words:
                app.report.answer(word)
        return 0
    script = _script(options.shell or "")
    if app.report.as_json:
        result = {"shell": options.shell, "script": script}
        app.report.document("completion", result)
    else:
        app.report.answer(script.removesuffix("\n"))
    return 0


def _script(shell: str) -> str:
    """Return the script with the one interpreter in it that has toolpin.

    Not `toolpin`, and not the word on the line: a Tab must not run what a folder holds.
    """
    with open(f"{bundled('shims')}/completion.{shell}", encoding="utf-8") as file:
        return file.read().replace("@PYTHON@", _SHELLS[shell](sys.executable))
