"""`toolpin current [TOOL]`: what is pinned here, by which line, and its state."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from toolpin.lockfile.lookup import locked_version, match
from toolpin.model import Request, Wanted
from toolpin.project.toolversions import folder_of
from toolpin.session import Session
from toolpin.suggest import pinned_tool
from toolpin.tables import origin_table


def add_arguments(parser: ArgumentParser) -> None:
    """Take a tool, to be told of it alone."""
    parser.add_argument("tool", nargs="?", help="this tool only")


def run(args: Namespace, session: Session) -> int:
    """Print tool, versions, file:line, state; 1 when the one asked for is not there."""
    requests: Sequence[Request]
    requests = [pinned_tool(args.tool, session)] if args.tool else session.requests()
    if session.report.as_json:
        rows = [_result(request, session) for request in requests]
        session.report.document("current", rows)
    else:
        session.report.table([_row(request, session) for request in requests])
    return 1 if args.tool and _runs(requests[0], session) is None else 0


def _row(request: Request, session: Session) -> tuple[str, ...]:
    versions = " ".join(str(wanted) for wanted in request.wanted)
    return (request.tool, versions, str(request.origin), _state(request, session))


def _state(request: Request, session: Session) -> str:
    """Tell what runs, and what of it is pinned and not there."""
    runs = _runs(request, session)
    missing = _missing(request, session)
    locked = _locked(request, session)
    if runs is None:
        words = map(_with_locked, request.wanted, locked)
        return f"missing: {' '.join(words)}"
    if runs == str(request.wanted[0]):
        state = "installed" if request.wanted[0].kind == "version" else "in place"
    elif runs in locked:
        state = f"locked: {runs}"
    else:
        state = f"runs {runs}"
    return f"{state}, missing: {' '.join(missing)}" if missing else state


def _runs(request: Request, session: Session) -> str | None:
    """Return the first alternative that is there; the machine's own is not judged."""
    for wanted in request.wanted:
        if wanted.kind == "system":
            return "system"
        if wanted.kind == "path":
            if os.path.isdir(folder_of(wanted, session.home)):
                return str(wanted)
        elif pin := match(session.paths, request, wanted, session.where):
            return pin.version
    return None


def _locked(request: Request, session: Session) -> list[str | None]:
    """Return for each alternative the version that a lockfile has for it."""
    where = session.where
    return [locked_version(request, wanted, where) for wanted in request.wanted]


def _with_locked(wanted: Wanted, locked: str | None) -> str:
    return f"{wanted} ({locked})" if locked and locked != str(wanted) else str(wanted)


def _result(request: Request, session: Session) -> dict[str, object]:
    return {
        "tool": request.tool,
        "wanted": [str(wanted) for wanted in request.wanted],
        "wanted_by": origin_table(request.origin),
        "runs": _runs(request, session),
        "missing": _missing(request, session),
        "locked": _locked(request, session),
    }


def _missing(request: Request, session: Session) -> list[str]:
    """Return the exact versions that are not installed; a match is none of them."""
    return [
        wanted.value
        for wanted in request.wanted
        if wanted.kind == "version"
        and match(session.paths, request, wanted, session.where) is None
    ]
