"""`toolpin outdated`: versions newer than the pinned ones."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.json_tables import origin_table
from toolpin.lockfile.document import EMPTY
from toolpin.lockfile.header import lockfile_beside
from toolpin.lockfile.scope import LockfileRequest, Scope
from toolpin.lockfile_update import project_lockfile as project
from toolpin.lockfile_update.elsewhere import Newer, newer_elsewhere
from toolpin.model import Request
from toolpin.resolver.version_choice import looks_exact
from toolpin.system.report import Color, counted
from toolpin.versions import sort_key

_COLORS: dict[int, Color] = {3: "green", 4: "yellow"}


class _Row(NamedTuple):
    """A request, its present version, and the newer ones."""

    request: LockfileRequest
    now: str | None
    within: str | None
    latest: str | None
    elsewhere: Newer | None = None

    @property
    def is_outdated(self) -> bool:
        """Return whether a newer version exists: a list may lack the locked one."""
        there = [newest for newest in (self.within, self.latest) if newest]
        return any(
            not self.now or sort_key(version) > sort_key(self.now) for version in there
        )

    @property
    def least(self) -> str:
        """Return the version that a release elsewhere must be newer than.

        For a constraint the newest of all does not count: it may be outside of it.
        """
        is_fixed = looks_exact(self.request.wanted)
        known = (self.now, self.within, self.latest if is_fixed else None)
        return max(filter(None, known), key=sort_key, default="0")

    @property
    def is_listed(self) -> bool:
        """Return whether the list reaches the locked version."""
        is_below = (
            self.now and self.within and sort_key(self.within) < sort_key(self.now)
        )
        return not is_below


def run(_options: None, app: App) -> int:
    """Print a line for each request with a newer version."""
    rows: list[_Row] = []
    has_failed = False
    for file in project.counting_files(app):
        has_failed |= _compare(file, rows, app)
    for row in rows:
        if not row.is_listed:
            app.report.warn(
                f"{row.request.key}: the newest version listed is {row.within}, "
                f"older than {row.now}, which is used here"
            )
        if row.elsewhere:
            app.report.warn(row.elsewhere.line)
    newer = [row for row in rows if row.is_outdated]
    if app.report.as_json:
        app.report.document("outdated", [_result(row) for row in rows])
    elif newer:
        others = "the other " if any(row.elsewhere for row in rows) else ""
        head = ("tool", "requested", "current", "allowed", "latest", "required by")
        cells = [_cells(row, app) for row in newer]
        app.report.table([head, *cells], folds=True, color=_color)
        app.report.remark(
            f"{counted(len(newer), 'tool')} can be updated: toolpin upgrade"
            if any(row.within and row.within != row.now for row in newer)
            else f"{others}newer versions are outside the constraints: "
            "toolpin upgrade --latest"
        )
    elif not has_failed and not any(row.elsewhere for row in rows):
        app.report.remark("everything is up to date")
    return 1 if has_failed else 0


def _compare(file: project.PinFile, rows: list[_Row], app: App) -> bool:
    """Add a row for each effective request of a file; return whether one failed."""
    old = app.lockfile(lockfile_beside(file.path)) or EMPTY
    locker = project.locker_for(app, Scope(old.hosts))
    requests = project.lockfile_requests_of(
        project.read_project(file.path, app), file.path, app
    )
    requests = [request for request in requests if request.tool in file.tools]
    unknown = project.report_unknown(requests, app)
    has_failed = bool(unknown)
    for request in requests:
        if request.tool in unknown:
            continue
        now = old.pins.get(request.key) or _installed(request, app)
        try:
            row = _Row(request, now, *locker.newest_versions(request, old))
            elsewhere = newer_elsewhere(request, row.least, old, app)
            rows.append(row._replace(elsewhere=elsewhere))
        except ToolpinError as error:
            app.report.error(error)
            has_failed = True
    return has_failed


def _installed(request: LockfileRequest, app: App) -> str | None:
    wanted = Request(request.tool, (request.wanted,), request.origin)
    resolution = next(app.resolve(wanted))
    return resolution.pin.version if resolution.pin else None


def _color(column: int, text: str) -> Color:
    """Return the color of a cell: green for what `upgrade` would install."""
    if text in ("allowed", "latest"):
        return ""
    return _COLORS.get(column, "")


def _cells(row: _Row, app: App) -> tuple[str, ...]:
    texts = (row.now, row.within, row.latest)
    cells = (text or "-" for text in texts)
    return (
        row.request.tool,
        str(row.request.wanted),
        *cells,
        app.report.brief(str(row.request.origin), app.directory, app.home),
    )


def _result(row: _Row) -> dict[str, object]:
    return {
        "tool": row.request.tool,
        "wanted": str(row.request.wanted),
        "version": row.now,
        "within": row.within,
        "latest": row.latest,
        "wanted_by": origin_table(row.request.origin),
        "elsewhere": row.elsewhere.version if row.elsewhere else None,
    }
