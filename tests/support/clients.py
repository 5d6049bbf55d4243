"""The clients of every kind of source, for a test that asks a server of its own."""

from __future__ import annotations

from pathlib import Path

from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.model import Host
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.sources.spec import SourceSpec


def clients_with(
    mirrors: tuple[tuple[str, str], ...], host: Host, tmp_path: Path
) -> Clients:
    """Return clients whose cache and helpers are in a temporary directory.

    `mirrors` are (publisher's URL, URL of the copy).
    """
    return Clients(
        Settings(mirrors=mirrors),
        env={},
        host=host,
        cache=Cache(str(tmp_path / "cache")),
        helpers=str(tmp_path / "helpers"),
        remark=print,
    )


def source(tool: Tool, name: str) -> SourceSpec:
    """Return the source of a tool that has this id."""
    return next(spec for spec in tool.sources if spec.id == name)
