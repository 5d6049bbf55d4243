"""Finds newer releases in sources that a tool is not locked from.

A tool stays with the source that it is locked from. A newer release elsewhere is
reported with the command that switches to it, and never locked automatically.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.install.catalogs import Catalogs
from toolpin.install.source_choice import allowed_sources
from toolpin.lockfile.document import Lockfile
from toolpin.lockfile.header import lockfile_beside
from toolpin.lockfile.scope import LockfileRequest, is_preferable
from toolpin.lockfile_update.project_lockfile import (
    lockfile_requests_of,
    project_file,
    read_project,
)
from toolpin.model import Wanted
from toolpin.plugins.script_plugin import is_scripted
from toolpin.plugins.tool_file import Tool
from toolpin.resolver.version_choice import choose, looks_exact, of_variant
from toolpin.sources.spec import SourceSpec
from toolpin.versions import sort_key


class Newer(NamedTuple):
    """A release that another source has, and the source of the locked one."""

    request: LockfileRequest
    version: str
    source: str
    locked_from: str

    @property
    def line(self) -> str:
        """Return the line that reports it, with the command that locks it."""
        tool = self.request.tool
        return (
            f"{self.request.key}: {self.source} has {self.version}, which "
            f"{self.locked_from}, the locked source, does not list; "
            f"to move: toolpin lock --only {tool} --refresh {tool} "
            f"--source {self.source}"
        )


def report_newer(tools: Collection[str], app: App) -> None:
    """Report newer releases in other sources of a project's locked tools, if cached."""
    with contextlib.suppress(ToolpinError):
        file = project_file(app)
        lock = app.lockfile(lockfile_beside(file))
        for request in (
            lockfile_requests_of(read_project(file, app), file, app) if lock else ()
        ):
            version = lock.pins.get(request.key) if lock else None
            if lock and version and request.tool in tools:
                elsewhere = newer_elsewhere(
                    request, version, lock, app, kept_lists=True
                )
                if elsewhere:
                    app.report.warn(elsewhere.line)


def newer_elsewhere(
    request: LockfileRequest,
    least: str,
    lock: Lockfile,
    app: App,
    *,
    kept_lists: bool = False,
) -> Newer | None:
    """Return a release above `least` in another source, or None.

    It has builds for every host that the locked version has them for. For an exact
    request any newer release qualifies. With `kept_lists` only cached lists are read.
    """
    tool = app.registry.get(request.tool)
    version = lock.pins.get(request.key)
    if tool is None or version is None or is_scripted(tool):
        return None
    builds = [
        entry
        for entry in lock.entries
        if entry.has_build and entry.pin == (request.tool, version)
    ]
    locked_from = {entry.source for entry in builds if entry.host == str(app.host)}
    if not locked_from:
        return None
    wanted = Wanted("latest", "") if looks_exact(request.wanted) else request.wanted
    catalogs = Catalogs(app.cache, app.clients, app.settings)

    def newest(spec: SourceSpec) -> tuple[str, str] | None:
        with contextlib.suppress(ToolpinError):
            if not kept_lists:
                app.clients.configured(spec)  # no client is downloaded for this
            read = catalogs.kept if kept_lists else catalogs.read
            listed = read(tool, spec, app.host).releases
            known = of_variant(version, [release.version for release in listed])
            releases = [release for release in listed if release.version in known]
            name = request.wanted.value
            lines = catalogs.in_lines(tool, spec, releases, name, kept=kept_lists)
            if (result := choose(wanted, lines)) and sort_key(result) > sort_key(least):
                return result, spec.id
        return None

    hosts = {entry.host for entry in builds}  # none of them is to lose its build
    others = [
        spec for spec in _others(tool, locked_from, app) if hosts.issubset(spec.hosts)
    ]
    with ThreadPoolExecutor(len(others) or 1) as pool:
        results = [value for value in pool.map(newest, others) if value]
    best = max(results, key=lambda candidate: sort_key(candidate[0]), default=None)
    return Newer(request, *best, ", ".join(sorted(locked_from))) if best else None


def _others(tool: Tool, locked_from: set[str], app: App) -> Iterator[SourceSpec]:
    """Yield the sources for this host that may be used without being named."""
    with contextlib.suppress(ToolpinError):
        for spec in allowed_sources(tool, app.host, app.settings.sources):
            is_other = spec.id not in locked_from and str(app.host) in spec.hosts
            if is_other and is_preferable(spec):
                yield spec
