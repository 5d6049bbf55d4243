"""Turns a request and the lockfile beside its file into what is to be installed.

Reads lockfiles; never writes one, and asks nobody.
"""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from toolpin import project
from toolpin.errors import Mismatch, NotLocked, NotPublished, Refused, UsageError
from toolpin.fit import best
from toolpin.host import any_of
from toolpin.jobs import Job, Locked
from toolpin.lock_head import MEND
from toolpin.lockfile import Entry, Key, Lockfile
from toolpin.lockfile_parse import parse
from toolpin.model import Host, Origin, Pin, Plan, Wanted
from toolpin.plugin.contract import Tool
from toolpin.plugin.declarative import assemble
from toolpin.plugin.registry import Registry
from toolpin.resolve import can_mean

EMPTY = Lockfile({}, ())


class Answer(NamedTuple):
    """What a lockfile says to a request here: a version, and a build if it has one.

    `lacks` says what is missing where there is no build; "" where nothing is. It is
    final where the lockfile has judged this host, and not where it does not name it.
    """

    version: str
    locked: Locked | None
    lacks: str = ""
    is_final: bool = False


def read_lockfile(path: str) -> Lockfile | None:
    """Return the lockfile at a path; None where there is none.

    Raises UsageError for a file that toolpin would not have written.
    """
    if not os.path.lexists(path):
        return None
    data = project.read(path)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8",
            [("because", str(error))],
            MEND,
        ) from None
    return parse(text, path)


def answer(
    lock: Lockfile, path: str, tool: str, wanted: Wanted, host: Host
) -> Answer | None:
    """Return what a lockfile says to one alternative; None where it says nothing.

    A version that the alternative cannot mean is nothing: `24.1.0` for `22`.
    """
    version = lock.pins.get(Key(tool, str(wanted)))
    if version is None or not can_mean(wanted, version):
        return None
    entries = lock.entries_for(Pin(tool, version), str(host))
    if not entries:
        return Answer(version, None, f"{path} has nothing for {host}")
    if not any(entry.has_build for entry in entries):
        return Answer(version, None, f"{path} says that {host} has no build", True)
    built = [entry for entry in entries if entry.has_build]
    fitting = best(built, host, lambda entry: entry.build)
    if fitting is None:
        needs = " or ".join(_needs(entry) for entry in built)
        return Answer(version, None, f"needs {needs}, and here is {_libc(host)}", True)
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


def check_locators(lock: Lockfile, file: str, registry: Registry) -> None:
    """Raise what `locked_plan` raises for an entry that nobody could install."""
    for entry in lock.entries:
        if entry.has_build:
            tool = registry.require(entry.pin.tool)
            job = Job(entry.pin, Origin(file), Locked(file, entry))
            locked_plan(tool, job, any_of(entry.host))


def rebuilt(job: Job, error: Mismatch) -> Mismatch:
    """Return the error of bytes that are not the locked ones, with the dates known."""
    facts = [("wanted by", f"{job.origin} ({job.pin})"), *error.facts]
    if job.locked:
        date = time.strftime("%Y-%m-%d", time.gmtime(os.stat(job.locked.file).st_mtime))
        facts.append(("locked in", f"{job.locked.file}, a file of {date}"))
    return Mismatch(
        f"what is published as {job.pin} today is not what was locked",
        facts,
        f"toolpin lock --refresh {job.pin.tool}",
    )


def _needs(entry: Entry) -> str:
    return ", ".join(
        least if name == "soname" else f"{name} {least}"
        for name, least in entry.build.requires
    )


def _libc(host: Host) -> str:
    name = host.libc or host.os
    return f"{name} {host.libc_version}".rstrip()
