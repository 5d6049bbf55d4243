"""`toolpin install [TOOL [VERSION...]]`: provides what is pinned here or is named."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from toolpin import installs, shims
from toolpin.errors import NotLocked, NotPublished, ToolpinError
from toolpin.jobs import Job, Outcome
from toolpin.locks import is_ci, locked_version, lockfile_for
from toolpin.model import Origin, Pin, Plan, Request
from toolpin.report import error_table
from toolpin.resolve import to_provide
from toolpin.session import Session
from toolpin.tables import origin_table, pin_table, plan_table
from toolpin.toolversions import parse_wanted

if TYPE_CHECKING:
    from toolpin.install import Installer


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool and versions of it, and how to go about it."""
    parser.add_argument("tool", nargs="?", help="this tool only")
    parser.add_argument(
        "versions",
        nargs="*",
        metavar="version",
        help="these versions instead of those pinned here",
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="installs at once, 1 to 64"
    )
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME",
        help="take it from this source only; may be given again",
    )
    parser.add_argument(
        "--locked",
        action="store_true",
        help="install nothing that toolpin.lock does not have; CI=true implies it "
        "where there is a lockfile",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show the plans and change nothing"
    )


def run(args: Namespace, session: Session) -> int:
    """Install all that can be; 1 when something pinned is missing at the end.

    4, and nothing is installed, where a lockfile had to answer and does not.
    """
    requests = _requests(args, session)
    plain = not (args.dry_run or args.source or args.jobs is not None or args.locked)
    if plain and not is_ci(session.env):
        settled = _settled(requests, session)
        if settled is not None and _is_done(settled, session):
            jobs = [Job(pin, origin) for pin, origin in settled]
            return _finish([Outcome(job, "present") for job in jobs], [], session)
    # With these come requests, tqdm, filelock and threads: only where there is work.
    from toolpin.decide import Decider, Rules, not_exact  # noqa: PLC0415
    from toolpin.progress import Board  # noqa: PLC0415
    from toolpin.workshop import installer_for, settings_for  # noqa: PLC0415

    settings = settings_for(session, sources=args.source, jobs=args.jobs)
    installer = installer_for(session, settings, Board(session.report))
    rules = Rules(args.locked, is_ci(session.env), bool(args.source))
    decider = Decider(session, installer.host, rules, installer.resolve)
    jobs, errors = decider.jobs(requests)
    if any(isinstance(error, NotLocked) for error in errors):
        return _finish([], errors, session)
    if args.dry_run:
        return _show_plans(jobs, errors, installer, session)
    outcomes = [
        one._replace(error=not_exact(one.error))
        if one.job.pin in decider.tried and isinstance(one.error, NotPublished)
        else one
        for one in installer.run(jobs)
    ]
    _refresh_shims(outcomes, session)
    return _finish(outcomes, errors, session)


def _refresh_shims(outcomes: Sequence[Outcome], session: Session) -> None:
    from toolpin.reshim import refresh_shims  # noqa: PLC0415 - see run

    wanted = {outcome.job.pin.tool for outcome in outcomes}
    changes = refresh_shims(session.paths, session.registry, wanted)
    if changes.added and session.paths.shims in session.env.get("PATH", "").split(":"):
        # bash remembers where it found a command before.
        new = ", ".join(changes.added)
        session.report.remark(f"new commands: {new}; bash may need `hash -r`")
    for name in changes.skipped:
        session.report.warn(
            f"{session.paths.shims}/{name} is not toolpin's: left alone"
        )


def _finish(
    outcomes: Sequence[Outcome], errors: list[ToolpinError], session: Session
) -> int:
    if session.report.as_json:
        _answer(outcomes, errors, session)
    errors += [outcome.error for outcome in outcomes if outcome.error]
    return _sum_up(outcomes, errors, session)


def _requests(args: Namespace, session: Session) -> Sequence[Request]:
    if not args.tool:
        return session.requests()
    tool = session.registry.canonical(args.tool)
    if args.versions:
        origin = Origin("the command line")
        wanted = tuple(parse_wanted(word, origin) for word in args.versions)
        return [Request(tool, wanted, origin)]
    request = session.request(tool)
    if request is None:
        raise ToolpinError(
            f"{tool} is not pinned here",
            [("searched", f"{session.folder} and the folders above it")],
            f"toolpin install {tool} <version>",
        )
    return [request]


def _settled(
    requests: Sequence[Request], session: Session
) -> list[tuple[Pin, Origin]] | None:
    """Return the installed pins that requests stand for, each with who wants it.

    None where one needs a decision: it is neither exact nor locked, or not installed.
    """
    found = []
    for request in requests:
        has_lock = lockfile_for(request.origin, session.where) is not None
        for wanted in to_provide(request):
            version: str | None = wanted.value if wanted.kind == "version" else None
            if has_lock:
                version = locked_version(request, wanted, session.where)
            pin = Pin(request.tool, version or "")
            if not installs.is_installed(session.paths, pin):
                return None
            session.registry.check(request.tool, request.origin)
            found.append((pin, request.origin))
    return found


def _is_done(settled: Sequence[tuple[Pin, Origin]], session: Session) -> bool:
    """Tell, without a mutex, that all is installed, has shims, and nothing is swept."""
    pins = [pin for pin, _ in settled]
    return (
        all(installs.is_installed(session.paths, pin) for pin in pins)
        and not installs.has_remains(session.paths)
        and shims.are_in_place(session.paths, pins, sys.executable)
    )


def _sum_up(
    outcomes: Sequence[Outcome], errors: Sequence[ToolpinError], session: Session
) -> int:
    report = session.report
    for error in errors:
        report.error(error)
    done = [one for one in outcomes if one.status == "installed"]
    present = [one for one in outcomes if one.status == "present"]
    parts = [
        f"{len(some)} {word}"
        for some, word in (
            (done, "installed"),
            (present, "already there"),
            (errors, "failed"),
        )
        if some
    ]
    report.remark(f"toolpin: {', '.join(parts) or 'nothing to install'}")
    on_path = session.env.get("PATH", "").split(":")
    if done and session.paths.shims not in on_path:
        report.remark(f'for the shims: export PATH="{session.paths.shims}:$PATH"')
    if any(isinstance(error, NotLocked) for error in errors):
        return NotLocked.exit_code
    return 1 if errors else 0


def _answer(
    outcomes: Sequence[Outcome], errors: Sequence[ToolpinError], session: Session
) -> None:
    """Write the JSON; `errors` are those of requests for which nothing was tried."""
    rows = [
        {
            **pin_table(outcome.job.pin),
            "status": outcome.status,
            "wanted_by": origin_table(outcome.job.origin),
            "path": session.paths.install(*outcome.job.pin),
            "error": error_table(outcome.error) if outcome.error else None,
        }
        for outcome in outcomes
    ]
    result = {"outcomes": rows, "errors": [error_table(error) for error in errors]}
    changed = any(outcome.status == "installed" for outcome in outcomes)
    session.report.document("install", result, changed=changed)


def _show_plans(
    jobs: Sequence[Job],
    errors: list[ToolpinError],
    installer: Installer,
    session: Session,
) -> int:
    plans = []
    for job in jobs:
        try:
            plans.append(installer.plan(job))
        except ToolpinError as error:
            errors.append(error)
    if session.report.as_json:
        into = session.paths.install
        result = {
            "plans": [plan_table(plan, into(*plan.pin)) for plan in plans],
            "errors": [error_table(error) for error in errors],
        }
        session.report.document("install", result, changed=False)
    else:
        for plan in plans:
            _show(plan, session)
    for failed in errors:
        session.report.error(failed)
    return 1 if errors else 0


def _show(plan: Plan, session: Session) -> None:
    answer = session.report.answer
    answer(f"{plan.pin} for {plan.host}, published by {plan.publisher}")
    for artifact in plan.artifacts:
        answer(f"  fetch   {artifact.locator}")
        answer(f"          {artifact.digest}")
    for step in plan.steps:
        values = ", ".join(
            f"{key} {' '.join(value) if isinstance(value, tuple) else value}"
            for key, value in step._asdict().items()
            if value not in ("", ())
        )
        answer(f"  {type(step).__name__.lower():<6}  {values}")
    answer(f"  into    {session.paths.install(*plan.pin)}")
