"""Finds the system's program of a name: the first on PATH that is not a shim."""

from __future__ import annotations

import os
from collections.abc import Mapping

from toolpin.env_patch import DEFAULT_PATH
from toolpin.errors import NotRunnable, as_word
from toolpin.shims.stubs import read_stub
from toolpin.store.installs import is_program, stores
from toolpin.system.paths import Paths

DEPTH = "TOOLPIN_DEPTH"

_MOST_ROUNDS = 16


def on_path(
    command: str, *, env: Mapping[str, str], cwd: str, shims: str
) -> str | None:
    """Return the first match on PATH that is not a shim, of any store."""
    for entry in (env.get("PATH") or DEFAULT_PATH).split(":"):
        directory = os.path.join(cwd, entry)
        path = os.path.join(directory, command)
        if (
            is_program(path)
            and not _is_same_directory(directory, shims)
            and read_stub(os.path.realpath(path)) is None
        ):
            return path
    return None


def without_versions(
    env: Mapping[str, str], paths: Paths, tool: str, cwd: str
) -> dict[str, str]:
    """Return the environment without versions of a tool, or of any (""), on PATH.

    A caller that runs one has added it: for `system` it is not the system's.
    """
    below = tuple(
        f"{os.path.join(directory, tool).rstrip('/')}/"
        for store in stores(paths)
        for kind in (store.installs, store.state(""), store.plugins)
        for directory in (kind, os.path.realpath(kind))
    )

    def stays(entry: str) -> bool:
        directory = os.path.join(cwd, entry)
        names = (f"{directory}/", f"{os.path.realpath(directory)}/")
        return not any(name.startswith(below) for name in names)

    entries = (env.get("PATH") or DEFAULT_PATH).split(":")
    return {**env, "PATH": ":".join(filter(stays, entries))}


def count_round(path: str, command: str, env: Mapping[str, str]) -> str:
    """Return the child's DEPTH; refuse a program that comes back here endlessly."""
    text = env.get(DEPTH, "")
    rounds = int(text) if len(text) < 3 and text.isascii() and text.isdigit() else 0
    # A greater number was not counted by toolpin: stop here.
    if rounds == _MOST_ROUNDS:
        raise NotRunnable(
            f"{command} started itself through toolpin {rounds} times",
            [("program", path), ("counted in", DEPTH)],
            f"head {as_word(path)}",
        )
    return str(rounds + 1 if rounds < _MOST_ROUNDS else 1)


def _is_same_directory(text: str, other: str) -> bool:
    try:
        return os.path.samefile(text, other)
    except OSError:
        return False
