"""Finds the packages that join a build, in the versions that upstream shipped with it.

A table beside the plugin has a row for each version. Read-only.
"""

from __future__ import annotations

import os

from toolpin.errors import NotPublished, UsageError
from toolpin.model import Pin
from toolpin.plugins.tool_file import Tool
from toolpin.sources.spec import Companion, SourceSpec


def companion_versions(
    tool: Tool, spec: SourceSpec, pin: Pin
) -> list[tuple[Companion, str]]:
    """Return the companions that upstream shipped with this version, with versions.

    Raises NotPublished if the table does not have the version.
    """
    results = []
    for companion in spec.companions:
        row = _rows(tool, companion).get(pin.version)
        if row is None:
            raise NotPublished(
                f"the {companion.package} version that was shipped with {pin} "
                "is not known"
            )
        version = row.get(companion.column, "-")
        if version != "-":
            results.append((companion, version))
    return results


def complete_versions(tool: Tool, spec: SourceSpec) -> set[str] | None:
    """Return the versions with known companions; None if there are no companions."""
    known = [set(_rows(tool, companion)) for companion in spec.companions]
    return set.intersection(*known) if known else None


def _rows(tool: Tool, companion: Companion) -> dict[str, dict[str, str]]:
    """Return a tab-separated table by version; its first line has the names.

    Raises UsageError for a file of another shape.
    """
    file = f"{os.path.dirname(tool.file)}/{companion.table}"
    try:
        with open(file, encoding="utf-8") as stream:
            lines = [line.rstrip("\n") for line in stream if not line.startswith("#")]
        names, *rows = (line.split("\t") for line in lines)
        return {cells[0]: dict(zip(names, cells, strict=True)) for cells in rows}
    except (OSError, ValueError, IndexError) as error:
        raise UsageError(
            f"{file} is not a table of versions", [("reason", str(error))]
        ) from error
