"""Turns resolved requests into the jobs of an install."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from toolpin.app import App
from toolpin.env_patch import is_ci
from toolpin.errors import NotLocked, NotPublished, ToolpinError, Unreachable
from toolpin.install.first_builds import Failure, command_to_pin, first_for, too_old
from toolpin.install.jobs import Job, Outcome
from toolpin.install.locked_plan import NO_RECEIPT, other_bytes
from toolpin.model import Host, Pin, Request
from toolpin.resolver import local_resolution
from toolpin.resolver.locked_resolution import IN_CI, not_locked
from toolpin.resolver.resolver import Resolver
from toolpin.versions import sort_key


def jobs_for(
    requests: Sequence[Request], resolver: Resolver, app: App, *, elsewhere: bool
) -> tuple[list[Job], list[ToolpinError]]:
    """Return the jobs that can be tried, and the errors of the others.

    With `elsewhere` jobs are not compared with the store. Raises UsageError for an
    invalid lockfile, which may concern all of them.
    """
    jobs: list[Job] = []
    errors: list[ToolpinError] = []
    for request in requests:
        resolver.lockfile(request.origin)  # its error concerns all requests
        try:
            if local_resolution.lacks_all(request, app.where):
                raise local_resolution.not_installed(request, app.where)
            if local_resolution.to_provide(request):  # else no plugin is needed
                app.registry.check(request.tool, request.origin)
            jobs += _jobs(request, resolver, app, elsewhere)
        except ToolpinError as error:
            errors.append(error)
    return _each_once(jobs, errors), errors


def _jobs(request: Request, resolver: Resolver, app: App, elsewhere: bool) -> list[Job]:
    jobs = []
    beside = resolver.beside(request)
    for resolution in resolver.resolve(request, beside):
        if resolution.is_final or resolution.pin is None:
            raise _explained(resolution, app, resolver.host)
        pin, origin, locked = resolution.pin, resolution.origin, resolution.locked
        must = locked is not None and resolver.is_strict and not elsewhere
        job = Job(pin, origin, locked, must, beside)
        if not elsewhere:
            _check_bytes(job, app)
        jobs.append(job)
    return jobs


def _explained(
    resolution: local_resolution.Resolution, app: App, host: Host
) -> NotLocked:
    """Return the error, explained if all builds for this host are newer."""
    error, pin = not_locked(resolution, in_ci=is_ci(app.env)), resolution.pin
    tool = app.registry.get(pin.tool) if pin else None
    if pin is None or tool is None:
        return error
    failures = [Failure(spec, error) for spec in tool.sources if spec.since]
    first = first_for(failures, pin, host)
    if first is None:
        return error
    reasons = [too_old(spec, pin, host) for spec, _ in failures]
    facts = [("reason", reason) for reason in reasons if reason]
    line = first.partition(".")[0]
    fix = command_to_pin(pin.tool, line, resolution.origin)
    return NotLocked(error.what, [*error.facts, *facts], fix)


def _check_bytes(job: Job, app: App) -> None:
    """Report an install of other bytes than the locked ones, or raise NotLocked."""
    error = other_bytes(app.paths, job)
    if error and job.must:
        raise error
    if error and NO_RECEIPT not in dict(error.facts).values():
        app.report.warn(f"{error.what}; try: {error.hint}")


def _each_once(jobs: Sequence[Job], errors: list[ToolpinError]) -> list[Job]:
    """Return one job per pin; two lockfiles with other bytes for it are an error.

    Of builds for several versions of the tool that runs them, the one for the oldest:
    it runs on the newer ones, too.
    """
    results: dict[Pin, Job] = {}
    for job in jobs:
        first = results.setdefault(job.pin, job)
        if not (first.locked and job.locked):
            one_locked = first if first.locked else job if job.locked else None
            results[job.pin] = one_locked or min(first, job, key=_age_beside)
        elif _are_for_others(first, job):
            results[job.pin] = min(first, job, key=_age_beside)
        elif first.locked.entry != job.locked.entry:
            errors.append(
                NotLocked(
                    f"{job.pin} is locked twice with different files",
                    [
                        (
                            candidate.locked.file,
                            str(candidate.locked.entry.build.artifacts[0].digest),
                        )
                        for candidate in (first, job)
                        if candidate.locked
                    ],
                    f"toolpin lock --refresh {job.pin.tool}",
                )
            )
    return list(results.values())


def _are_for_others(first: Job, second: Job) -> bool:
    """Return whether two locked builds differ by the tool pinned beside them."""
    builds = [entry.locked.entry.build for entry in (first, second) if entry.locked]
    return first.beside != second.beside and builds[0].requires != builds[1].requires


def _age_beside(job: Job) -> list[tuple[str, object]]:
    """Return the sort key of jobs by the tools beside them, the oldest first."""
    return [(tool, sort_key(version)) for tool, version in job.beside]


def checked_outcome(outcome: Outcome, tried: Collection[Pin]) -> Outcome:
    """Return the outcome; NotLocked for an unlisted version that was treated as exact.

    `tried` are the resolver's.
    """
    error = outcome.error
    if outcome.job.pin not in tried or not isinstance(
        error, NotPublished | Unreachable
    ):
        return outcome
    what = f"{error.what}; versions are not resolved in CI"
    return outcome._replace(
        error=NotLocked(what, [*error.facts, IN_CI], "toolpin lock")
    )
