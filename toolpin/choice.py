"""Decides which of a tool's sources may serve, in what order, and says why none did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from toolpin.errors import Mismatch, NotPublished, ToolpinError, Unreachable, UsageError
from toolpin.jobs import Job
from toolpin.model import Host, Pin, Release
from toolpin.plugin.contract import SourceSpec, Tool
from toolpin.sources.clients import Clients
from toolpin.sources.contract import with_channels
from toolpin.versions import nearest
from toolpin.words import VERSION, fits


class Failure(NamedTuple):
    """Why one source did not serve."""

    spec: SourceSpec
    error: ToolpinError


def allowed_sources(
    tool: Tool, host: Host, wanted: Sequence[str]
) -> tuple[SourceSpec, ...]:
    """Return the sources to try, in order: those `wanted` by id, or all of the tool's.

    Raises ToolpinError for a host that no source can serve, and UsageError when the
    tool has none of the wanted sources.
    """
    if reason := tool.refused_hosts.get(str(host)):
        raise ToolpinError(
            f"{tool.name} has no builds for {host}", [("because", reason)]
        )
    by_id = {spec.id: spec for spec in tool.sources}
    chosen = tuple(by_id[one] for one in wanted or by_id if one in by_id)
    if not chosen:
        raise UsageError(
            f"{tool.name} has no source of that name",
            [("wanted", ", ".join(wanted)), ("sources", ", ".join(by_id))],
        )
    return chosen


def listed_releases(
    tool: Tool, spec: SourceSpec, host: Host, clients: Clients
) -> list[Release]:
    """Return what a source lists for the host; what can be no version is left out.

    Raises Unreachable.
    """
    return [
        with_channels(release, tool.channels)
        for release in clients.open(spec).releases(host)
        if fits(release.version, VERSION)
    ]


def nobody_serves(
    tool: Tool, job: Job, failures: Sequence[Failure], host: Host, clients: Clients
) -> ToolpinError:
    """Return the error that tells of every source what it said or has nearby."""
    facts = [("wanted by", str(job.origin))]
    for failure in failures:
        label = failure.spec.id
        facts.append((label, failure.error.what))
        if isinstance(failure.error, NotPublished):
            facts.append((label, _nearby(tool, failure.spec, job.pin, host, clients)))
        else:
            facts += [
                (label, f"{name}: {value}") for name, value in failure.error.facts
            ]
    silent = any(isinstance(one.error, Unreachable) for one in failures)
    ending = "was not found" if silent else f"does not exist for {host}"
    kind = Unreachable if silent else NotPublished
    return kind(
        f"{job.pin} {ending}",
        facts,
        f"toolpin list-all {job.pin.tool} {_line_of(job.pin.version)}",
    )


def _line_of(version: str) -> str:
    """Return the first part of a version, without the v that tags have: `24`."""
    first = version.partition(".")[0]
    return first[1:] if first[:1] == "v" and first[1:].isdigit() else first


def not_published_bytes(
    job: Job, error: Mismatch, following: SourceSpec | None
) -> Mismatch:
    """Return the error of bytes that nobody published, with who wants them.

    No other source is asked by itself: somebody may be tampering, and should be seen.
    """
    facts = [("wanted by", f"{job.origin} ({job.pin})"), *error.facts]
    hint = f"toolpin install {job.pin} --source {following.id}" if following else None
    return Mismatch(error.what, facts, hint)


def _nearby(
    tool: Tool, spec: SourceSpec, pin: Pin, host: Host, clients: Clients
) -> str:
    if str(host) not in spec.hosts:
        return f"has nothing for {host}"
    try:
        listed = listed_releases(tool, spec, host, clients)
    except ToolpinError as error:
        return f"what it has nearby is not known: {error.what}"
    known = [release.version for release in listed]
    return f"nearest {', '.join(nearest(pin.version, known)) or 'none'}"
