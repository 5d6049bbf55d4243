"""`toolpin list-all TOOL [PREFIX]`: the versions that sources have for this host."""

from __future__ import annotations

import sys
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.model import COMMAND_LINE
from toolpin.system.report import error_table
from toolpin.tasks.version_listing import list_versions

# A longer list does not fit on a screen.
_MANY = 50


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str
    prefix: str = ""
    source: tuple[str, ...] = ()


ARGUMENTS: Arguments = {
    "tool": "the tool",
    "[prefix]": "only versions with this prefix: 20, 20.11",
    "--source NAME": "query only this source (repeatable)",
}


def run(options: Options, app: App) -> int:
    """Print one version per line, oldest first; name the sources without an answer."""
    tool = app.registry.require(options.tool, COMMAND_LINE)
    listing = list_versions(tool, options.prefix, app, sources=options.source)
    if app.report.as_json:
        silent = [
            {"source": source, "error": error_table(error)}
            for source, error in listing.silent
        ]
        result = {"tool": tool.name, "versions": listing.versions, "silent": silent}
        app.report.document("list-all", result)
        return 0
    for version in listing.versions:
        app.report.answer(version)
    if not options.prefix and len(listing.versions) > _MANY and sys.stderr.isatty():
        line = listing.versions[-1].partition(".")[0]
        app.report.remark(
            f"{len(listing.versions)} versions; to list fewer: "
            f"toolpin list-all {tool.name} {line}"
        )
    return 0
