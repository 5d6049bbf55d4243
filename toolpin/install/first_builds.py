"""Explains why a host has no build of a version: its first builds are newer.

From the plugin's data for each source (`since`), without queries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from toolpin.errors import NotPublished, ToolpinError, Unreachable
from toolpin.install.planner import publisher
from toolpin.model import Host, Origin, Pin
from toolpin.project.suggestions import pin_command
from toolpin.sources.spec import SourceSpec, first_build
from toolpin.versions import sort_key


class Failure(NamedTuple):
    """The reason why one source could not be used."""

    spec: SourceSpec
    error: ToolpinError


def too_old(spec: SourceSpec, pin: Pin, host: Host) -> str:
    """Return why a source has no build, if all of its builds are newer; else ""."""
    first = first_build(pin.version, spec.since.get(str(host), ()))
    if first is None:
        return ""
    return f"{publisher(spec, host)} has builds for {host} only from {first} on"


def with_reason(
    spec: SourceSpec, pin: Pin, host: Host, error: NotPublished | Unreachable
) -> NotPublished | Unreachable:
    """Return the error of a source, explained for a version older than its builds.

    Only if the source has stated that it has none: builds may be added to old releases.
    """
    reason = too_old(spec, pin, host)
    if not reason or type(error) is not NotPublished:
        return error
    return NotPublished(reason, error.facts, error.hint)


def first_for(failures: Sequence[Failure], pin: Pin, host: Host) -> str | None:
    """Return the first version with a build, if the sources have only later ones.

    None if a source that states its first version could have this one, or if one that
    states none does not answer.
    """
    firsts: list[str] = []
    for spec, error in failures:
        since = spec.since.get(str(host), ())
        first = first_build(pin.version, since)
        if first is None and (since or isinstance(error, Unreachable)):
            return None
        firsts += [first] if first else []
    return min(firsts, key=sort_key, default=None)


def command_to_pin(tool: str, version: str, origin: Origin) -> str:
    """Return the command that pins another version, in the file with the request."""
    written = pin_command([tool, version], origin.place) if origin.line else None
    return written or f"toolpin install {tool} {version}"
