"""Turns values into the plain tables of JSON output. No disk, no text."""

from __future__ import annotations

from toolpin.model import Artifact, Origin, Pin, Plan


def pin_table(pin: Pin) -> dict[str, str]:
    """Return a pin as JSON output shows it."""
    return {"tool": pin.tool, "version": pin.version}


def artifact_table(artifact: Artifact) -> dict[str, object]:
    """Return an artifact as JSON output, receipts and notes show it."""
    return {**artifact._asdict(), "digest": str(artifact.digest)}


def origin_table(origin: Origin) -> dict[str, object]:
    """Return the location of a request; the line is null for one without lines."""
    return {"place": origin.place, "line": origin.line or None}


def plan_table(plan: Plan, into: str) -> dict[str, object]:
    """Return what would be done to install a pin into a directory."""
    return {
        **pin_table(plan.pin),
        "host": str(plan.host),
        "source": plan.source,
        "publisher": plan.publisher,
        "artifacts": list(map(artifact_table, plan.artifacts)),
        "into": into,
    }
