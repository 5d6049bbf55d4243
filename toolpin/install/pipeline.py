"""The one pipeline: a pin becomes an install, or nothing of it stays.

    a remembered plan, or a plan from the first source that has the version
    -> its archives, verified, in the cache -> staged, checked, published in the store

Downloads happen outside the version's mutex; inside it stands a second look.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from toolpin import documents, host
from toolpin.cache.first_use import VERIFIED
from toolpin.cache.verified import Cache
from toolpin.errors import Mismatch, NotPublished, ToolpinError, Unreachable
from toolpin.install.catalogue import DAY_S, Catalogues
from toolpin.install.choice import (
    Failure,
    allowed_sources,
    nobody_serves,
    not_published_bytes,
    refuse_unnamed,
)
from toolpin.install.jobs import Job, Outcome
from toolpin.install.locked import is_there, locked_plan, rebuilt
from toolpin.model import Artifact, Host, Origin, Pin, Plan, Wanted
from toolpin.mutex import held_folder
from toolpin.network import urls
from toolpin.network.fetch import Progress
from toolpin.paths import Paths
from toolpin.plugin.contract import SourceSpec, Tool
from toolpin.plugin.registry import Registry
from toolpin.progress import Board, Row
from toolpin.resolve import choose
from toolpin.settings.read import Settings
from toolpin.sources.clients import Clients
from toolpin.sources.declarative import assemble, make_plan, publisher
from toolpin.steps.building import Builder
from toolpin.steps.finishing import check_place
from toolpin.steps.unpacking import make_folders
from toolpin.store import installs, sweeping, trees, unfinished

Served = TypeVar("Served")


class Installer:
    """Provides pins on this machine."""

    def __init__(
        self,
        paths: Paths,
        registry: Registry,
        settings: Settings,
        *,
        host: Host,
        cache: Cache,
        clients: Clients,
        builder: Builder,
        board: Board,
    ) -> None:
        self._catalogues = Catalogues(cache, clients, settings)
        self._paths = paths
        self._registry = registry
        self._settings = settings
        self._host = host
        self._cache = cache
        self._clients = clients
        self._builder = builder
        self._board = board
        self._said: set[str] = set()
        self._before: dict[Pin, list[Future[Outcome]]] = {}

    @property
    def host(self) -> Host:
        """This machine, or the one that is installed for."""
        return self._host

    def resolve(self, tool: str, wanted: Wanted, origin: Origin) -> str:
        """Return the version that an alternative means today, for this host.

        Where no source answers, the newest that is installed.
        """
        found = self._registry.require(tool, origin)
        job = Job(Pin(tool, str(wanted)), origin)
        row = self._board.row(f"{tool} {wanted}")
        try:
            return self._first_to_serve(
                found, job, row, lambda spec: self._chosen(found, spec, wanted, row)
            )
        except Unreachable:
            have = installs.newest_match(self._paths, tool, wanted)
            if have is None:
                raise
            return have.version
        finally:
            row.drop()

    def _chosen(self, tool: Tool, spec: SourceSpec, wanted: Wanted, row: Row) -> str:
        row.wait(f"asking {publisher(spec, self._host)}")
        if str(self._host) not in spec.hosts:
            raise NotPublished(f"{spec.id} has no builds for {self._host}")
        if wanted.kind == "latest" and (
            named := self._clients.latest(spec, wanted.value)
        ):
            return named
        listed = self._catalogues.read(tool, spec, self._host, max_age_s=DAY_S)
        version = choose(wanted, listed.releases)
        have = installs.newest_match(self._paths, tool.name, wanted)
        if listed.stale and have:  # what is newer could not be fetched
            return have.version
        if version is None:
            raise NotPublished(f"{spec.id} lists no {wanted} for {self._host}")
        return version

    def run(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Do all jobs, some at once; one that fails does not stop the others.

        What a tool requires is begun before it and installed before it.
        """
        with self._alone():
            sweeping.sweep(self._paths, {job.pin.tool for job in jobs})
            outcomes = self._run(jobs)
            if self._paths.into:  # nothing but the trees is wanted there
                sweeping.tidy(self._paths)
        return outcomes

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold a folder of trees: mutexes of versions keep out who has this store."""
        folder = self._paths.into
        if not folder:
            yield
            return
        try:
            make_folders(folder)
        except OSError as error:
            raise ToolpinError(
                f"{folder} cannot be written", [("because", error.strerror or "?")]
            ) from error
        with held_folder(
            folder, lambda: self._board.remark(f"{folder}: waiting for another toolpin")
        ):
            yield

    def _run(self, jobs: Sequence[Job]) -> list[Outcome]:
        tools = {job.pin.tool for job in jobs}
        order = sorted(jobs, key=lambda job: bool(tools & self._required(job)))
        futures: dict[Job, Future[Outcome]] = {}
        with ThreadPoolExecutor(self._settings.jobs) as pool:
            for job in order:  # the pool takes them in this order: no wait for itself
                needed = self._required(job)
                self._before[job.pin] = [
                    future for one, future in futures.items() if one.pin.tool in needed
                ]
                futures[job] = pool.submit(self._timed_outcome, job)
            return [futures[job].result() for job in jobs]

    def _required(self, job: Job) -> set[str]:
        tool = self._registry.get(job.pin.tool)
        return set(tool.requires) if tool else set()

    def plan(self, job: Job) -> Plan:
        """Return what would be done; nothing but indexes is asked for."""
        tool = self._registry.require(job.pin.tool, job.origin)
        if job.locked:
            return locked_plan(tool, job, self._host)
        remembered = self._remembered(tool, job.pin)
        row = self._board.row(str(job.pin))
        return remembered or self._first_to_serve(
            tool, job, row, lambda spec: self._plan(spec, job)
        )

    def _timed_outcome(self, job: Job) -> Outcome:
        began = time.monotonic()
        outcome = self._outcome(job)
        return outcome._replace(seconds=time.monotonic() - began)

    def _outcome(self, job: Job) -> Outcome:
        row = self._board.row(str(job.pin))
        try:
            if self._is_there(job):
                return Outcome(job, "present")
            return Outcome(job, self._install(job, row))
        except ToolpinError as error:
            return Outcome(job, "failed", error)
        finally:
            row.drop()

    def _install(self, job: Job, row: Row) -> str:
        tool = self._registry.require(job.pin.tool, job.origin)
        if job.locked:
            return self._install_locked(tool, job, row)
        remembered = self._remembered(tool, job.pin)
        if remembered:
            row.phase("from the cache:", f"published by {remembered.publisher}")
            return self._carry_out(remembered, job, row)

        def serve(spec: SourceSpec) -> str:
            row.wait(f"asking {publisher(spec, self._host)}")
            return self._carry_out(self._plan(spec, job), job, row)

        return self._first_to_serve(tool, job, row, serve)

    def _install_locked(self, tool: Tool, job: Job, row: Row) -> str:
        """Install what the lockfile names, or nothing: no other source is asked."""
        try:
            return self._carry_out(locked_plan(tool, job, self._host), job, row)
        except Mismatch as error:
            raise rebuilt(job, error) from error

    def _first_to_serve(
        self, tool: Tool, job: Job, row: Row, serve: Callable[[SourceSpec], Served]
    ) -> Served:
        """Try the sources in order. One that cannot serve is named, with the next."""
        specs = allowed_sources(tool, self._host, self._settings.sources)
        failures: list[Failure] = []
        for spec, following in zip(specs, [*specs[1:], None], strict=True):
            try:
                return serve(spec)
            except (NotPublished, Unreachable) as error:
                failures.append(Failure(spec, error))
                if following:
                    self._hand_over(error, following, row)
            except Mismatch as error:
                raise not_published_bytes(job, error, following) from error
        raise nobody_serves(tool, job, failures, self._host, self._catalogues)

    def _hand_over(self, error: ToolpinError, following: SourceSpec, row: Row) -> None:
        """Name the next source; what is true of a whole source, once for all tools."""
        missing = ", ".join(value for name, value in error.facts if name == "missing")
        lacks = f", for want of {missing}" if missing else ""
        what = error.what.removeprefix(f"{row.label} ")
        text = f"{what}{lacks}; next: {publisher(following, self._host)}"
        if isinstance(error, NotPublished):
            row.remark(text)
        elif text not in self._said:
            self._said.add(text)
            self._board.remark(text)

    def _is_there(self, job: Job) -> bool:
        """Say whether a job is done; in a folder of trees by its receipt alone.

        Raises ToolpinError for a tree in that folder that toolpin has not made.
        """
        if not self._paths.into:
            return is_there(self._paths, job)
        tree = self._paths.install(*job.pin)
        if not os.path.lexists(tree):
            return False
        receipt = trees.read_receipt(self._paths, job.pin)
        if receipt is None:
            raise ToolpinError(
                f"{tree} is there, and is not toolpin's",
                [("wanted for", str(job.pin))],
            )
        entry = job.locked.entry if job.locked else None
        return (receipt.pin, receipt.host) == (job.pin, str(self._host)) and (
            entry is None or receipt.artifacts == entry.build.artifacts
        )

    def _carry_out(self, plan: Plan, job: Job, row: Row) -> str:
        """Fetch and publish. Raises NotPublished for a build of another version."""
        plan = forgoing(plan, self._settings.allow)
        trusted = job.locked is not None and job.locked.entry.verified == VERIFIED
        if trusted or self._clients.first_use.knows(plan.artifacts):
            plan = plan._replace(first_use=True)
        if plan.is_in_place:  # before a download, too
            check_place(plan, self._paths.install(*plan.pin))
        if plan.recipe:
            self._builder.check(plan.recipe, plan.pin, self._host)
        if plan.is_scripted:
            self._check_scripted(plan)
        archives, were_here = self._fetch(plan, row)
        plan = plan._replace(
            brought=job.locked is not None and were_here and not self._was_told(plan)
        )
        for one in self._before.get(plan.pin, ()):
            row.wait("waiting for what it requires")
            one.result()

        def waiting() -> None:
            row.phase("waiting for another toolpin")

        with unfinished.version_mutex(self._paths, plan.pin, waiting):
            if self._is_there(job):
                return "present"
            if not plan.is_scripted:
                row.phase("unpacking")
            receipt = trees.publish(
                self._paths,
                plan,
                archives,
                now(),
                for_here=str(self._host) == str(host.detect()),
                patchelf=self._clients.patchelf,
                build=lambda code, source, final: self._builder.build(
                    code, source, final, row.phase
                ),
            )
        self._remember(plan)
        for line in self._builder.published(plan).splitlines():
            self._board.remark(line)
        size_bytes = sum(file.size_bytes for file in receipt.files)
        told_by = f"{plan.publisher}{self._by_mirror(plan)}"
        if plan.brought and job.locked:
            told_by = f"the cache, as {job.locked.file} has it"
        row.close(f"installed, {size_bytes / 1e6:.0f} MB from {told_by},")
        return "installed"

    def _check_scripted(self, plan: Plan) -> None:
        """Raise ToolpinError where a plugin's scripts are not to run."""
        if str(self._host) != str(host.detect()):
            raise NotPublished(
                f"{plan.pin} is made by scripts, for the machine that they run on"
            )
        if self._settings.offline:
            raise Unreachable(
                f"{plan.pin} is fetched by its plugin's scripts: toolpin is offline"
            )

    def _plan(self, spec: SourceSpec, job: Job) -> Plan:
        tool = self._registry.require(job.pin.tool, job.origin)
        if spec.build and tool.recipe:  # before its list is asked, too
            self._builder.check(tool.recipe, job.pin, self._host)
        plan = make_plan(tool, spec, job.pin, self._host, self._clients)
        refuse_unnamed(plan, self._settings.sources)
        return plan

    def _fetch(self, plan: Plan, row: Row) -> tuple[list[str], bool]:
        """Return the archives of a plan, and whether one of them was here before."""
        archives: list[str] = []
        if plan.is_scripted:
            return archives, False
        fetched: list[Artifact] = []

        def download(artifact: Artifact, part: str, progress: Progress) -> None:
            self._clients.download(artifact, part, progress)
            fetched.append(artifact)

        for artifact in plan.artifacts:
            if not os.path.exists(self._cache.archive(artifact.digest)):
                row.phase("downloading", artifact.filename)
            archives.append(
                self._cache.fetch(
                    artifact,
                    download,
                    row.advance,
                    waiting=lambda: row.phase("waiting for another toolpin's download"),
                )
            )
        return archives, len(fetched) < len(archives)

    def _was_told(self, plan: Plan) -> bool:
        """Say whether the source itself has named, or given, just these archives here.

        What only a lockfile has named, and a bundle brought, is for that project alone.
        """
        try:
            note = self._cache.read_note(
                "plans", *self._note_name(plan.source, plan.pin)
            )
            return documents.parse_note((note or b"").decode())[1] == plan.artifacts
        except (ToolpinError, ValueError):
            return False

    def _remembered(self, tool: Tool, pin: Pin) -> Plan | None:
        """Return a plan for archives that were named before and are in the cache.

        A note tells locators and digests; what is done with them is the plugin's to
        say, today. One that was made through another mirror does not count.
        """
        for spec in allowed_sources(tool, self._host, self._settings.sources):
            try:
                note = self._cache.read_note("plans", *self._note_name(spec.id, pin))
                if note is None or str(self._host) not in spec.hosts:
                    continue
                asked, artifacts = documents.parse_note(note.decode())
                plan = assemble(tool, spec, pin, self._host, artifacts)
                refuse_unnamed(plan, self._settings.sources)
            except (ToolpinError, ValueError):
                continue
            if asked == self._address(plan) and self._has_archives(plan):
                return plan
        return None

    def _has_archives(self, plan: Plan) -> bool:
        return all(
            os.path.exists(self._cache.archive(one.digest)) for one in plan.artifacts
        )

    def _remember(self, plan: Plan) -> None:
        """Keep a note for the next time; a cache that takes none is no failure.

        Of scripts nothing is in the cache, and what was brought counts for nobody else.
        """
        if plan.is_scripted or plan.brought:
            return
        text = documents.render_note(self._address(plan), plan.artifacts)
        with contextlib.suppress(ToolpinError):
            name = self._note_name(plan.source, plan.pin)
            self._cache.write_note(text.encode(), "plans", *name)

    def _by_mirror(self, plan: Plan) -> str:
        """Return which mirror stands for the publisher, "" for none."""
        if plan.is_scripted or self._address(plan) == plan.artifacts[0].locator:
            return ""
        return f" by {urls.host(self._address(plan))}"

    def _address(self, plan: Plan) -> str:
        """Return what was asked, as a note has it: without a mirror's password."""
        return urls.shown(self._settings.rewrite(plan.artifacts[0].locator))

    def _note_name(self, source: str, pin: Pin) -> tuple[str, ...]:
        return (pin.tool, pin.version, str(self._host), source)


def forgoing(plan: Plan, allow: Sequence[str]) -> Plan:
    """Return the plan without the demands that the settings forgo."""
    demands = tuple(
        one for one in plan.demands if f"{plan.pin.tool}.{one}" not in allow
    )
    return plan._replace(demands=demands)


def now() -> str:
    """Return the time as receipts have it, in UTC."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
