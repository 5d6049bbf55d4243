"""`toolpin doctor`: diagnoses this installation, with a fix for each problem."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.doctor.checkup import find_problems
from toolpin.doctor.findings import Finding, as_table, of_error, render
from toolpin.errors import ToolpinError, UsageError
from toolpin.model import COMMAND_LINE
from toolpin.system.report import counted, paint

if TYPE_CHECKING:
    from toolpin.doctor.connectivity import SourceConnection


class Options(NamedTuple):
    """The arguments of the command line."""

    net: bool = False
    tool: str | None = None


ARGUMENTS: Arguments = {
    "[tool]": "with --net: query only the sources of this tool",
    "--net": "query the sources too, and show which answer",
}


def run(options: Options, app: App) -> int:
    """Print the problems; exit 1 if there are any. Only --net uses the network."""
    if options.tool and not options.net:
        raise UsageError(
            "a tool is given, and only --net checks single tools",
            hint=f"toolpin doctor --net {options.tool}",
        )
    tool = app.registry.require(options.tool, COMMAND_LINE) if options.tool else None
    connections: Sequence[SourceConnection] | None = None
    findings = find_problems(app)
    if options.net:
        from toolpin.doctor.connectivity import check_connections, find_connections

        try:
            connections = find_connections(app, tool)
            findings += check_connections(connections)
        except ToolpinError as error:
            findings.append(of_error("net", error))
    if app.report.as_json:
        _document(findings, connections, app)
    else:
        _show(findings, connections or (), app)
    return 1 if findings else 0


def _show(
    findings: Sequence[Finding], connections: Sequence[SourceConnection], app: App
) -> None:
    blocks = []
    for finding in findings:
        first, *lines = render(finding).split("\n")
        blocks.append("\n".join([paint(first, "yellow", sys.stdout), *lines]))
    if connections:
        from toolpin.doctor.connectivity import render_connection

        blocks += [render_connection(connection) for connection in connections]
    if blocks:
        app.report.answer("\n\n".join(blocks))
    result = counted(len(findings), "problem") if findings else "no problem"
    app.report.remark(f"toolpin: {result} found")


def _document(
    findings: Sequence[Finding],
    connections: Sequence[SourceConnection] | None,
    app: App,
) -> None:
    sources = None
    if connections is not None:
        from toolpin.doctor.connectivity import connection_table

        sources = [connection_table(connection) for connection in connections]
    result = {"findings": list(map(as_table, findings)), "sources": sources}
    app.report.document("doctor", result)
