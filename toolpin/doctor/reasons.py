"""Turns a command's name into why it runs what it runs here.

What asked for its tool and what that beat, what the lockfile says, the install, and
every program of the name on PATH. It runs nothing and asks nobody.
"""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

from toolpin.app import App
from toolpin.doctor.asked import Asked, everything, of_tool
from toolpin.doctor.searched import Candidate, candidates, folders
from toolpin.errors import (
    NotLocked,
    NotRunnable,
    ToolpinError,
    UnknownCommand,
    UsageError,
)
from toolpin.execute import finding
from toolpin.execute.place import Found
from toolpin.model import Pin, Request, Wanted
from toolpin.resolver.catalog import looks_exact
from toolpin.resolver.installed import locked_version, lockfile_for


class Locked(NamedTuple):
    """What a lockfile says to a loose alternative; `version` is None for nothing."""

    wanted: Wanted
    version: str | None
    file: str | None


class Reasons(NamedTuple):
    """Why a command runs what it runs.

    `found` is what its shim would run, or else `problem` says why that is nothing.
    """

    command: str
    tool: str
    asked: Asked
    locked: tuple[Locked, ...]
    found: Found | None
    problem: ToolpinError | None
    candidates: tuple[Candidate, ...]

    @property
    def is_pinned(self) -> bool:
        """Whether somebody asks for the tool here."""
        return self.asked.request is not None

    @property
    def runs(self) -> str | None:
        """The program that runs when a shell is told the name, None for none."""
        first = self.candidates[0] if self.candidates else None
        if first and first.folder.kind == "shims":
            return self.found.path if self.found else None
        return first.path if first else None

    @property
    def is_right(self) -> bool:
        """Whether what runs is what is pinned, or else what toolpin would run."""
        if self.found is None or self.runs is None:
            return False
        if not self.is_pinned:
            return True
        try:
            return os.path.samefile(self.runs, self.found.path)
        except OSError:
            return False

    @property
    def pin(self) -> Pin | None:
        """The installed version that is meant, where it is one of the store's."""
        return self.found.pin if self.found else None


def reasons_for(command: str, app: App) -> Reasons:
    """Find out why a command runs what it runs.

    Raises UnknownCommand for what nothing provides, UsageError for a line that counts
    and cannot be read.
    """
    known = finding.providers(command, app.place)
    found: Found | None = None
    problem: ToolpinError | None = None
    if not known and (request := _promised(command, app)):
        known = (request.tool,)
        problem = NotRunnable(
            f"{request.tool} {request.wanted[0]} is not installed",
            [("required by", str(request.origin))],
            "toolpin install --missing",
        )
    else:
        try:
            found = finding.find(command, app.place)
        except UnknownCommand:
            raise
        except ToolpinError as error:
            problem = error
    tool, asked = _tool(known, found, app)
    searched = folders(app.env, app.directory, app.paths, app.home)
    return Reasons(
        command=command,
        tool=tool,
        asked=asked,
        locked=_locked(asked.request, app),
        found=found,
        problem=problem,
        candidates=tuple(candidates(command, searched)),
    )


def _promised(command: str, app: App) -> Request | None:
    """Return the request here for a tool that is not there, and would have a command.

    As its plugin says: where nothing of it was ever installed, nothing else knows.
    """
    with contextlib.suppress(ToolpinError):
        for request in everything(app):
            with contextlib.suppress(ToolpinError):
                tool = app.registry.get(request.tool)
                if tool and command in tool.commands and _is_lacking(request, app):
                    return request
    return None


def _is_lacking(request: Request, app: App) -> bool:
    return not any(one.basis or one.directory for one in app.resolve(request))


def _tool(known: tuple[str, ...], found: Found | None, app: App) -> tuple[str, Asked]:
    """Return the tool whose request decides, and all that is asked of it."""
    asked = {tool: of_tool(tool, app) for tool in known}
    origin = found.origin if found else None
    for tool, one in asked.items():
        if one.request and (origin is None or one.request.origin == origin):
            return tool, one
    return next(iter(asked.items()), ("", Asked(None)))


def _locked(request: Request | None, app: App) -> tuple[Locked, ...]:
    """Return what a lockfile says to the alternatives that are loose."""
    if request is None:
        return ()
    file = lockfile_for(request.origin, app.where)
    found = []
    for wanted in request.wanted:
        if wanted.kind not in ("version", "latest") or looks_exact(wanted):
            continue
        try:
            version = locked_version(request, wanted, app.where)
        except (UsageError, NotLocked):
            version = None  # the problem of what cannot run
        found.append(Locked(wanted, version, file))
    return tuple(found)
