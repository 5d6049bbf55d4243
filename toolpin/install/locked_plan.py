"""Turns the locked build of a pin into a plan, and compares it with an install.

Reads lockfiles; never writes one, and uses no network.
"""

from __future__ import annotations

import contextlib
import os
import time

from toolpin.errors import (
    Mismatch,
    NotLocked,
    NotPublished,
    Refused,
    ToolpinError,
)
from toolpin.install.jobs import Job
from toolpin.install.planner import assemble
from toolpin.lockfile.document import Entry, Locked, Lockfile
from toolpin.model import Host, Origin, Pin, Plan
from toolpin.plugins.registry import Registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.kinds import KINDS
from toolpin.store import installs, publication
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.versions import sort_key

# For an adopted install, and for one without its receipt.
NO_RECEIPT = "it has no receipt"


def locked_plan(tool: Tool, job: Job, host: Host) -> Plan:
    """Return the plan for a locked build, made with the plugin's current data.

    Raises NotLocked if the plugin no longer has the source, Refused for a locator that
    the plugin would not name.
    """
    if job.locked is None:
        raise ValueError(f"{job.pin} is not locked")
    path, entry = job.locked
    facts = [("required by", str(job.origin)), ("lockfile", path)]
    spec = next((source for source in tool.sources if source.id == entry.source), None)
    if spec is None or str(host) not in spec.hosts:
        raise NotLocked(
            f"{job.pin} is locked from a source that {tool.name} does not have",
            [*facts, ("source", entry.source)],
            f"toolpin lock --refresh {tool.name}",
        )
    try:
        return assemble(tool, spec, job.pin, host, entry.build.artifacts)
    except NotPublished as error:
        locators = ", ".join(artifact.locator for artifact in entry.build.artifacts)
        raise Refused(
            f"the lockfile lists different files for {job.pin} than its plugin does",
            [*facts, ("locked", locators), ("reason", error.what)],
            f"toolpin lock --refresh {tool.name}",
        ) from error


def is_done(paths: Paths, job: Job) -> bool:
    """Return whether a job is done: if required, with the very bytes that are locked.

    A machine-wide install with other bytes is ignored. Raises NotLocked if the user's
    install has others, or if it has no receipt, and ToolpinError if it was built for a
    newer tool than the one pinned beside it.
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
        return _made_from(store, job.pin)[0] == _digests(job.locked)
    return False


def too_new(store: Paths, job: Job) -> ToolpinError | None:
    """Return the error of an install that needs a newer tool than the pinned one."""
    beside = dict(job.beside)
    for tool, least in installs.partners(store, job.pin) if beside else ():
        have = beside.get(tool)
        if have and sort_key(least) > sort_key(have):
            named = "" if job.origin.line else f" {job.pin}"
            return ToolpinError(
                f"{job.pin} is installed as a build that {tool} {have} does not run",
                [
                    ("required by", str(job.origin)),
                    ("installed", f"the build for {tool} {least} and newer"),
                    ("pinned", f"{tool} {have}"),
                ],
                f"toolpin uninstall {job.pin} && toolpin install{named}",
            )
    return None


def other_bytes(paths: Paths, job: Job) -> NotLocked | None:
    """Return the error of an install that is not of the locked bytes, or None."""
    if job.locked is None or not installs.is_installed(paths.alone, job.pin):
        return None
    want = _digests(job.locked)
    have, source = _made_from(paths, job.pin)
    if have == want:
        return None
    known = f"{', '.join(have)} from {source}"
    return NotLocked(
        f"{job.pin} is installed from different files than those that are locked",
        [
            ("required by", str(job.origin)),
            ("installed", known if have else NO_RECEIPT),
            ("locked", f"{', '.join(want)} from {job.locked.entry.source}"),
        ],
        f"toolpin uninstall {job.pin}",
    )


def _digests(locked: Locked) -> list[str]:
    return [str(artifact.digest) for artifact in locked.entry.build.artifacts]


def _made_from(store: Paths, pin: Pin) -> tuple[list[str], str]:
    """Return the digests and the source of an install, none for an adopted one."""
    receipt = publication.read_receipt(store, pin)
    if receipt is None:
        return [], ""
    return [str(artifact.digest) for artifact in receipt.artifacts], receipt.source


def check_locators(lock: Lockfile, file: str, registry: Registry) -> None:
    """Raise what `locked_plan` raises for an entry that cannot be installed."""
    for entry in lock.entries:
        if entry.has_build:
            tool = registry.require(entry.pin.tool)
            job = Job(entry.pin, Origin(file), Locked(file, entry))
            locked_plan(tool, job, any_of(entry.host))
            _check_level(tool, entry, file)


def _check_level(tool: Tool, entry: Entry, file: str) -> None:
    """Raise NotLocked for a level above that of the entry's source."""
    spec = next(source for source in tool.sources if source.id == entry.source)
    level = KINDS[spec.kind].level(spec.at(entry.pin.version, entry.host))
    if entry.verified > level:
        raise NotLocked(
            f"{entry.pin} is verified differently than its lockfile states",
            [
                ("lockfile", file),
                ("says", str(entry.verified)),
                (f"{spec.id} has", str(level)),
            ],
            f"toolpin lock --refresh {tool.name}",
        )


def rebuilt(job: Job, error: Mismatch) -> Mismatch:
    """Return the error for bytes that differ from the locked ones, with known dates."""
    facts = [("required by", f"{job.origin} ({job.pin})"), *error.facts]
    if job.locked:
        facts.append(("locked in", f"{job.locked.file}{_dated(job.locked.file)}"))
    return Mismatch(
        f"the published files of {job.pin} differ from those that are locked",
        facts,
        f"toolpin lock --refresh {job.pin.tool}",
    )


def _dated(file: str) -> str:
    """Return the date of a file, which may have been removed."""
    try:
        day = time.gmtime(os.stat(file).st_mtime)
    except OSError:
        return ""
    return f", a file of {time.strftime('%Y-%m-%d', day)}"
