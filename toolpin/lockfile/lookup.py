"""Finds the lockfile that answers a request, and the installed version that it means.

Light: `exec` imports it. What a lockfile says of builds is for `locked`; nothing here
is installed or asked for.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from toolpin.lockfile.head import FILENAME, LARGEST_HEAD, pinned
from toolpin.model import Origin, Pin, Request, Wanted
from toolpin.paths import Paths
from toolpin.project import pin_files
from toolpin.project.files import Files
from toolpin.store import installs
from toolpin.versions import is_exact


class Where(NamedTuple):
    """From which directory up project files are looked for, and where at last.

    `files` keeps what is read of them.
    """

    start: str
    home: str
    global_file: str
    files: Files


def lockfile_beside(file: str) -> str:
    """Return where the lockfile of a `.tool-versions` stands, or would stand."""
    return os.path.join(os.path.dirname(file), FILENAME)


def lockfile_for(origin: Origin, where: Where) -> str | None:
    """Return the lockfile beside the file that requests, if there is one.

    What a variable or the command line asks for is answered by the nearest lockfile,
    whichever file pins beside it.
    """
    folders = [os.path.dirname(origin.place)] if origin.line else _folders(where)
    for folder in folders:
        path = os.path.join(folder, FILENAME)
        if pin_files.counts(path):
            return path
    return None


def _folders(where: Where) -> Iterator[str]:
    yield from pin_files.folders_up(where.start)
    yield where.home
    yield os.path.dirname(where.global_file)


def ignored(where: Where, idiomatic: Collection[str]) -> Iterator[str]:
    """Yield the files that would count here, were they not another user's.

    Those that pin, also by one of the `idiomatic` names, then the lockfiles that stand
    beside one that counts.
    """
    yield from pin_files.ignored(*where[:3], idiomatic)
    counted = pin_files.candidates(*where[:3], idiomatic)
    for path in dict.fromkeys(map(lockfile_beside, counted)):
        if os.path.lexists(path) and not pin_files.counts(path):
            yield path


def locked_version(request: Request, wanted: Wanted, where: Where) -> str | None:
    """Return the version that a lockfile has for an alternative, None for none.

    Raises UsageError for a lockfile whose head is not as toolpin writes it.
    """
    path = lockfile_for(request.origin, where)
    if path is None or wanted.kind == "path":
        return None
    data = where.files.read_beginning(path, LARGEST_HEAD)
    return pinned(data, request.tool, str(wanted), path)


def match(paths: Paths, request: Request, wanted: Wanted, where: Where) -> Pin | None:
    """Return the published version that an alternative means here.

    What is exact is itself; anything else the locked version and no other, or, where
    nothing is locked, the one literally named so or the newest match. Raises what
    `locked_version` raises.
    """
    exact = installs.exact(paths, request.tool, wanted)
    if wanted.kind not in ("version", "latest") or (exact and is_exact(wanted.value)):
        return exact
    version = locked_version(request, wanted, where)
    if version is None:
        return exact or installs.newest_match(paths, request.tool, wanted)
    pin = Pin(request.tool, version)
    return pin if installs.is_installed(paths, pin) else None


def is_ci(env: Mapping[str, str]) -> bool:
    """Say whether this runs where builds must not change by themselves."""
    return env.get("CI", "").lower() not in ("", "0", "false", "no")
