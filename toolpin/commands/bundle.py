"""`toolpin bundle create|install FILE`: a locked toolchain for offline machines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import NotLocked, Refused, ToolpinError
from toolpin.install.jobs import Job
from toolpin.install.pipeline import Installer
from toolpin.lockfile.document import Lockfile
from toolpin.lockfile.header import lockfile_beside
from toolpin.lockfile.scope import LockfileRequest, check_host
from toolpin.lockfile_update.project_lockfile import (
    lockfile_requests_of,
    project_file,
    read_project,
)
from toolpin.model import Artifact, Origin, Pin
from toolpin.plugins.script_plugin import SOURCE
from toolpin.project import known_projects, pin_files
from toolpin.project.toolversions import parse_wanted
from toolpin.resolver.local_resolution import lockfile_for
from toolpin.resolver.locked_resolution import not_locked, resolve_locked
from toolpin.system import host
from toolpin.system.report import sized
from toolpin.tasks import bundle_file
from toolpin.tasks.install_view import show_outcomes
from toolpin.tasks.shim_refresh import refresh_shims


class Options(NamedTuple):
    """The arguments of the command line."""

    action: str
    file: str
    host: tuple[str, ...] = ()


ARGUMENTS: Arguments = {
    "action": ("create a bundle, or install from one", ("create", "install")),
    "file": "the bundle",
    "--host HOST": (
        "create: for this host, such as linux-x64 (repeatable; default: this machine)"
    ),
}


def run(options: Options, app: App) -> int:
    """Write a bundle of the locked versions here, or install from one."""
    path = os.path.abspath(os.path.join(app.directory, options.file))
    if options.action == "create":
        return _create(path, options.host, app)
    return _install(path, app)


def _create(path: str, hosts: Sequence[str], app: App) -> int:
    for name in hosts:
        check_host(name, app.registry.tools)
    beside = project_file(app)
    file = lockfile_beside(beside)
    lock = app.lockfile(file)
    if lock is None:
        raise NotLocked(
            "there is no toolpin.lock to bundle", [("expected", file)], "toolpin lock"
        )
    bundle = bundle_file.Bundle(lock, tuple(sorted(set(hosts) or {str(app.host)})))
    _check_requests(beside, lock, app)
    _check_complete(bundle, file)
    cache = app.cache
    board = app.board
    clients = app.clients
    for artifact in bundle_file.artifacts_of(bundle):
        row = board.row(artifact.filename)
        if not os.path.exists(cache.archive(artifact.digest)):
            row.phase("downloading")
        try:
            cache.fetch(artifact, clients.download, row.advance)
        except ToolpinError as error:
            wanted = ("required for", _wanted_for(artifact, bundle))
            raise type(error)(error.what, [wanted, *error.facts], error.hint) from error
        finally:
            row.drop()
    size_bytes = bundle_file.write_bundle(path, bundle, cache)
    names = ", ".join(bundle.hosts)
    app.report.remark(f"{path}: {sized(size_bytes)} for {names}")
    result = {
        "file": path,
        "size_bytes": size_bytes,
        "hosts": bundle.hosts,
        "archives": [
            str(artifact.digest) for artifact in bundle_file.artifacts_of(bundle)
        ],
    }
    app.report.document("bundle", result, changed=True)
    return 0


def _wanted_for(artifact: Artifact, bundle: bundle_file.Bundle) -> str:
    """Return the version and host of an archive."""
    return next(
        f"{entry.pin} on {entry.host}"
        for entry in bundle.lock.entries
        if artifact in entry.build.artifacts and entry.host in bundle.hosts
    )


def _check_complete(bundle: bundle_file.Bundle, file: str) -> None:
    """Raise NotLocked if a host lacks a build of a pin."""
    for request in _lock_requests(bundle, file):
        for name in bundle.hosts:
            resolution = resolve_locked(bundle.lock, file, request, host.any_of(name))
            if resolution.locked is None:
                raise not_locked(resolution)
            if resolution.locked.entry.source == SOURCE:
                raise ToolpinError(
                    f"{resolution.pin} is installed by its plugin's scripts and "
                    "cannot be bundled",
                    [("lockfile", file)],
                )


def _lock_requests(bundle: bundle_file.Bundle, path: str) -> Iterator[LockfileRequest]:
    """Yield the pins of a bundle's lockfile as requests."""
    origin = Origin(path)
    for key in sorted(bundle.lock.pins):
        yield LockfileRequest(key.tool, parse_wanted(key.wanted, origin), origin)


def _install(path: str, app: App) -> int:
    bundle = bundle_file.read_bundle(path)
    here = app.host
    if str(here) not in bundle.hosts:
        raise ToolpinError(
            f"{path} is for another machine",
            [("hosts", ", ".join(bundle.hosts)), ("this machine", str(here))],
            f"toolpin bundle create FILE --host {here}",
        )
    jobs = _jobs(bundle, path, app)
    _check_lockfile(jobs, path, app)
    wanted = [
        artifact
        for job in jobs
        if job.locked
        for artifact in job.locked.entry.build.artifacts
    ]
    bundle_file.import_archives(path, wanted, app.cache)
    settings = app.settings._replace(offline=True)
    offline = app.derived(settings=settings, registry=app.registry)
    outcomes = Installer(offline).run(jobs)
    refresh_shims(app.paths, app.registry, {job.pin.tool for job in jobs})
    known_projects.remember_here(app.paths, app.where, app.idioms.names)
    return show_outcomes(outcomes, [], app, command="bundle")


def _check_requests(beside: str, lock: Lockfile, app: App) -> None:
    """Raise NotLocked for a request of a project's file that its lockfile lacks."""
    for request in lockfile_requests_of(read_project(beside, app), beside, app):
        resolution = resolve_locked(lock, lockfile_beside(beside), request, app.host)
        if resolution.pin is None:
            raise not_locked(resolution)


def _check_lockfile(jobs: Sequence[Job], path: str, app: App) -> None:
    """Raise Refused if the project's lockfile has not the files of a bundle's version.

    Raises NotLocked if it is out of date. What the user locks for other directories is
    not about the bundle.
    """
    file = lockfile_for(Origin(path), app.where) or ""
    project = os.path.dirname(file)
    others = {"", app.where.home, os.path.dirname(app.where.global_file)}
    lock = None if project in others - {app.directory} else app.lockfile(file)
    if lock is None:
        return
    if os.path.exists(beside := f"{project}/{pin_files.FILENAME}"):
        _check_requests(beside, lock, app)
    for job in jobs:
        entries = lock.entries_for(job.pin, str(app.host))
        known = [entry.build.artifacts for entry in entries if entry.has_build]
        if job.locked and job.locked.entry.build.artifacts not in known:
            raise Refused(
                f"{job.pin} in the bundle does not match toolpin.lock",
                [("bundle", path), ("lockfile", file), ("installed", "nothing")],
                "toolpin bundle create FILE",
            )


def _jobs(bundle: bundle_file.Bundle, path: str, app: App) -> list[Job]:
    """Return a job for each pin of the bundle.

    Raises NotLocked for a build that does not run here.
    """
    jobs: dict[Pin, Job] = {}
    for request in _lock_requests(bundle, path):
        app.registry.check(request.tool, request.origin)
        resolution = resolve_locked(bundle.lock, path, request, app.host)
        if resolution.pin is None or resolution.locked is None:
            facts = [("reason", resolution.problem)]
            raise NotLocked(f"{request.key} cannot be installed here", facts)
        job = Job(resolution.pin, request.origin, resolution.locked, must=True)
        jobs[job.pin] = job
    return list(jobs.values())
