"""Makes the Plan for one pin on one host from a tool's data and one of its sources."""

from __future__ import annotations

import os

from toolpin.errors import NotPublished, UsageError
from toolpin.model import Host, Pin, Plan, Step, Unpack
from toolpin.plugin.contract import Companion, SourceSpec, Tool
from toolpin.sources.clients import Clients
from toolpin.sources.contract import fill


def make_plan(
    tool: Tool, spec: SourceSpec, pin: Pin, host: Host, clients: Clients
) -> Plan:
    """Return how to install the pin from this source.

    Raises NotPublished when the source has no such build, Unreachable when it cannot
    be asked.
    """
    if str(host) not in spec.hosts:
        raise NotPublished(f"{spec.id} has no builds for {host}")
    artifacts = [clients.open(spec).artifact(pin.version, host)]
    companions = _companion_versions(tool, spec, pin)
    steps: list[Step] = [
        Unpack(0, strip=spec.strip, only=spec.only, without=spec.without),
        *spec.links,
    ]
    for companion, version in companions:
        steps.append(Unpack(len(artifacts), into=companion.into, strip=1))
        steps.extend(companion.links)
        artifacts.append(clients.companion(companion.package, version))
    return Plan(
        pin=pin,
        host=host,
        source=spec.id,
        publisher=publisher(spec, host),
        artifacts=tuple(artifacts),
        steps=tuple(steps),
        bin_dirs=tool.bin_dirs,
        commands=tool.commands,
        proof=tuple(fill(word, {"version": pin.version}) for word in tool.proof),
        variables=tool.variables,
    )


def publisher(spec: SourceSpec, host: Host) -> str:
    """Return who made the bytes that this source has for the host."""
    return fill(spec.publisher, spec.hosts.get(str(host), {}))


def _companion_versions(
    tool: Tool, spec: SourceSpec, pin: Pin
) -> list[tuple[Companion, str]]:
    """Return the companions that upstream shipped with this version, with theirs."""
    found = []
    for companion in spec.companions:
        row = _row(f"{os.path.dirname(tool.file)}/{companion.table}", pin.version)
        if row is None:
            raise NotPublished(
                f"no {companion.package} is known that upstream shipped with {pin}"
            )
        if row[companion.column] != "-":
            found.append((companion, row[companion.column]))
    return found


def _row(file: str, version: str) -> dict[str, str] | None:
    """Return a version's row of a tab-separated table; its first line has names."""
    try:
        with open(file, encoding="utf-8") as stream:
            lines = [line.rstrip("\n") for line in stream if not line.startswith("#")]
    except OSError as error:
        raise UsageError(f"{file} cannot be read", [("because", str(error))]) from error
    names = lines[0].split("\t")
    for line in lines[1:]:
        cells = line.split("\t")
        if cells[0] == version:
            return dict(zip(names, cells, strict=True))
    return None
