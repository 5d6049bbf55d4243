"""Turns PATH into its folders, whose each is, and the programs of a name in them.

It looks at names alone and starts nothing; light, for `why`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from toolpin.doctor.managers import manager_of
from toolpin.env import DEFAULT_PATH
from toolpin.model import Pin
from toolpin.paths import Paths
from toolpin.shims.stubs import read_stub
from toolpin.store.installs import is_program

Kind = Literal["shims", "install", "manager", "system"]


class Folder(NamedTuple):
    """A folder of PATH, as it stands there made absolute.

    `owner` is the manager's name, `pin` the install of this store whose bins it has.
    """

    path: str
    kind: Kind
    owner: str = ""
    pin: Pin | None = None


class Candidate(NamedTuple):
    """A program that a command's name leads to, and the folder that it is in."""

    path: str
    folder: Folder

    @property
    def label(self) -> str:
        """What it is, in a few words."""
        if self.folder.pin:
            return str(self.folder.pin)
        if self.folder.kind == "manager":
            return self.folder.owner
        return {"shims": "shim", "install": "toolpin's", "system": "system"}[
            self.folder.kind
        ]


def folders(env: Mapping[str, str], cwd: str, paths: Paths, home: str) -> list[Folder]:
    """Return the folders of PATH in order, each once, whatever its spelling."""
    found: dict[str, Folder] = {}
    store = os.path.realpath(paths.data)
    for entry in (env.get("PATH") or DEFAULT_PATH).split(":"):
        path = os.path.join(cwd, entry)
        real = os.path.realpath(path)
        if real not in found and os.path.isdir(real):
            found[real] = _judge(path, real, store) or Folder(
                path, *_others(path, env, home)
            )
    return list(found.values())


def candidates(command: str, searched: Iterable[Folder]) -> list[Candidate]:
    """Return every program of that name, in the order in which a shell finds them."""
    return [
        Candidate(path, _owned(path, folder))
        for folder in searched
        if is_program(path := os.path.join(folder.path, command))
    ]


def _judge(path: str, real: str, store: str) -> Folder | None:
    """Return a folder of this store, None for any other."""
    if real == f"{store}/shims":
        return Folder(path, "shims")
    head, *rest = real.removeprefix(f"{store}/").split("/")
    if not real.startswith(f"{store}/"):
        return None
    if head == "installs" and len(rest) > 1:
        return Folder(path, "install", "", Pin(rest[0], rest[1]))
    return Folder(path, "install")


def _others(path: str, env: Mapping[str, str], home: str) -> tuple[Kind, str]:
    owner = manager_of(os.path.normpath(path), env, home)
    return ("manager", owner) if owner else ("system", "")


def _owned(path: str, folder: Folder) -> Folder:
    """Return whose a program is: a shim of another store stands in any folder."""
    if folder.kind == "system" and read_stub(os.path.realpath(path)):
        return folder._replace(kind="manager", owner="another toolpin store")
    return folder
