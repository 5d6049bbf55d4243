"""The way into the `asdf` command: its table of words, and the old spellings.

`--for-plugin` first says that toolpin's own plugins' scripts ask.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from toolpin.__main__ import guarded
from toolpin.asdf.front import FailedError, Front, name_as_set, open_front
from toolpin.errors import NotRunnable, ToolpinError, UnknownCommand
from toolpin.modes import use_own_umask
from toolpin.report import Report, close_quietly

FOR_PLUGIN = "--for-plugin"

# A word, the module below this package, and the function there.
VERBS = {
    "cmd": ("running", "cmd"),
    "completion": ("telling", "completion"),
    "current": ("answers", "current"),
    "env": ("running", "env"),
    "exec": ("running", "exec_"),
    "help": ("telling", "help_"),
    "info": ("telling", "info"),
    "install": ("changes", "install"),
    "latest": ("answers", "latest"),
    "list": ("answers", "list_"),
    "plugin": ("plugins", "plugin"),
    "reshim": ("changes", "reshim"),
    "set": ("changes", "set_"),
    "shell": ("changes", "shell"),
    "shimversions": ("answers", "shimversions"),
    "uninstall": ("changes", "uninstall"),
    "update": ("telling", "update"),
    "version": ("telling", "version"),
    "where": ("answers", "where"),
    "which": ("running", "which"),
}

# As it was written before 0.16, and as it is now.
OLD = {
    "global": ("set", "--home"),
    "list-all": ("list", "all"),
    "local": ("set",),
    "plugin-add": ("plugin", "add"),
    "plugin-list": ("plugin", "list"),
    "plugin-list-all": ("plugin", "list", "all"),
    "plugin-remove": ("plugin", "remove"),
    "plugin-test": ("plugin", "test"),
    "plugin-update": ("plugin", "update"),
    "shim-versions": ("shimversions",),
}


def main() -> NoReturn:
    """Run the command line of this process and leave with its exit code."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="surrogateescape")
    sys.exit(guarded(sys.argv[1:], run))


def run(argv: Sequence[str]) -> int:
    """Run one line and return asdf's exit code: 126 stays 126, other errors are 1."""
    for_plugin = list(argv[:1]) == [FOR_PLUGIN]
    words = list(argv[1:] if for_plugin else argv)
    try:
        code = _dispatch(words, for_plugin=for_plugin)
    except FailedError as error:
        _flush_first()
        if error.what:
            Report().warn_lines(error.what)
        code = error.code
    except ToolpinError as error:
        _flush_first()
        name_as_set(error)
        Report().error(error)
        code = 126 if isinstance(error, NotRunnable | UnknownCommand) else 1
    close_quietly()
    return code


def _dispatch(words: list[str], *, for_plugin: bool) -> int:
    if words[:1] in (["--version"], ["-v"]):
        from toolpin.asdf.telling import VERSION  # noqa: PLC0415 - once

        Report().answer(f"asdf version {VERSION}")
        return 0
    word = words[0] if words else "help"
    if word.startswith("-"):
        name = word.lstrip("-")
        raise FailedError(
            f"Incorrect Usage: flag provided but not defined: -{name}\n\ntry: asdf help"
        )
    use_own_umask()
    front = open_front(os.environ, for_plugin=for_plugin)
    if word in OLD:
        now = OLD[word]
        front.say(f"asdf {word} is now: asdf {' '.join(now)}")
        words = [*now, *words[1:]]
        word = words[0]
    if word in VERBS:
        return _verb(word)(front, words[1:])
    from toolpin.asdf import running  # noqa: PLC0415 - a word that asdf had before

    if running.has_extension(front, word, words[1:]):
        front.say(f"asdf {word} is now: asdf cmd {word}")
        running.cmd(front, words)
    front.say(f"invalid command provided: {word}\n")
    _verb("help")(front, ())
    return 1


def _verb(word: str) -> Callable[[Front, Sequence[str]], int]:
    module, function = VERBS[word]
    found: Callable[[Front, Sequence[str]], int] = getattr(
        importlib.import_module(f"toolpin.asdf.{module}"), function
    )
    return found


def _flush_first() -> None:
    """Let what was answered stand before what went wrong."""
    if sys.stdout is not None:
        sys.stdout.flush()


if __name__ == "__main__":
    main()
