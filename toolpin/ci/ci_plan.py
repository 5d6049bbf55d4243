"""Turns a project's pins into the plan of a CI job: installs, and their keys.

It uses no network and writes nothing; it reads the machine's properties that builds
depend on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.cache.cache_location import ci_directory
from toolpin.ci import cache_keys
from toolpin.ci.ci_directory import Kept
from toolpin.errors import ToolpinError, UnknownTool
from toolpin.install.jobs import Job
from toolpin.install.locked_plan import locked_plan
from toolpin.install.source_choice import allowed_sources
from toolpin.json_documents import SCHEMA
from toolpin.model import Digest, Host, Pin, Plan, Receipt, Request
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
    """One install of a job.

    `plan` is None without a lockfile entry. `kept` states what the directory keeps of
    it: its archives, its tree, or "" for a build of an asdf plugin's scripts, whose
    inputs are unknown.
    """

    job: Job
    plan: Plan | None
    key: str
    builds: bool
    kept: str

    @property
    def is_packed(self) -> bool:
        """Return whether the tree is kept, instead of the archives it was made from."""
        return self.kept == TREE


class CiPlan(NamedTuple):
    """The installs of a job, and its cache: the key, and the directory.

    `tried` are pins that may not be names of releases. Pins of `unknown` tools are in
    no key.
    """

    host: Host
    directory: str
    planned: tuple[Planned, ...]
    tried: frozenset[Pin] = frozenset()
    unknown: tuple[UnknownTool, ...] = ()

    @property
    def key(self) -> str:
        """The key of exactly these installs."""
        return cache_keys.job_key(self.host, (planned.key for planned in self.planned))

    @property
    def restore_keys(self) -> tuple[str, ...]:
        """Prefixes of keys whose caches may hold a part of it."""
        return (cache_keys.job_prefix(self.host),)

    @property
    def unlocked(self) -> tuple[Planned, ...]:
        """The installs without a digest before they are queried."""
        return tuple(planned for planned in self.planned if planned.plan is None)


def plan_job(
    requests: Sequence[Request], app: App, *, elsewhere: bool = True
) -> CiPlan:
    """Return the plan of a job for what is requested in this directory.

    With `elsewhere` the store is ignored, and locked plugins are treated as installed.
    Raises NotLocked for a request that a lockfile should cover and does not, and for a
    loose request without one.
    """
    if elsewhere:
        app = as_if_installed(requests, app)
    here = app.host
    resolver = Resolver(app, here, Rules(ci=True), requests)
    jobs, errors = jobs_for(requests, resolver, app, elsewhere=elsewhere)
    unknown = tuple(error for error in errors if isinstance(error, UnknownTool))
    app.report.raise_first([error for error in errors if error not in unknown])
    refuse_pairs([(job.pin, job.origin) for job in jobs], app)
    planner = _Planner(jobs, here, app)
    directory = ci_directory(app.env) or f"{app.cache_directory}/ci"
    planned = tuple(map(planner.planned, jobs))
    return CiPlan(here, directory, planned, frozenset(resolver.tried), unknown)


def kept_by(plan: CiPlan, app: App) -> Kept:
    """Return what the plan keeps in its directory.

    For unlocked installs their archives; if one is not installed yet, these are
    unknown, and every archive is kept.
    """
    archives: set[Digest] = set()
    is_open = False
    for planned in plan.planned:
        if planned.kept == ARCHIVES:
            digests = known_digests(planned, app)
            is_open = is_open or digests is None
            archives |= digests or set()
    trees = frozenset(planned.key for planned in plan.planned if planned.is_packed)
    return Kept(frozenset(archives), trees, is_open)


def known_digests(planned: Planned, app: App) -> set[Digest] | None:
    """Return the digests that an install is made from.

    None for one that is neither locked nor installed yet.
    """
    made: Plan | Receipt | None = planned.plan
    if made is None:
        with contextlib.suppress(ToolpinError):
            made = read_receipt(app.paths, planned.job.pin)
    return {artifact.digest for artifact in made.artifacts} if made else None


class _Planner:
    """Computes the key of each job, after those of its required tools."""

    def __init__(self, jobs: Sequence[Job], here: Host, app: App) -> None:
        self._jobs = jobs
        self._here = here
        self._app = app
        self._locked_files: dict[Pin, Planned] = {}
        self._begun: set[Pin] = set()

    def planned(self, job: Job) -> Planned:
        """Return a job with its plan and key."""
        if job.pin not in self._locked_files:
            self._begun.add(job.pin)
            self._locked_files[job.pin] = self._plan(job)
        return self._locked_files[job.pin]

    def _plan(self, job: Job) -> Planned:
        tool = self._app.registry.require(job.pin.tool, job.origin)
        plan = locked_plan(tool, job, self._here) if job.locked else None
        builds = bool(plan.recipe) if plan else self._only_builds(tool)
        digests = (
            tuple(artifact.digest for artifact in plan.artifacts) if plan else None
        )
        inputs = cache_keys.Inputs(
            job.pin, str(self._here), digests, cache_keys.plugin_digest(tool), SCHEMA
        )
        if is_scripted(tool):
            return Planned(
                job, plan, cache_keys.install_key(inputs), builds=True, kept=""
            )
        if builds or (plan and plan.is_of_here):
            inputs = inputs._replace(here=self._machine(tool, job.pin, builds=builds))
        kept = TREE if plan and plan.is_of_here else ARCHIVES
        return Planned(job, plan, cache_keys.install_key(inputs), builds, kept)

    def _only_builds(self, tool: Tool) -> bool:
        wanted = self._app.settings.sources
        sources = allowed_sources(tool, self._here, wanted)
        return all(spec.build for spec in sources)

    def _machine(self, tool: Tool, pin: Pin, *, builds: bool) -> cache_keys.Here:
        """Return the properties of this machine that a tree made on it depends on."""
        links: tuple[tuple[str, str], ...] = ()
        options: tuple[tuple[str, str], ...] = ()
        if builds and tool.recipe:
            links, options = self._app.builder.inputs(tool.recipe, pin)
        needed = [
            self.planned(job).key
            for job in self._jobs
            # Not those being planned: required plugins may be circular.
            if job.pin.tool in tool.requires
            and job.pin not in self._begun - self._locked_files.keys()
        ]
        return cache_keys.Here(
            libc_version=self._here.libc_version,
            distribution=host.distribution(),
            links=links,
            options=options,
            prefix=self._app.paths.install(*pin),
            built_with=tuple(sorted(needed)),
        )
