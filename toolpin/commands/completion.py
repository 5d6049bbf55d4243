"""`toolpin completion SHELL`: the completion script of a shell.

The script is rendered from the parsers of every command. At a Tab it calls `--words`
for words that depend on the store: tools, versions, commands.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import UsageError
from toolpin.shell.completion_words import KINDS, known_words

if TYPE_CHECKING:
    from toolpin.shell.completion_scripts import Entry

_SHELLS = ("bash", "zsh", "fish")


class Options(NamedTuple):
    """The arguments of the command line."""

    shell: str | None = None
    words: tuple[str, ...] | None = None


ARGUMENTS: Arguments = {
    "[shell]": ("the shell to print the script for", _SHELLS),
    "--words KIND ...": (
        "used by the scripts: print the words of KIND, one per line; versions, "
        f"installed-versions and sources take a TOOL\nKIND: {', '.join(KINDS)}"
    ),
}


def run(options: Options, app: App) -> int:
    """Print the script or the words; no words for an unknown kind."""
    if (options.words is None) == (options.shell is None):
        raise UsageError(
            "toolpin completion requires a shell: bash, zsh or fish",
            hint="toolpin completion bash",
        )
    if options.words is not None:
        kind, tool = options.words[0], "".join(options.words[1:2])
        words = known_words(kind, tool, app)
        app.report.document("completion", {"words": words})
        for word in words:
            app.report.answer(word)
        return 0
    from toolpin.shell import completion_scripts

    script = completion_scripts.script(options.shell or "", command_entries())
    app.report.document("completion", {"shell": options.shell, "script": script})
    app.report.answer(script.removesuffix("\n"))
    return 0


def command_entries() -> Iterator[Entry]:
    """Yield the entries of the whole command line, from the parsers that read it."""
    from toolpin.cli import VERBS, add_globals, parser_of
    from toolpin.shell.completion_scripts import Entry, entries

    top = ArgumentParser()
    add_globals(top, default=None)
    verbs = [(name, verb.summary) for name, verb in VERBS.items()]
    common = top._option_string_actions
    yield from entries("", top)
    yield Entry("word 0", verbs)
    yield Entry("command help")
    yield Entry("word help 0", verbs)
    # The words after `exec` belong to another program.
    yield Entry("command exec")
    yield Entry("word exec 0", kind="commands")
    yield Entry("word exec *", kind="files")
    # asdf's notation. Of two entries with one key the first is used.
    yield Entry("word list 0", [("all", VERBS["list-all"].summary)], "installed-tools")
    yield from entries(" list all", parser_of("list-all"), common)
    for name, verb in VERBS.items():
        if verb.module:
            yield from entries(f" {name}", parser_of(name), common)
