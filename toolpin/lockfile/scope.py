"""What a lockfile is to answer: requests, for which hosts, from which sources.

Values, and what of them an existing lockfile leaves open. It asks nobody.
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
    tools in `refresh` nothing old is kept. Of those in `moving` a request means what it
    means today, and the builds of a version that it still means are kept. A request
    whose locked version is newer than all that is listed keeps it, unless
    `allow_downgrade` is set.
    """

    hosts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    preferred: tuple[str, ...] = ()
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
    """Raise UsageError for a name that no source of these tools has.

    One that a single tool has is for that tool; the others are locked as without it.
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
    """Return those of the sources that were named which a tool has."""
    ids = {spec.id for spec in tool.sources}
    return tuple(source for source in scope.sources if source in ids)


def sources_after(
    tool: Tool, scope: Scope, asked: Collection[SourceSpec]
) -> tuple[SourceSpec, ...]:
    """Return the sources to name, or to ask, where those `asked` do not serve.

    In the order of the settings, then the plugin's. After sources that were named only
    those that come later: following one advice after another must end.
    """
    by_id = {spec.id: spec for spec in tool.sources}
    order = [*dict.fromkeys((*scope.preferred, *by_id))]
    order = [item for item in order if item in by_id and is_preferable(by_id[item])]
    if named := set(named_sources(tool, scope)):
        last = max(
            (at + 1 for at, item in enumerate(order) if item in named), default=0
        )
        order = order[last:]
    return tuple(by_id[item] for item in order if by_id[item] not in asked)


def is_preferable(spec: SourceSpec) -> bool:
    """Say whether a source may be asked that nobody has named."""
    return not spec.named_only and not spec.build


def sources_to_ask(tool: Tool, scope: Scope, old: Lockfile) -> tuple[SourceSpec, ...]:
    """Return the sources to lock a tool from: those named that it has, or preferred.

    Preferred are those that the tool is locked from already, else the settings', else
    the plugin's; each for hosts that the ones before it do not serve. A source whose
    builds are for versions of another tool has few: the next one has what it lacks.
    """
    by_id = {spec.id: spec for spec in tool.sources}
    if named := named_sources(tool, scope):
        return tuple(by_id[item] for item in named)
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
    # Who has decided for some sources is not sent to others, save for hosts of which
    # the lockfile says nothing.
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
