"""Renders a shell's completion script from argparse parsers.

The template of a shell, `shims/completion.*`, follows the command line and looks up the
possible words in its table. A key of the table has one of three forms:

    command NAME...         the options of a command
    option NAME... OPTION   the value of an option; options without one have no entry
    word NAME... N          word number N of a command; `*` for any further one
"""

from __future__ import annotations

import sys
from argparse import SUPPRESS, Action, ArgumentParser, _SubParsersAction
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from toolpin.config.settings_schema import KEYS
from toolpin.env_patch import quote, quote_fish
from toolpin.system.paths import bundled

# The kind of an argument, by its name in docs/reference/commands.md. The shell
# completes files and directories; `toolpin completion --words` prints the others.
KINDS = {
    "TOOL": "tools",
    "TOOL,...": "tools",
    "VERSION": "versions",
    "PREFIX": "versions",
    "COMMAND": "commands",
    "FILE": "files",
    "DIR": "directories",
    "ROOT": "directories",
    "NAME": "sources",
}
CHOICES = {
    "HOST": ("linux-arm64", "linux-x64", "macos-arm64", "macos-x64"),
    "KEY": tuple(key.name for key in KEYS if not key.is_table),
}
# These commands work on installed versions.
_ON_INSTALLED = ("uninstall", "where", "verify", "list", "shell")


class Entry(NamedTuple):
    """The possible words: fixed ones, each with its help, and a kind of KINDS."""

    key: str
    words: Sequence[tuple[str, str]] = ()
    kind: str = ""


def entries(
    path: str, parser: ArgumentParser, common: Collection[str] = ()
) -> Iterator[Entry]:
    """Yield the entries of a command and of its subcommands.

    `path` is the command as typed after `toolpin`, such as " plugin show". Options
    that are common to all commands come last.
    """
    options = [
        (name, action)
        for action in parser._actions
        if action.help != SUPPRESS
        for name in action.option_strings
    ]
    options.sort(key=lambda option: option[0] in common)
    yield Entry(f"command{path}", [(name, _help(value)) for name, value in options])
    for name, option in options:
        if option.nargs != 0:
            yield Entry(f"option{path} {name}", *_values(option, path))
    arguments = [action for action in parser._actions if not action.option_strings]
    for at, argument in enumerate(arguments):
        place = "*" if argument.nargs in ("*", "+") else at
        yield Entry(f"word{path} {place}", *_values(argument, path))
        if isinstance(argument, _SubParsersAction):
            for name, child in argument.choices.items():
                yield from entries(f"{path} {name}", child, common)


def script(shell: str, table: Iterable[Entry]) -> str:
    """Return the script of a shell. Of two entries with one key the first is used.

    It names the running interpreter by its absolute path, so that a Tab runs no
    `toolpin` of the current directory.
    """
    render, quoted = RENDERERS[shell]
    with open(f"{bundled('shims')}/completion.{shell}", encoding="utf-8") as file:
        template = file.read().replace("@PYTHON@", quoted(sys.executable))
    return template.replace("# @TABLE@\n", "".join(map(render, table)))


def argument_name(action: Action) -> str:
    """Return the name of an argument as docs/reference/commands.md shows it."""
    return str(action.metavar or action.dest).upper()


def _help(action: Action) -> str:
    return " ".join((action.help or "").split())


def _values(action: Action, path: str) -> tuple[list[tuple[str, str]], str]:
    """Return the words and the kind of an argument or of an option's value."""
    if isinstance(action, _SubParsersAction):
        below = action._choices_actions
        return [(str(action.dest), _help(action)) for action in below], ""
    name = argument_name(action)
    choices = CHOICES.get(name, ()) if action.choices is None else action.choices
    if choices or (action.option_strings and name == "VERSION"):
        return [(str(choice), "") for choice in choices], ""
    kind = KINDS.get(name, "")
    if kind in ("tools", "versions") and path != " list all":
        is_on_installed = path.split(maxsplit=1)[0] in _ON_INSTALLED
        return [], f"installed-{kind}" if is_on_installed else kind
    return [], kind


def _zsh(entry: Entry) -> str:
    # _describe splits at the first colon that has no backslash.
    words = [(name.replace(":", "\\:"), text) for name, text in entry.words]
    return _bash(entry._replace(words=[(f"{name}:{text}", "") for name, text in words]))


def _bash(entry: Entry) -> str:
    pattern = "*".join(quote(part) if part else "" for part in entry.key.split("*"))
    listed = " ".join(quote(name) for name, _ in entry.words)
    return f"    ({pattern}) _words=({listed}) _kind={quote(entry.kind)} ;;\n"


def _fish(entry: Entry) -> str:
    words = " ".join(quote_fish(f"{name}\t{text}") for name, text in entry.words)
    return (
        f"        case {quote_fish(entry.key)}\n"
        f"            set words {words}\n"
        f"            set kind {quote_fish(entry.kind)}\n"
    )


RENDERERS = {"bash": (_bash, quote), "zsh": (_zsh, quote), "fish": (_fish, quote_fish)}
