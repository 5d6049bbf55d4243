"""Turns the command line's parsers into docs/reference/commands.md, on stdout.

It reads the parsers' own actions: argparse's help text differs by Python's version.
"""

from __future__ import annotations

import sys
from argparse import Action, ArgumentParser, _SubParsersAction
from collections.abc import Iterator

from toolpin.cli import ALIASES, VERBS, add_globals, parser_of
from toolpin.help import EXAMPLES, EXEC_NOTE, own_actions
from toolpin.shell.completion_scripts import argument_name

COMMAND = ".venv/bin/python -m tests.support.reference > docs/reference/commands.md"

_COMMON = "toolpin"
_HEAD = f"""\
# Commands

<!-- Generated from the parsers and the help. To generate it again:
     {COMMAND}
-->

`toolpin [OPTION...] COMMAND ...`. These global options go before or after the name of a
command. They go before `exec`, because options after `exec` belong to the program:
"""
_PLAIN = {
    "exec": f"`toolpin exec COMMAND [ARG...]`\n\n{EXEC_NOTE}",
    "help": "`toolpin help [COMMAND|options]`",
}


def render() -> str:
    """Return the whole page."""
    sections = [_HEAD + "\n" + _table(_common())]
    for name, verb in VERBS.items():
        text = _PLAIN.get(name) or "\n\n".join(_command(parser_of(name)))
        parts = [f"## {name}", f"{_sentence(verb.summary)}{_aliases(name)}", text]
        sections.append("\n\n".join([*parts, *_examples(name)]))
    return "\n\n".join(sections) + "\n"


def _common() -> ArgumentParser:
    common = ArgumentParser(_COMMON, add_help=False)
    add_globals(common, default=None)
    return common


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
        if parser.prog.count(" ") > 1:
            yield _sentence(parser.description or "")
        yield f"`{' '.join(words)}`"
        if table := _table(parser):
            yield table
    for child in children:
        yield from _command(child)


def _shown(parser: ArgumentParser) -> list[Action]:
    """Return the options of its own and then the positional words."""
    common = parser._actions if parser.prog == _COMMON else own_actions(parser)
    own = [action for action in common if not isinstance(action, _SubParsersAction)]
    return sorted(own, key=lambda action: not action.option_strings)


def _aliases(name: str) -> str:
    aliases = [alias for alias, command in ALIASES.items() if command == name]
    return "".join(f" Alias: `{alias}`." for alias in aliases)


def _examples(name: str) -> list[str]:
    """Return the examples of the help as a block of code, if there are any."""
    examples = EXAMPLES.get(name, ())
    width = max((len(line) for line, _ in examples), default=0)
    rows = [f"{line:<{width}}  # {text}" if text else line for line, text in examples]
    return ["\n".join(["```sh", *rows, "```"])] if rows else []


def _usage(action: Action) -> str:
    if action.option_strings:
        return f"[{_with_value(action.option_strings[0], action)}]"
    forms = {"?": "[{}]", "*": "[{}...]", "+": "{}..."}
    return forms.get(str(action.nargs), "{}").format(_name(action))


def _table(parser: ArgumentParser) -> str:
    rows = [
        f"| `{_term(action)}` | {_cell(action.help or '')} |"
        for action in sorted(
            _shown(parser), key=lambda action: bool(action.option_strings)
        )
    ]
    return "\n".join(["| argument | meaning |", "|---|---|", *rows]) if rows else ""


def _cell(text: str) -> str:
    return text.replace("\n", "; ").replace("|", "\\|")


def _term(action: Action) -> str:
    if not action.option_strings:
        return _name(action)
    return "`, `".join(_with_value(string, action) for string in action.option_strings)


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
