"""Turns a misspelt name into the names near it. It decides nothing by itself."""

from __future__ import annotations

import os
from collections.abc import Iterable

from toolpin import installs
from toolpin.errors import UnknownCommand
from toolpin.model import Origin
from toolpin.paths import Paths
from toolpin.session import Session
from toolpin.toolversions import check_tool_name


def near_names(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the known names that are spelt like the word, the nearest first."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    return difflib.get_close_matches(word, list(known), n=most)


def known_tool(name: str, session: Session) -> str:
    """Return the canonical name of a tool that a plugin describes or that is installed.

    Raises UsageError for what is no name, ToolpinError with names near any other.
    """
    origin = Origin("the command line")
    tool = session.registry.canonical(name)
    check_tool_name(tool, origin)
    if not installs.versions(session.paths, tool):
        session.registry.require(name, origin)
    return tool


def with_near_commands(error: UnknownCommand, word: str, paths: Paths) -> UnknownCommand:
    """Return the error of an unknown command with the commands that are spelt so."""
    try:
        near = near_names(word, sorted(os.listdir(paths.shims)))
    except OSError:
        near = []
    facts = [("near it", ", ".join(near))] if near else []
    return UnknownCommand(error.what, [*error.facts, *facts], error.hint)
