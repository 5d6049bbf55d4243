"""Resolves a request on this machine, from the store and the lockfile.

The light tier: `exec`, `which`, `current` and the hook of an activated shell import it.
It reads only the header of a lockfile, and uses no network.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from toolpin.errors import NotRunnable
from toolpin.lockfile.header import FILENAME, LARGEST_HEAD, pinned
from toolpin.model import Origin, Pin, Request, Wanted
from toolpin.project import pin_files
from toolpin.project.pin_files import Where
from toolpin.project.toolversions import directory_of
from toolpin.store import installs
from toolpin.system.paths import Paths
from toolpin.versions import is_exact

if TYPE_CHECKING:
    from toolpin.lockfile.document import Locked

Basis = Literal["", "exact", "lockfile", "installed", "catalog", "system", "path"]


class Resolution(NamedTuple):
    """The version that one alternative of a request resolves to, and why.

    `basis` states where it comes from, "" for none. `pin` is None for `system` and
    `path:`, whose directory, absolute, is `directory`. `locked` is the lockfile's build
    for the host. `problem` states what a lockfile lacks, "" for nothing, and `fix` is
    the command that adds it. With `is_final` nothing may be installed; with `is_unfit`
    the locked build cannot run on this machine.
    """

    tool: str
    alternative: Wanted
    origin: Origin
    basis: Basis = ""
    pin: Pin | None = None
    directory: str = ""
    locked: Locked | None = None
    problem: str = ""
    fix: str = "toolpin lock"
    is_final: bool = False
    is_unfit: bool = False


def resolve(request: Request, paths: Paths, where: Where) -> Iterator[Resolution]:
    """Yield the resolution of each alternative here, in order of preference.

    An exact version is itself. Any other alternative resolves to the locked version
    only or, if nothing is locked, to the version literally named so or the newest
    match. The basis is empty for a version that is not installed. Raises what
    `locked_version` raises.
    """
    for alternative in request.wanted:
        resolution = Resolution(request.tool, alternative, request.origin)
        if alternative.kind == "system":
            yield resolution._replace(basis="system")
        elif alternative.kind == "path":
            directory = directory_of(alternative, where.home)
            basis: Basis = "path" if os.path.isdir(directory) else ""
            yield resolution._replace(basis=basis, directory=directory)
        else:
            basis, pin = _installed(request, alternative, paths, where)
            yield resolution._replace(basis=basis if pin else "", pin=pin)


def _installed(
    request: Request, alternative: Wanted, paths: Paths, where: Where
) -> tuple[Basis, Pin | None]:
    exact = installs.exact(paths, request.tool, alternative)
    if alternative.kind == "ref" or (exact and is_exact(alternative.value)):
        return "exact", exact
    version = locked_version(request, alternative, where)
    if version is not None:
        pin = Pin(request.tool, version)
        return "lockfile", pin if installs.is_installed(paths, pin) else None
    if exact:
        return "exact", exact
    newest = newest_installed(paths, request.tool, alternative)
    return "installed", Pin(request.tool, newest) if newest else None


def newest_installed(paths: Paths, tool: str, alternative: Wanted) -> str | None:
    """Return the newest installed version that matches an alternative."""
    pin = installs.newest_match(paths, tool, alternative)
    return pin.version if pin else None


def not_installed(request: Request, where: Where) -> NotRunnable:
    """Return the error of a request without an installed version."""
    words = [str(wanted) for wanted in request.wanted]
    locked = [locked_version(request, wanted, where) for wanted in request.wanted]
    others = [version for version in locked if version and version not in words]
    facts = [("required by", str(request.origin))]
    facts += [("locked as", ", ".join(others))] if others else []
    facts += [("no directory", path) for path in missing_directories(request, where)]
    if to_provide(request):
        what = f"{request.tool} {' or '.join(words)} is not installed"
        hint = "toolpin install --missing"
    else:
        what = f"{request.tool} {' or '.join(words)} does not exist"
        hint = f"toolpin pin {request.tool} latest"
    return NotRunnable(what, facts, hint)


def missing_directories(request: Request, where: Where) -> list[str]:
    """Return the directories that a request names by `path:` and that do not exist."""
    named = [wanted for wanted in request.wanted if wanted.kind == "path"]
    directories = [directory_of(wanted, where.home) for wanted in named]
    return [path for path in directories if not os.path.isdir(path)]


def lacks_all(request: Request, where: Where) -> bool:
    """Return whether a request names only directories, and none of them exists."""
    return len(missing_directories(request, where)) == len(request.wanted)


def settled(request: Request, paths: Paths, where: Where) -> list[Pin] | None:
    """Return the versions that `install` provides, if all of them are installed.

    As locked or, without a lockfile, as literally named; None if one is neither, or if
    a directory that is the only alternative does not exist.
    """
    if lacks_all(request, where):
        return None
    pins = []
    has_lockfile = lockfile_for(request.origin, where) is not None
    for alternative in to_provide(request):
        version: str | None = alternative.value if alternative.kind == "version" else ""
        if has_lockfile:
            version = locked_version(request, alternative, where)
        pin = Pin(request.tool, version or "")
        if not installs.is_installed(paths, pin):
            return None
        pins.append(pin)
    return pins


def to_provide(request: Request) -> tuple[Wanted, ...]:
    """Return the alternatives that `install` and `lock` handle, in order.

    `system` and `path:` refer to what exists already.
    """
    return tuple(
        alternative
        for alternative in request.wanted
        if alternative.kind not in ("system", "path")
    )


def locked_version(request: Request, alternative: Wanted, where: Where) -> str | None:
    """Return the version that a lockfile has for an alternative, or None.

    Raises UsageError for a lockfile whose header is not as toolpin writes it, NotLocked
    for a version that the alternative cannot match.
    """
    path = lockfile_for(request.origin, where)
    if path is None or alternative.kind == "path":
        return None
    data = where.files.read_beginning(path, LARGEST_HEAD)
    return pinned(data, request.tool, str(alternative), path)


def lockfile_for(origin: Origin, where: Where) -> str | None:
    """Return the lockfile beside the file with the request, if there is one.

    For a variable or the command line it is the nearest lockfile, whichever file pins
    beside it.
    """
    directories = [os.path.dirname(origin.place)] if origin.line else _all(where)
    for directory in directories:
        path = os.path.join(directory, FILENAME)
        if pin_files.is_used_file(path):
            return path
    return None


def _all(where: Where) -> Iterator[str]:
    yield from pin_files.directories_up(where.start)
    yield where.home
    yield os.path.dirname(where.global_file)
