"""What toolpin changes in an activated shell: the directories on PATH, and variables.

Turns an environment and the pinned versions' patch into the changes to it, and back.
Pure: the shell keeps the State, in one variable.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from toolpin.env_patch import DEFAULT_PATH, is_settable
from toolpin.model import EnvPatch

STATE = "TOOLPIN_STATE"
ACTIVE = "TOOLPIN_ACTIVE"
# They are in the environment of every program.
_MOST_PAST = 32
_MOST_UNKNOWN = 256


class Set(NamedTuple):
    """A variable: its name, toolpin's value, and the previous one; None for unset."""

    name: str
    current: str
    before: str | None


class State(NamedTuple):
    """The changes of toolpin to a shell's environment, and its last messages.

    `block` are consecutive directories on PATH, the shims last; `past` earlier ones,
    the latest first. `unknown` are tools that were reported to have no plugin: once a
    session.
    """

    block: tuple[str, ...] = ()
    variables: tuple[Set, ...] = ()
    message: str = ""
    past: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Watch(NamedTuple):
    """What a result depends on: it stays the same while all of this does.

    `texts` has the beginning of files and whether that is all of them; `variables` has
    None for one that is not set.
    """

    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    texts: tuple[tuple[str, bytes, bool], ...] = ()
    variables: tuple[tuple[str, str | None], ...] = ()


def parse_state(text: str | None) -> State:
    """Parse the state in a variable; return that of a fresh shell for invalid text.

    It comes from the environment: invalid parts are ignored.
    """
    try:
        block, variables, output, past, unknown = json.loads(text or "")
        sets = tuple(Set(*variable) for variable in variables)
        state = State(tuple(block), sets, output, tuple(past), tuple(unknown))
        plain = [*state.block, state.message, *state.past, *state.unknown]
        for name, current, before in state.variables:
            plain += [name, current, "" if before is None else before]
    except (ValueError, TypeError, RecursionError):
        return State()
    known = all(
        isinstance(element, str) and _is_text(element) for element in plain
    ) and all(is_settable(variable.name) for variable in state.variables)
    return state if known else State()


def _is_text(value: str) -> bool:
    """Return whether an environment can hold a value: not all JSON strings can be."""
    try:
        return b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


def render_state(state: State) -> str:
    """Return the text of a state, one line of ASCII."""
    return json.dumps(state, separators=(",", ":"))


def entered(
    env: Mapping[str, str],
    patch: EnvPatch,
    shims: str,
    *,
    message: str,
    unknown: Sequence[str] = (),
    in_front: bool,
) -> dict[str, str | None]:
    """Return the changes that give a shell the patch; None for unset.

    The directories go where the last ones were, so that what the user has put before
    them stays there; or, in a new shell, before all others.
    """
    state = parse_state(env.get(STATE))
    base, at = _undone(env, state)
    entries = (base.get("PATH") or DEFAULT_PATH).split(":")
    behind = [directory for directory in patch.behind if directory not in entries]
    block = (*patch.path, shims, *behind)
    # If two tools set a name, the first one is used.
    variables = tuple(
        Set(name, value, base.get(name)) for name, value in patch.variables
    )
    at = 0 if in_front else at
    target = base | {variable.name: variable.current for variable in variables}
    target["PATH"] = ":".join((*entries[:at], *block, *entries[at:]))
    past = tuple(dict.fromkeys((*patch.path, *state.past)))[:_MOST_PAST]
    named = tuple(dict.fromkeys((*unknown, *state.unknown)))[:_MOST_UNKNOWN]
    target[STATE] = render_state(State(block, variables, message, past, named))
    return _changes(env, target)


def left(env: Mapping[str, str]) -> dict[str, str | None]:
    """Return the changes that restore a shell as if it had never been activated."""
    base, _ = _undone(env, parse_state(env.get(STATE)))
    base.pop(STATE, None)
    base.pop(ACTIVE, None)
    return _changes(env, base)


def _undone(env: Mapping[str, str], state: State) -> tuple[dict[str, str], int]:
    """Return the user's own environment, and the position of the block in PATH."""
    base = dict(env)
    for variable in state.variables:
        # A variable that the user has changed since stays.
        if base.get(variable.name) == variable.current:
            if variable.before is None:
                del base[variable.name]
            else:
                base[variable.name] = variable.before
    if "PATH" not in env:
        return base, 0
    entries, at = _without(env["PATH"].split(":"), state.block)
    # A restored older PATH, as after leaving a virtual environment, contains the
    # directories that were before the shims then.
    while at and entries[at - 1] in state.past:
        at -= 1
        del entries[at]
    base["PATH"] = ":".join(entries)
    return base, at


def _without(entries: Sequence[str], block: Sequence[str]) -> tuple[list[str], int]:
    """Return entries without the block or, if torn, without its directories."""
    size = len(block)
    for at in range(len(entries) - size + 1):
        if size and tuple(entries[at : at + size]) == tuple(block):
            return [*entries[:at], *entries[at + size :]], at
    rest = list(entries)
    places = []
    for directory in block:
        if directory in rest:
            places.append(rest.index(directory))
            rest.remove(directory)
    return rest, min(places, default=0)


def _changes(
    env: Mapping[str, str], target: Mapping[str, str]
) -> dict[str, str | None]:
    names = sorted({*env, *target})
    return {
        name: target.get(name) for name in names if env.get(name) != target.get(name)
    }
