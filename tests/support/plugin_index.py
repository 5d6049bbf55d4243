"""Writes plugins/index.tsv from the bundled TOML files, which it parses.

It has what every command needs of every bundled tool: see toolpin.plugins.light_fields.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.run import REPOSITORY
from toolpin.plugins.light_fields import INDEX, LightFields, render_line
from toolpin.plugins.tool_file import Tool, parse_tool

COMMAND = ".venv/bin/python -m tests.support.plugin_index"
DIRECTORY = REPOSITORY / "plugins"


def bundled_tools(directory: Path = DIRECTORY) -> list[Tool]:
    """Return every tool of a directory's TOML files, by name."""
    files = sorted(directory.glob("*.toml"), key=lambda file: file.stem)
    return [parse_tool(file.read_text(), str(file)) for file in files]


def fields_of(tool: Tool) -> LightFields:
    """Return the fields of a tool that the index has."""
    return LightFields(
        tool.also,
        tool.idiomatic,
        tool.requires,
        tool.commands,
        tuple(f"{key}={value}" for key, value in tool.manifests.items()),
        tuple(f"{key}={value}" for key, value in tool.spellings.items()),
        bool(tool.pairs),
    )


def render() -> str:
    """Return the index."""
    return "".join(render_line(tool.name, fields_of(tool)) for tool in bundled_tools())


if __name__ == "__main__":
    (DIRECTORY / INDEX).write_text(render())
