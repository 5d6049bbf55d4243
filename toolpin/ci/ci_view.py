"""Shows the plan and the result of a CI job: lines for people, outputs, JSON."""

from __future__ import annotations

from collections.abc import Mapping

from toolpin.app import App
from toolpin.ci.cache_keys import render_outputs
from toolpin.ci.ci_install import FAILED, Provided, Result
from toolpin.ci.ci_plan import CiPlan, Planned
from toolpin.errors import NotLocked, ToolpinError, printable
from toolpin.json_tables import pin_table
from toolpin.resolver.locked_resolution import IN_CI
from toolpin.system.report import error_table


def show_plan(plan: CiPlan, form: str | None, app: App) -> None:
    """Show keys, directory and installs; `form` is `github`, `gitlab` or None."""
    if app.report.as_json:
        app.report.document("ci plan", _plan_table(plan))
    elif form:
        values = {
            "key": plan.key,
            "restore-keys": " ".join(plan.restore_keys),
            "path": plan.directory,
            "tools": [str(planned.job.pin) for planned in plan.planned],
            "needs-build": any(planned.builds for planned in plan.planned),
            "locked": not plan.unlocked,
        }
        _write_outputs(values, form, app)
    else:
        app.report.table([_plan_row(planned) for planned in plan.planned])
        app.report.answer(f"key   {plan.key}")
        app.report.answer(f"path  {printable(plan.directory)}")
    if plan.unlocked:
        names = ", ".join(str(request.job.pin) for request in plan.unlocked)
        app.report.remark(f"{names}: not locked; {IN_CI[1]}; try: toolpin lock")


def show_result(result: Result, form: str | None, app: App) -> int:
    """Report how everything was provided, and return the exit code."""
    _show(result, form, app)
    for provided in result.provided:
        if provided.error:
            app.report.error(provided.error)
    changed = ", changed" if result.changed else ""
    app.report.remark(f"toolpin: cache {result.hit}{changed}")
    if any(isinstance(provided.error, NotLocked) for provided in result.provided):
        return NotLocked.exit_code
    return 1 if any(provided.origin == FAILED for provided in result.provided) else 0


def _show(result: Result, form: str | None, app: App) -> None:
    if app.report.as_json:
        did = any(
            provided.origin not in ("present", FAILED) for provided in result.provided
        )
        app.report.document(
            "ci install", _result_table(result), changed=did or result.changed
        )
        return
    if not form:
        app.report.table([_row(provided) for provided in result.provided])
        return
    for provided in result.provided:
        app.report.remark("  ".join(_row(provided)))
    versions: dict[str, str] = {}
    for install in result.provided:
        if install.origin == FAILED:
            continue
        versions.setdefault(install.job.pin.tool, install.job.pin.version)
    values: dict[str, object] = {"cache-hit": result.hit, "changed": result.changed}
    values |= {"versions": versions, "shims": app.paths.shims}
    values |= {f"{tool}-version": version for tool, version in versions.items()}
    _write_outputs(values, form, app)
    if form == "github":
        _append("GITHUB_PATH", app.paths.shims, app)


def _plan_row(planned: Planned) -> tuple[str, ...]:
    kept = f"cached: its {planned.kept}" if planned.kept else "not cached"
    return (
        str(planned.job.pin),
        "built here" if planned.builds else "",
        kept if planned.plan else "not locked",
        planned.key[:16],
    )


def _plan_table(plan: CiPlan) -> dict[str, object]:
    return {
        "key": plan.key,
        "restore_keys": plan.restore_keys,
        "path": plan.directory,
        "needs_build": any(planned.builds for planned in plan.planned),
        "tools": [
            {
                **pin_table(planned.job.pin),
                "key": planned.key,
                "locked": planned.plan is not None,
                "builds": planned.builds,
                "cached": planned.kept or None,
            }
            for planned in plan.planned
        ],
    }


def _row(provided: Provided) -> tuple[str, ...]:
    size = f"{provided.size_bytes / 1e6:.1f} MB"
    return (
        str(provided.job.pin),
        provided.origin,
        f"{size:>10}",
        f"{provided.seconds:6.1f} s",
    )


def _result_table(result: Result) -> dict[str, object]:
    return {
        "cache_hit": result.hit,
        "changed": result.changed,
        "tools": [
            {
                **pin_table(provided.job.pin),
                "from": provided.origin,
                "seconds": round(provided.seconds, 3),
                "size_bytes": provided.size_bytes,
                "error": error_table(provided.error) if provided.error else None,
            }
            for provided in result.provided
        ],
    }


def _write_outputs(values: Mapping[str, object], form: str, app: App) -> None:
    """Write outputs to the CI's file, or to stdout."""
    text = render_outputs(values, form)
    if form != "github" or not _append("GITHUB_OUTPUT", text, app):
        app.report.answer(text)


def _append(variable: str, text: str, app: App) -> bool:
    """Append lines to the file that a variable names; return whether there is one."""
    file = app.env.get(variable)
    if not file:
        return False
    try:
        with open(file, "a", encoding="utf-8") as stream:
            stream.write(f"{text}\n")
    except OSError as error:
        raise ToolpinError(
            f"{variable} cannot be written",
            [("path", file), ("reason", error.strerror or "?")],
        ) from error
    return True
