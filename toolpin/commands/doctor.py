"""`toolpin doctor`: what is wrong with a set-up, and the line that mends it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from toolpin.app import App
from toolpin.doctor.checkup import find_all
from toolpin.doctor.findings import Finding, as_table, of_error, render
from toolpin.errors import ToolpinError
from toolpin.report import counted, paint

if TYPE_CHECKING:
    from toolpin.doctor.roads import Road


class Options(NamedTuple):
    """The arguments of the command line."""

    net: bool = False


def add_arguments(parser: ArgumentParser) -> None:
    """Take whether the sources are to be asked."""
    parser.add_argument(
        "--net",
        action="store_true",
        help="query the sources too, and show each network hop",
    )


def run(options: Options, app: App) -> int:
    """Print what is wrong; 1 when something is. Without --net nobody is asked."""
    roads: Sequence[Road] | None = None
    findings = find_all(app)
    if options.net:
        from toolpin.doctor.road_check import check_roads  # noqa: PLC0415 - loads HTTP
        from toolpin.doctor.roads import find_roads  # noqa: PLC0415

        try:
            roads = find_roads(app)
            findings += check_roads(roads)
        except ToolpinError as error:
            findings.append(of_error("net", error))
    if app.report.as_json:
        _document(findings, roads, app)
    else:
        _show(findings, roads or (), app)
    return 1 if findings else 0


def _show(findings: Sequence[Finding], roads: Sequence[Road], app: App) -> None:
    blocks = []
    for finding in findings:
        first, *lines = render(finding).split("\n")
        blocks.append("\n".join([paint(first, "yellow", sys.stdout), *lines]))
    if roads:
        from toolpin.doctor.road_check import render_road  # noqa: PLC0415

        blocks += [render_road(road) for road in roads]
    if blocks:
        app.report.answer("\n\n".join(blocks))
    found = counted(len(findings), "problem") if findings else "no problem"
    app.report.remark(f"toolpin: {found} found")


def _document(
    findings: Sequence[Finding], roads: Sequence[Road] | None, app: App
) -> None:
    sources = None
    if roads is not None:
        from toolpin.doctor.road_check import road_table  # noqa: PLC0415

        sources = [road_table(road) for road in roads]
    result = {"findings": list(map(as_table, findings)), "sources": sources}
    app.report.document("doctor", result)
