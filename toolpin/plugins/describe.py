"""Renders a Tool as `plugin list` and `plugin show` print it: rows and JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from toolpin.plugins.tool_file import Tool
from toolpin.plugins.user_plugins import is_bundled

_WIDTH = 80


def overview(tools: Sequence[Tool]) -> Iterator[str]:
    """Yield lines with every tool: yours with their files, the names of the others."""
    mine = [tool for tool in tools if not is_bundled(tool)]
    if mine:
        yield "yours"
        width = max(len(tool.name) for tool in mine)
        yield from (f"  {tool.name:<{width}}  {tool.file}" for tool in mine)
    names = [tool.name for tool in tools if is_bundled(tool)]
    yield f"bundled ({len(names)})"
    yield from textwrap.wrap(
        " ".join(names),
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
        break_on_hyphens=False,
    )


def matches(tool: Tool, word: str) -> bool:
    """Return whether a tool's names, commands or description contain a word."""
    texts = (*tool.names, *tool.commands, tool.description)
    return any(word.lower() in text.lower() for text in texts)


def rows(tool: Tool) -> list[tuple[str, str]]:
    """Return the details of a tool, as (label, text)."""
    results = [
        ("name", ", ".join(tool.names)),
        ("what", tool.description),
        ("homepage", tool.homepage),
        ("commands", ", ".join(tool.commands)),
        ("requires", ", ".join(tool.requires)),
        ("file", tool.file),
    ]
    for spec in tool.sources:
        results.append(("source", f"{spec.id} ({spec.kind}): {spec.publisher}"))
        results.append(("", f"for {', '.join(spec.hosts)}"))
    refused = {**tool.refused_hosts, **tool.refused_versions}
    results += [("not for", f"{key}: {why}") for key, why in refused.items()]
    return [row for row in results if row[1]]


def brief_record(tool: Tool) -> dict[str, object]:
    """Return a tool as JSON output shows it in a list."""
    return {
        "name": tool.name,
        "also": tool.also,
        "description": tool.description,
        "sources": [spec.id for spec in tool.sources],
        "bundled": is_bundled(tool),
        "file": tool.file,
    }


def record(tool: Tool) -> dict[str, object]:
    """Return the details of a tool as JSON output shows them."""
    return {
        **brief_record(tool),
        "homepage": tool.homepage,
        "requires": tool.requires,
        "commands": tool.commands,
        "bin_dirs": tool.bin_dirs,
        "variables": dict(tool.variables),
        "refused_hosts": tool.refused_hosts,
        "refused_versions": tool.refused_versions,
        "sources": [
            {
                "id": spec.id,
                "kind": spec.kind,
                "publisher": spec.publisher,
                "hosts": spec.hosts,
            }
            for spec in tool.sources
        ],
    }
