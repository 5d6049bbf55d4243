"""Refuses a version name that is not in the lists on this machine. No network."""

from __future__ import annotations

from collections.abc import Iterable

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.model import Wanted
from toolpin.near_names import near_names
from toolpin.plugins.script_plugin import is_scripted
from toolpin.shell.completion_words import listed_versions
from toolpin.store import installs
from toolpin.versions import is_prefix, sort_key


def check_listed(tool: str, wanted: Iterable[Wanted], app: App) -> None:
    """Raise ToolpinError for a name that no list on this machine has.

    A number may be newer than the lists, and so may a name in an edition. Without a
    list, the installed versions of a bundled tool show whether its names are numbers.
    """
    words = [word.value for word in wanted if word.kind == "version"]
    names = [word for word in words if not word[0].isdigit()]
    if not names:
        return
    described = app.registry.require(tool)
    for spec in described.sources:
        names = [name for name in names if not spec.names_edition(name)]
    listed = listed_versions(tool, app.env)
    installed = [] if is_scripted(described) else installs.versions(app.paths, tool)
    known = [version for version, _ in listed] or installed
    channels = {"lts", *described.channels}.union(*(named for _, named in listed))
    for name in names:
        is_known = any(is_prefix(name, version) for version in known)
        if known and name not in channels and not is_known:
            near = near_names(name, channels)
            facts = [("similar", ", ".join(near))] if near else []
            raise ToolpinError(
                f"{tool} has no version {name}",
                [*facts, ("newest", max(known, key=sort_key)), ("changed", "nothing")],
                f"toolpin list-all {tool}",
            )
