"""Explains why a command runs what it runs here.

The request for its tool and those it overrides, the lockfile entry, the install, and
every program of the name on PATH. It runs nothing and uses no network.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from toolpin.app import App
from toolpin.doctor.current_requests import CurrentRequest, of_tool
from toolpin.doctor.path_search import Candidate, candidates, directories
from toolpin.errors import (
    NotLocked,
    ToolpinError,
    UnknownCommand,
    UsageError,
)
from toolpin.model import Pin, Request, Wanted
from toolpin.resolver.local_resolution import locked_version, lockfile_for
from toolpin.resolver.version_choice import looks_exact
from toolpin.run import command_lookup
from toolpin.run.lookup_context import LookupResult


class Locked(NamedTuple):
    """The lockfile entry of a loose alternative; `version` is None without one."""

    wanted: Wanted
    version: str | None
    file: str | None


class CommandExplanation(NamedTuple):
    """Why a command runs what it runs.

    `lookup` is what its shim would run, or else `problem` states why there is none.
    """

    command: str
    tool: str
    requests: CurrentRequest
    locked: tuple[Locked, ...]
    lookup: LookupResult | None
    problem: ToolpinError | None
    candidates: tuple[Candidate, ...]

    @property
    def is_pinned(self) -> bool:
        """Whether the tool is pinned here."""
        return self.requests.request is not None

    @property
    def runs(self) -> str | None:
        """The program that a shell runs for the name, None without one."""
        first = self.candidates[0] if self.candidates else None
        if first and first.directory.kind == "shims":
            return self.lookup.path if self.lookup else None
        return first.path if first else None

    @property
    def is_right(self) -> bool:
        """Whether the pinned program runs, or else the one that toolpin would run."""
        if self.lookup is None or self.runs is None:
            return False
        if not self.is_pinned:
            return True
        try:
            return os.path.samefile(self.runs, self.lookup.path)
        except OSError:
            return False

    @property
    def pin(self) -> Pin | None:
        """The installed version that is used, if it is in the store."""
        return self.lookup.pin if self.lookup else None


def explain_command(command: str, app: App) -> CommandExplanation:
    """Explain why a command runs what it runs.

    Raises UnknownCommand for a command of no tool, UsageError for an effective line
    that cannot be read.
    """
    known = command_lookup.providers(command, app.place)
    result: LookupResult | None = None
    problem: ToolpinError | None = None
    try:
        result = command_lookup.find(command, app.place)
    except UnknownCommand:
        raise
    except ToolpinError as error:
        problem = error
    tool, requests = _tool(known, result, app)
    return CommandExplanation(
        command=command,
        tool=tool,
        requests=requests,
        locked=_locked(requests.request, app),
        lookup=result,
        problem=problem,
        candidates=tuple(candidates(command, directories(app))),
    )


def _tool(
    known: tuple[str, ...], lookup: LookupResult | None, app: App
) -> tuple[str, CurrentRequest]:
    """Return the tool whose request decides, and all its requests."""
    origin = lookup.origin if lookup else None
    requests = {}
    for tool in known:
        try:
            requests[tool] = candidate = of_tool(tool, app)
        except UsageError:
            if lookup is None:
                raise
            continue  # another tool's line comes first
        if candidate.request and (lookup is None or candidate.request.origin == origin):
            return tool, candidate
    tool, candidate = next(iter(requests.items()), ("", CurrentRequest(None)))
    if lookup and origin is None:  # the system's, whatever is pinned
        candidate = candidate._replace(request=None, overridden=())
    return tool, candidate


def _locked(request: Request | None, app: App) -> tuple[Locked, ...]:
    """Return the lockfile entries of the loose alternatives."""
    if request is None:
        return ()
    file = lockfile_for(request.origin, app.where)
    results = []
    for wanted in request.wanted:
        if wanted.kind not in ("version", "latest") or looks_exact(wanted):
            continue
        try:
            version = locked_version(request, wanted, app.where)
        except (UsageError, NotLocked):
            version = None  # the problem of a command that cannot run
        results.append(Locked(wanted, version, file))
    return tuple(results)
