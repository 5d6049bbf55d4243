"""`toolpin lock`: writes the lockfile of `.tool-versions`, for every host."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.cache.first_use import FLAG
from toolpin.commands import Arguments
from toolpin.errors import NoChecksum, NotLocked, ToolpinError, as_word
from toolpin.install.locked_plan import check_locators
from toolpin.lockfile.document import EMPTY, Entry, Key, Lockfile
from toolpin.lockfile.header import lockfile_beside
from toolpin.lockfile.scope import LockfileRequest, Scope, check_host, check_sources
from toolpin.lockfile_update import project_lockfile as project
from toolpin.model import COMMAND_LINE, Origin, Pin
from toolpin.project import known_projects
from toolpin.resolver.locked_resolution import resolve_locked
from toolpin.system.report import error_table
from toolpin.tasks.request_options import tools_of_only
from toolpin.version_pairs import refuse_pairs


class Options(NamedTuple):
    """The arguments of the command line."""

    check: bool = False
    refresh: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    only: str = ""
    allow_downgrade: bool = False


ARGUMENTS: Arguments = {
    "--check": (
        "change nothing and use no network; exit code 4 if toolpin.lock is out of date"
    ),
    "--refresh TOOL": (
        "look up version and checksums of this tool again; a lower version only with "
        "--allow-downgrade (repeatable)"
    ),
    "--host HOST": (
        "lock only for HOST, such as linux-x64, also in later runs (repeatable)"
    ),
    "--source NAME": "lock builds from this source (repeatable)",
    "--trust-on-first-use": (
        "accept files without a published checksum, and lock the checksum of the "
        "downloaded file"
    ),
    "--also TOOL@VERSION": (
        "lock this version too, such as for a job of a CI matrix (repeatable)"
    ),
    "--allow-downgrade": (
        "with --refresh: lock the newest listed version, even if it is older than the "
        "locked one"
    ),
    "--only TOOL,...": "lock only these tools; entries of the others are kept",
}


def run(options: Options, app: App) -> int:
    """Write the lockfile; exit 1 if a request was not resolved, and lock the rest."""
    file = project.project_file(app)
    path = lockfile_beside(file)
    with app.writing(path):
        old = app.lockfile(path) or EMPTY
        requests = project.lockfile_requests_of(
            project.read_project(file, app), file, app
        )
        pinned = [request.tool for request in requests]
        only = tools_of_only(options.only, pinned, app) if options.only else frozenset()
        also = project.also_of(options.also, old, app)
        if options.check:
            return _check([*also, *requests], old, path, app)
        known_projects.remember(app.paths, [Origin(file, 1)])
        if options.source:
            here = {request.tool for request in (*requests, *also)}
            tools = [tool for tool in app.registry.tools if tool.name in here]
            check_sources(options.source, tools)
        stated = [
            (Pin(request.tool, request.wanted.value), request.origin)
            for request in requests
            if request.wanted.kind == "version"
        ]
        refuse_pairs(stated, app)
        locker = project.locker_for(app, _scope(options, old, app))
        lock, errors = locker.lock(requests, old, also, only=only)
        errors = [_with_options(error, options) for error in errors]
        if not lock.pins:
            app.report.raise_first(errors)
        check_locators(lock, path, app.registry)
        if (pins := project.locked_pins(requests, lock)) != stated:
            refuse_pairs(pins, app)
        changed = project.write_lockfile(path, lock, app)
    _show(lock, old, [*requests, *also], app)
    _warn_of_lost_hosts([*requests, *also], lock, old, app)
    _warn_of_this_machine(requests, lock, path, app)
    app.report.remark(f"{path}: {'written' if changed else 'nothing to change'}")
    for error in errors:
        app.report.error(error)
    result = _result(lock, path)
    result["errors"] = [error_table(error) for error in errors]
    app.report.document("lock", result, changed=changed)
    return 1 if errors else 0


def _warn_of_lost_hosts(
    requests: Sequence[LockfileRequest], lock: Lockfile, old: Lockfile, app: App
) -> None:
    """Warn of each tool that was locked for more of the requested hosts."""
    for key in dict.fromkeys(request.key for request in requests):
        if key not in lock.pins:
            continue
        lost = _hosts_with_build(old, key) - _hosts_with_build(lock, key)
        if lost := lost.intersection(lock.hosts or lost):
            app.report.warn(
                f"{key}: locked for fewer hosts than before: no build of "
                f"{lock.pins[key]} for {', '.join(sorted(lost))}"
            )


def _hosts_with_build(lock: Lockfile, key: Key) -> set[str]:
    pin = Pin(key.tool, lock.pins.get(key, ""))
    return {
        entry.host for entry in lock.entries if entry.pin == pin and entry.has_build
    }


def _warn_of_this_machine(
    requests: Sequence[LockfileRequest], lock: Lockfile, path: str, app: App
) -> None:
    """Warn of locked builds that do not run here; the file is for every machine."""
    for request in requests:
        resolution = resolve_locked(lock, path, request, app.host)
        if resolution.is_final:
            app.report.warn(f"{resolution.pin}: {resolution.problem}")


def _scope(options: Options, old: Lockfile, app: App) -> Scope:
    refresh = {
        app.registry.require(tool, COMMAND_LINE).name for tool in options.refresh
    }
    for host in options.host:
        check_host(host, app.registry.tools)
    hosts = tuple(sorted(set(options.host))) or old.hosts
    return Scope(
        hosts,
        tuple(options.source),
        refresh=frozenset(refresh),
        allow_downgrade=options.allow_downgrade,
    )


def _with_options(error: ToolpinError, options: Options) -> ToolpinError:
    """Return the error; for a missing checksum with the command that accepts it."""
    if not isinstance(error, NoChecksum):
        return error
    words = ["toolpin", "lock", FLAG]
    for option in ("refresh", "host", "source", "also"):
        for value in getattr(options, option):
            words += [f"--{option}", as_word(value)]
    if options.only:
        words += ["--only", as_word(options.only)]
    return NoChecksum(error.what, error.facts, " ".join(words))


def _check(requests: list[LockfileRequest], lock: Lockfile, path: str, app: App) -> int:
    """Return 0 for a lockfile with an entry for every request, and no others.

    Raises NotLocked otherwise, and what `check_locators` raises.
    """
    aliases = app.registry.aliases
    for request in requests:
        if request.tool not in aliases:
            app.report.warn(
                f"{request.origin}: {request.tool} is unknown and was not checked; "
                f"try: {app.registry.adding(request.tool)}"
            )
    requests = [request for request in requests if request.tool in aliases]
    if requests and not os.path.lexists(path):
        raise NotLocked(
            f"there is no {path}",
            [(str(request.key), str(request.origin)) for request in requests],
            "toolpin lock",
        )
    facts = project.stale_facts(requests, lock, app)
    if facts:
        raise NotLocked(f"{path} is out of date", facts, "toolpin lock")
    check_locators(lock, path, app.registry)
    _warn_of_this_machine(requests, lock, path, app)
    app.report.remark(f"{path}: every request has an entry")
    app.report.document("lock", _result(lock, path), changed=False)
    return 0


def _show(
    lock: Lockfile, old: Lockfile, requests: Sequence[LockfileRequest], app: App
) -> None:
    """Print a line per request: its version, and the hosts with a build."""
    rows = []
    for request in requests:
        version, before = lock.pins.get(request.key), old.pins.get(request.key)
        if version is None:
            continue
        pin = Pin(request.tool, version)
        hosts = _hosts([entry for entry in lock.entries if entry.pin == pin])
        if before and before != version:
            hosts += f"  (was {before})"
        rows.append((request.tool, str(request.wanted), f"-> {version}", hosts))
    app.report.table(rows)


def _hosts(entries: Sequence[Entry]) -> str:
    """Return how many hosts have a build, and the names of those without."""
    hosts = sorted({entry.host for entry in entries})
    have = {entry.host for entry in entries if entry.has_build}
    if len(have) == len(hosts):
        return f"all {len(hosts)} hosts" if len(hosts) > 1 else "".join(hosts)
    lack = " ".join(host for host in hosts if host not in have)
    return f"{len(have)} of {len(hosts)} hosts, none: {lack}"


def _result(lock: Lockfile, path: str) -> dict[str, object]:
    return {
        "file": path,
        "pins": [
            {"tool": key.tool, "wanted": key.wanted, "version": version}
            for key, version in sorted(lock.pins.items())
        ],
        "builds": [
            {
                "tool": entry.pin.tool,
                "version": entry.pin.version,
                "host": entry.host,
                "source": entry.source if entry.has_build else None,
            }
            for entry in lock.entries
        ],
    }
