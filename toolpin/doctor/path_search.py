"""Lists the directories of PATH, their owners, and the programs of a name in them.

It reads only names and starts nothing; light, for `why`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Literal, NamedTuple

from toolpin.app import App
from toolpin.doctor.version_managers import manager_of
from toolpin.env_patch import DEFAULT_PATH
from toolpin.model import Pin
from toolpin.shims.stubs import read_stub
from toolpin.store.installs import is_program

Kind = Literal["shims", "install", "manager", "system"]


class PathDirectory(NamedTuple):
    """A directory of PATH, as written there, made absolute.

    `owner` is the manager's name, `pin` the install of this store whose bins it has.
    """

    path: str
    kind: Kind
    owner: str = ""
    pin: Pin | None = None


class Candidate(NamedTuple):
    """A program of a command's name, and the directory that it is in."""

    path: str
    directory: PathDirectory

    @property
    def label(self) -> str:
        """Describe it in a few words."""
        if self.directory.pin:
            return str(self.directory.pin)
        if self.directory.kind == "manager":
            return self.directory.owner
        return {"shims": "shim", "install": "toolpin's", "system": "system"}[
            self.directory.kind
        ]


def directories(app: App) -> list[PathDirectory]:
    """Return the directories of PATH in order, each once under any spelling."""
    path_directories: dict[str, PathDirectory] = {}
    store = os.path.realpath(app.paths.data)
    for entry in (app.env.get("PATH") or DEFAULT_PATH).split(":"):
        path = os.path.join(app.directory, entry)
        real = os.path.realpath(path)
        if real not in path_directories and os.path.isdir(real):
            path_directories[real] = _classify(path, real, store) or _other(path, app)
    return list(path_directories.values())


def candidates(command: str, searched: Iterable[PathDirectory]) -> list[Candidate]:
    """Return every program of that name, in the order in which a shell finds them."""
    return [
        Candidate(path, _owned(path, directory))
        for directory in searched
        if is_program(path := os.path.join(directory.path, command))
    ]


def _classify(path: str, real: str, store: str) -> PathDirectory | None:
    """Return a directory of this store, None for any other."""
    if real == f"{store}/shims":
        return PathDirectory(path, "shims")
    head, *rest = real.removeprefix(f"{store}/").split("/")
    if not real.startswith(f"{store}/"):
        return None
    if head == "installs" and len(rest) > 1:
        return PathDirectory(path, "install", "", Pin(rest[0], rest[1]))
    return PathDirectory(path, "install")


def _other(path: str, app: App) -> PathDirectory:
    owner = manager_of(os.path.normpath(path), app.env, app.home)
    return PathDirectory(path, "manager" if owner else "system", owner)


def _owned(path: str, directory: PathDirectory) -> PathDirectory:
    """Return the owner of a program: any directory may have another store's shim."""
    if directory.kind == "system" and read_stub(os.path.realpath(path)):
        return directory._replace(kind="manager", owner="another toolpin store")
    return directory
