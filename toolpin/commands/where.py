"""`toolpin where TOOL [VERSION]`: the folder of an install."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from toolpin import installs
from toolpin.errors import ToolpinError
from toolpin.model import Origin, Pin, Request
from toolpin.session import Session
from toolpin.toolversions import parse_wanted


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool, and a version other than the one pinned here."""
    parser.add_argument("tool")
    parser.add_argument("version", nargs="?")


def run(args: Namespace, session: Session) -> int:
    """Print the folder of the version, or of the first one pinned and installed."""
    tool = session.registry.canonical(args.tool)
    for pin in _pins(tool, args.version, session):
        if installs.is_installed(session.paths, pin):
            session.report.answer(session.paths.install(*pin))
            return 0
    raise ToolpinError(
        f"{tool} {args.version or 'as pinned here'} is not installed",
        [("installed", ", ".join(installs.versions(session.paths, tool)) or "none")],
        f"toolpin install {tool} {args.version or ''}".rstrip(),
    )


def _pins(tool: str, version: str | None, session: Session) -> list[Pin]:
    origin = Origin("the command line")
    if version is not None:
        request: Request | None = Request(
            tool, (parse_wanted(version, origin),), origin
        )
    else:
        request = session.request(tool)
    if request is None:
        raise ToolpinError(
            f"{tool} is not pinned here",
            [("searched", f"{session.folder} and the folders above it")],
            f"toolpin where {tool} <version>",
        )
    return [Pin(tool, one.value) for one in request.wanted if one.kind == "version"]
