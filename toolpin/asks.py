"""What a lockfile is to answer: requests, for which hosts, from which sources.

Values, and what of them an existing lockfile leaves open. It asks nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from toolpin.errors import UsageError
from toolpin.lockfile import Key, Lockfile
from toolpin.model import Origin, Pin, Wanted
from toolpin.plugin.contract import Tool
from toolpin.resolve import can_mean


class Ask(NamedTuple):
    """One alternative that the lockfile is to answer, and who wants it."""

    tool: str
    wanted: Wanted
    origin: Origin

    @property
    def key(self) -> Key:
        """What the lockfile finds its pin by."""
        return Key(self.tool, str(self.wanted))


class Scope(NamedTuple):
    """What a lock covers: these hosts (() for all), from these sources in this order.

    Without a source the one that an entry has stands, else the tool's first. Of the
    tools in `refresh` nothing old is kept.
    """

    hosts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    refresh: frozenset[str] = frozenset()


def hosts_of(tool: Tool) -> tuple[str, ...]:
    """Return every host that a source of the tool has builds for, sorted."""
    return tuple(sorted({host for spec in tool.sources for host in spec.hosts}))


def check_host(name: str, tools: Iterable[Tool]) -> None:
    """Raise UsageError for a host that no source of the tools has builds for."""
    known = sorted({host for tool in tools for host in hosts_of(tool)})
    if name not in known:
        raise UsageError(
            f"--host {name} is no host that a tool has builds for",
            [("hosts", ", ".join(known))],
        )


def check_sources(names: Iterable[str], tools: Collection[Tool]) -> None:
    """Raise UsageError for a name that no source of these tools has.

    One that a single tool has is for that tool; the others are locked as without it.
    """
    known = {spec.id for tool in tools for spec in tool.sources}
    for name in names:
        if name not in known:
            raise UsageError(
                f"--source {name} is no source of what is locked here",
                [
                    (tool.name, ", ".join(spec.id for spec in tool.sources))
                    for tool in tools
                ],
            )


def unanswered(
    asks: Iterable[Ask], lock: Lockfile, hosts: Callable[[str], Collection[str]]
) -> list[tuple[Ask, str]]:
    """Return the requests that a lockfile does not answer, and what is missing.

    `hosts` tells for a tool which hosts are to have an answer.
    """
    found = []
    for ask in asks:
        version = lock.pins.get(ask.key)
        if version is None:
            found.append((ask, "no pin"))
            continue
        if not can_mean(ask.wanted, version):
            found.append((ask, f"{version} is none of those that it means"))
            continue
        pin = Pin(ask.tool, version)
        missing = [host for host in hosts(ask.tool) if not lock.entries_for(pin, host)]
        if missing:
            found.append((ask, f"{version} for {', '.join(sorted(missing))}"))
    return found
