"""Refuses versions that no source of a tool has, before any list is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolpin.errors import NotPublished
from toolpin.model import Origin

if TYPE_CHECKING:
    from toolpin.plugins.tool_file import Tool


def refuse_version(tool: Tool, version: str, origin: Origin) -> None:
    """Raise NotPublished for a version that no source has, or only an asdf plugin."""
    for start, reason in tool.refused_versions.items():
        if not version.startswith(start):
            continue
        facts = [("required by", str(origin))]
        if reason.startswith("https:"):
            what = f"{tool.name} {version} is a build that only an asdf plugin has"
            hint = f"toolpin plugin add {tool.name} {reason}"
            raise NotPublished(what, [*facts, ("plugin", reason)], hint)
        what = f"{tool.name} {version} does not exist"
        hint = f"toolpin list-all {tool.name}"
        raise NotPublished(what, [*facts, ("reason", reason)], hint)
