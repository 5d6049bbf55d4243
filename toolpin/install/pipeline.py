"""The pipeline that turns a pin into an install, or leaves nothing behind.

    a cached plan, or a plan from the first source that has the version
    -> its archives, verified, in the cache -> staged, checked, published in the store

`source_order` chooses the source, `source_notes` caches the artifacts that it named,
and `plan_runner` carries out the plan.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from toolpin.app import App
from toolpin.errors import (
    Mismatch,
    NoFit,
    NotPublished,
    Offline,
    ToolpinError,
    Unreachable,
)
from toolpin.install.catalogs import DAY_S, Catalogs
from toolpin.install.destination import Destination, StoreDestination
from toolpin.install.jobs import Job, Outcome, in_order
from toolpin.install.locked_plan import locked_plan, rebuilt
from toolpin.install.plan_runner import PlanRunner
from toolpin.install.planner import host_for, make_plan, publisher
from toolpin.install.source_build_plan import recipe_for, supply
from toolpin.install.source_choice import not_fetched, refuse_unnamed
from toolpin.install.source_order import SourceOrder
from toolpin.model import Artifact, Origin, Pin, Plan, Recipe, Wanted
from toolpin.plugins.script_plugin import is_scripted
from toolpin.plugins.tool_file import Tool
from toolpin.resolver.local_resolution import newest_installed
from toolpin.resolver.version_choice import choose
from toolpin.sources.github_names import chooses_variant
from toolpin.sources.spec import SourceSpec
from toolpin.system.progress import Row


class Installer:
    """Installs pins into the store, or into another destination."""

    def __init__(self, app: App, destination: Destination | None = None) -> None:
        self._paths, self._registry = app.paths, app.registry
        self._destination = destination or StoreDestination(app.paths)
        self._settings, self._host = app.settings, app.host
        self._clients, self._builder = app.clients, app.builder
        self._board = app.board
        self._catalogs = Catalogs(app.cache, self._clients, self._settings)
        self._servers = SourceOrder(
            self._settings, self._host, self._catalogs, self._board
        )
        self._carrier = PlanRunner(app, self._destination)
        self._before: dict[Pin, list[Future[Outcome]]] = {}

    def resolve(self, tool: str, wanted: Wanted, origin: Origin) -> str:
        """Return the version that an alternative resolves to today, for this host.

        Raises Unreachable if no source answers.
        """
        result = self._registry.require(tool, origin)
        job = Job(Pin(tool, str(wanted)), origin)
        row = self._board.row(f"{tool} {wanted}")
        try:
            return self._servers.first(
                result, job, row, lambda spec: self._chosen(result, spec, wanted, row)
            )
        finally:
            row.drop()

    def _chosen(self, tool: Tool, spec: SourceSpec, wanted: Wanted, row: Row) -> str:
        row.wait(f"querying {publisher(spec, self._host)}")
        if str(self._host) not in spec.hosts:
            raise NotPublished(f"{spec.id} has no builds for {self._host}")
        if wanted.kind == "latest" and (
            named := self._clients.latest(spec, wanted.value)
        ):
            return named
        for max_age_s in (DAY_S, 0):  # a release may be newer than a cached list
            listed = self._catalogs.read(tool, spec, self._host, max_age_s=max_age_s)
            releases = self._catalogs.in_lines(
                tool, spec, listed.releases, wanted.value, max_age_s=DAY_S
            )
            version = choose(wanted, releases)
            if version or not listed.age_s:
                break
        if listed.stale:  # a newer version could not be fetched
            version = newest_installed(self._paths, tool.name, wanted) or version
        if version is None:
            raise NotPublished(f"{spec.id} lists no {wanted} for {self._host}")
        return version

    def run(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Run all jobs, some in parallel; one that fails does not stop the others.

        A required tool is installed before the tools that require it. The scripts of an
        asdf plugin start when all earlier lines of the file are done.
        """
        with self._destination.opened({job.pin.tool for job in jobs}):
            return self._run(jobs)

    def _run(self, jobs: Sequence[Job]) -> list[Outcome]:
        tools = {job.pin.tool: self._registry.readable(job.pin.tool) for job in jobs}
        required = {name: tool.requires if tool else () for name, tool in tools.items()}
        futures: dict[Job, Future[Outcome]] = {}
        with ThreadPoolExecutor(self._settings.jobs) as pool:
            # The pool takes them in this order: none waits for one without a thread.
            for job in in_order(jobs, required):
                tool = tools[job.pin.tool]
                place = job.origin.place if tool and is_scripted(tool) else None
                self._before[job.pin] = [
                    future
                    for key, future in futures.items()
                    if key.pin.tool in required[job.pin.tool]
                    or key.origin.place == place
                ]
                futures[job] = pool.submit(self._timed_outcome, job)
            return [futures[job].result() for job in jobs]

    def plan(self, job: Job) -> Plan | None:
        """Return the plan, None for an installed version.

        Only indexes are queried. Raises ToolpinError if the install would fail.
        """
        if self._carrier.is_done(job):
            return None
        tool = self._registry.require(job.pin.tool, job.origin)
        if job.locked:
            return locked_plan(tool, job, self._host)
        remembered = self._remembered(tool, job)
        row = self._board.row(str(job.pin))
        return remembered or self._servers.first(
            tool, job, row, lambda spec: self._plan(spec, job)
        )

    def _timed_outcome(self, job: Job) -> Outcome:
        began = time.monotonic()
        outcome = self._outcome(job)
        return outcome._replace(seconds=time.monotonic() - began)

    def _outcome(self, job: Job) -> Outcome:
        row = self._board.row(str(job.pin))
        try:
            if self._carrier.is_done(job):
                return Outcome(job, "present")
            return Outcome(job, self._install(job, row))
        except ToolpinError as error:
            return Outcome(job, "failed", error)
        finally:
            row.drop()

    def _install(self, job: Job, row: Row) -> str:
        tool = self._registry.require(job.pin.tool, job.origin)
        if job.locked:  # no other source is queried
            try:
                return self._carry_out(locked_plan(tool, job, self._host), job, row)
            except Mismatch as error:
                raise rebuilt(job, error) from error
            except Unreachable as error:
                raise not_fetched(job, error) from error
        remembered = self._remembered(tool, job)
        if remembered:
            row.phase("from the cache:", f"published by {remembered.publisher}")
            return self._carry_out(remembered, job, row)

        def serve(spec: SourceSpec) -> str:
            row.wait(f"querying {publisher(spec, self._host)}")
            return self._carry_out(self._plan(spec, job), job, row)

        return self._servers.first(tool, job, row, serve)

    def _carry_out(self, plan: Plan, job: Job, row: Row) -> str:
        def wait() -> None:
            for failure in self._before.get(plan.pin, ()):
                row.wait("waiting for the tools before it")
                failure.result()

        return self._carrier.carry_out(plan, job, row, wait)

    def _plan(self, spec: SourceSpec, job: Job) -> Plan:
        tool = self._registry.require(job.pin.tool, job.origin)
        supplies: list[Artifact] = []
        if recipe := recipe_for(tool, spec, self._host):
            supplies = self._supplies(recipe, job)  # before its list is queried, too
        host = host_for(spec, self._host, job.beside)
        plan = make_plan(tool, spec, job.pin, host, self._clients, supplies=supplies)
        refuse_unnamed(plan, self._settings.sources)
        if chooses_variant(spec, plan.pin.version):
            using = f"{spec.id} has no plain build; using {plan.artifacts[0].filename}"
            self._board.remark(f"{plan.pin}: {using}")
        for need in plan.recipe.supplied if plan.recipe else ():
            names = f"{', '.join(need.libraries)} of Debian {need.suite}"
            self._board.remark(f"{job.pin}: built with {names}: {need.what} is missing")
        return plan

    def _supplies(self, recipe: Recipe, job: Job) -> list[Artifact]:
        """Return packages for what a build lacks. Raises NoFit if there are none."""
        missing_needs = self._builder.missing_needs(recipe, job.pin, self._host)
        try:
            return supply(missing_needs, self._host, self._clients)
        except Offline:
            raise
        except (NotPublished, Unreachable) as error:
            refused = self._builder.refusal(job.pin, missing_needs)
            facts = [*refused.facts, ("not supplied", error.what)]
            raise NoFit(refused.what, facts, refused.hint) from error

    def _remembered(self, tool: Tool, job: Job) -> Plan | None:
        """Return a cached plan, if it still covers today's build."""
        plan = self._carrier.notes.recall(tool, job.pin, job.beside)
        recipe = plan.recipe if plan else None
        if plan:
            self._servers.report_own(tool)
        if recipe and self._builder.missing_needs(recipe, job.pin, self._host):
            return None
        return plan
