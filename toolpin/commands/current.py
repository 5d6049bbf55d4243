"""`toolpin current [TOOL]`: what is pinned here, by which line, and its state."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from toolpin import installs
from toolpin.errors import ToolpinError
from toolpin.model import Pin, Request
from toolpin.session import Session


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool, to be told of it alone."""
    parser.add_argument("tool", nargs="?")


def run(args: Namespace, session: Session) -> int:
    """Print tool, versions, file:line, state; 1 when the one asked for is missing."""
    if not args.tool:
        session.report.table([_row(one, session) for one in session.requests()])
        return 0
    tool = session.registry.canonical(args.tool)
    request = session.request(tool)
    if request is None:
        raise ToolpinError(
            f"{tool} is not pinned here",
            [("searched", f"{session.folder} and the folders above it")],
            f"toolpin pin {tool} <version>",
        )
    session.report.table([_row(request, session)])
    return 1 if _missing(request, session) else 0


def _row(request: Request, session: Session) -> tuple[str, ...]:
    versions = " ".join(str(wanted) for wanted in request.wanted)
    missing = _missing(request, session)
    state = f"missing: {' '.join(missing)}" if missing else "installed"
    return (request.tool, versions, str(request.origin), state)


def _missing(request: Request, session: Session) -> list[str]:
    return [
        wanted.value
        for wanted in request.wanted
        if wanted.kind == "version"
        and not installs.is_installed(session.paths, Pin(request.tool, wanted.value))
    ]
