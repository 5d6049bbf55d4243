"""Resolves requests to the versions that an install provides.

The full tier: by lockfiles, then the store, then a catalog. The rules of when a
lockfile is binding are here and nowhere else.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from toolpin.errors import NotLocked, ToolpinError, Unreachable
from toolpin.lockfile.document import Key, Lockfile
from toolpin.lockfile.scope import LockfileRequest
from toolpin.model import Host, Origin, Pin, Request, Wanted
from toolpin.plugins.registry import Registry
from toolpin.plugins.script_plugin import is_scripted
from toolpin.project import pin_files
from toolpin.project.idiomatic import Idioms
from toolpin.project.pin_files import Where
from toolpin.resolver.local_resolution import (
    Basis,
    Resolution,
    lockfile_for,
    newest_installed,
    to_provide,
)
from toolpin.resolver.locked_resolution import IN_CI, resolve_locked, version_of_ref
from toolpin.resolver.version_choice import looks_exact
from toolpin.store.installs import is_installed
from toolpin.system.paths import Paths
from toolpin.system.report import Report
from toolpin.versions import is_prefix, split_words

# Returns the newest version in a catalog for an alternative.
Newest = Callable[[str, Wanted, Origin], str]
# The tools beside a build, each as (tool, version).
Beside = tuple[tuple[str, str], ...]


class Context(Protocol):
    """The part of `App` that the resolver uses."""

    paths: Paths
    report: Report

    @property
    def registry(self) -> Registry:
        """The known tools."""

    @property
    def where(self) -> Where:
        """Where project files are looked up."""

    def lockfile(self, path: str) -> Lockfile | None:
        """Return a lockfile, or None."""

    def request(self, tool: str) -> Request | None:
        """Return the request for one tool here."""

    @property
    def idioms(self) -> Idioms:
        """The files other than `.tool-versions` that pin."""


class Rules(NamedTuple):
    """How strict an install is about the lockfile.

    With `must` everything requires a locked build. With `ci` that holds if there is a
    lockfile, and no catalog is read if there is none. With `ignored` lockfiles are not
    read. With `literal` a version of an asdf plugin's tool is never a prefix.
    """

    must: bool = False
    ci: bool = False
    ignored: bool = False
    literal: bool = False


class Resolver:
    """Resolves the requests of one command, for one host.

    It is strict where locked builds are required. `tried` are pins treated as exact,
    though they may be prefixes; `channels` are the versions of channels today, to be
    recorded after an install.
    """

    def __init__(
        self,
        context: Context,
        host: Host,
        rules: Rules,
        requests: Sequence[Request],
        newest: Newest | None = None,
    ) -> None:
        self._context = context
        self.host = host
        self.is_strict = rules.must or rules.ci
        self._rules = rules
        self._requests = requests
        self._newest = newest
        self.tried: set[Pin] = set()
        self.channels: list[tuple[Pin, str]] = []

    def resolve(self, request: Request, beside: Beside) -> Iterator[Resolution]:
        """Yield the resolutions that an install provides for a request.

        A resolution with a final problem is the last one. Raises UsageError for an
        invalid lockfile, ToolpinError for an unresolved request.
        """
        path, lock = self.lockfile(request.origin)
        host = self.host._replace(beside=beside)
        for alternative in to_provide(request):
            one = LockfileRequest(request.tool, alternative, request.origin)
            resolution = self._resolved(one, lock, path, host)
            yield resolution
            if resolution.is_final:
                return

    def beside(self, request: Request) -> Beside:
        """Return the pinned versions of the tools that a request's tool requires.

        A tool that no file pins as a version is left out.
        """
        known = self._context.registry.readable(request.tool)
        results = []
        for name in known.requires if known else ():
            same = [request for request in self._requests if request.tool == name]
            near = [tool for tool in same if tool.origin.place == request.origin.place]
            pinned = next(iter(near or same), None) or self._context.request(name)
            version = self._pinned_version(pinned) if pinned else ""
            if version[:1].isdigit():
                results.append((name, version))
        return tuple(results)

    def lockfile(self, origin: Origin) -> tuple[str, Lockfile | None]:
        """Return the path and the lockfile for a request; "" if none applies."""
        path = lockfile_for(origin, self._context.where)
        if path is None or self._rules.ignored:
            return "", None
        return path, self._context.lockfile(path)

    def _pinned_version(self, request: Request) -> str:
        """Return the version that the first alternative is locked to, or names.

        "" for `system` and a directory, whose version is unknown.
        """
        first = request.wanted[0]
        if first not in to_provide(request):
            return ""
        _, lock = self.lockfile(request.origin)
        locked = lock.pins.get(Key(request.tool, str(first))) if lock else None
        return locked or (first.value if first.kind == "version" else "")

    def _resolved(
        self, request: LockfileRequest, lock: Lockfile | None, path: str, host: Host
    ) -> Resolution:
        """Return the locked version or, if none is required, the unlocked one."""
        locked = resolve_locked(lock, path, request, host)
        must = self._rules.must or (self._rules.ci and lock is not None)
        if locked.pin is None:
            if must:
                return locked._replace(fix=self._lock_command(request), is_final=True)
            # Versions on the command line belong to no lockfile.
            if lock is not None and request.origin.line:
                name = f"{request.tool} {request.wanted}"
                self._warn(name, locked, self._lock_command(request))
            return self._unlocked(request)
        if not locked.problem:
            return locked
        fix = self._command_from_here(locked.fix, os.path.dirname(path))
        if must or locked.is_final:
            return locked._replace(fix=fix, is_final=True)
        self._warn(str(locked.pin), locked, fix)
        return locked

    def _warn(self, name: str, located: Resolution, fix: str) -> None:
        self._context.report.warn(f"{name}: {located.problem}; try: {fix}")

    def _lock_command(self, request: LockfileRequest) -> str:
        """Return the command that adds a lockfile entry for a request."""
        if not request.origin.line:
            return f"toolpin lock --also {request.tool}@{request.wanted}"
        return self._command_from_here(
            "toolpin lock", os.path.dirname(request.origin.place)
        )

    def _command_from_here(self, command: str, directory: str) -> str:
        """Return a command for another project, as run from this directory."""
        here = None
        with contextlib.suppress(ToolpinError):
            where, idioms = self._context.where, self._context.idioms
            here = pin_files.project_directory(where, idioms)
        if directory == here:
            return command
        return command.replace("toolpin", f"toolpin -C {shlex.quote(directory)}", 1)

    def _unlocked(self, request: LockfileRequest) -> Resolution:
        """Return an exact version, or the version that a loose one resolves to today.

        Raises NotLocked for a loose one in CI: a build must not change by itself.
        """
        tool, wanted, origin = request
        pin = Pin(tool, wanted.value)
        resolution = Resolution(tool, wanted, origin, "exact", pin)
        is_version = wanted.kind == "version"
        if is_version and (
            looks_exact(wanted)
            or is_installed(self._context.paths, pin)
            or (self._rules.literal and self._is_scripted(tool))
        ):
            return resolution
        if wanted.kind == "ref":
            known = self._context.registry.get(tool)
            return resolution._replace(pin=Pin(tool, version_of_ref(request, known)))
        if self._rules.ci or self._newest is None:
            # `22.2` may be a release: it is tried as written, and nothing else is.
            if is_version and self._may_be_exact(tool, wanted.value):
                self.tried.add(pin)
                return resolution
            raise NotLocked(
                f"{tool} {wanted} names no exact version, and versions are "
                "not resolved in CI",
                [("required by", str(origin)), IN_CI],
                self._lock_command(request),
            )
        basis: Basis = "catalog"
        try:
            version = self._newest(*request)
        except Unreachable:
            installed = newest_installed(self._context.paths, tool, wanted)
            if installed is None:
                raise
            basis, version = "installed", installed
        pin = Pin(tool, version)
        if is_version and not is_prefix(wanted.value, version):
            self.channels.append((pin, wanted.value))
        if version != wanted.value and not self._rules.ignored:
            self._context.report.remark(
                f"{tool} {wanted} is {version} today, not locked: toolpin lock"
            )
        return resolution._replace(basis=basis, pin=pin)

    def _may_be_exact(self, tool: str, version: str) -> bool:
        """Return whether a version may be a release's name: `22.2`, not `22`.

        Only tools of asdf plugins may have releases with a one-number name.
        """
        _, numbers = split_words(version)
        return numbers[0].isdigit() and (
            not numbers.isdigit() or self._is_scripted(tool)
        )

    def _is_scripted(self, tool: str) -> bool:
        known = self._context.registry.get(tool)
        return known is not None and is_scripted(known)
