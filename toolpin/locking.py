"""Turns a project's requests, and its old lockfile, into a new lockfile.

What the old one says of a request that still stands is kept, to the byte, and nobody is
asked about it. The preferred source answers or the lock is an error: another one, with
other bytes, is somebody's decision. This writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from toolpin.asks import Ask, Scope, hosts_of
from toolpin.errors import NotPublished, ToolpinError, Unreachable, UsageError
from toolpin.first_use import VERIFIED
from toolpin.host import any_of
from toolpin.lockfile import NO_BUILD, Entry, Key, Lockfile
from toolpin.model import Build, Host, Pin, Release
from toolpin.plugin.contract import SourceSpec, Tool
from toolpin.plugin.declarative import locked_builds, verified_by
from toolpin.plugin.registry import Registry
from toolpin.plugin.script import is_scripted
from toolpin.resolve import Seen, for_most_hosts, looks_exact, of_variant
from toolpin.scripts import folder_of_ref
from toolpin.sources.clients import Clients
from toolpin.versions import nearest, newest

# What this machine knows of a version when nobody answers: receipts, its cache.
KnownHere = Callable[[Tool, Pin], tuple[Entry, ...]]
ReadReleases = Callable[[Tool, SourceSpec, Host], Sequence[Release]]


class _Work(NamedTuple):
    """One request with all that answering it takes.

    `kept` is what of the old lockfile may stay, for each kind of host.
    """

    ask: Ask
    tool: Tool
    hosts: tuple[str, ...]
    specs: tuple[SourceSpec, ...]
    kept: tuple[Entry, ...]


class Locker:
    """Answers requests for every host from any one."""

    def __init__(
        self,
        registry: Registry,
        clients: Clients,
        releases: ReadReleases,
        scope: Scope,
        *,
        known_here: KnownHere | None = None,
    ) -> None:
        self._registry = registry
        self._known_here = known_here
        self._clients = clients
        self._releases = releases
        self._scope = scope

    def lock(
        self, asks: Sequence[Ask], old: Lockfile, also: Sequence[Ask] = ()
    ) -> tuple[Lockfile, list[ToolpinError]]:
        """Return the lockfile for these requests, and the errors of the unanswered.

        `old` is an empty one where there is none.
        """
        self._check_sources((*also, *asks))
        unique = list({ask.key: ask for ask in (*also, *asks)}.values())
        with ThreadPoolExecutor(4) as pool:
            answers = list(
                pool.map(lambda ask: self._answer_or_error(ask, old), unique)
            )
        pins: dict[Key, str] = {}
        entries: dict[tuple[Pin, str], tuple[Entry, ...]] = {}
        errors = []
        for ask, answer in zip(unique, answers, strict=True):
            if isinstance(answer, ToolpinError):
                errors.append(answer)
                continue
            version, found = answer
            pins[ask.key] = version
            entries |= _by_host(found)
        flat = tuple(entry for some in entries.values() for entry in some)
        keys = tuple(sorted(ask.key for ask in also))
        return Lockfile(pins, flat, self._scope.hosts, keys), errors

    def _answer_or_error(
        self, ask: Ask, old: Lockfile
    ) -> tuple[str, tuple[Entry, ...]] | ToolpinError:
        try:
            return self._answer(ask, old)
        except ToolpinError as error:
            return error

    def _answer(self, ask: Ask, old: Lockfile) -> tuple[str, tuple[Entry, ...]]:
        """Return the version for a request, and what is locked of it."""
        work = self._work(ask, old)
        moves = work.tool.name in self._scope.refresh | self._scope.moving
        version = old.pins.get(ask.key)
        try:
            if version and not moves:
                entries = self._entries(work, version)
                if any(entry.has_build for entry in entries):
                    return version, entries
            return self._resolved(work)
        except Unreachable:
            version = version or ask.wanted.value
            known = self._known(work, version) if self._known_here else ()
            if not known:
                raise
            return version, known

    def _work(self, ask: Ask, old: Lockfile) -> _Work:
        tool = self._registry.require(ask.tool, ask.origin)
        hosts = self._scope.hosts or hosts_of(tool)
        specs = self._specs(tool, old)
        named = self._named(tool)
        kept = tuple(
            entry
            for entry in old.entries
            if entry.pin.tool == tool.name
            and tool.name not in self._scope.refresh
            and entry.host in hosts
            and (entry.has_build or tool.name not in self._scope.moving)
            and (not named or entry.source in [spec.id for spec in named])
        )
        return _Work(ask, tool, hosts, specs, kept)

    def _known(self, work: _Work, version: str) -> tuple[Entry, ...]:
        """Return what is locked of a version for some hosts, or what is known here."""
        pin = Pin(work.tool.name, version)
        kept = tuple(one for one in work.kept if one.pin == pin and one.has_build)
        if kept or work.ask.wanted.kind != "version" or self._known_here is None:
            return kept
        return self._known_here(work.tool, pin)

    def offers(self, ask: Ask, old: Lockfile) -> tuple[str | None, str | None]:
        """Return the newest version within a request, and the newest release of all.

        From the sources that the lockfile names, or the preferred ones.
        """
        seen = self._listed(self._work(ask, old))
        within = for_most_hosts(ask.wanted, seen)
        return within, newest("", of_variant(ask.wanted.value, seen))

    def _check_sources(self, asks: Iterable[Ask]) -> None:
        """Raise UsageError for a source that no tool which is asked for has."""
        tools = {ask.tool: self._registry.get(ask.tool) for ask in asks}
        known = {
            name: [spec.id for spec in tool.sources]
            for name, tool in sorted(tools.items())
            if tool
        }
        for wanted in self._scope.sources:
            if not any(wanted in ids for ids in known.values()):
                raise UsageError(
                    f"no tool that is asked for has a source {wanted}",
                    [(name, ", ".join(ids)) for name, ids in known.items()],
                )

    def _named(self, tool: Tool) -> tuple[SourceSpec, ...]:
        """Return the sources of a tool that were named, in that order."""
        by_id = {spec.id: spec for spec in tool.sources}
        return tuple(by_id[one] for one in self._scope.sources if one in by_id)

    def _specs(self, tool: Tool, old: Lockfile) -> tuple[SourceSpec, ...]:
        """Return the sources to ask: all that were named, or those preferred.

        Preferred are those that the tool is locked from already, else the settings',
        else the plugin's; each for hosts that the ones before it do not serve.
        """
        if named := self._named(tool):
            return named
        by_id = {spec.id: spec for spec in tool.sources}
        before = [entry.source for entry in old.entries if entry.pin.tool == tool.name]
        unnamed = [one for one, spec in by_id.items() if _is_preferable(spec)]
        # Who has decided for some sources is not sent to others.
        asked = [one for one in before if one in by_id]
        asked = asked or [one for one in self._scope.preferred if one in by_id]
        chosen: list[SourceSpec] = []
        for spec in (by_id[one] for one in dict.fromkeys(asked or unnamed or by_id)):
            served = {host for one in chosen for host in one.hosts}
            if not served.issuperset(spec.hosts):
                chosen.append(spec)
        return tuple(chosen)

    def _resolved(self, work: _Work) -> tuple[str, tuple[Entry, ...]]:
        """Return the version that is published for one of the hosts, and its entries.

        Raises ToolpinError with the versions nearby when nothing is.
        """
        wanted = work.ask.wanted
        if looks_exact(wanted):
            entries = self._entries(work, wanted.value)
            if any(entry.has_build for entry in entries):
                return wanted.value, entries
        if wanted.kind == "ref" and is_scripted(work.tool):
            of_ref = folder_of_ref(wanted.value)
            return of_ref, self._entries(work, of_ref)
        seen = self._listed(work)
        version = self._latest(work) or for_most_hosts(wanted, seen)
        if version:
            entries = self._entries(work, version)
            if any(entry.has_build for entry in entries):
                return version, entries
        raise _nothing(work, sorted(seen))

    def _latest(self, work: _Work) -> str | None:
        """Return what the first source itself calls its latest, where it does."""
        wanted = work.ask.wanted
        if wanted.kind != "latest":
            return None
        return self._clients.latest(work.specs[0], wanted.value)

    def _listed(self, work: _Work) -> dict[str, Seen]:
        """Return the versions that the sources have, and for which of the hosts."""
        found: dict[str, Seen] = {}
        for spec in work.specs:
            for host in work.hosts:
                if host not in spec.hosts:
                    continue
                try:
                    releases = self._releases(work.tool, spec, any_of(host))
                except NotPublished:
                    continue
                except Unreachable as error:
                    raise _unreachable(work, spec, error) from error
                for release in releases:
                    seen = found.setdefault(release.version, Seen(set(), set()))
                    seen.channels.update(release.channels)
                    seen.hosts.add(host)
        return found

    def _entries(self, work: _Work, version: str) -> tuple[Entry, ...]:
        """Return what is to be locked of a version, `none` for a host without.

        What is locked of it stays; only what is missing is asked for.
        """
        pin = Pin(work.tool.name, version)
        kept = tuple(entry for entry in work.kept if entry.pin == pin)
        if not any(entry.has_build for entry in kept):
            kept = ()
        have = {entry.host for entry in kept}
        missing = [host for host in work.hosts if host not in have]
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda host: self._on(work, pin, host), missing))
        return (*kept, *(entry for entries in found for entry in entries))

    def _on(self, work: _Work, pin: Pin, host: str) -> tuple[Entry, ...]:
        """Return the entries of one host, from the first source that has a build."""
        for spec in work.specs:
            if host not in spec.hosts:
                continue
            try:
                builds = locked_builds(
                    work.tool, spec, pin, any_of(host), self._clients
                )
            except NotPublished:
                continue
            except Unreachable as error:
                raise _unreachable(work, spec, error) from error
            return tuple(
                Entry(pin, host, spec.id, self._verified(spec, one), one)
                for one in builds
            )
        return (Entry(pin, host, NO_BUILD, "", Build(())),)

    def _verified(self, spec: SourceSpec, build: Build) -> str:
        first_use = self._clients.first_use.knows(build.artifacts)
        return VERIFIED if first_use else verified_by(spec)


def _by_host(entries: Iterable[Entry]) -> dict[tuple[Pin, str], tuple[Entry, ...]]:
    found: dict[tuple[Pin, str], tuple[Entry, ...]] = {}
    for entry in entries:
        at = (entry.pin, entry.host)
        found[at] = (*found.get(at, ()), entry)
    return found


def _is_preferable(spec: SourceSpec) -> bool:
    """Say whether a source may be asked that nobody has named."""
    return not spec.named_only and not spec.build


def _unreachable(work: _Work, spec: SourceSpec, error: ToolpinError) -> ToolpinError:
    """Return the error of a source that was to be locked, with another to name."""
    others = [one for one in work.tool.sources if one.id != spec.id]
    hosts = sorted(set(work.hosts) & set(work.specs[0].hosts))
    hint: str | None
    if spec is not work.specs[0] and hosts:  # it is asked for those without the first
        hint = f"toolpin lock {' '.join(f'--host {host}' for host in hosts)}"
    else:
        lost = set(work.hosts) & set(spec.hosts)
        alike = [
            one.id for one in others if _is_preferable(one) and lost <= {*one.hosts}
        ]
        hint = f"toolpin lock --source {alike[0]}" if alike else None
    return Unreachable(
        f"{work.tool.name} {work.ask.wanted} cannot be locked: {error.what}",
        [
            ("wanted by", str(work.ask.origin)),
            ("source", spec.id),
            *error.facts,
            *([("others", ", ".join(one.id for one in others))] if others else []),
        ],
        hint,
    )


def _nothing(work: _Work, known: Sequence[str]) -> ToolpinError:
    ask = work.ask
    near = nearest(ask.wanted.value, known) if ask.wanted.value else []
    return ToolpinError(
        f"no source has a {ask.tool} {ask.wanted}",
        [
            ("wanted by", str(ask.origin)),
            ("asked", ", ".join(spec.id for spec in work.specs)),
            ("for", ", ".join(work.hosts)),
            ("nearest", ", ".join(near) or "none"),
        ],
        f"toolpin list-all {ask.tool}",
    )
