"""One module per command: `ARGUMENTS` declares its arguments, `run` runs it.

`Options` has their values, by their names; an argument that is not given has the
default of its field. A command without arguments has neither, and gets None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # `exec` has no parser
    from argparse import ArgumentParser

# The form of each argument, and its help, or its help and choices; None to hide it.
# `tool`, `[tool]`, `word ...`, `[version ...]`; `--flag`, `--name VALUE`, `--name N`
# for a number, `--name VALUE ...`.
Arguments = dict[str, str | tuple[str | None, Sequence[str]] | None]
# The help of each action of a command, and its arguments.
Actions = Mapping[str, tuple[str, Arguments]]


_HIDDEN = "==SUPPRESS=="  # argparse's


def declare(
    parser: ArgumentParser, arguments: Arguments, defaults: Mapping[str, object]
) -> None:
    """Add arguments to a parser; an option whose field has a tuple is repeatable.

    An option with the name of a keyword has a field with `_` at its end.
    """
    for form, value in arguments.items():
        text, choices = value if isinstance(value, tuple) else (value, None)
        word, _, metavar = form.strip("[]").partition(" ")
        more: dict[str, Any] = {"help": _HIDDEN if text is None else text}
        if choices:
            more["choices"] = choices
        if word.startswith("--"):
            name = word[2:].replace("-", "_")
            more["dest"] = f"{name}_" if iskeyword(name) else name
            more.update(_option(metavar, is_repeatable=defaults.get(name) == ()))
            if not (metavar or choices):
                more["action"] = "store_true"
        elif metavar:
            more.update(metavar=word, nargs="*" if form.startswith("[") else "+")
            word += "s"
        elif form.startswith("["):
            more["nargs"] = "?"
        parser.add_argument(word, **more)


def _option(metavar: str, *, is_repeatable: bool) -> dict[str, Any]:
    """Return how argparse reads the value of an option."""
    if metavar.endswith(" ..."):
        return {"nargs": "+", "metavar": metavar.removesuffix(" ...")}
    result: dict[str, Any] = {"metavar": metavar} if metavar else {}
    if metavar == "N":
        result["type"] = int
    return {**result, "action": "append"} if is_repeatable else result
