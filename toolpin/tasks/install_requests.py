"""Installs what requests name, by the rules of `install`, and shows the result.

An existing install is found without a file lock, a thread or a network library.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from toolpin.app import App
from toolpin.env_patch import is_ci
from toolpin.errors import NotLocked, ToolpinError
from toolpin.install.jobs import Job, Outcome
from toolpin.lockfile.header import is_whole
from toolpin.model import Origin, Pin, Request
from toolpin.project import known_projects
from toolpin.project.project_files import LARGEST_LOCKFILE
from toolpin.resolver.local_resolution import (
    lacks_all,
    lockfile_for,
    missing_directories,
    settled,
)
from toolpin.shims.shim_directory import are_in_place, why_skipped
from toolpin.store import installs
from toolpin.tasks.install_view import Show, show_outcomes, show_plans
from toolpin.tasks.request_options import InstallOptions
from toolpin.versions import sort_key

if TYPE_CHECKING:
    from toolpin.install.pipeline import Installer
    from toolpin.model import Host
    from toolpin.system.tree_paths import TreePaths


def install_requests(
    requests: Sequence[Request],
    options: InstallOptions,
    app: App,
    show: Show = show_outcomes,
) -> int:
    """Install what requests name, and return the exit code: 1 if one fails.

    4, without any install, if a lockfile must cover the requests and does not.
    """
    _remember(requests, options, app)
    if options.missing:
        requests = [
            request
            for request in requests
            if not any(resolution.basis for resolution in app.resolve(request))
        ]
    _warn_of_directories(requests, app)
    located_pins = [
        (pin, request.origin) for request in requests for pin in request.stated
    ]
    _refuse_pairs(located_pins, app, bool(options.all_projects))
    if _is_plain(options, app):
        wanted = _settled(requests, app)
        if wanted is not None and _is_complete(wanted, app):
            outcomes = [Outcome(Job(*pin), "present") for pin in wanted]
            if any(_has_home(pin, app) for pin, _ in wanted):
                _run_default_packages(outcomes, options, app)
            return show(outcomes, [], app, None)
    # They load requests, tqdm and threads: only if there is work.
    from toolpin.tasks.lockfile_plugins import provide

    if not options.source:
        provide(requests, app, allowed=options.allow_plugins)
    settings = app.settings.overridden(sources=options.source, jobs=options.jobs)
    if options.dry_run:
        settings = settings._replace(trust_on_first_use=False)
    app = app.derived(settings=settings, registry=app.registry)
    return _install(requests, located_pins, options, app, show)


def _remember(requests: Sequence[Request], options: InstallOptions, app: App) -> None:
    """Record the projects that the requests come from, and the one here."""
    if not (options.dry_run or options.into):
        known_projects.remember(app.paths, (request.origin for request in requests))
        known_projects.remember_here(app.paths, app.where, app.idioms.names)


def _has_home(pin: Pin, app: App) -> bool:
    """Return whether what an install adds goes to a directory outside of it."""
    homes = installs.environment(app.paths, pin).homes
    own = f"{os.path.dirname(installs.tree(app.paths, pin))}/"
    return any(not f"{home.root}/".startswith(own) for home in homes)


def _warn_of_directories(requests: Sequence[Request], app: App) -> None:
    """Report directories that do not exist, if another alternative is used."""
    for request in requests:
        if not lacks_all(request, app.where):
            for path in missing_directories(request, app.where):
                named = f"{request.origin}: {request.tool} names {path}"
                app.report.warn(f"{named}, which does not exist")


def _install(
    requests: Sequence[Request],
    located_pins: Sequence[tuple[Pin, Origin]],
    options: InstallOptions,
    app: App,
    show: Show,
) -> int:
    """Resolve requests and install the result; `wishes` are their exact versions."""
    from toolpin.lockfile_update.elsewhere import report_newer
    from toolpin.resolver.resolver import Resolver, Rules
    from toolpin.tasks.after_install import run_install_hooks
    from toolpin.tasks.install_jobs import checked_outcome, jobs_for

    trees, host, installer = _target(options, app)
    rules = Rules(
        must=options.locked or trees is not None,
        ci=is_ci(app.env),
        ignored=bool(options.source),
        literal=options.literal,
    )
    resolver = Resolver(app, host, rules, requests, installer.resolve)
    jobs, errors = jobs_for(requests, resolver, app, elsewhere=trees is not None)
    resolved_pins = [(job.pin, job.origin) for job in jobs]
    if resolved_pins != located_pins:
        _refuse_pairs(resolved_pins, app, bool(options.all_projects))
    if trees:
        jobs = _one_a_tool(jobs)
    if any(isinstance(error, NotLocked) for error in errors):
        return show([], errors, app, trees)
    if options.dry_run:
        return show_plans(jobs, errors, installer.plan, app, trees or app.paths)
    outcomes = [
        checked_outcome(outcome, resolver.tried) for outcome in installer.run(jobs)
    ]
    provided = {outcome.job.pin for outcome in outcomes if outcome.status != "failed"}
    for pin, channel in resolver.channels:
        if pin in provided:
            installs.remember_channel(app.paths, pin, channel)
    if not trees:
        _refresh_shims(outcomes, app)
    locked = {outcome.job.pin.tool for outcome in outcomes if outcome.job.locked}
    if locked and not is_ci(app.env):
        report_newer(locked, app)
    outcomes = run_install_hooks(outcomes, app)
    if not trees:
        _run_default_packages(outcomes, options, app)
    return show(outcomes, errors, app, trees)


def _one_a_tool(jobs: Sequence[Job]) -> list[Job]:
    """Return the first job of each tool: the others are fallbacks.

    Raises ToolpinError if another project requires another version.
    """
    results: dict[str, Job] = {}
    for job in jobs:
        first = results.setdefault(job.pin.tool, job)
        if first.origin != job.origin:
            raise ToolpinError(
                f"DIR/{job.pin.tool} cannot be both {first.pin.version} and "
                f"{job.pin.version}",
                [
                    (conflicting.pin.version, str(conflicting.origin))
                    for conflicting in (first, job)
                ],
                "toolpin help install",
            )
    return list(results.values())


def _refuse_pairs(
    located_pins: Sequence[tuple[Pin, Origin]], app: App, all_projects: bool
) -> None:
    """Raise ToolpinError for versions of one project that do not work together."""
    if app.registry.paired.isdisjoint(pin.tool for pin, _ in located_pins):
        return
    from toolpin.version_pairs import refuse_pairs

    places = {origin.place for _, origin in located_pins} if all_projects else {""}
    for place in sorted(places):
        together = [
            request for request in located_pins if place in ("", request[1].place)
        ]
        refuse_pairs(together, app)


def _is_plain(options: InstallOptions, app: App) -> bool:
    """Return whether nothing is requested that needs more than the store."""
    more = options.dry_run or options.source or options.jobs is not None
    return not (more or options.locked or options.into or is_ci(app.env))


def _target(
    options: InstallOptions, app: App
) -> tuple[TreePaths | None, Host, Installer]:
    """Return the directory of trees to install into, the host, and the installer.

    None for the store. Raises UsageError for a host that no tool has builds for.
    """
    from toolpin.install.destination import TreeDestination
    from toolpin.install.pipeline import Installer
    from toolpin.lockfile.scope import check_host
    from toolpin.system.host import any_of
    from toolpin.system.tree_paths import TreePaths

    if options.host:
        check_host(options.host, app.registry.tools)
    if not options.into:
        return None, app.host, Installer(app)
    directory = os.path.abspath(os.path.join(app.directory, options.into))
    runs_here = options.host in ("", str(app.host))
    trees = TreePaths(directory, app.paths, runs_here=runs_here)
    host = app.host if runs_here else any_of(options.host)
    target = app.derived(
        registry=app.registry, settings=app.settings, host=host, clients=app.clients
    )
    return trees, host, Installer(target, TreeDestination(trees, target))


def _refresh_shims(outcomes: Sequence[Outcome], app: App) -> None:
    from toolpin.tasks.shim_refresh import refresh_shims

    wanted = {outcome.job.pin.tool for outcome in outcomes}
    changes = refresh_shims(app.paths, app.registry, wanted)
    destination = {
        outcome.job.pin.tool for outcome in outcomes if outcome.status == "installed"
    }
    known = [app.registry.readable(tool) for tool in wanted - destination]
    absent_commands = {name for tool in known if tool for name in tool.commands}
    added = [name for name in changes.added if name not in absent_commands]
    if destination and added and app.paths.shims in app.env.get("PATH", "").split(":"):
        # bash remembers where it found a command before.
        new = ", ".join(added)
        app.report.remark(f"new commands: {new}; bash may need `hash -r`")
    for name in changes.skipped:
        app.report.warn(why_skipped(app.paths, name))


def _run_default_packages(
    outcomes: Sequence[Outcome], options: InstallOptions, app: App
) -> None:
    from toolpin.tasks.default_packages import run_default_packages

    run_default_packages(outcomes, app, all_projects=bool(options.all_projects))


def _settled(requests: Sequence[Request], app: App) -> list[tuple[Pin, Origin]] | None:
    """Return the installed pins of requests, each with its origin.

    None if one needs a decision: it is neither exact nor locked, or not installed, its
    lockfile is damaged, or it was built for a newer tool than these.
    """
    results = []
    texts: dict[str, str] = {}
    for request in requests:
        lockfile = lockfile_for(request.origin, app.where)
        if lockfile and lockfile not in texts:
            data = app.files.read(lockfile, LARGEST_LOCKFILE)
            texts[lockfile] = data.decode(errors="replace")
            if not is_whole(texts[lockfile], lockfile):
                return None
        pins = settled(request, app.paths, app.where)
        if pins is None:
            return None
        for pin in pins:
            # The lockfile must name each digest that the install was made from.
            digests = installs.digests(app.paths, pin) if lockfile else ()
            if not all(digest in texts[lockfile or ""] for digest in digests):
                return None
            app.registry.check(request.tool, request.origin)
            results.append((pin, request.origin))
    return results if _run_together(results, app) else None


def _run_together(settled: Sequence[tuple[Pin, Origin]], app: App) -> bool:
    """Return whether no install was built for a newer tool than the one beside it.

    Only these pins are compared: the resolver checks pins elsewhere.
    """
    for pin, origin in settled:
        for tool, least in installs.partners(app.paths, pin):
            same = [origin for origin in settled if origin[0].tool == tool]
            near = [other for other in same if other[1].place == origin.place]
            have = next((value.version for value, _ in near or same), None)
            if have is None or sort_key(least) > sort_key(have):
                return False
    return True


def _is_complete(settled: Sequence[tuple[Pin, Origin]], app: App) -> bool:
    """Return, without a file lock, whether all is installed and cleaned up."""
    pins = [pin for pin, _ in settled]
    return (
        all(installs.is_installed(app.paths, pin) for pin in pins)
        and not installs.has_remains(app.paths)
        and are_in_place(app.paths, pins, sys.executable)
    )
