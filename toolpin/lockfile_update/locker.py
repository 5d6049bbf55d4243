"""Creates a new lockfile from a project's requests and its old lockfile.

Entries of a request that has not changed are kept, byte for byte, without a query. The
preferred source must answer, or the lock fails: another one has other bytes, and
choosing it is the user's decision. It writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from toolpin.errors import NoChecksum, NotPublished, ToolpinError, Unreachable
from toolpin.install.catalogs import has_channels
from toolpin.install.planner import locked_builds, publisher
from toolpin.lockfile.document import Entry, Key, Lockfile, no_build
from toolpin.lockfile.scope import (
    LockfileRequest,
    Scope,
    hosts_of,
    named_sources,
    sources_after,
    sources_to_query,
)
from toolpin.lockfile_update import request_work
from toolpin.lockfile_update.entries import by_host, completed, old_entries
from toolpin.lockfile_update.request_work import Work
from toolpin.model import Build, Host, Pin, Release, Wanted
from toolpin.plugins.refused import refuse_version
from toolpin.plugins.registry import Registry
from toolpin.plugins.tool_file import Tool
from toolpin.resolver.locked_resolution import kept_version, version_of_ref
from toolpin.resolver.version_choice import (
    Seen,
    for_most_hosts,
    looks_exact,
    of_variant,
)
from toolpin.sources.clients import Clients
from toolpin.sources.kinds import KINDS
from toolpin.sources.lines import may_lack_digests
from toolpin.sources.spec import SourceSpec
from toolpin.system.host import any_of
from toolpin.system.progress import Board
from toolpin.verification import Level
from toolpin.versions import sort_key

# What this machine knows of a version without a source: receipts, its cache.
KnownHere = Callable[[Tool, Pin], tuple[Entry, ...]]
# A version and its entries, for all hosts.
Locked = tuple[str, tuple[Entry, ...]]
# The releases of a source for a host, with long-term lines where one is requested.
ReadReleases = Callable[[Tool, SourceSpec, Host, str], Sequence[Release]]


class Locker:
    """Resolves and locks requests for every host, from a machine of any kind."""

    def __init__(
        self,
        registry: Registry,
        clients: Clients,
        releases: ReadReleases,
        scope: Scope,
        *,
        board: Board,
        known_here: KnownHere | None = None,
    ) -> None:
        self._registry = registry
        self._known_here = known_here
        self._clients = clients
        self._releases = releases
        self._scope = scope
        self._board = board

    def lock(
        self,
        requests: Sequence[LockfileRequest],
        old: Lockfile,
        also: Sequence[LockfileRequest] = (),
        *,
        only: Collection[str] = (),
    ) -> tuple[Lockfile, list[ToolpinError]]:
        """Return the lockfile for these requests, and the errors of unresolved ones.

        `old` is empty where there is no lockfile. Its entries of an unresolved request,
        and of a tool that is not in a non-empty `only`, are kept.
        """
        unique = list({request.key: request for request in (*also, *requests)}.values())
        resolve = partial(self._resolve_or_error, old=old, only=only)
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(resolve, unique))
        pins: dict[Key, str] = {}
        entries: dict[tuple[Pin, str], tuple[Entry, ...]] = {}
        errors = []
        for request, answer in zip(unique, answers, strict=True):
            if isinstance(answer, ToolpinError):
                errors.append(answer)
            locked = (
                old_entries(request, old) if isinstance(answer, Exception) else answer
            )
            if locked is None:
                continue
            version, result = locked
            pins[request.key] = version
            entries |= by_host(result)
        flat = tuple(entry for some in entries.values() for entry in some)
        keys = tuple(sorted(request.key for request in also))
        return Lockfile(pins, flat, self._scope.hosts, keys), errors

    def _resolve_or_error(
        self, request: LockfileRequest, old: Lockfile, only: Collection[str]
    ) -> Locked | ToolpinError | None:
        if only and request.tool not in only:
            return old_entries(request, old)
        try:
            with self._work(request, old) as work:
                return self._resolve(work)
        except ToolpinError as error:
            return error

    def _resolve(self, work: Work) -> Locked:
        """Return the version for a request, and its entries."""
        request, old = work.request, work.old
        moves = work.tool.name in self._scope.refresh | self._scope.moving
        version = kept_version(old, request)
        try:
            if version and not moves and (kept := self._built(work, version)):
                return kept
            return self._resolve_again(work, version) if moves else self._resolved(work)
        except Unreachable:
            is_named = request.wanted.kind == "version"
            version = version or (request.wanted.value if is_named else None)
            known = self._known_entries(work, version) if version else ()
            if not version or not known:
                raise
            return version, known

    def _resolve_again(self, work: Work, locked: str | None) -> Locked:
        """Return the version that a request resolves to today, or a newer locked one.

        A list that ends below the locked version is stale, or was rolled back.
        """
        version, entries = self._resolved(work)
        if (
            locked is None
            or self._scope.allow_downgrade
            or sort_key(version) >= sort_key(locked)
        ):
            return version, entries
        pin = Pin(work.tool.name, locked)
        kept = tuple(
            entry for host in work.hosts for entry in work.old.entries_for(pin, host)
        )
        if not any(entry.has_build for entry in kept):
            return version, entries
        refreshes = pin.tool in self._scope.refresh
        command = "lock --refresh" if refreshes else "upgrade"
        self._board.remark(
            f"{work.request.key}: the newest version listed is {version}, older than "
            f"the locked {locked}, which is kept; to update it: "
            f"toolpin {command} {pin.tool} --allow-downgrade"
        )
        return locked, self._with_missing(work, pin, kept)

    @contextmanager
    def _work(self, request: LockfileRequest, old: Lockfile) -> Iterator[Work]:
        known = self._registry.require(request.tool, request.origin)
        refuse_version(known, request.wanted.value, request.origin)
        tool = known.for_version(request.wanted.value)
        hosts = self._scope.hosts or hosts_of(tool)
        row = self._board.row(str(request.key))
        try:
            specs = sources_to_query(tool, self._scope, old)
            later = sources_after(tool, self._scope, specs)
            yield Work(request, tool, hosts, specs, later, old, row)
        finally:
            row.drop()

    def _kept_entries(self, work: Work, pin: Pin) -> tuple[Entry, ...]:
        """Return the entries of a version that are kept for these hosts.

        Where sources are named, entries of other sources are queried again.
        """
        if pin.tool in self._scope.refresh:
            return ()
        named = named_sources(work.tool, self._scope)
        kept = tuple(
            entry
            for host in work.hosts
            for entry in work.old.entries_for(pin, host)
            if (entry.has_build or pin.tool not in self._scope.moving)
            and (not named or entry.source in named)
        )
        return kept if any(entry.has_build for entry in kept) else ()

    def _known_entries(self, work: Work, version: str) -> tuple[Entry, ...]:
        """Return the entries of a version for some hosts, locked or known here.

        Only if entries known on this machine are accepted.
        """
        if self._known_here is None:
            return ()
        pin = Pin(work.tool.name, version)
        if kept := self._kept_entries(work, pin):
            return kept
        known = self._known_here(work.tool, pin)
        hosts = {host for spec in work.specs for host in spec.hosts}
        hosts |= {entry.host for entry in known}
        # As `lock` reports it without a query: no other source was chosen.
        none = [no_build(pin, host) for host in work.hosts if host not in hosts]
        return (*known, *none) if known else ()

    def newest_versions(
        self, request: LockfileRequest, old: Lockfile
    ) -> tuple[str | None, str | None]:
        """Return the newest version within a request, and the newest for most hosts.

        From the sources in the lockfile, or the preferred ones.
        """
        with self._work(request, old) as work:
            seen = self._listed(work)
        within = for_most_hosts(request.wanted, seen)
        kin = {name: seen[name] for name in of_variant(request.wanted.value, seen)}
        return within, for_most_hosts(Wanted("latest", ""), kin)

    def _resolved(self, work: Work) -> Locked:
        """Return the version that is published for one of the hosts, and its entries.

        Where the preferred sources lack it, the next one is queried, unless sources
        were named. Raises ToolpinError with the nearest versions when no source has it.
        """
        request_work.report_own(work, self._scope, self._board)
        seen = set[str]()
        if from_sources := self._from_sources(work, seen):
            return from_sources
        queried = work.specs
        for spec in self._next(work):
            rest = work.later[work.later.index(spec) + 1 :]
            following = work._replace(specs=(spec,), later=rest)
            try:
                from_sources = self._from_sources(following, seen)
            except Unreachable as error:
                failed = work._replace(specs=queried)
                raise request_work.no_match(failed, sorted(seen), error) from None
            if from_sources:
                missing = (
                    f"not in {request_work.names_of(queried)}; locked from {spec.id}"
                )
                self._board.remark(f"{work.request.key}: {missing}")
                return from_sources
            queried = (*queried, spec)
        raise request_work.no_match(work._replace(specs=queried), sorted(seen))

    def _next(self, work: Work) -> tuple[SourceSpec, ...]:
        """Return the sources to query for what the preferred ones lack."""
        if named_sources(work.tool, self._scope):
            return ()
        usual = self._scope.preferred
        if any(spec.id in usual for spec in work.tool.sources):
            return tuple(spec for spec in work.later if spec.id in usual)
        return work.later

    def _from_sources(self, work: Work, listed: set[str]) -> Locked | None:
        """Return the version in the queried sources for a request; add their lists."""
        wanted = work.request.wanted
        if looks_exact(wanted) and (built := self._built(work, wanted.value)):
            return built
        if wanted.kind == "ref":
            of_ref = version_of_ref(work.request, work.tool)
            return of_ref, self._entries(work, of_ref)
        seen = self._listed(work)
        listed.update(seen)
        version = for_most_hosts(wanted, seen)
        # The first source itself may report it.
        if wanted.kind == "latest" and work.specs:
            version = self._clients.latest(work.specs[0], wanted.value) or version
        return self._built(work, version) if version else None

    def _built(self, work: Work, version: str) -> Locked | None:
        """Return a version with its entries, if one of the hosts has a build."""
        entries = self._entries(work, version)
        has_build = any(entry.has_build for entry in entries)
        return (version, entries) if has_build else None

    def _listed(self, work: Work) -> dict[str, Seen]:
        """Return the versions that the sources list, and for which of the hosts."""
        results: dict[str, Seen] = {}
        wanted = work.request.wanted.value
        for spec in work.specs:
            for host in work.hosts:
                if host not in spec.hosts:
                    continue
                work.row.wait(f"querying {publisher(spec, any_of(host))}")
                try:
                    releases = self._releases(work.tool, spec, any_of(host), wanted)
                except NotPublished:
                    continue
                except Unreachable as error:
                    request_work.report_silent(work, spec, error, self._board)
                    continue
                if has_channels(spec):  # it has stated the long-term lines
                    wanted = ""
                for release in releases:
                    seen = results.setdefault(release.version, Seen(set(), set()))
                    seen.channels.update(release.channels)
                    seen.hosts.add(host)
        return results

    def _entries(self, work: Work, version: str) -> tuple[Entry, ...]:
        """Return the entries of a version, with `none` for a host without a build.

        Locked entries are kept; only missing ones are queried, from sources not yet
        queried.
        """
        pin = Pin(work.tool.name, version)
        return self._with_missing(work, pin, self._kept_entries(work, pin))

    def _with_missing(
        self, work: Work, pin: Pin, kept: tuple[Entry, ...]
    ) -> tuple[Entry, ...]:
        """Return these entries of a version, and those of the hosts without any."""
        hosts = {entry.host for entry in kept if entry.verified != Level.HERE}
        if self._clients.first_use.allowed:  # builds left out may be added now
            lists = [spec for spec in work.specs if may_lack_digests(spec)]
            hosts -= {host for spec in lists for host in spec.hosts}
        missing = sorted(set(work.hosts) - hosts)
        if not missing:
            return kept
        # An entry for a single host was known on that machine, without a source.
        queried = work.hosts if kept and request_work.is_partial(work, pin) else missing
        request_work.report_queried(work, queried)
        with ThreadPoolExecutor(4) as pool:
            values = list(pool.map(partial(self._entries_on, work, pin), queried))
        return completed(kept, [entry for entries in values for entry in entries])

    def _entries_on(self, work: Work, pin: Pin, host: str) -> tuple[Entry, ...]:
        """Return the entries of one host, from the first source that has a build.

        Raises NoChecksum if none has one, and one is published without a checksum.
        """
        undigested: NoChecksum | None = None
        for spec in work.specs:
            if host not in spec.hosts:
                continue
            try:
                target = any_of(host)
                builds = locked_builds(work.tool, spec, pin, target, self._clients)
            except NotPublished as error:
                if isinstance(error, NoChecksum):
                    undigested = request_work.no_checksum(work, pin, host, error)
                continue
            except Unreachable as error:
                request_work.report_silent(work, spec, error, self._board)
                continue
            known = spec.at(pin.version, host)
            entries = tuple(
                Entry(pin, host, spec.id, self._level(known, build), build)
                for build in builds
            )
            if entries and not named_sources(work.tool, self._scope):
                request_work.refuse_weaker(work, entries)
            return entries
        if undigested:
            raise undigested
        return (no_build(pin, host),)

    def _level(self, spec: SourceSpec, build: Build) -> Level:
        first_use = self._clients.first_use.has_recorded(build.artifacts)
        return Level.FIRST_USE if first_use else KINDS[spec.kind].level(spec)
