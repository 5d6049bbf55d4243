"""Shows the plan and the result of `install`: lines for people, JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from toolpin.app import App
from toolpin.errors import EXIT_WOULD_INSTALL, NotLocked, ToolpinError
from toolpin.install.jobs import Job, Outcome
from toolpin.json_tables import origin_table, pin_table, plan_table
from toolpin.model import Compile, Plan
from toolpin.store import installs
from toolpin.system.report import error_table

if TYPE_CHECKING:
    from toolpin.system.tree_paths import Place, TreePaths


# Shows the result as `show_outcomes` does, and returns the exit code.
Show = Callable[[Sequence[Outcome], list[ToolpinError], App, "TreePaths | None"], int]


def show_outcomes(
    outcomes: Sequence[Outcome],
    errors: list[ToolpinError],
    app: App,
    trees: TreePaths | None = None,
    *,
    command: str = "install",
) -> int:
    """Report the result, and return the exit code.

    `errors` are those of requests that were not tried. `trees` is the directory that
    was installed into instead of the store.
    """
    if app.report.as_json:
        _write_json(command, outcomes, errors, app, trees)
    errors += [outcome.error for outcome in outcomes if outcome.error]
    return _sum_up(outcomes, errors, app, trees)


def _sum_up(
    outcomes: Sequence[Outcome],
    errors: Sequence[ToolpinError],
    app: App,
    trees: TreePaths | None,
) -> int:
    report = app.report
    for error in errors:
        report.error(error)
    done = [outcome for outcome in outcomes if outcome.status == "installed"]
    present = [outcome for outcome in outcomes if outcome.status == "present"]
    parts = [
        f"{len(some)} {word}"
        for some, word in (
            (done, "installed"),
            (present, "already installed"),
            (errors, "failed"),
        )
        if some
    ]
    report.remark(f"toolpin: {', '.join(parts) or 'nothing to install'}")
    on_path = app.env.get("PATH", "").split(":")
    if trees:
        directories = ":".join(
            f"{trees.install(*outcome.job.pin)}/{directory}"
            for outcome in (*done, *present)
            for directory in app.registry.require(outcome.job.pin.tool).bin_dirs
        )
        if directories and trees.runs_here:
            report.remark(f'to run its programs: export PATH="{directories}:$PATH"')
    elif done and app.paths.shims not in on_path:
        _report_path(app)
    if any(isinstance(error, NotLocked) for error in errors):
        return NotLocked.exit_code
    return 1 if errors else 0


def _report_path(app: App) -> None:
    """Print the line that adds the programs to PATH, for the user's shell.

    A script, and a machine-wide store, gets a line for any shell.
    """
    # They read startup files: only if there is something to report.
    from toolpin.doctor.process_environment import look
    from toolpin.shell.startup_files import rc_line

    seen, remark = look(app), app.report.remark
    if seen.is_on_path:
        return
    what = "its programs are not on PATH yet"
    is_typed = sys.stderr is not None and sys.stderr.isatty()
    if not is_typed or app.paths.shared:
        remark(f"{what}: {rc_line('sh', seen.shims)}")
        return
    line, file = seen.fix
    remark(what)
    remark(f"  in this shell   {line}")
    if not seen.read_lines:
        remark(f"  in every shell  the same line in {file}")


def _write_json(
    command: str,
    outcomes: Sequence[Outcome],
    errors: Sequence[ToolpinError],
    app: App,
    trees: TreePaths | None,
) -> None:
    """Write the JSON; `errors` are those of requests that were not tried."""
    rows = [
        {
            **pin_table(outcome.job.pin),
            "status": outcome.status,
            "wanted_by": origin_table(outcome.job.origin),
            "path": trees.install(*outcome.job.pin)
            if trees
            else installs.tree(app.paths, outcome.job.pin),
            "error": error_table(outcome.error) if outcome.error else None,
        }
        for outcome in outcomes
    ]
    result = {"outcomes": rows, "errors": [error_table(error) for error in errors]}
    changed = any(outcome.status == "installed" for outcome in outcomes)
    app.report.document(command, result, changed=changed)


def show_plans(
    jobs: Sequence[Job],
    errors: list[ToolpinError],
    plan_of: Callable[[Job], Plan | None],
    app: App,
    place: Place,
) -> int:
    """Show the plans, and return the exit code: a dry run has its own."""
    plans = []
    for job in jobs:
        try:
            if plan := plan_of(job):
                plans.append(plan)
        except ToolpinError as error:
            errors.append(error)
    if app.report.as_json:
        result = {
            "plans": [plan_table(plan, place.install(*plan.pin)) for plan in plans],
            "errors": [error_table(error) for error in errors],
        }
        app.report.document("install", result, changed=False)
    else:
        for plan in plans:
            _show(plan, app, place)
    for failed in errors:
        app.report.error(failed)
    if not (plans or errors):
        app.report.remark("toolpin: nothing to install")
    return 1 if errors else EXIT_WOULD_INSTALL if plans else 0


def _show(plan: Plan, app: App, place: Place) -> None:
    answer = app.report.answer
    answer(f"{plan.pin} for {plan.host}, published by {plan.publisher}")
    for artifact in plan.artifacts:
        answer(f"  fetch   {artifact.locator}")
        answer(f"          {artifact.digest}")
    for step in plan.steps:
        fields = step._asdict()
        if isinstance(step, Compile):
            fields = {"phases": "; ".join(name for name, _ in step.recipe.phases)}
        values = ", ".join(
            f"{key} {' '.join(value) if isinstance(value, tuple) else value}"
            for key, value in fields.items()
            if value not in ("", ())
        )
        answer(f"  {type(step).__name__.lower():<6}  {values}")
    answer(f"  into    {place.install(*plan.pin)}")
