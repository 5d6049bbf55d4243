"""Writes the parsers' commands and options into the tables of shims/completion.*.

A parser's argument says by its name what its words may be: a new name is decided here.
"""

from __future__ import annotations

from argparse import SUPPRESS, Action, ArgumentParser, _SubParsersAction
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.run import REPOSITORY
from toolpin.cli import VERBS, add_globals, parser_of
from toolpin.env import quote, quote_fish
from toolpin.settings.schema import KEYS

COMMAND = ".venv/bin/python -m tests.support.completion"
BEGIN, END = "# >>> written from the parsers\n", "# <<<\n"

_HOSTS = "=linux-arm64,linux-x64,macos-arm64,macos-x64"
# By the name that docs/reference.md shows. `-`: nothing here knows.
_KINDS = {
    "TOOL": "tools",
    "TOOL,...": "tools",
    "VERSION": "versions",
    "PREFIX": "versions",
    "COMMAND": "commands",
    "FILE": "files",
    "DIR": "folders",
    "ROOT": "folders",
    "HOST": _HOSTS,
    "NAME": "sources",
    "KEY": "=" + ",".join(key.name for key in KEYS if not key.is_table),
    **dict.fromkeys(
        (
            "N",
            "VALUE",
            "TAG",
            "OWNER/REPO",
            "PATH",
            "URL",
            "REF",
            "WORD",
            "SIZE",
        ),
        "-",
    ),
    "TOOL@VERSION": "-",
}
# What these do needs a version that is here.
_OF_INSTALLED = ("uninstall", "where", "verify", "list", "shell")
_INTERNAL = "--words"
_LEFT_TO_ALL = ("-h", "--help")


class Option(NamedTuple):
    """One spelling of an option, and the kind of the word behind it, "" for none."""

    name: str
    help: str
    kind: str


class Row(NamedTuple):
    """A command: the commands below it, its words' kinds, its options."""

    path: str
    names: tuple[tuple[str, str], ...] = ()
    slots: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()


def rows() -> Iterator[Row]:
    """Yield the row of toolpin itself, and then of every command."""
    common = ArgumentParser(add_help=False)
    add_globals(common, default=None)
    common.add_argument("--help", "-h", action="store_true", help="tell more")
    shared = {name for action in common._actions for name in action.option_strings}
    names = tuple((name, verb.summary) for name, verb in VERBS.items())
    yield Row("", names, (), _options(common, set()))
    yield Row("exec", (), ("commands", "files+"))
    yield Row("help", (), ("=" + ",".join(VERBS),))
    for name, verb in VERBS.items():
        if verb.module:
            yield from _rows(name, parser_of(name), shared)
    # The spelling of asdf.
    yield next(_rows("list-all", parser_of("list-all"), shared))._replace(
        path="list all"
    )


def _rows(path: str, parser: ArgumentParser, shared: set[str]) -> Iterator[Row]:
    below = [one for one in parser._actions if isinstance(one, _SubParsersAction)]
    names = [
        (str(one.dest), one.help or "")
        for action in below
        for one in action._choices_actions
    ]
    if path == "list":
        names.append(("all", "the same as list-all"))
    slots = [
        _kind(action, path) + "+" * (action.nargs in ("*", "+"))
        for action in parser._actions
        if not action.option_strings and action not in below
    ]
    yield Row(path, tuple(names), tuple(slots), _options(parser, shared, path))
    for action in below:
        for name, child in action.choices.items():
            yield from _rows(f"{path} {name}", child, shared)


def _options(
    parser: ArgumentParser, shared: set[str], path: str = ""
) -> tuple[Option, ...]:
    return tuple(
        Option(name, action.help or "", "" if action.nargs == 0 else kind)
        for action in parser._actions
        if action.help != SUPPRESS and _INTERNAL not in action.option_strings
        for kind in [_kind(action, path) if action.nargs != 0 else ""]
        for name in action.option_strings
        if name not in shared
    )


def _kind(action: Action, path: str) -> str:
    if action.choices is not None:
        return "=" + ",".join(map(str, action.choices))
    name = str(action.metavar or action.dest).upper()
    kind = "-" if action.option_strings and name == "VERSION" else _KINDS[name]
    installed = path.partition(" ")[0] in _OF_INSTALLED and path != "list all"
    return f"installed-{kind}" if installed and kind in ("tools", "versions") else kind


def bash(row: Row) -> str:
    """Render a row for bash, which shows no help."""
    names = " ".join(name for name, _ in row.names)
    return (
        f"    {_case(row)})\n"
        f"      _names={quote(names)}\n"
        f"      _slots={quote(' '.join(row.slots))}\n"
        f"      _flags={quote(' '.join(one.name for one in row.options))}\n"
        f"      _values={quote(_values(row))}\n"
        "      ;;\n"
    )


def zsh(row: Row) -> str:
    """Render a row for zsh: arrays of NAME:HELP."""
    names = [quote(f"{name}:{text}") for name, text in row.names]
    flags = [quote(f"{one.name}:{one.help}") for one in row.options]
    return (
        f"    ({_case(row)})\n"
        f"{_array('_names', names)}"
        f"      _slots=({' '.join(map(quote, row.slots))})\n"
        f"{_array('_flags', flags)}"
        f"      _values={quote(_values(row))}\n"
        "      ;;\n"
    )


def fish(row: Row) -> str:
    """Render a row for fish: lists of NAME, a tab, HELP."""
    names = [quote_fish(f"{name}\t{text}") for name, text in row.names]
    flags = [quote_fish(f"{one.name}\t{one.help}") for one in row.options]
    follow = [quote_fish(one) for one in _values(row).split()]
    lists = (("names", names), ("slots", row.slots), ("flags", flags))
    lines = [f"        case {_case(row)}\n"]
    for name, words in (*lists, ("follow", follow)):
        lines.append(f"            set {name} {' '.join(words)}".rstrip() + "\n")
    return "".join(lines)


def _case(row: Row) -> str:
    return quote(row.path)


def _values(row: Row) -> str:
    found = [f"{one.name}:{one.kind}" for one in row.options if one.kind]
    return " ".join(["", *found, ""])


def _array(name: str, words: list[str]) -> str:
    if not words:
        return f"      {name}=()\n"
    lines = "".join(f"        {word}\n" for word in words)
    return f"      {name}=(\n{lines}      )\n"


RENDERERS: dict[str, Callable[[Row], str]] = {"bash": bash, "zsh": zsh, "fish": fish}


def file_of(shell: str) -> Path:
    """Return the script of a shell."""
    return REPOSITORY / f"shims/completion.{shell}"


def written(shell: str) -> str:
    """Return the script of a shell with its table written anew."""
    head, begin, rest = file_of(shell).read_text().partition(BEGIN)
    _, end, tail = rest.partition(END)
    assert begin
    assert end
    table = "".join(map(RENDERERS[shell], rows()))
    return head + begin + table + end + tail


if __name__ == "__main__":
    for shell in RENDERERS:
        file_of(shell).write_text(written(shell))
