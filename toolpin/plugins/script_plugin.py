"""Turns an asdf plugin's directory into a Tool with one source: its scripts.

`plugins/asdf` runs the scripts. Here the plugin only gets the form of every other tool.
"""

from __future__ import annotations

import os
from typing import Any

from toolpin.errors import UsageError
from toolpin.plugins.tool_file import Tool
from toolpin.plugins.tool_schema import TOOL
from toolpin.sources import script
from toolpin.sources.spec import SourceSpec

SOURCE = "asdf-plugin"
# Its scripts decide where they run.
_HOSTS = (
    "linux-x64 linux-arm64 linux-x64-musl linux-arm64-musl macos-x64 macos-arm64"
).split()


def is_scripted(tool: Tool) -> bool:
    """Return whether a tool's plugin is a directory of scripts."""
    return isinstance(tool.sources[0].own, script.Script)


def read_tool(name: str, directory: str, also: tuple[str, ...] = ()) -> Tool:
    """Return the tool of a plugin's directory. Raises UsageError for an invalid one."""
    if not os.path.isfile(f"{directory}/bin/install"):
        raise UsageError(
            f"{directory} is not an asdf plugin",
            [("missing", f"{directory}/bin/install")],
        )
    return scripted_tool(name, directory, also)


def scripted_tool(name: str, directory: str, also: tuple[str, ...]) -> Tool:
    """Return the tool of a plugin in a directory, which need not exist yet."""
    spec = SourceSpec(
        id=SOURCE,
        kind=script.NAME,
        publisher=f"the scripts of {name}'s asdf plugin",
        hosts={host: {} for host in _HOSTS},
        own=script.Script(name, directory),
    )
    defaults: dict[str, Any] = {key: field.default for key, field in TOOL.items()}
    stated = {"name": name, "also": also, "commands": (), "homepage": ""}
    stated["description"] = "an asdf plugin"
    return Tool(**{**defaults, **stated}, sources=(spec,), recipe=None, file=directory)
