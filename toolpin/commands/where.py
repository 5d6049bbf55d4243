"""`toolpin where TOOL [VERSION]`: the folder of an install."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from toolpin import installs
from toolpin.errors import ToolpinError
from toolpin.model import Origin, Pin, Request
from toolpin.session import Session
from toolpin.suggest import installed_nearby, known_tool, pinned_tool
from toolpin.tables import pin_table
from toolpin.toolversions import parse_wanted


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool, and a version other than the one pinned here."""
    parser.add_argument("tool", help="the tool")
    parser.add_argument(
        "version", nargs="?", help="this version instead of the one pinned here"
    )


def run(args: Namespace, session: Session) -> int:
    """Print the folder of the version, or of the first one pinned and installed."""
    request = _request(args, session)
    for wanted in request.wanted:
        pin = Pin(request.tool, wanted.value)
        if wanted.kind == "version" and installs.is_installed(session.paths, pin):
            _answer(pin, session)
            return 0
    raise ToolpinError(
        f"{request.tool} {args.version or 'as pinned here'} is not installed",
        [("installed", installed_nearby(request.tool, args.version or "", session))],
        f"toolpin install {request.tool} {args.version or ''}".rstrip(),
    )


def _request(args: Namespace, session: Session) -> Request:
    if args.version is None:
        return pinned_tool(args.tool, session)
    origin = Origin("the command line")
    wanted = parse_wanted(args.version, origin)
    return Request(known_tool(args.tool, session), (wanted,), origin)


def _answer(pin: Pin, session: Session) -> None:
    path = session.paths.install(*pin)
    if session.report.as_json:
        session.report.document("where", {**pin_table(pin), "path": path})
    else:
        session.report.answer(path)
