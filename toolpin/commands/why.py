"""`toolpin why CMD`: explains which program a command runs here, and why."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.doctor.explanation import CommandExplanation, explain_command
from toolpin.doctor.path_search import Candidate
from toolpin.errors import ToolpinError, UnknownCommand, printable
from toolpin.json_tables import origin_table
from toolpin.model import Pin, Request
from toolpin.near_names import with_near_commands
from toolpin.resolver.local_resolution import missing_directories
from toolpin.store.installs import store_of, tree
from toolpin.store.publication import read_receipt
from toolpin.system.report import error_table
from toolpin.verification import Level

Row = tuple[str, str, str]
# Facts of a problem that no row states: other versions with the command.
_SHOWN = ("available in",)


class Options(NamedTuple):
    """The arguments of the command line."""

    command: str


ARGUMENTS: Arguments = {"command": "the command, such as node"}


def run(options: Options, app: App) -> int:
    """Print the result and its reasons; exit 1 if it is not what is pinned."""
    try:
        reasons = explain_command(options.command, app)
    except UnknownCommand as error:
        raise with_near_commands(error, options.command, app.paths) from error
    app.report.document("why", _result(reasons, app))
    app.report.answer(printable(_verdict(reasons)))
    app.report.table(list(_rows(reasons, app)), folds=True)
    if reasons.is_right:
        return 0
    hint = reasons.problem.hint if reasons.problem else "toolpin doctor"
    app.report.remark(f"  try: {hint or 'toolpin doctor'}")
    return 1


def _verdict(reasons: CommandExplanation) -> str:
    command, runs = reasons.command, reasons.runs
    if reasons.problem:
        output = reasons.problem.what
        if runs:
            return f"{command} runs {runs}, not what is pinned:  {output}"
        return f"{command} cannot run: {output}"
    installed = str(reasons.pin or (reasons.lookup.path if reasons.lookup else ""))
    if runs is None:
        return f"{command} is not on PATH, although {installed} is pinned"
    if not reasons.is_right:
        return f"{command} runs {runs}, not {installed} as pinned"
    if reasons.is_pinned:
        return f"{command} runs {installed}, as pinned"
    return f"{command} runs {runs}; it is not pinned here"


def _rows(reasons: CommandExplanation, app: App) -> Iterator[Row]:
    requests = reasons.requests
    if requests.request:
        yield "required by", _words(requests.request), str(requests.request.origin)
        for path in missing_directories(requests.request, app.where):
            yield "does not exist", "", path
    for request in requests.overridden:
        yield "instead of", _words(request), str(request.origin)
    if requests.unread:
        yield "unread", "", requests.unread
    for path in requests.ignored:
        yield "ignored", "another user's", path
    for entry in reasons.locked:
        place = entry.file or "there is no toolpin.lock"
        yield "locked as", entry.version or "nothing", place
    if reasons.pin:
        yield "installed", reasons.pin.version, tree(app.paths, reasons.pin)
        if _is_brought(reasons.pin, app):
            yield "which was", "in the cache already", "no source was queried"
    elif requests.request and reasons.problem:
        there = _installed(requests.request, app)
        place = tree(app.paths, there) if there else ""
        yield "installed", there.version if there else "nothing", place
    if reasons.problem:
        facts = dict(reasons.problem.facts)
        yield from ((label, facts[label], "") for label in _SHOWN if label in facts)
    label = "runs" if reasons.runs else "on PATH"
    for candidate in reasons.candidates:
        yield label, candidate.label, candidate.path
        label = "then"


def _installed(request: Request, app: App) -> Pin | None:
    """Return the version that would run, and has no such command."""
    with contextlib.suppress(ToolpinError):  # a lockfile that cannot be read
        for resolution in app.resolve(request):
            if resolution.basis or resolution.directory:
                return resolution.pin
    return None


def _is_brought(pin: Pin, app: App) -> bool:
    with contextlib.suppress(ToolpinError):
        receipt = read_receipt(store_of(app.paths, pin), pin)
        return receipt is not None and receipt.verified == Level.LOCKFILE
    return False


def _words(request: Request) -> str:
    return " ".join(str(wanted) for wanted in request.wanted)


def _result(reasons: CommandExplanation, app: App) -> dict[str, object]:
    requests, pin = reasons.requests, reasons.pin
    return {
        "command": reasons.command,
        "tool": reasons.tool or None,
        "version": pin.version if pin else None,
        "is_right": reasons.is_right,
        "runs": reasons.runs,
        "meant": reasons.lookup.path if reasons.lookup else None,
        "wanted": _request_table(requests.request) if requests.request else None,
        "overridden": list(map(_request_table, requests.overridden)),
        "ignored": list(requests.ignored),
        "locked": [
            {"wanted": str(entry.wanted), "version": entry.version, "file": entry.file}
            for entry in reasons.locked
        ],
        "install": tree(app.paths, pin) if pin else None,
        "candidates": list(map(_candidate_table, reasons.candidates)),
        "problem": error_table(reasons.problem) if reasons.problem else None,
    }


def _request_table(request: Request) -> dict[str, object]:
    words = [str(wanted) for wanted in request.wanted]
    return {"versions": words, "wanted_by": origin_table(request.origin)}


def _candidate_table(candidate: Candidate) -> dict[str, object]:
    directory = candidate.directory
    return {
        "path": candidate.path,
        "kind": directory.kind,
        "manager": directory.owner or None,
        "tool": directory.pin.tool if directory.pin else None,
        "version": directory.pin.version if directory.pin else None,
    }
