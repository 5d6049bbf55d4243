"""`toolpin ci plan|install|prune`, `ci init github|gitlab`: the step of a CI job."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import NamedTuple

from toolpin import project
from toolpin.ci import render_outputs
from toolpin.ci_install import FAILED, Provided, Result, provide, prune
from toolpin.ci_plan import CiPlan, Planned, plan_job
from toolpin.errors import ToolpinError, UsageError
from toolpin.paths import bundled
from toolpin.report import error_table
from toolpin.reshim import refresh_shims
from toolpin.session import Session
from toolpin.tables import pin_table
from toolpin.workshop import settings_for

_FORMS = ("github", "gitlab", "json")


class _Template(NamedTuple):
    """Where a CI's file goes, and what is to be done with it."""

    path: str
    then: str


_TEMPLATES = {
    "github": _Template(".github/workflows/toolpin.yml", "commit it"),
    "gitlab": _Template(
        ".gitlab/toolpin.yml",
        "commit it, and in .gitlab-ci.yml: include: {local: .gitlab/toolpin.yml}",
    ),
}


def add_arguments(parser: ArgumentParser) -> None:
    """Take what to do, and how to answer."""
    parser.add_argument(
        "action",
        choices=("plan", "install", "prune", "init"),
        help="plan: keys and folder of the job's cache, without network; install: what "
        "is pinned, out of that folder; prune: leave there what is planned; init: "
        "write the CI's file",
    )
    parser.add_argument(
        "target",
        nargs="?",
        choices=tuple(_TEMPLATES),
        help="init: for whom",
    )
    parser.add_argument(
        "--format",
        choices=_FORMS,
        help="plan, install: outputs for GitHub (appended to $GITHUB_OUTPUT where it "
        "is set), lines of a dotenv for GitLab, or JSON",
    )


def run(args: Namespace, session: Session) -> int:
    """Do it; 4 where the lockfile had to answer and does not."""
    if (args.action == "init") != bool(args.target):
        raise UsageError(
            "init, and nothing else, wants one of: github, gitlab",
            hint="toolpin ci init github",
        )
    if args.format and args.action not in ("plan", "install"):
        raise UsageError(f"{args.action} has no --format", hint="--json")
    session.report.as_json = session.report.as_json or args.format == "json"
    if args.action == "init":
        return _init(args.target, session)
    if args.action == "plan":
        return _plan(args.format, session)
    return (
        _install(args.format, session) if args.action == "install" else _prune(session)
    )


def _plan(form: str | None, session: Session) -> int:
    plan = plan_job(session)
    if session.report.as_json:
        session.report.document("ci plan", _plan_table(plan))
    elif form:
        _put_out(
            {
                "key": plan.key,
                "restore-keys": " ".join(plan.restore_keys),
                "path": plan.folder,
                "tools": [str(one.job.pin) for one in plan.planned],
                "needs-build": any(one.builds for one in plan.planned),
                "locked": not plan.unlocked,
            },
            form,
            session,
        )
    else:
        session.report.table([_plan_row(one) for one in plan.planned])
        session.report.answer(f"key   {plan.key}")
        session.report.answer(f"path  {plan.folder}")
    if plan.unlocked:
        names = ", ".join(str(one.job.pin) for one in plan.unlocked)
        session.report.remark(f"{names}: not locked; try: toolpin lock")
    return 0


def _plan_row(one: Planned) -> tuple[str, ...]:
    kept = "its tree" if one.is_packed else "its archives"
    return (
        str(one.job.pin),
        "built here" if one.builds else "",
        f"cached: {kept}" if one.plan else "not locked",
        one.key[:16],
    )


def _plan_table(plan: CiPlan) -> dict[str, object]:
    return {
        "key": plan.key,
        "restore_keys": plan.restore_keys,
        "path": plan.folder,
        "needs_build": any(one.builds for one in plan.planned),
        "tools": [
            {
                **pin_table(one.job.pin),
                "key": one.key,
                "locked": one.plan is not None,
                "builds": one.builds,
                "cached": "tree" if one.is_packed else "archives",
            }
            for one in plan.planned
        ],
    }


def _install(form: str | None, session: Session) -> int:
    plan = plan_job(session, elsewhere=False)
    result = provide(plan, session, settings_for(session))
    pins = {one.job.pin.tool for one in result.provided}
    refresh_shims(session.paths, session.registry, pins)
    _show(result, form, session)
    for one in result.provided:
        if one.error:
            session.report.error(one.error)
    session.report.remark(
        f"toolpin: cache {result.hit}{', changed' if result.changed else ''}"
    )
    return 1 if any(one.came == FAILED for one in result.provided) else 0


def _show(result: Result, form: str | None, session: Session) -> None:
    if session.report.as_json:
        did = any(one.came not in ("present", FAILED) for one in result.provided)
        session.report.document(
            "ci install", _result_table(result), changed=did or result.changed
        )
        return
    if not form:
        session.report.table([_row(one) for one in result.provided])
        return
    for one in result.provided:
        session.report.remark("  ".join(_row(one)))
    versions: dict[str, str] = {}
    for one in result.provided:
        versions.setdefault(one.job.pin.tool, one.job.pin.version)
    values: dict[str, object] = {"cache-hit": result.hit, "changed": result.changed}
    values |= {"versions": versions, "shims": session.paths.shims}
    values |= {f"{tool}-version": version for tool, version in versions.items()}
    _put_out(values, form, session)
    if form == "github":
        _append("GITHUB_PATH", session.paths.shims, session)


def _row(one: Provided) -> tuple[str, ...]:
    size = f"{one.size_bytes / 1e6:.1f} MB"
    return str(one.job.pin), one.came, f"{size:>10}", f"{one.seconds:6.1f} s"


def _result_table(result: Result) -> dict[str, object]:
    return {
        "cache_hit": result.hit,
        "changed": result.changed,
        "tools": [
            {
                **pin_table(one.job.pin),
                "from": one.came,
                "seconds": round(one.seconds, 3),
                "size_bytes": one.size_bytes,
                "error": error_table(one.error) if one.error else None,
            }
            for one in result.provided
        ],
    }


def _prune(session: Session) -> int:
    removed, freed = prune(plan_job(session), session)
    if session.report.as_json:
        result = {"removed": removed, "freed_bytes": freed}
        session.report.document("ci prune", result, changed=bool(removed))
    session.report.remark(f"removed {len(removed)}, freed {freed / 1e6:.1f} MB")
    return 0


def _init(target: str, session: Session) -> int:
    template = _TEMPLATES[target]
    path = os.path.join(session.folder, template.path)
    data = project.read(f"{bundled('ci')}/{target}.yml")
    is_there = os.path.lexists(path)
    if is_there and project.read(path) != data:
        raise ToolpinError(
            f"{path} is there, and says something else",
            [("nothing", "was written")],
            f"mv {template.path} {template.path}.old && toolpin ci init {target}",
        )
    if not is_there:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        project.write(path, data)
    if session.report.as_json:
        session.report.document("ci init", {"file": path}, changed=not is_there)
    session.report.remark(f"{path}: {template.then}")
    return 0


def _put_out(values: Mapping[str, object], form: str, session: Session) -> None:
    """Write outputs where the CI looks for them, or for whoever reads."""
    text = render_outputs(values, form)
    if form != "github" or not _append("GITHUB_OUTPUT", text, session):
        session.report.answer(text)


def _append(variable: str, text: str, session: Session) -> bool:
    """Append lines to the file that a variable names; tell whether there is one."""
    file = session.env.get(variable)
    if not file:
        return False
    try:
        with open(file, "a", encoding="utf-8") as stream:
            stream.write(f"{text}\n")
    except OSError as error:
        raise ToolpinError(
            f"{variable} cannot be written",
            [("path", file), ("because", error.strerror or "?")],
        ) from error
    return True
