"""Decides which installed versions may be removed: by last use, and by projects' pins.

Or, for `uninstall --unused`, by the requests that apply here. It removes nothing. The
newest version of a tool always stays, and of those decided by last use one that a known
project names or that a process runs.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.lockfile.header import FILENAME, lockfile_beside
from toolpin.model import Pin, Request
from toolpin.project import known_projects, pin_files
from toolpin.project.pin_files import stated
from toolpin.resolver.local_resolution import resolve
from toolpin.store import installs
from toolpin.store.usage import Use, last_use, running, size_bytes
from toolpin.versions import newest

DAY_S = 86_400


class Limits(NamedTuple):
    """What may stay: versions used within some days, and the total size in bytes.

    Without `keeps_previous` the version before one that stays may be removed, too.
    """

    keep_days: int
    most_bytes: int | None = None
    keeps_previous: bool = True


class Version(NamedTuple):
    """An installed version. `because` states why it stays; "" for one to remove."""

    pin: Pin
    size_bytes: int
    use: Use
    because: str


def decide(app: App, limits: Limits, now_s: float) -> list[Version]:
    """Return every installed version, with the decision about it.

    Those to be removed are first, the longest unused before others. Raises ToolpinError
    for a known project's file that cannot be read, whose pins are unknown.
    """
    paths = app.paths.alone
    pins = list(installs.pins(paths))
    reasons = _reasons(app, pins, limits)
    results = []
    for pin in pins:
        use = last_use(paths, pin)
        days = (now_s - use.last_s) / DAY_S
        recent = f"used in the last {limits.keep_days} days"
        because = reasons.get(pin) or (recent if days < limits.keep_days else "")
        results.append(Version(pin, size_bytes(paths, pin), use, because))
    results = _within(results, reasons, limits.most_bytes)
    results.sort(key=lambda version: (bool(version.because), version.use.last_s))
    return results


def _within(
    candidates: list[Version], reasons: Mapping[Pin, str], most_bytes: int | None
) -> list[Version]:
    """Remove more, the longest unused first, until the rest fits into a size."""
    if most_bytes is None:
        return candidates
    left = sum(version.size_bytes for version in candidates if version.because)
    going = set()
    for version in sorted(candidates, key=lambda candidate: candidate.use.last_s):
        if left > most_bytes and version.because and version.pin not in reasons:
            going.add(version.pin)
            left -= version.size_bytes
    return [
        version._replace(because="") if version.pin in going else version
        for version in candidates
    ]


def _reasons(app: App, pins: list[Pin], limits: Limits) -> dict[Pin, str]:
    """Return why versions stay however long they have been unused."""
    reasons = named(app)
    for pin in pins:
        if os.path.islink(app.paths.install(*pin)):
            reasons.setdefault(pin, "a link to a directory outside the store")
    for pin in running(app.paths.alone, pins):
        reasons.setdefault(pin, "a process runs it")
    for tool in {pin.tool for pin in pins}:
        known = [pin.version for pin in pins if pin.tool == tool]
        reasons.setdefault(Pin(tool, newest("", known) or known[-1]), "the newest")
        if limits.keeps_previous:
            for before, after in pairwise(known):
                if Pin(tool, after) in reasons:
                    reasons.setdefault(Pin(tool, before), f"the version before {after}")
    return {pin: reason for pin, reason in reasons.items() if pin in set(pins)}


def named(app: App) -> dict[Pin, str]:
    """Return the versions named by the files of known projects, and by those used here.

    Files of other managers are read at every level: the level at the time of the
    install is unknown.
    """
    pins: dict[Pin, str] = {}
    located_requests = [(request, app.where) for request in requests_here(app)]
    every = app.registry.idioms("all")
    for directory in known_projects.known(app.paths):
        where = app.where_in(directory)
        with _explained(directory):
            for request in stated(where, app.registry.aliases, app.idioms):
                located_requests.append((request, where))
        with contextlib.suppress(ToolpinError):  # an invalid file adds none
            for request in stated(where, app.registry.aliases, every):
                located_requests.append((request, where))
    for request, where in located_requests:
        with _explained(where.start):
            for resolution in resolve(request, app.paths, where):
                if resolution.pin:
                    pins.setdefault(resolution.pin, str(request.origin))
    return pins


class Names:
    """The result of `named`, read again if any of its inputs has changed.

    A file that a plugin reads by its script may depend on anything.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._idioms = app.registry.idioms("all")
        self._seen: dict[str, tuple[int, ...]] | None = None
        self._named: dict[Pin, str] = {}

    def current(self) -> Mapping[Pin, str]:
        """Return the versions named at this moment."""
        seen = self._files()
        is_same = seen == self._seen and not self._idioms.readers
        # Without one of them a loose request may have another meaning.
        paths = self._app.paths
        if not is_same or not all(installs.is_installed(paths, x) for x in self._named):
            self._app.forget()
            self._named, self._seen = named(self._app), seen
        return self._named

    def _files(self) -> dict[str, tuple[int, ...]]:
        app = self._app
        results: dict[str, tuple[int, ...]] = {}
        starts = (app.directory, app.home, *known_projects.known(app.paths))
        directories = {up for start in starts for up in pin_files.directories_up(start)}
        names = (pin_files.FILENAME, FILENAME, *self._idioms.names)
        file = app.paths.global_file
        files = [f"{directory}/{name}" for directory in directories for name in names]
        for path in (*files, file, lockfile_beside(file)):
            with contextlib.suppress(OSError):
                status = os.stat(path)
                when = (status.st_mtime_ns, status.st_ctime_ns)
                results[path] = (status.st_dev, status.st_ino, status.st_size, *when)
        return results


@contextlib.contextmanager
def _explained(directory: str) -> Iterator[None]:
    """Explain in an error why a file matters, which may be far away."""
    try:
        yield
    except ToolpinError as error:
        why = f"nothing: the needs of {directory} are unknown"
        error.facts = (*error.facts, ("removed", why))
        raise


def unused_pins(app: App, tools: tuple[str, ...]) -> list[Pin]:
    """Return the installed versions of the tools that may go, oldest first.

    The newest installed version of each tool always stays.
    """
    kept = {
        resolution.pin
        for request in requests_here(app)
        for resolution in app.resolve(request)
    }
    own = app.paths.alone
    for tool in tools:
        kept.add(Pin(tool, newest("", installs.versions(own, tool)) or ""))
    return [pin for pin in installs.pins(own, tools) if pin not in kept]


def requests_here(app: App) -> Iterator[Request]:
    """Yield the requests of every file, also those that a nearer one overrides."""
    stated = tuple(app.stated())
    yield from stated
    yield from app.effective(stated)
