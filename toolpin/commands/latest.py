"""`toolpin latest TOOL [PREFIX]`: the newest release for this host.

A pre-release only if the prefix itself is one.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import NamedTuple

from toolpin.app import App
from toolpin.lockfile_update.elsewhere import report_newer
from toolpin.model import Origin, Pin
from toolpin.store import installs
from toolpin.tasks.version_listing import newest_listed


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str
    prefix: str = ""
    source: tuple[str, ...] = ()


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments: a tool, a prefix of versions, and the sources."""
    parser.add_argument("tool", help="the tool")
    parser.add_argument(
        "prefix",
        nargs="?",
        default="",
        help="the newest version that begins with this, or of this channel: 20, "
        "20.11, lts",
    )
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME",
        help="query only this source (repeatable)",
    )


def run(options: Options, app: App) -> int:
    """Print the version."""
    tool = app.registry.require(options.tool, Origin("the command line"))
    version = newest_listed(tool, options.prefix, app, sources=options.source)
    report_newer([tool.name], app)
    if app.report.as_json:
        pin = Pin(tool.name, version)
        installed = installs.is_installed(app.paths, pin)
        result = {"tool": tool.name, "version": version, "installed": installed}
        app.report.document("latest", result)
    else:
        app.report.answer(version)
    return 0
