"""The scope of a lock: requests, hosts and sources; and what a lockfile lacks of it.

Values only, without network.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import NamedTuple

from toolpin.errors import UsageError
from toolpin.lockfile.document import Key, Lockfile
from toolpin.model import Origin, Wanted
from toolpin.plugins.tool_file import Tool
from toolpin.sources.spec import SourceSpec


class LockfileRequest(NamedTuple):
    """One alternative that the lockfile must cover, and its origin."""

    tool: str
    wanted: Wanted
    origin: Origin

    @property
    def key(self) -> Key:
        """The key of its pin in the lockfile."""
        return Key(self.tool, str(self.wanted))


class Scope(NamedTuple):
    """What a lock covers: these hosts (() for all), from these sources in this order.

    Without sources, the source of an existing entry is used, else the tool's first. No
    entries of the tools in `refresh` are kept. Requests of the tools in `moving` are
    resolved again, and the builds of a version that stays are kept. A locked version
    that is newer than all listed ones is kept, unless `allow_downgrade` is set.
    """

    hosts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
    preferred_from: str = ""
    refresh: frozenset[str] = frozenset()
    moving: frozenset[str] = frozenset()
    allow_downgrade: bool = False


def hosts_of(tool: Tool) -> tuple[str, ...]:
    """Return every host that a source of the tool has builds for, sorted."""
    return tuple(sorted({host for spec in tool.sources for host in spec.hosts}))


def check_host(name: str, tools: Iterable[Tool]) -> None:
    """Raise UsageError for a host that no source of the tools has builds for."""
    known = sorted({host for tool in tools for host in hosts_of(tool)})
    if name not in known:
        raise UsageError(
            f"no tool has builds for --host {name}",
            [("hosts", ", ".join(known))],
        )


def check_sources(names: Iterable[str], tools: Collection[Tool]) -> None:
    """Raise UsageError for a source name that none of these tools has.

    A source of a single tool applies to that tool only.
    """
    known = {spec.id for tool in tools for spec in tool.sources}
    for name in names:
        if name not in known:
            raise UsageError(
                f"no tool locked here has a source {name}",
                [
                    (tool.name, ", ".join(spec.id for spec in tool.sources))
                    for tool in tools
                ],
            )


def named_sources(tool: Tool, scope: Scope) -> tuple[str, ...]:
    """Return the named sources that a tool has."""
    ids = {spec.id for spec in tool.sources}
    return tuple(source for source in scope.sources if source in ids)


def sources_after(
    tool: Tool, scope: Scope, queried: Collection[SourceSpec]
) -> tuple[SourceSpec, ...]:
    """Return the sources to suggest, or to query, when those `queried` have no build.

    In the order of the settings, then the plugin's. After named sources only later ones
    are suggested, so that following one hint after another ends.
    """
    by_id = {spec.id: spec for spec in tool.sources}
    order = [*dict.fromkeys((*scope.preferred, *by_id))]
    order = [spec for spec in order if spec in by_id and is_preferable(by_id[spec])]
    if named := set(named_sources(tool, scope)):
        last = max(
            (at + 1 for at, source in enumerate(order) if source in named), default=0
        )
        order = order[last:]
    return tuple(by_id[spec] for spec in order if by_id[spec] not in queried)


def is_preferable(spec: SourceSpec) -> bool:
    """Return whether a source may be queried without being named."""
    return not spec.named_only and not spec.build


def sources_to_query(tool: Tool, scope: Scope, old: Lockfile) -> tuple[SourceSpec, ...]:
    """Return the sources to lock a tool from: the named ones that it has, or preferred.

    Preferred are the sources that the tool is locked from, else the settings', else the
    plugin's; each for hosts that the ones before it do not serve. A source whose builds
    are for versions of another tool has few of them: the next one supplies the rest.
    """
    by_id = {spec.id: spec for spec in tool.sources}
    if named := named_sources(tool, scope):
        return tuple(by_id[spec] for spec in named)
    before = [entry for entry in old.entries if entry.pin.tool == tool.name]
    unnamed = [key for key, spec in by_id.items() if is_preferable(spec)]
    usual = [source for source in scope.preferred if source in by_id]
    usual = usual or unnamed or list(by_id)
    locked_from = [entry.source for entry in before if entry.source in by_id]
    locked_from += [
        following
        for name, following in pairwise(unnamed)
        if name in locked_from
        and by_id[name].built_for
        and by_id[name].kind == by_id[following].kind
    ]
    # Named sources are not silently supplemented by others, except for hosts that
    # the lockfile has no entries for.
    hosts = frozenset(scope.hosts or hosts_of(tool))
    undecided = hosts - {entry.host for entry in before} if locked_from else hosts
    chosen: list[SourceSpec] = []
    for names, wanted in ((locked_from, hosts), (usual, undecided)):
        for spec in (by_id[name] for name in dict.fromkeys(names)):
            served = {
                host for spec in chosen if not spec.built_for for host in spec.hosts
            }
            if not served.issuperset(wanted.intersection(spec.hosts)):
                chosen.append(spec)
    return tuple(chosen)
