"""Judges what is asked for in a folder: settings, pins, their lockfile, their pairs.

What an error of another room says is the finding. It asks nobody.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from toolpin.doctor.asked import everything
from toolpin.doctor.findings import Finding, of_error
from toolpin.errors import NotLocked, ToolpinError, UsageError
from toolpin.execute.trees import patch_for
from toolpin.install.locked import read_lockfile
from toolpin.lockfile.asks import Ask
from toolpin.lockfile.lookup import locked_version, lockfile_beside, match
from toolpin.locking.project import (
    also_of,
    asks_of,
    project_file,
    read_project,
    stale_facts,
)
from toolpin.model import Pin, Request
from toolpin.pairs import Wish, check_pairs
from toolpin.project.toolversions import folder_of
from toolpin.session import Session
from toolpin.settings.read import read_settings
from toolpin.store import installs


def check_settings(session: Session) -> Iterator[Finding]:
    """Find a file or a variable of settings that cannot be understood."""
    yield from _caught("settings", read_settings, session.paths, session.env)


def check_plugins(session: Session) -> Iterator[Finding]:
    """Find plugins that cannot be read."""
    for fault in session.registry.faults.values():
        yield of_error("plugins", fault)


def check_project(session: Session) -> Iterator[Finding]:
    """Find lines that cannot be read, unknown tools, and pins that are not here."""
    try:
        requests = everything(session)
    except ToolpinError as error:
        yield of_error("project", error)
        return
    for request in requests:
        if not installs.versions(session.paths, request.tool):
            unknown = list(_caught("project", _check_known, request, session))
            yield from unknown
            if unknown:
                continue
        try:
            there = _is_there(request, session)
        except (UsageError, NotLocked):
            continue  # a lockfile has its own check
        if not there:
            yield from _caught("project", _patch, request, session)


def check_agreement(session: Session) -> Iterator[Finding]:
    """Find two files of a folder that disagree, where the setting `strict` says so."""
    yield from _caught("project", list, session.disagreement_lines(session.stated()))


def check_lockfile(session: Session) -> Iterator[Finding]:
    """Find a lockfile that cannot be read, or that does not answer what is asked."""
    try:
        file = project_file(session)
        path = lockfile_beside(file)
        asks = asks_of(read_project(file), file, session)
    except ToolpinError:
        return  # nothing to lock; a file that cannot be read has its own check
    try:
        lock = read_lockfile(path)
        if lock is None:
            return
        also: list[Ask] = also_of((), lock, session)
        facts = stale_facts([*also, *asks], lock, session)
    except ToolpinError as error:
        yield of_error("lockfile", error)
        return
    if facts:
        yield Finding("lockfile", f"{path} is stale", tuple(facts), "toolpin lock")


def check_partners(session: Session) -> Iterator[Finding]:
    """Find versions that were not made for each other."""
    try:
        wishes = list(_wishes(session))
        judged = read_settings(session.paths, session.env).check_pairs
    except ToolpinError:
        return  # told of by the checks of what cannot be read
    if judged:
        yield from _caught("pairs", check_pairs, wishes, session.registry.get)


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


def _check_known(request: Request, session: Session) -> None:
    session.registry.check(request.tool, request.origin)


def _patch(request: Request, session: Session) -> None:
    patch_for(request, paths=session.paths, env=session.env, cwd=session.folder)


def _is_there(request: Request, session: Session) -> bool:
    return any(
        wanted.kind == "system"
        or (wanted.kind == "path" and os.path.isdir(folder_of(wanted, session.home)))
        or match(session.paths, request, wanted, session.where)
        for wanted in request.wanted
    )


def _wishes(session: Session) -> Iterator[Wish]:
    """Yield the version that each request means here: what runs, or would."""
    for request in everything(session):
        for wanted in request.wanted:
            if wanted.kind not in ("version", "latest"):
                continue
            pin = match(session.paths, request, wanted, session.where)
            version = locked_version(request, wanted, session.where) or wanted.value
            if pin or version:
                yield pin or Pin(request.tool, version), request.origin
                break
