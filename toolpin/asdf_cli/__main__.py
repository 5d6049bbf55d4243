"""The entry point of the `asdf` command: its table of commands, and the old spellings.

`--for-plugin` as the first word marks a call by a plugin's script.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from toolpin.__main__ import guarded
from toolpin.asdf_cli.asdf_context import (
    AsdfContext,
    FailedError,
    name_as_set,
    open_context,
)
from toolpin.errors import NotRunnable, ToolpinError, UnknownCommand
from toolpin.system.file_modes import use_own_umask
from toolpin.system.report import Report, close_quietly

FOR_PLUGIN = "--for-plugin"

# A command, its module below this package, and its function.
VERBS = {
    "cmd": ("program_words", "cmd"),
    "completion": ("about", "completion"),
    "current": ("version_queries", "current"),
    "env": ("program_words", "env"),
    "exec": ("program_words", "exec_"),
    "help": ("about", "help_"),
    "info": ("about", "info"),
    "install": ("version_changes", "install"),
    "latest": ("version_queries", "latest"),
    "list": ("version_queries", "list_"),
    "plugin": ("plugin_words", "plugin"),
    "reshim": ("version_changes", "reshim"),
    "set": ("version_changes", "set_"),
    "shell": ("version_changes", "shell"),
    "shimversions": ("version_queries", "shimversions"),
    "uninstall": ("version_changes", "uninstall"),
    "update": ("about", "update"),
    "version": ("about", "version"),
    "where": ("version_queries", "where"),
    "which": ("program_words", "which"),
}

# Commands as they were before 0.16, and their present form.
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
        from toolpin.asdf_cli.about import VERSION

        Report().answer(f"asdf version {VERSION}")
        return 0
    word = words[0] if words else "help"
    if word.startswith("-"):
        name = word.lstrip("-")
        raise FailedError(
            f"Incorrect Usage: flag provided but not defined: -{name}\n\ntry: asdf help"
        )
    use_own_umask()
    context = open_context(os.environ, for_plugin=for_plugin)
    if word in OLD:
        now = OLD[word]
        context.say(f"asdf {word} is now: asdf {' '.join(now)}")
        words = [*now, *words[1:]]
        word = words[0]
    if word in VERBS:
        return _verb(word)(context, words[1:])
    from toolpin.asdf_cli import program_words

    if program_words.has_extension(context, word, words[1:]):
        context.say(f"asdf {word} is now: asdf cmd {word}")
        program_words.cmd(context, words)
    context.say(f"invalid command provided: {word}\n")
    _verb("help")(context, ())
    return 1


def _verb(word: str) -> Callable[[AsdfContext, Sequence[str]], int]:
    module, function = VERBS[word]
    asdf_context: Callable[[AsdfContext, Sequence[str]], int] = getattr(
        importlib.import_module(f"toolpin.asdf_cli.{module}"), function
    )
    return asdf_context


def _flush_first() -> None:
    """Flush stdout, so that output comes before the error."""
    if sys.stdout is not None:
        sys.stdout.flush()


if __name__ == "__main__":
    main()
