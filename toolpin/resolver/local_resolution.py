"""Turns a request into what it means on this machine, by the store and the lockfile.

The light tier: `exec`, `which`, `current` and the hook of an activated shell import it.
It reads no more of a lockfile than its head, and uses no network.
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
    """What one alternative of a request means, and why.

    `basis` says where the answer comes from, "" for none. `pin` is None for `system`
    and `path:`, whose directory, absolute, is `directory`. `locked` is the build that a
    lockfile has for the host. `problem` says what a lockfile lacks, "" for nothing, and
    `fix` is the command that adds it. It is final where nothing may be installed, and
    `is_unfit` where the lockfile has a build that this machine cannot run.
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
    """Yield what the alternatives mean here, in order of preference.

    What is exact is itself; anything else the locked version and no other, or, where
    nothing is locked, the one literally named so or the newest match. What is not
    installed has no basis. Raises what `locked_version` raises.
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
    """Return the newest installed version of those that an alternative may mean."""
    pin = installs.newest_match(paths, tool, alternative)
    return pin.version if pin else None


def not_installed(request: Request, where: Where) -> NotRunnable:
    """Return the error of a request of which nothing is installed."""
    wanted = " or ".join(str(alternative) for alternative in request.wanted)
    locked = [
        locked_version(request, alternative, where) for alternative in request.wanted
    ]
    meant = [
        version
        for version in locked
        if version and version not in map(str, request.wanted)
    ]
    facts = [("required by", str(request.origin))]
    facts += [("locked as", ", ".join(meant))] if meant else []
    facts += [("no directory", path) for path in missing_directories(request, where)]
    if to_provide(request):
        what = f"{request.tool} {wanted} is not installed"
        hint = "toolpin install --missing"
    else:
        what = f"{request.tool} {wanted} does not exist"
        hint = f"toolpin pin {request.tool} latest"
    return NotRunnable(what, facts, hint)


def missing_directories(request: Request, where: Where) -> list[str]:
    """Return the directories that a request names by `path:` and that do not exist."""
    named = [
        alternative for alternative in request.wanted if alternative.kind == "path"
    ]
    directories = [directory_of(item, where.home) for item in named]
    return [path for path in directories if not os.path.isdir(path)]


def lacks_all(request: Request, where: Where) -> bool:
    """Say whether a request names directories alone, and none of them exists."""
    return len(missing_directories(request, where)) == len(request.wanted)


def settled(request: Request, paths: Paths, where: Where) -> list[Pin] | None:
    """Return the versions that `install` provides, where all of them are installed.

    As locked or, without a lockfile, as literally named; None where one is neither, or
    a directory that is the only answer does not exist.
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
    """Return the alternatives that `install` and `lock` deal with, in their order.

    `system` and `path:` name what is there already.
    """
    return tuple(
        alternative
        for alternative in request.wanted
        if alternative.kind not in ("system", "path")
    )


def locked_version(request: Request, alternative: Wanted, where: Where) -> str | None:
    """Return the version that a lockfile has for an alternative, None for none.

    Raises UsageError for a lockfile whose head is not as toolpin writes it, NotLocked
    for a version that the alternative cannot mean.
    """
    path = lockfile_for(request.origin, where)
    if path is None or alternative.kind == "path":
        return None
    data = where.files.read_beginning(path, LARGEST_HEAD)
    return pinned(data, request.tool, str(alternative), path)


def lockfile_for(origin: Origin, where: Where) -> str | None:
    """Return the lockfile beside the file that requests, if there is one.

    What a variable or the command line asks for is answered by the nearest lockfile,
    whichever file pins beside it.
    """
    directories = [os.path.dirname(origin.place)] if origin.line else _all(where)
    for directory in directories:
        path = os.path.join(directory, FILENAME)
        if pin_files.counts(path):
            return path
    return None


def _all(where: Where) -> Iterator[str]:
    yield from pin_files.directories_up(where.start)
    yield where.home
    yield os.path.dirname(where.global_file)
