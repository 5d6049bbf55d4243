"""`toolpin current [TOOL]`: what is pinned here, by which line, and its state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.json_tables import origin_table
from toolpin.model import Request, Wanted
from toolpin.near_names import pinned_tool
from toolpin.resolver.local_resolution import locked_version
from toolpin.system.report import Color


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str | None = None


ARGUMENTS: Arguments = {"[tool]": "only this tool"}


def run(options: Options, app: App) -> int:
    """Print tool, versions, file:line, state; 1 if a tool has no version that runs."""
    requests: Sequence[Request]
    requests = [pinned_tool(options.tool, app)] if options.tool else app.requests()
    if app.report.as_json:
        rows = [_result(request, app) for request in requests]
        app.report.document("current", rows)
    else:
        rows_of_text = [_row(request, app) for request in requests]
        app.report.table(rows_of_text, folds=True, color=_color)
    return 1 if any(_runs(request, app) is None for request in requests) else 0


def _row(request: Request, app: App) -> tuple[str, ...]:
    versions = " ".join(str(wanted) for wanted in request.wanted)
    origin = app.report.brief(str(request.origin), app.directory, app.home)
    return (request.tool, versions, origin, _state(request, app))


def _color(column: int, text: str) -> Color:
    """Return the color of a cell: green, or red if a version is missing."""
    if column != 3:
        return ""
    return "red" if "missing: " in text else "green"


def _state(request: Request, app: App) -> str:
    """Return the version that runs, and the pinned ones that are missing."""
    runs = _runs(request, app)
    missing = _missing(request, app)
    locked = _locked(request, app)
    if runs is None and request.tool not in app.registry.aliases:
        return f"no plugin; try: {app.registry.adding(request.tool)}"
    if runs is None:
        words = map(_with_locked, request.wanted, locked)
        return f"missing: {' '.join(words)}"
    if runs == str(request.wanted[0]):
        state = "installed" if request.wanted[0].kind == "version" else "in place"
    elif runs in locked:
        state = f"locked: {runs}"
    else:
        state = f"runs {runs}"
    return f"{state}, missing: {' '.join(missing)}" if missing else state


def _runs(request: Request, app: App) -> str | None:
    """Return the first installed alternative; the system's own is not checked."""
    for resolution in app.resolve(request):
        if resolution.pin:
            return resolution.pin.version
        if resolution.basis:
            return str(resolution.alternative)
    return None


def _locked(request: Request, app: App) -> list[str | None]:
    """Return the locked version of each alternative."""
    where = app.where
    return [locked_version(request, wanted, where) for wanted in request.wanted]


def _with_locked(wanted: Wanted, locked: str | None) -> str:
    return f"{wanted} ({locked})" if locked and locked != str(wanted) else str(wanted)


def _result(request: Request, app: App) -> dict[str, object]:
    return {
        "tool": request.tool,
        "wanted": [str(wanted) for wanted in request.wanted],
        "wanted_by": origin_table(request.origin),
        "runs": _runs(request, app),
        "missing": _missing(request, app),
        "locked": _locked(request, app),
        "known": request.tool in app.registry.aliases,
    }


def _missing(request: Request, app: App) -> list[str]:
    """Return the exact versions that are not installed, and missing directories.

    A loose version is never missing.
    """
    return [
        resolution.alternative.value
        if kind == "version"
        else str(resolution.alternative)
        for resolution in app.resolve(request)
        if (kind := resolution.alternative.kind) in ("version", "path")
        and not (resolution.pin or resolution.basis)
    ]
