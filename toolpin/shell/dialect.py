"""The shells that can be activated, and how each one changes its environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from toolpin.shell import fish, posix
from toolpin.shell.activation import Watch


class Dialect(NamedTuple):
    """The code that a shell evaluates.

    `assign` exports a variable; `same` defines the function `_toolpin_same`, which
    succeeds while nothing that is watched has changed, with builtins alone.
    """

    quote: Callable[[str], str]
    assign: Callable[[str, str], str]
    unset: Callable[[str], str]
    same: Callable[[Watch], str]


DIALECTS = {
    "bash": Dialect(posix.quote, posix.assign, posix.unset, posix.same_bash),
    "zsh": Dialect(posix.quote, posix.assign, posix.unset, posix.same_zsh),
    "fish": Dialect(fish.quote, fish.assign, fish.unset, fish.same),
}


def render_changes(changes: Mapping[str, str | None], dialect: Dialect) -> str:
    """Render changes to the environment as lines for a shell to evaluate."""
    return "".join(
        dialect.unset(name) if value is None else dialect.assign(name, value)
        for name, value in changes.items()
    )
