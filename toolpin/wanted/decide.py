"""Decides what `install` is to provide: requests and their lockfiles become jobs.

The rules of who obeys a lockfile stand here and nowhere else. What is not locked is
resolved by whoever calls: this asks no network.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import NotLocked, NotPublished, ToolpinError, Unreachable
from toolpin.install.first_builds import Failure, first_for, to_pin, too_old
from toolpin.install.jobs import Job, Outcome
from toolpin.install.locked import (
    UNTOLD,
    answer,
    missing,
    other_bytes,
)
from toolpin.lockfile.asks import Ask, no_ref
from toolpin.lockfile.document import Key
from toolpin.lockfile.lookup import lockfile_for
from toolpin.locking.project import project_file
from toolpin.model import Host, Origin, Pin, Request, Wanted
from toolpin.plugin.script import is_scripted
from toolpin.project.words import VERSION, fits
from toolpin.resolve import looks_exact, to_provide
from toolpin.scripts.running import folder_of_ref
from toolpin.store.installs import is_installed
from toolpin.versions import is_prefix, sort_key

# Returns the newest version there is today of what an alternative means.
Resolve = Callable[[str, Wanted, Origin], str]


class Rules(NamedTuple):
    """How strict an install is about the lockfile.

    `must` asks for a locked build of everything. In `ci` that holds where there is a
    lockfile, and nothing is resolved where there is none. With `ignored` nobody looks
    at lockfiles. What goes `elsewhere` is not compared with the store.
    """

    must: bool = False
    ci: bool = False
    ignored: bool = False
    elsewhere: bool = False


class Decider:
    """Turns requests into jobs."""

    def __init__(self, app: App, host: Host, rules: Rules, resolve: Resolve) -> None:
        self._app = app
        self._host = host
        self._rules = rules
        self._resolve = resolve
        self._requests: Sequence[Request] = ()
        # What is taken for exact, though it may be the beginning of others.
        self.tried: set[Pin] = set()
        # What channels mean today, to be remembered when it is installed.
        self.channels: list[tuple[Pin, str]] = []

    def jobs(self, requests: Sequence[Request]) -> tuple[list[Job], list[ToolpinError]]:
        """Return what can be tried, and the errors of what cannot: the rest goes on.

        Raises UsageError for a lockfile that is none: it may speak for all of them.
        """
        jobs: list[Job] = []
        errors: list[ToolpinError] = []
        self._requests = requests
        for request in requests:
            wanted = to_provide(request)
            path = self._lockfile(request.origin)
            try:
                if wanted:  # the machine's own and a folder need no plugin
                    self._app.registry.check(request.tool, request.origin)
                asks = [Ask(request.tool, one, request.origin) for one in wanted]
                beside = self._beside(request)
                jobs += [
                    self._job(ask, path, beside)._replace(beside=beside) for ask in asks
                ]
            except ToolpinError as error:
                errors.append(error)
        return _each_once(jobs, errors), errors

    def _beside(self, request: Request) -> tuple[tuple[str, str], ...]:
        """Return the versions of the tools that a request's tool requires, as pinned.

        What no file pins as a version is left out.
        """
        known = self._app.registry.readable(request.tool)
        found = []
        for name in known.requires if known else ():
            same = [one for one in self._requests if one.tool == name]
            near = [one for one in same if one.origin.place == request.origin.place]
            pinned = next(iter(near or same), None) or self._app.request(name)
            version = self._pinned_version(pinned) if pinned else ""
            if version[:1].isdigit():
                found.append((name, version))
        return tuple(found)

    def _pinned_version(self, request: Request) -> str:
        """Return the version that the first alternative is locked as, or states.

        "" for `system` and a directory: of their version nothing is known.
        """
        first = request.wanted[0]
        if first not in to_provide(request):
            return ""
        path = self._lockfile(request.origin)
        lock = self._app.lockfile(path) if path else None
        locked = lock.pins.get(Key(request.tool, str(first))) if lock else None
        return locked or (first.value if first.kind == "version" else "")

    def _job(self, ask: Ask, path: str, beside: tuple[tuple[str, str], ...]) -> Job:
        tool, wanted, origin = ask
        lock = self._app.lockfile(path) if path else None
        if lock is None:
            if self._rules.must:
                lacks = "there is no toolpin.lock for it"
                raise missing(ask, lacks, self._to_lock(ask))
            return self._unlocked(ask)
        must = self._rules.must or self._rules.ci
        host = self._host._replace(beside=beside)
        found = answer(lock, path, tool, wanted, host)
        if found is None:
            lacks = f"{path} has no entry for it"
            if must:
                raise missing(ask, lacks, self._to_lock(ask))
            if origin.line:  # what is named once, by hand, is nobody's to lock
                fix = self._to_lock(ask)
                self._app.report.warn(f"{tool} {wanted}: {lacks}; try: {fix}")
            return self._unlocked(ask)
        pin = Pin(tool, found.version)
        if found.locked:
            must = must and not self._rules.elsewhere
            job = Job(pin, origin, found.locked, must)
            return job if self._rules.elsewhere else self._judged(job)
        fix = self._from_here(found.fix, os.path.dirname(path))
        if must or found.is_final:
            raise self._explained(missing(ask, found.lacks, fix), pin, origin)
        self._app.report.warn(f"{pin}: {found.lacks}; try: {fix}")
        return Job(pin, origin)

    def _explained(self, error: NotLocked, pin: Pin, origin: Origin) -> NotLocked:
        """Return the error; where all builds for this host are newer, with that."""
        tool = self._app.registry.get(pin.tool)
        sources = tool.sources if tool else ()
        asked = [Failure(spec, error) for spec in sources if spec.since]
        first = first_for(asked, pin, self._host)
        if first is None:
            return error
        reasons = [too_old(spec, pin, self._host) for spec, _ in asked]
        facts = [("because", reason) for reason in reasons if reason]
        line = first.partition(".")[0]
        return NotLocked(
            error.what, [*error.facts, *facts], to_pin(pin.tool, line, origin)
        )

    def _to_lock(self, ask: Ask) -> str:
        """Return the command that adds an entry for a request, by who wants it."""
        if not ask.origin.line:
            return f"toolpin lock --also {ask.tool}@{ask.wanted}"
        return self._from_here("toolpin lock", os.path.dirname(ask.origin.place))

    def _from_here(self, command: str, folder: str) -> str:
        """Return a command for the project of a folder as it is given in this one."""
        try:
            here = os.path.dirname(project_file(self._app))
        except ToolpinError:
            here = ""
        if folder == here:
            return command
        return command.replace("toolpin", f"toolpin -C {shlex.quote(folder)}", 1)

    def _judged(self, job: Job) -> Job:
        """Return the job. Where other bytes are there, say so, or raise NotLocked."""
        error = other_bytes(self._app.paths, job)
        if error and job.must:
            raise error
        if error and UNTOLD not in dict(error.facts).values():
            self._app.report.warn(f"{error.what}; try: {error.hint}")
        return job

    def _lockfile(self, origin: Origin) -> str:
        """Return where the lockfile for a request is, read; "" where none counts."""
        if self._rules.ignored:
            return ""
        path = lockfile_for(origin, self._app.where) or ""
        if path:  # what is wrong with it is an error of all, not of one request
            self._app.lockfile(path)
        return path

    def _unlocked(self, ask: Ask) -> Job:
        """Return the job of an exact version, or of what a loose one means today.

        Raises NotLocked for a loose one in CI: a build is not to change by itself.
        """
        tool, wanted, origin = ask
        pin = Pin(tool, wanted.value)
        if wanted.kind == "version" and (
            looks_exact(wanted) or is_installed(self._app.paths, pin)
        ):
            return Job(pin, origin)
        if wanted.kind == "ref":
            known = self._app.registry.get(tool)
            version = folder_of_ref(wanted.value)
            if known and is_scripted(known) and fits(version, VERSION):
                return Job(Pin(tool, version), origin)
            raise no_ref(ask)
        if self._rules.ci:
            # `22.2` may be a release: it is tried as it stands, and nothing else is.
            if wanted.kind == "version" and self._may_be_exact(tool, wanted.value):
                self.tried.add(pin)
                return Job(pin, origin)
            raise NotLocked(
                f"{tool} {wanted} names no exact version, and CI resolves none",
                [("wanted by", str(origin))],
                self._to_lock(ask),
            )
        version = self._resolve(tool, wanted, origin)
        if wanted.kind == "version" and not is_prefix(wanted.value, version):
            self.channels.append((Pin(tool, version), wanted.value))
        if version != wanted.value and not self._rules.ignored:
            self._app.report.remark(
                f"{tool} {wanted} is {version} today, not locked: toolpin lock"
            )
        return Job(Pin(tool, version), origin)

    def _may_be_exact(self, tool: str, version: str) -> bool:
        """Say whether a version may be a release's name: `22.2`, not `22`.

        Only an asdf plugin's tool may have releases that are called by one number.
        """
        if version.isdigit():
            known = self._app.registry.get(tool)
            return known is not None and is_scripted(known)
        return version[0].isdigit()


def _each_once(jobs: Sequence[Job], errors: list[ToolpinError]) -> list[Job]:
    """Return one job a pin; two lockfiles with other bytes for it are an error.

    Of builds for several versions of the tool that runs them, the one for the oldest:
    it runs on the newer ones, too.
    """
    found: dict[Pin, Job] = {}
    for job in jobs:
        first = found.setdefault(job.pin, job)
        if not (first.locked and job.locked):
            one_locked = first if first.locked else job if job.locked else None
            found[job.pin] = one_locked or min(first, job, key=_age_beside)
        elif _are_for_others(first, job):
            found[job.pin] = min(first, job, key=_age_beside)
        elif first.locked.entry != job.locked.entry:
            errors.append(
                NotLocked(
                    f"{job.pin} is locked in two ways",
                    [
                        (
                            one.locked.file,
                            str(one.locked.entry.build.artifacts[0].digest),
                        )
                        for one in (first, job)
                        if one.locked
                    ],
                    f"toolpin lock --refresh {job.pin.tool}",
                )
            )
    return list(found.values())


def _are_for_others(first: Job, second: Job) -> bool:
    """Say whether two locked builds differ by the tool that is pinned beside them."""
    builds = [one.locked.entry.build for one in (first, second) if one.locked]
    return first.beside != second.beside and builds[0].requires != builds[1].requires


def _age_beside(job: Job) -> list[tuple[str, object]]:
    """Return what sorts jobs by the tools beside them, unknown and old ones first."""
    return [(tool, sort_key(version)) for tool, version in job.beside]


def judged(outcome: Outcome, tried: Collection[Pin]) -> Outcome:
    """Return the outcome; of what was taken for exact, and nobody tells, as NotLocked.

    `tried` are the decider's.
    """
    error = outcome.error
    if outcome.job.pin not in tried or not isinstance(
        error, NotPublished | Unreachable
    ):
        return outcome
    what = f"{error.what}; CI resolves nothing"
    return outcome._replace(error=NotLocked(what, error.facts, "toolpin lock"))
