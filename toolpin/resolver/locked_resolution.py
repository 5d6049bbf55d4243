"""Resolves a request to the version and the build in a lockfile.

For any host, and for what is to be locked. It reads no file and uses no network.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from toolpin.binaries.fit import best, newer_partner, render_need
from toolpin.errors import NotLocked, ToolpinError
from toolpin.lockfile.document import Entry, Locked, Lockfile
from toolpin.lockfile.header import can_mean
from toolpin.lockfile.scope import LockfileRequest
from toolpin.model import Host, Pin
from toolpin.plugins.asdf.spelling import directory_of_ref
from toolpin.plugins.script_plugin import is_scripted
from toolpin.plugins.tool_file import Tool
from toolpin.project.validation import VERSION, fits
from toolpin.resolver.local_resolution import Resolution


def resolve_locked(
    lock: Lockfile | None, path: str, request: LockfileRequest, host: Host
) -> Resolution:
    """Resolve one alternative on a host by a lockfile, read from `path`.

    Its problem is final if the lockfile covers this host, or has a version that the
    alternative cannot match, and not if the lockfile does not cover this host.
    """
    resolution = Resolution(*request)
    if lock is None:
        return resolution._replace(problem="there is no toolpin.lock")
    version = lock.pins.get(request.key)
    if version is None:
        return resolution._replace(problem=f"{path} has no entry for it")
    pin = Pin(request.tool, version)
    resolution = resolution._replace(basis="lockfile", pin=pin)
    if not can_mean(request.key.wanted, version):
        problem = f"{path} has {version}, which does not satisfy it"
        return resolution._replace(problem=problem, is_final=True)
    entries = lock.entries_for(pin, str(host))
    if not entries:
        problem = f"{path} has no build for {host}"
        return resolution._replace(problem=problem, fix=_adding_host(lock, host))
    built = [entry for entry in entries if entry.has_build]
    fitting = best(built, host, lambda entry: entry.build)
    if fitting:
        return resolution._replace(locked=Locked(path, fitting))
    problem = f"{path} states that {host} has no build"
    fix = f"toolpin lock --refresh {request.tool}"  # locked entries are kept without it
    if built:
        needs = " or ".join(_needs(entry) for entry in built)
        pinned = newer_partner(host, [entry.build for entry in built])
        here = f"{host.libc or host.os} {host.libc_version}".rstrip()
        if pinned:
            here = ", ".join(f"{tool} {version}" for tool, version in host.beside)
        resolution = resolution._replace(is_unfit=True)
        problem, fix = f"needs {needs}, and this machine has {here}", pinned or fix
    return resolution._replace(problem=problem, fix=fix, is_final=True)


def kept_version(lock: Lockfile, request: LockfileRequest) -> str | None:
    """Return the locked version of an alternative, if the alternative can match it."""
    version = lock.pins.get(request.key)
    return version if version and can_mean(request.key.wanted, version) else None


def version_of_ref(request: LockfileRequest, tool: Tool | None) -> str:
    """Return the version for a Git ref.

    Raises ToolpinError if no source builds refs.
    """
    version = directory_of_ref(request.wanted.value)
    if tool and is_scripted(tool) and fits(version, VERSION):
        return version
    raise ToolpinError(
        f"{request.tool} {request.wanted} is a Git ref, and no source of "
        f"{request.tool} builds those",
        [("required by", str(request.origin))],
        f"toolpin list-all {request.tool}",
    )


# The fact for an error of an unlocked request in CI, where `lock` has no effect.
IN_CI = ("in CI", "lock on your own machine, and commit toolpin.lock")


def not_locked(resolution: Resolution, *, in_ci: bool = False) -> NotLocked:
    """Return the error of a request that must be locked."""
    what = f"{resolution.tool} {resolution.alternative} is not locked"
    if resolution.is_unfit:
        what = f"the locked build of {resolution.pin} does not run on this machine"
    facts = [("required by", str(resolution.origin)), ("reason", resolution.problem)]
    return NotLocked(
        what,
        [*facts, IN_CI] if in_ci and not resolution.pin else facts,
        resolution.fix,
    )


def unanswered(
    lock_requests: Iterable[LockfileRequest],
    lock: Lockfile,
    hosts: Callable[[str], Collection[str]],
) -> list[tuple[LockfileRequest, str]]:
    """Return the requests that a lockfile does not cover, and what is missing.

    `hosts` returns the required hosts of a tool.
    """
    results = []
    for request in lock_requests:
        version = lock.pins.get(request.key)
        if version is None:
            results.append((request, "no pin for it"))
            continue
        if not can_mean(str(request.wanted), version):
            results.append((request, f"{version} does not satisfy it"))
            continue
        pin = Pin(request.tool, version)
        missing = [
            host for host in hosts(request.tool) if not lock.entries_for(pin, host)
        ]
        if missing:
            lacks = f"no build of {version} for {', '.join(sorted(missing))}"
            results.append((request, lacks))
    return results


def _adding_host(lock: Lockfile, host: Host) -> str:
    if not lock.hosts or str(host) in lock.hosts:
        return "toolpin lock"
    hosts = sorted({*lock.hosts, str(host)})
    return f"toolpin lock {' '.join(f'--host {host}' for host in hosts)}"


def _needs(entry: Entry) -> str:
    return ", ".join(render_need(*need) for need in entry.build.requires)
