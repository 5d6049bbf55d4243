"""`toolpin where TOOL [VERSION]`: the directory of an install."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import ToolpinError
from toolpin.model import COMMAND_LINE, Request
from toolpin.near_names import installed_nearby, known_tool, pinned_tool
from toolpin.project.toolversions import parse_wanted
from toolpin.resolver.local_resolution import Resolution
from toolpin.store import installs


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str
    version: str | None = None


ARGUMENTS: Arguments = {
    "tool": "the tool",
    "[version]": "this version instead of the pinned one",
}


def run(options: Options, app: App) -> int:
    """Print the directory of the first installed alternative, as a shim runs it."""
    request = _request(options, app)
    for resolution in app.resolve(request):
        if resolution.basis == "system":
            raise ToolpinError(
                f"{request.tool} is pinned to the system version, which "
                "toolpin does not manage",
                [("required by", str(request.origin))],
            )
        if resolution.basis:
            _report(resolution, app)
            return 0
    if not installs.versions(app.paths, request.tool):
        app.registry.check(request.tool, request.origin)
    words = " or ".join(map(str, request.wanted))
    raise ToolpinError(
        f"{request.tool} {words} is not installed",
        [
            ("required by", str(request.origin)),
            ("installed", installed_nearby(request.tool, options.version or "", app)),
        ],
        f"toolpin install {request.tool} {options.version or ''}".rstrip(),
    )


def _request(options: Options, app: App) -> Request:
    if options.version is None:
        return pinned_tool(options.tool, app)
    tool = known_tool(options.tool, app)
    wanted = parse_wanted(app.registry.spell(tool, options.version), COMMAND_LINE)
    return Request(tool, (wanted,), COMMAND_LINE)


def _report(resolution: Resolution, app: App) -> None:
    pin = resolution.pin
    path = installs.tree(app.paths, pin) if pin else resolution.directory
    version = pin.version if pin else None
    result = {"tool": resolution.tool, "version": version, "path": path}
    app.report.document("where", result)
    app.report.path(path)
