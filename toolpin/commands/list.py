"""`toolpin list [TOOL [PREFIX]]`: what is installed, `*` before what is pinned here."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import NamedTuple

from toolpin.errors import ToolpinError
from toolpin.lockfile.lookup import match
from toolpin.model import Pin
from toolpin.report import Report
from toolpin.session import Session
from toolpin.store import installs
from toolpin.suggest import known_tool
from toolpin.tables import pin_table
from toolpin.versions import is_prefix, sort_key


class _Row(NamedTuple):
    pin: Pin
    is_pinned: bool
    path: str
    is_system: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool, and a prefix of versions."""
    parser.add_argument("tool", nargs="?", help="this tool only")
    parser.add_argument(
        "prefix", nargs="?", default="", help="versions that begin so: 20, 20.11"
    )


def run(args: Namespace, session: Session) -> int:
    """Print one version a line, oldest first; under the tool's name when all are."""
    if args.tool:
        tool = known_tool(args.tool, session)
        rows = _rows(tool, args.prefix, session)
        if not rows:
            raise ToolpinError(
                f"no version of {tool} is installed",
                [("prefix", args.prefix)] if args.prefix else [],
                f"toolpin install {tool}",
            )
    else:
        found = installs.tools(session.paths)
        rows = [row for tool in found for row in _rows(tool, "", session)]
        if not rows:
            session.report.remark("nothing is installed")
    if session.report.as_json:
        result = [
            {
                **pin_table(row.pin),
                "pinned": row.is_pinned,
                "path": row.path,
                "system": row.is_system,
            }
            for row in rows
        ]
        session.report.document("list", result)
    else:
        _show(rows, session.report, headed=not args.tool)
    return 0


def _rows(tool: str, prefix: str, session: Session) -> list[_Row]:
    request = session.request(tool)
    wanted = request.wanted if request else ()
    pinned = {
        match(session.paths, request, one, session.where) for one in wanted if request
    }
    known = sorted(installs.versions(session.paths, tool), key=sort_key)
    rows = []
    for version in known:
        if not prefix or is_prefix(prefix, version):
            paths = installs.store_of(session.paths, pin := Pin(tool, version))
            path = paths.install(*pin)
            rows.append(_Row(pin, pin in pinned, path, paths != session.paths))
    return rows


def _show(rows: list[_Row], report: Report, *, headed: bool) -> None:
    tool = ""
    for row in rows:
        if headed and row.pin.tool != tool:
            tool = row.pin.tool
            report.answer(tool)
        mark, note = "*" if row.is_pinned else " ", " (system)" if row.is_system else ""
        report.answer(f"{mark} {row.pin.version}{note}")
