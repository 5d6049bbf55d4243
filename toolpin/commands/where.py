"""`toolpin where TOOL [VERSION]`: the folder of an install."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.lockfile.lookup import match
from toolpin.model import Origin, Request, Wanted
from toolpin.project.toolversions import folder_of, parse_wanted
from toolpin.store import installs
from toolpin.suggest import installed_nearby, known_tool, pinned_tool


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str
    version: str | None = None


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool, and a version other than the one pinned here."""
    parser.add_argument("tool", help="the tool")
    parser.add_argument(
        "version", nargs="?", help="this version instead of the one pinned here"
    )


def run(options: Options, app: App) -> int:
    """Print the folder of the first alternative that is there: what a shim runs."""
    request = _request(options, app)
    for wanted in request.wanted:
        if wanted.kind == "system":
            raise ToolpinError(
                f"{request.tool} is pinned to the machine's own: not toolpin's",
                [("wanted by", str(request.origin))],
            )
        folder, version = _folder(request, wanted, app)
        if folder:
            _answer(request.tool, version, folder, app)
            return 0
    words = " or ".join(map(str, request.wanted))
    raise ToolpinError(
        f"{request.tool} {words} is not installed",
        [
            ("wanted by", str(request.origin)),
            ("installed", installed_nearby(request.tool, options.version or "", app)),
        ],
        f"toolpin install {request.tool} {options.version or ''}".rstrip(),
    )


def _folder(
    request: Request, wanted: Wanted, app: App
) -> tuple[str | None, str | None]:
    """Return the folder of an alternative that is there, and its version."""
    if wanted.kind == "path":
        folder = folder_of(wanted, app.home)
        return (folder if os.path.isdir(folder) else None), None
    pin = match(app.paths, request, wanted, app.where)
    return (installs.tree(app.paths, pin), pin.version) if pin else (None, None)


def _request(options: Options, app: App) -> Request:
    if options.version is None:
        return pinned_tool(options.tool, app)
    origin = Origin("the command line")
    wanted = parse_wanted(options.version, origin)
    return Request(known_tool(options.tool, app), (wanted,), origin)


def _answer(tool: str, version: str | None, path: str, app: App) -> None:
    if app.report.as_json:
        result = {"tool": tool, "version": version, "path": path}
        app.report.document("where", result)
    else:
        app.report.path(path)
