"""Turns a project's requests, and its old lockfile, into a new lockfile.

What the old one says of a request that still stands is kept, to the byte, and nobody is
asked about it. The preferred source answers or the lock is an error: another one, with
other bytes, is somebody's decision. This writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from toolpin.asks import (
    Ask,
    Scope,
    hosts_of,
    named_sources,
    no_ref,
    sources_to_ask,
)
from toolpin.errors import NotPublished, Offline, ToolpinError, Unreachable
from toolpin.host import any_of
from toolpin.lockfile import NO_BUILD, Entry, Key, Lockfile
from toolpin.model import Build, Host, Pin, Release
from toolpin.plugin.contract import SourceSpec, Tool
from toolpin.plugin.declarative import locked_builds, verified_by
from toolpin.plugin.registry import Registry
from toolpin.resolve import Seen, can_mean, for_most_hosts, looks_exact
from toolpin.sources.clients import Clients
from toolpin.versions import nearest, newest

# What this machine knows of a version when nobody answers: receipts, its cache.
KnownHere = Callable[[Tool, Pin], tuple[Entry, ...]]
ReadReleases = Callable[[Tool, SourceSpec, Host], Sequence[Release]]


class _Work(NamedTuple):
    """One request with all that answering it takes."""

    ask: Ask
    tool: Tool
    hosts: tuple[str, ...]
    specs: tuple[SourceSpec, ...]


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
        tool = self._registry.require(ask.tool, ask.origin)
        if ask.wanted.kind == "ref":
            raise no_ref(tool.name, ask.wanted, ask.origin)
        hosts = self._scope.hosts or hosts_of(tool)
        version = old.pins.get(ask.key)
        if version and not can_mean(ask.wanted, version):
            version = None  # somebody's edit, or a bot's
        work = _Work(ask, tool, hosts, sources_to_ask(tool, self._scope, old))
        if version and tool.name not in self._scope.refresh:
            entries = self._still_good(work, Pin(tool.name, version), old)
            if any(entry.has_build for entry in entries):
                return version, entries
        try:
            return self._resolved(work)
        except Unreachable:
            pin = Pin(tool.name, ask.wanted.value)
            known = self._known_here(tool, pin) if self._known_here else ()
            if not known or ask.wanted.kind != "version":
                raise
            served = {host for spec in work.specs for host in spec.hosts}
            # As `lock` would say without asking: nobody else was chosen.
            none = [_no_build(pin, host) for host in hosts if host not in served]
            return pin.version, (*known, *none)

    def offers(self, ask: Ask, old: Lockfile) -> tuple[str | None, str | None]:
        """Return the newest version within a request, and the newest release of all.

        From the sources that the lockfile names, or the preferred ones.
        """
        tool = self._registry.require(ask.tool, ask.origin)
        hosts = self._scope.hosts or hosts_of(tool)
        specs = sources_to_ask(tool, self._scope, old)
        seen = self._listed(_Work(ask, tool, hosts, specs))
        within = for_most_hosts(ask.wanted, seen)
        return within, newest("", _of_variant(ask.wanted.value, seen))

    def _still_good(self, work: _Work, pin: Pin, old: Lockfile) -> tuple[Entry, ...]:
        """Return what is locked of a pin, and what of it is not, for all hosts.

        Where sources are named, what another one had is asked of them. What was locked
        for one host alone, while nobody answered, stays so until somebody does.
        """
        named = named_sources(work.tool, self._scope)
        kept = tuple(
            entry
            for host in work.hosts
            for entry in old.entries_for(pin, host)
            if not named or entry.source in named
        )
        missing = set(work.hosts) - {entry.host for entry in kept}
        if not missing:
            return kept
        is_partial = not missing.isdisjoint(old.hosts or hosts_of(work.tool))
        asked = work.hosts if is_partial else tuple(sorted(missing))
        try:
            found = self._entries(work._replace(hosts=asked), pin.version)
        except Unreachable:
            if self._known_here and any(entry.has_build for entry in kept):
                return kept
            raise
        return _completed(kept, found)

    def _resolved(self, work: _Work) -> tuple[str, tuple[Entry, ...]]:
        """Return the version that is published for one of the hosts, and its entries.

        Raises ToolpinError with the versions nearby when nothing is.
        """
        wanted = work.ask.wanted
        if looks_exact(wanted):
            entries = self._entries(work, wanted.value)
            if any(entry.has_build for entry in entries):
                return wanted.value, entries
        seen = self._listed(work)
        version = for_most_hosts(wanted, seen)
        if version:
            entries = self._entries(work, version)
            if any(entry.has_build for entry in entries):
                return version, entries
        raise _nothing(work, sorted(seen))

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
        """Return what is to be locked of a version, `none` for a host without."""
        pin = Pin(work.tool.name, version)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda host: self._on(work, pin, host), work.hosts))
        return tuple(entry for entries in found for entry in entries)

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
            verified = verified_by(spec)
            return tuple(Entry(pin, host, spec.id, verified, one) for one in builds)
        return (_no_build(pin, host),)


def _no_build(pin: Pin, host: str) -> Entry:
    return Entry(pin, host, NO_BUILD, "", Build(()))


def _of_variant(version: str, known: Iterable[str]) -> list[str]:
    """Return the versions of the variant that a version is: `-otp-27`, or none."""
    suffix = "".join(version.partition("-")[1:])
    return [one for one in known if one.endswith(suffix)]


def _completed(kept: Sequence[Entry], found: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return what is locked, and what was found of the hosts that it lacks.

    Where a host's bytes are among those found, what was found says more of them: what
    is known here alone tells nothing of what a build requires.
    """
    old, new = _by_host(kept), _by_host(found)
    for at, entries in old.items():
        builds = {entry.build.artifacts for entry in new.get(at, ())}
        if not builds.issuperset(entry.build.artifacts for entry in entries):
            new[at] = entries
    return tuple(entry for entries in new.values() for entry in entries)


def _by_host(entries: Iterable[Entry]) -> dict[tuple[Pin, str], tuple[Entry, ...]]:
    found: dict[tuple[Pin, str], tuple[Entry, ...]] = {}
    for entry in entries:
        at = (entry.pin, entry.host)
        found[at] = (*found.get(at, ()), entry)
    return found


def _unreachable(work: _Work, spec: SourceSpec, error: ToolpinError) -> ToolpinError:
    """Return the error of a source that was to be locked, with another to name."""
    others = [one.id for one in work.tool.sources if one.id != spec.id]
    if isinstance(error, Offline):  # nor may they be asked
        others = []
    hint = f"toolpin lock --source {others[0]}" if others else None
    if (
        others and spec is not work.specs[0]
    ):  # it is asked for the hosts that the first has not
        hosts = sorted(set(work.hosts) & set(work.specs[0].hosts))
        hint = f"toolpin lock {' '.join(f'--host {host}' for host in hosts)}"
    return Unreachable(
        f"{work.tool.name} {work.ask.wanted} cannot be locked: {error.what}",
        [
            ("wanted by", str(work.ask.origin)),
            ("source", spec.id),
            *error.facts,
            *([("others", ", ".join(others))] if others else []),
        ],
        hint,
    )


def _nothing(work: _Work, known: Sequence[str]) -> ToolpinError:
    ask = work.ask
    near = nearest(ask.wanted.value, known) if ask.wanted.value else []
    asked = [spec.id for spec in work.specs]
    others = [one.id for one in work.tool.sources if one.id not in asked]
    return ToolpinError(
        f"{' and '.join(asked)} has no {ask.tool} {ask.wanted}",
        [
            ("wanted by", str(ask.origin)),
            ("for", ", ".join(work.hosts)),
            *([("not asked", ", ".join(others))] if others else []),
            ("nearest", ", ".join(near) or "none"),
        ],
        f"toolpin list-all {ask.tool}",
    )
