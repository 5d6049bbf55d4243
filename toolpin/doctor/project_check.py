"""Judges what is asked for in a folder: settings, pins, their lockfile, their pairs.

What an error of another room says is the finding. It asks nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from toolpin.app import App
from toolpin.doctor.asked import everything
from toolpin.doctor.findings import Finding, of_error
from toolpin.errors import NotLocked, ToolpinError, UsageError
from toolpin.execute.trees import first_tree
from toolpin.lockfile.asks import Ask
from toolpin.lockfile.head import lockfile_beside
from toolpin.locking.project import (
    also_of,
    asks_of,
    project_file,
    read_project,
    stale_facts,
)
from toolpin.model import Pin, Request
from toolpin.pairs import Wish, check_pairs
from toolpin.resolver.installed import locked_version
from toolpin.store import installs


def check_settings(app: App) -> Iterator[Finding]:
    """Find a file or a variable of settings that cannot be understood."""
    yield from _caught("settings", lambda: app.settings)


def check_plugins(app: App) -> Iterator[Finding]:
    """Find plugins that cannot be read."""
    for fault in app.registry.faults.values():
        yield of_error("plugins", fault)


def check_project(app: App) -> Iterator[Finding]:
    """Find lines that cannot be read, unknown tools, and pins that are not here."""
    try:
        requests = everything(app)
    except ToolpinError as error:
        yield of_error("project", error)
        return
    for request in requests:
        if not installs.versions(app.paths, request.tool):
            unknown = list(_caught("project", _check_known, request, app))
            yield from unknown
            if unknown:
                continue
        try:
            is_available = any(one.basis for one in app.resolve(request))
        except (UsageError, NotLocked):
            continue  # a lockfile has its own check
        if not is_available:
            yield from _caught("project", first_tree, app.place, request)


def check_agreement(app: App) -> Iterator[Finding]:
    """Find two files of a folder that disagree, where the setting `strict` says so."""
    yield from _caught("project", list, app.disagreement_lines(app.stated()))


def check_lockfile(app: App) -> Iterator[Finding]:
    """Find a lockfile that cannot be read, or that does not answer what is asked."""
    try:
        file = project_file(app)
        path = lockfile_beside(file)
        asks = asks_of(read_project(file, app), file, app)
    except ToolpinError:
        return  # nothing to lock; a file that cannot be read has its own check
    try:
        lock = app.lockfile(path)
        if lock is None:
            return
        also: list[Ask] = also_of((), lock, app)
        facts = stale_facts([*also, *asks], lock, app)
    except ToolpinError as error:
        yield of_error("lockfile", error)
        return
    if facts:
        yield Finding("lockfile", f"{path} is stale", tuple(facts), "toolpin lock")


def check_partners(app: App) -> Iterator[Finding]:
    """Find versions that were not made for each other."""
    try:
        wishes = list(_wishes(app))
        judged = app.settings.check_pairs
    except ToolpinError:
        return  # told of by the checks of what cannot be read
    if judged:
        yield from _caught("pairs", check_pairs, wishes, app.registry.get)


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


def _check_known(request: Request, app: App) -> None:
    app.registry.check(request.tool, request.origin)


def _wishes(app: App) -> Iterator[Wish]:
    """Yield the version that each request means here: what runs, or would."""
    for request in everything(app):
        for resolution in app.resolve(request):
            wanted = resolution.alternative
            if wanted.kind not in ("version", "latest"):
                continue
            version = locked_version(request, wanted, app.where) or wanted.value
            if resolution.pin or version:
                yield resolution.pin or Pin(request.tool, version), request.origin
                break
