"""Shows what a CI job plans, and how it ended: lines for people, outputs, JSON."""

from __future__ import annotations

from collections.abc import Mapping

from toolpin.app import App
from toolpin.ci.install import FAILED, Provided, Result
from toolpin.ci.keys import render_outputs
from toolpin.ci.plan import CiPlan, Planned
from toolpin.errors import NotLocked, ToolpinError, printable
from toolpin.report import error_table
from toolpin.tables import pin_table


def show_plan(plan: CiPlan, form: str | None, app: App) -> None:
    """Answer with keys, folder and installs; `form` is `github`, `gitlab` or None."""
    if app.report.as_json:
        app.report.document("ci plan", _plan_table(plan))
    elif form:
        values = {
            "key": plan.key,
            "restore-keys": " ".join(plan.restore_keys),
            "path": plan.folder,
            "tools": [str(one.job.pin) for one in plan.planned],
            "needs-build": any(one.builds for one in plan.planned),
            "locked": not plan.unlocked,
        }
        _put_out(values, form, app)
    else:
        app.report.table([_plan_row(one) for one in plan.planned])
        app.report.answer(f"key   {plan.key}")
        app.report.answer(f"path  {printable(plan.folder)}")
    if plan.unlocked:
        names = ", ".join(str(one.job.pin) for one in plan.unlocked)
        app.report.remark(f"{names}: not locked; try: toolpin lock")


def show_result(result: Result, form: str | None, app: App) -> int:
    """Tell how everything came, and return the exit code."""
    _answer(result, form, app)
    for one in result.provided:
        if one.error:
            app.report.error(one.error)
    changed = ", changed" if result.changed else ""
    app.report.remark(f"toolpin: cache {result.hit}{changed}")
    if any(isinstance(one.error, NotLocked) for one in result.provided):
        return NotLocked.exit_code
    return 1 if any(one.came == FAILED for one in result.provided) else 0


def _answer(result: Result, form: str | None, app: App) -> None:
    if app.report.as_json:
        did = any(one.came not in ("present", FAILED) for one in result.provided)
        app.report.document(
            "ci install", _result_table(result), changed=did or result.changed
        )
        return
    if not form:
        app.report.table([_row(one) for one in result.provided])
        return
    for one in result.provided:
        app.report.remark("  ".join(_row(one)))
    versions: dict[str, str] = {}
    for one in result.provided:
        if one.came == FAILED:
            continue
        versions.setdefault(one.job.pin.tool, one.job.pin.version)
    values: dict[str, object] = {"cache-hit": result.hit, "changed": result.changed}
    values |= {"versions": versions, "shims": app.paths.shims}
    values |= {f"{tool}-version": version for tool, version in versions.items()}
    _put_out(values, form, app)
    if form == "github":
        _append("GITHUB_PATH", app.paths.shims, app)


def _plan_row(one: Planned) -> tuple[str, ...]:
    kept = f"cached: its {one.kept}" if one.kept else "not cached"
    return (
        str(one.job.pin),
        "built here" if one.builds else "",
        kept if one.plan else "not locked",
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
                "cached": one.kept or None,
            }
            for one in plan.planned
        ],
    }


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


def _put_out(values: Mapping[str, object], form: str, app: App) -> None:
    """Write outputs where the CI looks for them, or for whoever reads."""
    text = render_outputs(values, form)
    if form != "github" or not _append("GITHUB_OUTPUT", text, app):
        app.report.answer(text)


def _append(variable: str, text: str, app: App) -> bool:
    """Append lines to the file that a variable names; tell whether there is one."""
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
