"""`toolpin latest TOOL [PREFIX]`: the newest release for this host.

A pre-release only if the prefix itself is one.
"""

from __future__ import annotations

from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.lockfile_update.elsewhere import report_newer
from toolpin.model import COMMAND_LINE, Pin
from toolpin.store import installs
from toolpin.tasks.version_listing import newest_listed


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str
    prefix: str = ""
    source: tuple[str, ...] = ()


ARGUMENTS: Arguments = {
    "tool": "the tool",
    "[prefix]": (
        "the newest version that begins with this, or of this channel: 20, 20.11, lts"
    ),
    "--source NAME": "query only this source (repeatable)",
}


def run(options: Options, app: App) -> int:
    """Print the version."""
    tool = app.registry.require(options.tool, COMMAND_LINE)
    version = newest_listed(tool, options.prefix, app, sources=options.source)
    report_newer([tool.name], app)
    pin = Pin(tool.name, version)
    installed = installs.is_installed(app.paths, pin)
    result = {"tool": tool.name, "version": version, "installed": installed}
    app.report.document("latest", result)
    app.report.answer(version)
    return 0
