"""Carries out a plan: fetches and verifies its archives, and publishes its tree.

Downloads happen outside the version's file lock, and the check is repeated inside it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial

from toolpin.app import App
from toolpin.errors import NotPublished, Unreachable
from toolpin.http.fetch import Progress
from toolpin.install.destination import Destination
from toolpin.install.jobs import Job
from toolpin.install.source_build_plan import left_out
from toolpin.install.source_notes import Notes
from toolpin.model import Artifact, Plan
from toolpin.steps.final_path import check_place
from toolpin.store import publication, staging
from toolpin.system import host
from toolpin.system.progress import Row
from toolpin.system.report import sized
from toolpin.verification import Level


class PlanRunner:
    """Carries out plans, for one host."""

    def __init__(self, app: App, destination: Destination) -> None:
        self._destination, self._place = destination, destination.place
        self.notes = Notes(app.cache, app.settings, app.host)
        self._settings, self._host = app.settings, app.host
        self._cache, self._clients = app.cache, app.clients
        self._builder, self._board = app.builder, app.board

    def is_done(self, job: Job) -> bool:
        """Return whether a job is done.

        Raises ToolpinError for a tree that is not toolpin's, and NotLocked for an
        install of other bytes than required.
        """
        return self._destination.is_done(job)

    def carry_out(
        self, plan: Plan, job: Job, row: Row, wait: Callable[[], None]
    ) -> str:
        """Fetch and publish; `wait` returns once the required tools are installed.

        Raises NotPublished for a build of another version.
        """
        plan = without_demands(plan, self._settings.allow)
        if plan.is_in_place:  # before a download, too
            check_place(plan, self._place.install(*plan.pin))
        if plan.recipe and not self._builder.needs_supplies(plan):
            plan = left_out(plan)
        if plan.recipe:
            self._builder.check(plan.recipe, plan.pin, self._host)
        if plan.is_scripted:
            self._check_scripted(plan)
        archives, were_here = self._fetch(plan, row)
        if job.locked and not were_here:
            # After a failure below, the next run knows that the source gave them.
            self.notes.keep(plan)
        plan = plan._replace(verified=self._level(plan, job, were_here=were_here))
        wait()
        waiting = partial(row.phase, "waiting for another process")
        with staging.version_lock(self._place, plan.pin, waiting):
            if self.is_done(job):
                return "present"
            if not plan.is_scripted:
                row.phase("unpacking")
            receipt = publication.publish(
                self._place,
                plan,
                archives,
                patchelf=self._clients.patchelf,
                room=self._destination.room,
                build=partial(self._builder.build, begin=row.phase),
            )
        self.notes.keep(plan)
        size_bytes = sum(file.size_bytes for file in receipt.files)
        origin_text = f"{plan.publisher}{self.notes.by_mirror(plan)}"
        if plan.verified == Level.LOCKFILE and job.locked:
            origin_text = f"the cache, as {job.locked.file} has it"
        row.close(f"installed, {sized(size_bytes)} from {origin_text},")
        return "installed"

    def _level(self, plan: Plan, job: Job, *, were_here: bool) -> Level:
        """Return how the digests of fetched artifacts are known on this machine."""
        if job.locked and were_here and not self.notes.has_reported(plan):
            return Level.LOCKFILE
        if self._clients.first_use.has_recorded(plan.artifacts):
            return Level.FIRST_USE
        return job.locked.entry.verified if job.locked else plan.verified

    def _check_scripted(self, plan: Plan) -> None:
        """Raise ToolpinError if a plugin's scripts must not run."""
        if str(self._host) != str(host.detect()):
            raise NotPublished(
                f"{plan.pin} is installed by scripts, for the machine they run on"
            )
        if self._settings.offline:
            raise Unreachable(
                f"{plan.pin} is fetched by its plugin's scripts, and toolpin is offline"
            )

    def _fetch(self, plan: Plan, row: Row) -> tuple[list[str], bool]:
        """Return the archives of a plan, and whether one of them was cached before."""
        archives: list[str] = []
        if plan.is_scripted:
            return archives, False
        fetched: list[Artifact] = []

        def download(artifact: Artifact, part: str, progress: Progress) -> None:
            self._clients.download(artifact, part, progress)
            fetched.append(artifact)

        waiting = partial(row.phase, "waiting for a download by another process")
        for artifact in plan.artifacts:
            if not os.path.exists(self._cache.archive(artifact.digest)):
                row.phase("downloading", artifact.filename)
            archives.append(
                self._cache.fetch(artifact, download, row.advance, waiting=waiting)
            )
        return archives, len(fetched) < len(archives)


def without_demands(plan: Plan, allow: Sequence[str]) -> Plan:
    """Return the plan without the demands that the settings waive."""
    demands = tuple(
        demand for demand in plan.demands if f"{plan.pin.tool}.{demand}" not in allow
    )
    return plan._replace(demands=demands)
