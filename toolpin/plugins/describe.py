"""Renders a Tool as `plugin list` and `plugin show` print it: rows and JSON."""

from __future__ import annotations

from toolpin.plugins.tool_file import Tool
from toolpin.plugins.user_plugins import is_bundled


def brief_row(tool: Tool) -> tuple[str, str, str]:
    """Return names, sources in order, and the origin of the file."""
    names = ", ".join(tool.names)
    sources = ", ".join(spec.id for spec in tool.sources)
    return names, sources, "bundled" if is_bundled(tool) else tool.file


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
    results += [("not for", f"{key}: {why}") for key, why in tool.refused_hosts.items()]
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
