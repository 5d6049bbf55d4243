"""Turns what a project pins into the plan of a CI job: installs, and their keys.

It asks no network and writes nothing; of a machine it looks at what a build depends on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.cache.cache_location import ci_directory
from toolpin.ci.cache_keys import (
    Here,
    Inputs,
    install_key,
    job_key,
    job_prefix,
    plugin_digest,
)
from toolpin.ci.ci_directory import Kept
from toolpin.errors import ToolpinError, UnknownTool
from toolpin.install.jobs import Job
from toolpin.install.locked_plan import locked_plan
from toolpin.install.source_choice import allowed_sources
from toolpin.json_documents import SCHEMA
from toolpin.model import Host, Pin, Plan, Request
from toolpin.plugins.script_plugin import is_scripted
from toolpin.plugins.tool_file import Tool
from toolpin.resolver.resolver import Resolver, Rules
from toolpin.store.publication import read_receipt
from toolpin.system import host
from toolpin.tasks.install_jobs import jobs_for
from toolpin.tasks.lockfile_plugins import as_if_installed
from toolpin.version_pairs import refuse_pairs

ARCHIVES = "archives"
TREE = "tree"


class Planned(NamedTuple):
    """One install of a job. `plan` is None for what is not locked.

    `kept` is what the directory keeps of it: its archives, its tree, or "" for what the
    scripts of an asdf plugin make: they say neither what they fetch nor what it needs.
    """

    job: Job
    plan: Plan | None
    key: str
    builds: bool
    kept: str

    @property
    def is_packed(self) -> bool:
        """Say whether the tree is kept, and not the archives that it was made of."""
        return self.kept == TREE


class CiPlan(NamedTuple):
    """What a job installs, and the cache that it wants: its key, and its one directory.

    `tried` is what may be the name of a release, and may be none. What the project
    pins of `unknown` tools is in no key.
    """

    host: Host
    directory: str
    planned: tuple[Planned, ...]
    tried: frozenset[Pin] = frozenset()
    unknown: tuple[UnknownTool, ...] = ()

    @property
    def key(self) -> str:
        """The key of exactly these installs."""
        return job_key(self.host, (planned.key for planned in self.planned))

    @property
    def restore_keys(self) -> tuple[str, ...]:
        """Beginnings of keys whose caches may hold a part of it."""
        return (job_prefix(self.host),)

    @property
    def unlocked(self) -> tuple[Planned, ...]:
        """What has no digest before it is asked for."""
        return tuple(planned for planned in self.planned if planned.plan is None)


def plan_job(
    requests: Sequence[Request], app: App, *, elsewhere: bool = True
) -> CiPlan:
    """Return the plan of a job for what is requested in this directory.

    With `elsewhere` the store is not looked at, and a plugin that is locked counts as
    there. Raises NotLocked for what a lockfile should answer and does not, and for a
    loose request without one.
    """
    if elsewhere:
        app = as_if_installed(requests, app)
    here = app.host
    resolver = Resolver(app, here, Rules(ci=True), requests)
    jobs, errors = jobs_for(requests, resolver, app, elsewhere=elsewhere)
    unknown = tuple(error for error in errors if isinstance(error, UnknownTool))
    errors = [error for error in errors if not isinstance(error, UnknownTool)]
    for error in errors[1:]:
        app.report.error(error)
    if errors:
        raise errors[0]
    refuse_pairs([(job.pin, job.origin) for job in jobs], app)
    planner = _Planner(jobs, here, app)
    directory = ci_directory(app.env) or f"{app.cache_directory}/ci"
    planned = tuple(map(planner.planned, jobs))
    return CiPlan(here, directory, planned, frozenset(resolver.tried), unknown)


def kept_by(plan: CiPlan, app: App) -> Kept:
    """Return what the plan keeps in its directory.

    Of what is not locked that is what it was installed from; where it is not installed
    yet, nobody can tell, and every archive stays.
    """
    archives = {
        artifact.digest
        for planned in plan.planned
        if planned.plan and planned.kept == ARCHIVES
        for artifact in planned.plan.artifacts
    }
    is_open = False
    for request in plan.unlocked:
        if request.kept != ARCHIVES:
            continue
        try:
            receipt = read_receipt(app.paths, request.job.pin)
        except ToolpinError:
            receipt = None
        is_open = is_open or receipt is None
        archives.update(each.digest for each in (receipt.artifacts if receipt else ()))
    trees = frozenset(planned.key for planned in plan.planned if planned.is_packed)
    return Kept(frozenset(archives), trees, is_open)


class _Planner:
    """Gives each job its key; those of what it requires come before."""

    def __init__(self, jobs: Sequence[Job], here: Host, app: App) -> None:
        self._jobs = jobs
        self._here = here
        self._app = app
        self._found: dict[Pin, Planned] = {}
        self._begun: set[Pin] = set()

    def planned(self, job: Job) -> Planned:
        """Return a job with its plan and key."""
        if job.pin not in self._found:
            self._begun.add(job.pin)
            self._found[job.pin] = self._plan(job)
        return self._found[job.pin]

    def _plan(self, job: Job) -> Planned:
        tool = self._app.registry.require(job.pin.tool, job.origin)
        plan = locked_plan(tool, job, self._here) if job.locked else None
        builds = bool(plan.recipe) if plan else self._only_builds(tool)
        digests = (
            tuple(artifact.digest for artifact in plan.artifacts) if plan else None
        )
        inputs = Inputs(job.pin, str(self._here), digests, plugin_digest(tool), SCHEMA)
        if is_scripted(tool):
            return Planned(job, plan, install_key(inputs), builds=True, kept="")
        if builds or (plan and plan.is_of_here):
            inputs = inputs._replace(here=self._of_here(tool, job.pin, builds=builds))
        kept = TREE if plan and plan.is_of_here else ARCHIVES
        return Planned(job, plan, install_key(inputs), builds, kept)

    def _only_builds(self, tool: Tool) -> bool:
        wanted = self._app.settings.sources
        sources = allowed_sources(tool, self._here, wanted)
        return all(spec.build for spec in sources)

    def _of_here(self, tool: Tool, pin: Pin, *, builds: bool) -> Here:
        """Return what of this machine counts for a tree that is made on it."""
        links: tuple[tuple[str, str], ...] = ()
        options: tuple[tuple[str, str], ...] = ()
        if builds and tool.recipe:
            links, options = self._app.builder.inputs(tool.recipe, pin)
        needed = [
            self.planned(job).key
            for job in self._jobs
            if job.pin.tool in tool.requires and job.pin not in self._open()
        ]
        return Here(
            libc_version=self._here.libc_version,
            distribution=host.distribution(),
            links=links,
            options=options,
            prefix=self._app.paths.install(*pin),
            built_with=tuple(sorted(needed)),
        )

    def _open(self) -> set[Pin]:
        """Return what is being planned: a plugin may require what requires it."""
        return self._begun - self._found.keys()
