"""Turns the command line's parsers into docs/reference.md, on stdout.

It reads the parsers' own actions: argparse's help text differs by Python's version.
"""

from __future__ import annotations

import sys
from argparse import SUPPRESS, Action, ArgumentParser, _SubParsersAction
from collections.abc import Iterator

from toolpin.cli import VERBS, add_globals, parser_of
from toolpin.shells.completion import argument_name

COMMAND = ".venv/bin/python -m tests.support.reference > docs/reference.md"

_COMMON = "toolpin"
_HEAD = f"""\
# Commands

<!-- Written from the parser. To write it again:
     {COMMAND}
-->

`toolpin [OPTION...] COMMAND ...`. These options stand before the command's name or
behind it, save that `exec` leaves all that follows it to the program:
"""
_PLAIN = {
    "exec": "`toolpin exec COMMAND [ARG...]`\n\nThe program takes the place of "
    "toolpin: its exit code is the answer. The options of `toolpin` stand before "
    "`exec`.",
    "help": "`toolpin help [COMMAND]`",
}


def render() -> str:
    """Return the whole page."""
    sections = [_HEAD + "\n" + _table(_common())]
    for name, verb in VERBS.items():
        text = _PLAIN.get(name) or "\n\n".join(_command(parser_of(name)))
        sections.append(f"## {name}\n\n{_sentence(verb.summary)}\n\n{text}")
    return "\n\n".join(sections) + "\n"


def _common() -> ArgumentParser:
    common = ArgumentParser(_COMMON, add_help=False)
    add_globals(common, default=None)
    return common


def _common_names() -> set[str]:
    return {action.dest for action in _common()._actions}


def undocumented() -> list[str]:
    """Return the arguments that have no help, each behind its command."""
    return [
        f"{parser.prog} {_name(action)}"
        for name, verb in VERBS.items()
        if verb.module
        for parser in _parsers(parser_of(name))
        for action in _shown(parser)
        if not action.help
    ]


def _parsers(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    """Yield a parser and those of its subcommands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for child in action.choices.values():
                yield from _parsers(child)


def _command(parser: ArgumentParser) -> Iterator[str]:
    children = list(_parsers(parser))[1:]
    if not children or _shown(parser):
        words = [parser.prog, *map(_usage, _shown(parser))]
        yield f"`{' '.join(words)}`"
        if table := _table(parser):
            yield table
    for child in children:
        yield from _command(child)


def _shown(parser: ArgumentParser) -> list[Action]:
    """Return the options of its own and then the positional words."""
    own = [
        action
        for action in parser._actions
        if "--help" not in action.option_strings
        and action.help != SUPPRESS
        and (parser.prog == _COMMON or action.dest not in _common_names())
        and not isinstance(action, _SubParsersAction)
    ]
    return sorted(own, key=lambda action: not action.option_strings)


def _usage(action: Action) -> str:
    if action.option_strings:
        return f"[{_with_value(action.option_strings[0], action)}]"
    forms = {"?": "[{}]", "*": "[{}...]", "+": "{}..."}
    return forms.get(str(action.nargs), "{}").format(_name(action))


def _table(parser: ArgumentParser) -> str:
    rows = [
        f"| `{_term(action)}` | {(action.help or '').replace('|', chr(92) + '|')} |"
        for action in sorted(_shown(parser), key=lambda one: bool(one.option_strings))
    ]
    return "\n".join(["| argument | meaning |", "|---|---|", *rows]) if rows else ""


def _term(action: Action) -> str:
    if not action.option_strings:
        return _name(action)
    return "`, `".join(_with_value(one, action) for one in action.option_strings)


def _with_value(option: str, action: Action) -> str:
    return option if action.nargs == 0 else f"{option} {_name(action)}"


def _name(action: Action) -> str:
    if action.metavar is None and action.choices is not None:
        return f"{{{','.join(map(str, action.choices))}}}"
    return argument_name(action)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


if __name__ == "__main__":
    sys.stdout.write(render())
