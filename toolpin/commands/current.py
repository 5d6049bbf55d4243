"""`toolpin current [TOOL]`: what is pinned here, by which line, and its state."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from toolpin import installs
from toolpin.model import Pin, Request
from toolpin.session import Session
from toolpin.suggest import pinned_tool
from toolpin.tables import origin_table


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool, to be told of it alone."""
    parser.add_argument("tool", nargs="?", help="this tool only")


def run(args: Namespace, session: Session) -> int:
    """Print tool, versions, file:line, state; 1 when the one asked for is missing."""
    requests: Sequence[Request]
    requests = [pinned_tool(args.tool, session)] if args.tool else session.requests()
    if session.report.as_json:
        rows = [_result(request, session) for request in requests]
        session.report.document("current", rows)
    else:
        session.report.table([_row(request, session) for request in requests])
    return 1 if args.tool and _missing(requests[0], session) else 0


def _row(request: Request, session: Session) -> tuple[str, ...]:
    versions = " ".join(str(wanted) for wanted in request.wanted)
    missing = _missing(request, session)
    state = f"missing: {' '.join(missing)}" if missing else "installed"
    return (request.tool, versions, str(request.origin), state)


def _result(request: Request, session: Session) -> dict[str, object]:
    return {
        "tool": request.tool,
        "wanted": [str(wanted) for wanted in request.wanted],
        "wanted_by": origin_table(request.origin),
        "missing": _missing(request, session),
    }


def _missing(request: Request, session: Session) -> list[str]:
    return [
        wanted.value
        for wanted in request.wanted
        if wanted.kind == "version"
        and not installs.is_installed(session.paths, Pin(request.tool, wanted.value))
    ]
