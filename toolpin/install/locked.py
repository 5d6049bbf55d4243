"""Turns a request and the lockfile beside its file into what is to be installed.

Reads lockfiles; never writes one, and asks nobody.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import NamedTuple

from toolpin.binaries.fit import best, newer_partner
from toolpin.errors import (
    Mismatch,
    NotLocked,
    NotPublished,
    Refused,
    ToolpinError,
)
from toolpin.host import any_of
from toolpin.install.jobs import Job, Locked
from toolpin.install.planner import assemble, ways_to_verify
from toolpin.lockfile.asks import Ask
from toolpin.lockfile.document import HERE, Entry, Key, Lockfile
from toolpin.lockfile.head import can_mean
from toolpin.model import TOOL_REQUIREMENT, Host, Origin, Pin, Plan, Wanted
from toolpin.paths import Paths
from toolpin.plugin.contract import Tool
from toolpin.plugin.registry import Registry
from toolpin.store import installs, trees
from toolpin.versions import sort_key

# Of an adopted install, and of one whose receipt is lost.
UNTOLD = "no receipt says of what it was made"


class Answer(NamedTuple):
    """What a lockfile says to a request here: a version, and a build if it has one.

    `lacks` says what is missing where there is no build, "" where nothing is, and `fix`
    what finds it. It is final where the lockfile has judged this host, or has a version
    that the request cannot mean, and not where it does not name this host.
    """

    version: str
    locked: Locked | None
    lacks: str = ""
    is_final: bool = False
    fix: str = "toolpin lock"


def answer(
    lock: Lockfile, path: str, tool: str, wanted: Wanted, host: Host
) -> Answer | None:
    """Return what a lockfile says to one alternative; None where it says nothing."""
    version = lock.pins.get(Key(tool, str(wanted)))
    if version is None:
        return None
    if not can_mean(str(wanted), version):
        lacks = f"{path} says {version}, which it cannot mean"
        return Answer(version, None, lacks, is_final=True)
    entries = lock.entries_for(Pin(tool, version), str(host))
    if not entries:
        lacks, fix = f"{path} has nothing for {host}", "toolpin lock"
        if lock.hosts and str(host) not in lock.hosts:
            hosts = sorted({*lock.hosts, str(host)})
            fix = f"toolpin lock {' '.join(f'--host {one}' for one in hosts)}"
        return Answer(version, None, lacks, fix=fix)
    anew = f"toolpin lock --refresh {tool}"  # what is locked stays without it
    if not any(entry.has_build for entry in entries):
        lacks = f"{path} says that {host} has no build"
        return Answer(version, None, lacks, True, anew)
    built = [entry for entry in entries if entry.has_build]
    fitting = best(built, host, lambda entry: entry.build)
    if fitting is None:
        needs = " or ".join(_needs(entry) for entry in built)
        pinned = newer_partner(host, [entry.build for entry in built])
        here = _beside(host) if pinned else _libc(host)
        lacks = f"needs {needs}, and here is {here}"
        return Answer(version, None, lacks, True, pinned or anew)
    return Answer(version, Locked(path, fitting))


def locked_plan(tool: Tool, job: Job, host: Host) -> Plan:
    """Return the plan for what is locked, made of the plugin's data as it is today.

    Raises NotLocked where the plugin has no such source any more, Refused for a
    locator that the plugin would not name.
    """
    if job.locked is None:
        raise ValueError(f"{job.pin} is not locked")
    path, entry = job.locked
    facts = [("wanted by", str(job.origin)), ("lockfile", path)]
    spec = next((one for one in tool.sources if one.id == entry.source), None)
    if spec is None or str(host) not in spec.hosts:
        raise NotLocked(
            f"{job.pin} is locked from a source that {tool.name} does not have",
            [*facts, ("source", entry.source)],
            f"toolpin lock --refresh {tool.name}",
        )
    try:
        return assemble(tool, spec, job.pin, host, entry.build.artifacts)
    except NotPublished as error:
        locators = ", ".join(one.locator for one in entry.build.artifacts)
        raise Refused(
            f"the lockfile names other files for {job.pin} than its plugin does",
            [*facts, ("locked", locators), ("because", error.what)],
            f"toolpin lock --refresh {tool.name}",
        ) from error


def is_there(paths: Paths, job: Job) -> bool:
    """Say whether a job is done: where it must, with the very bytes that are locked.

    The machine's store with other ones counts as if it had none. Raises NotLocked where
    this one has others, or where no receipt tells what it has, and ToolpinError where
    it was built for a newer tool than the one that is pinned beside it.
    """
    if not installs.is_installed(paths, job.pin):
        return False
    store = installs.store_of(paths, job.pin)
    error = too_new(store, job)
    if store == paths:
        if job.must and (other := other_bytes(paths, job)):
            raise other
        if error:
            raise error
        return True
    if error:
        return False
    if job.locked is None:
        return True
    with contextlib.suppress(ToolpinError):
        return _made_of(store, job.pin)[0] == _digests(job.locked)
    return False


def too_new(store: Paths, job: Job) -> ToolpinError | None:
    """Return the error of an install that runs on no tool as old as the pinned one."""
    beside = dict(job.beside)
    for tool, least in installs.partners(store, job.pin) if beside else ():
        have = beside.get(tool)
        if have and sort_key(least) > sort_key(have):
            named = "" if job.origin.line else f" {job.pin}"
            return ToolpinError(
                f"{job.pin} is installed in a build that {tool} {have} does not run",
                [
                    ("wanted by", str(job.origin)),
                    ("installed", f"the build for {tool} {least} and newer"),
                    ("pinned", f"{tool} {have}"),
                ],
                f"toolpin uninstall {job.pin} && toolpin install{named}",
            )
    return None


def other_bytes(paths: Paths, job: Job) -> NotLocked | None:
    """Return the error of an install here that is not of the locked bytes, or None."""
    if job.locked is None or not installs.is_installed(paths.alone, job.pin):
        return None
    want = _digests(job.locked)
    have, source = _made_of(paths, job.pin)
    if have == want:
        return None
    known = f"{', '.join(have)} from {source}"
    return NotLocked(
        f"{job.pin} is installed, and not with the bytes that are locked",
        [
            ("wanted by", str(job.origin)),
            ("installed", known if have else UNTOLD),
            ("locked", f"{', '.join(want)} from {job.locked.entry.source}"),
        ],
        f"toolpin uninstall {job.pin}",
    )


def _digests(locked: Locked) -> list[str]:
    return [str(one.digest) for one in locked.entry.build.artifacts]


def _made_of(store: Paths, pin: Pin) -> tuple[list[str], str]:
    """Return the digests and the source of an install, none for an adopted one."""
    receipt = trees.read_receipt(store, pin)
    if receipt is None:
        return [], ""
    return [str(one.digest) for one in receipt.artifacts], receipt.source


def check_locators(lock: Lockfile, file: str, registry: Registry) -> None:
    """Raise what `locked_plan` raises for an entry that nobody could install."""
    for entry in lock.entries:
        if entry.has_build:
            tool = registry.require(entry.pin.tool)
            job = Job(entry.pin, Origin(file), Locked(file, entry))
            locked_plan(tool, job, any_of(entry.host))
            _check_verified(tool, entry, file)


def _check_verified(tool: Tool, entry: Entry, file: str) -> None:
    """Raise NotLocked for digests that come from elsewhere than the entry says."""
    from toolpin.cache.first_use import VERIFIED  # noqa: PLC0415 - with it what asks

    spec = next(one for one in tool.sources if one.id == entry.source)
    ways = ways_to_verify(spec)
    if entry.verified not in {*ways, VERIFIED, HERE}:
        raise NotLocked(
            f"{entry.pin} is not verified as its lockfile says",
            [
                ("lockfile", file),
                ("says", entry.verified),
                (f"{spec.id} has", " or ".join(sorted(ways))),
            ],
            f"toolpin lock --refresh {tool.name}",
        )


def rebuilt(job: Job, error: Mismatch) -> Mismatch:
    """Return the error of bytes that are not the locked ones, with the dates known."""
    facts = [("wanted by", f"{job.origin} ({job.pin})"), *error.facts]
    if job.locked:
        facts.append(("locked in", f"{job.locked.file}{_dated(job.locked.file)}"))
    return Mismatch(
        f"what is published as {job.pin} today is not what was locked",
        facts,
        f"toolpin lock --refresh {job.pin.tool}",
    )


def missing(ask: Ask, lacks: str, fix: str = "toolpin lock") -> NotLocked:
    """Return the error of a request that had to be locked."""
    tool, wanted, origin = ask
    return NotLocked(
        f"{tool} {wanted} is not locked",
        [("wanted by", str(origin)), ("because", lacks)],
        fix,
    )


def _dated(file: str) -> str:
    """Return of which day a file is; it may be gone by now."""
    try:
        day = time.gmtime(os.stat(file).st_mtime)
    except OSError:
        return ""
    return f", a file of {time.strftime('%Y-%m-%d', day)}"


def _needs(entry: Entry) -> str:
    return ", ".join(
        least if name == "soname" else f"{name.removeprefix(TOOL_REQUIREMENT)} {least}"
        for name, least in entry.build.requires
    )


def _beside(host: Host) -> str:
    return ", ".join(f"{tool} {version}" for tool, version in host.beside)


def _libc(host: Host) -> str:
    name = host.libc or host.os
    return f"{name} {host.libc_version}".rstrip()
