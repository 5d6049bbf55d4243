"""Finds known names that are similar to a misspelled one. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterable

from toolpin.app import App
from toolpin.errors import ToolpinError, UnknownCommand, as_word, searched
from toolpin.model import COMMAND_LINE, Request
from toolpin.project.toolversions import check_tool_name
from toolpin.store import installs
from toolpin.system.paths import Paths, names_in
from toolpin.versions import nearest


def near_names(word: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the known names that are spelled like the word, nearest first."""
    import difflib

    return difflib.get_close_matches(word, list(known), n=most)


def known_tool(name: str, app: App) -> str:
    """Return the canonical name of a tool that a plugin describes or that is installed.

    Raises UsageError for an invalid name, ToolpinError with near names for an unknown
    one.
    """
    tool = app.registry.canonical(name)
    check_tool_name(tool, COMMAND_LINE)
    if not installs.versions(app.paths, tool):
        app.registry.require(name, COMMAND_LINE)
    return tool


def pinned_tool(name: str, app: App, *, verb: str = "pin") -> Request:
    """Return the request here for a tool that the user named.

    Warns of ignored files. Raises ToolpinError for a tool that nothing pins: with near
    names for an unknown tool, else with the command `verb`.
    """
    app.warn_of_ignored()
    request = app.request(app.registry.canonical(name))
    if request:
        return request
    tool = known_tool(name, app)
    raise ToolpinError(
        f"{tool} is not pinned here",
        [("searched", searched(app.directory))],
        f"toolpin {verb} {tool} latest",
    )


def installed_nearby(tool: str, version: str, app: App) -> str:
    """Return the installed versions to suggest for a missing one, nearest first."""
    have = installs.versions(app.paths, tool)
    return ", ".join(nearest(version, have) or have) or "none"


def with_near_commands(
    error: UnknownCommand, word: str, paths: Paths
) -> UnknownCommand:
    """Add the near names of known commands to the error of an unknown one."""
    near = near_names(word, names_in(paths.shims))
    facts = [("similar", ", ".join(near))] if near else []
    hint = f"toolpin which {as_word(near[0])}" if near else "toolpin list"
    return UnknownCommand(error.what, [*error.facts, *facts], error.hint or hint)
