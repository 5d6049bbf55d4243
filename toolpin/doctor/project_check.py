"""Checks the requests in a directory: settings, pins, lockfile, version pairs.

Errors of other modules become findings. It uses no network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from toolpin.app import App
from toolpin.doctor.current_requests import all_requests
from toolpin.doctor.findings import Finding, of_error
from toolpin.errors import NotLocked, ToolpinError, UsageError
from toolpin.lockfile.header import lockfile_beside
from toolpin.lockfile.scope import LockfileRequest
from toolpin.lockfile_update import project_lockfile as project
from toolpin.model import Pin
from toolpin.resolver.local_resolution import locked_version
from toolpin.run.tool_environment import first_tree
from toolpin.store import installs
from toolpin.version_pairs import LocatedPin, check_pairs


def check_settings(app: App) -> Iterator[Finding]:
    """Find a settings file or a variable that is invalid."""
    yield from _caught("settings", lambda: app.settings)


def check_plugins(app: App) -> Iterator[Finding]:
    """Find plugins that cannot be read."""
    for invalid in app.registry.faults.values():
        yield of_error("plugins", invalid)


def check_project(app: App) -> Iterator[Finding]:
    """Find invalid lines, unknown tools, and pins that are not installed."""
    try:
        requests = all_requests(app)
    except ToolpinError as error:
        yield of_error("project", error)
        return
    for request in requests:
        if not installs.versions(app.paths, request.tool):
            check = app.registry.check
            unknown = list(_caught("project", check, request.tool, request.origin))
            yield from unknown
            if unknown:
                continue
        try:
            is_available = any(resolution.basis for resolution in app.resolve(request))
        except (UsageError, NotLocked):
            continue  # a lockfile has a separate check
        if not is_available:
            yield from _caught("project", first_tree, app.place, request)


def check_agreement(app: App) -> Iterator[Finding]:
    """Find files of a directory that disagree, if the setting `strict` is on."""
    yield from _caught("project", list, app.disagreement_lines(app.stated()))


def check_lockfile(app: App) -> Iterator[Finding]:
    """Find a lockfile that is invalid, or that lacks a request."""
    try:
        file = project.project_file(app)
        path = lockfile_beside(file)
        lock_requests = project.lockfile_requests_of(
            project.read_project(file, app), file, app
        )
    except ToolpinError:
        return  # nothing to lock; an invalid file has a separate check
    try:
        lock = app.lockfile(path)
        if lock is None:
            return
        also: list[LockfileRequest] = project.also_of((), lock, app)
        facts = project.stale_facts([*also, *lock_requests], lock, app)
    except ToolpinError as error:
        yield of_error("lockfile", error)
        return
    if facts:
        yield Finding(
            "lockfile", f"{path} is out of date", tuple(facts), "toolpin lock"
        )


def check_partners(app: App) -> Iterator[Finding]:
    """Find versions that were not made for each other."""
    try:
        located_pins = list(_located_pins(app))
        checked = app.settings.check_pairs
    except ToolpinError:
        return  # reported by the checks of invalid files
    if checked:
        yield from _caught("pairs", check_pairs, located_pins, app.registry.get)


PROJECT_CHECKS = (
    check_settings,
    check_plugins,
    check_project,
    check_agreement,
    check_lockfile,
    check_partners,
)


def _caught(
    check: str, work: Callable[..., object], *words: object
) -> Iterator[Finding]:
    """Yield the error of a piece of work, if it has one."""
    try:
        work(*words)
    except ToolpinError as error:
        yield of_error(check, error)


def _located_pins(app: App) -> Iterator[LocatedPin]:
    """Yield the version of each request here: the one that runs, or would."""
    for request in all_requests(app):
        for resolution in app.resolve(request):
            wanted = resolution.alternative
            if wanted.kind not in ("version", "latest"):
                continue
            version = locked_version(request, wanted, app.where) or wanted.value
            if resolution.pin or version:
                yield resolution.pin or Pin(request.tool, version), request.origin
                break
