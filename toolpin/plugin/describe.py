"""Turns a Tool into what `plugin list` and `plugin show` answer: rows and JSON."""

from __future__ import annotations

from toolpin.plugin.contract import Tool
from toolpin.plugin.shelf import is_bundled


def brief_row(tool: Tool) -> tuple[str, str, str]:
    """Return names, sources in order, and whose file it is."""
    names = ", ".join(tool.names)
    sources = ", ".join(spec.id for spec in tool.sources)
    return names, sources, "bundled" if is_bundled(tool) else tool.file


def rows(tool: Tool) -> list[tuple[str, str]]:
    """Return all that a person wants to know of a tool, as (label, text)."""
    found = [
        ("name", ", ".join(tool.names)),
        ("what", tool.description),
        ("homepage", tool.homepage),
        ("commands", ", ".join(tool.commands)),
        ("requires", ", ".join(tool.requires)),
        ("file", tool.file),
    ]
    for spec in tool.sources:
        found.append(("source", f"{spec.id} ({spec.kind}): {spec.publisher}"))
        found.append(("", f"for {', '.join(spec.hosts)}"))
    found += [("not for", f"{one}: {why}") for one, why in tool.refused_hosts.items()]
    return [row for row in found if row[1]]


def brief_record(tool: Tool) -> dict[str, object]:
    """Return what JSON tells of each tool in a list."""
    return {
        "name": tool.name,
        "also": tool.also,
        "description": tool.description,
        "sources": [spec.id for spec in tool.sources],
        "bundled": is_bundled(tool),
        "file": tool.file,
    }


def record(tool: Tool) -> dict[str, object]:
    """Return what JSON tells of one tool."""
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
