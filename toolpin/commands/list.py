"""`toolpin list [TOOL [PREFIX]]`: the installed versions; `*` marks pinned ones."""

from __future__ import annotations

import sys
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import ToolpinError
from toolpin.json_tables import pin_table
from toolpin.model import Pin
from toolpin.near_names import known_tool
from toolpin.store import installs
from toolpin.system.report import Report, paint
from toolpin.versions import is_prefix


class _Row(NamedTuple):
    pin: Pin
    is_pinned: bool
    path: str
    is_system: bool


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str | None = None
    prefix: str = ""


ARGUMENTS: Arguments = {
    "[tool]": "only this tool",
    "[prefix]": "only versions with this prefix: 20, 20.11",
}


def run(options: Options, app: App) -> int:
    """Print one version per line, oldest first; under tool names if all are listed."""
    if options.tool:
        tool = known_tool(options.tool, app)
        rows = _rows(tool, options.prefix, app)
        if not rows:
            raise ToolpinError(
                f"no version of {tool} is installed",
                [("prefix", options.prefix)] if options.prefix else [],
                f"toolpin install {tool}",
            )
    else:
        tools = installs.tools(app.paths)
        rows = [row for tool in tools for row in _rows(tool, "", app)]
        if not rows:
            app.report.remark("nothing is installed")
    result = [
        {
            **pin_table(row.pin),
            "pinned": row.is_pinned,
            "path": row.path,
            "system": row.is_system,
        }
        for row in rows
    ]
    app.report.document("list", result)
    _show(rows, app.report, headed=not options.tool)
    return 0


def _rows(tool: str, prefix: str, app: App) -> list[_Row]:
    request = app.request(tool)
    resolved = app.resolve(request) if request else ()
    pinned = {resolution.pin for resolution in resolved}
    rows = []
    for pin in installs.pins(app.paths, [tool]):
        if not prefix or is_prefix(prefix, pin.version):
            paths = installs.store_of(app.paths, pin)
            path = paths.install(*pin)
            rows.append(_Row(pin, pin in pinned, path, paths != app.paths))
    return rows


def _show(rows: list[_Row], report: Report, *, headed: bool) -> None:
    tool = ""
    for row in rows:
        if headed and row.pin.tool != tool:
            tool = row.pin.tool
            report.answer(tool)
        mark = paint("*", "green", sys.stdout) if row.is_pinned else " "
        note = " (system)" if row.is_system else ""
        report.answer(f"{mark} {row.pin.version}{note}")
