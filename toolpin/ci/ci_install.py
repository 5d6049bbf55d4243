"""Installs the plan of a CI job from a cached directory that is not trusted.

unplanned files: removed -> every archive: read again -> packed trees: restored and
compared -> the rest: fetched or built -> the directory holds the plan, again

Nothing in the directory is used before it was compared with the lockfile or a receipt.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from toolpin.app import App
from toolpin.cache.verified import Cache
from toolpin.ci.ci_directory import begin, contents, drop_damaged, remove_unplanned
from toolpin.ci.ci_plan import ARCHIVES, CiPlan, Planned, kept_by, known_digests
from toolpin.ci.packed_trees import pack, restore_tree
from toolpin.errors import ToolpinError
from toolpin.install.jobs import Job, Outcome
from toolpin.install.pipeline import Installer
from toolpin.install.plan_runner import without_demands
from toolpin.model import Digest, Pin
from toolpin.store import installs, publication, staging
from toolpin.system.file_lock import held
from toolpin.tasks.after_install import run_install_hooks
from toolpin.tasks.install_jobs import checked_outcome

RESTORED = "restored"
FETCHED = "fetched"
BUILT = "built"
PRESENT = "present"
INSTALLED = "installed"
FAILED = "failed"


class Provided(NamedTuple):
    """How one install was provided: restored, fetched, built, or not at all."""

    job: Job
    origin: str
    seconds: float
    size_bytes: int
    error: ToolpinError | None = None


class Result(NamedTuple):
    """The result of a job's install. `hit` is exact, partial or none.

    `changed` states that the directory differs from what was restored, and is worth
    saving.
    """

    provided: tuple[Provided, ...]
    hit: str
    changed: bool


def provide(plan: CiPlan, app: App) -> Result:
    """Install what is planned, and leave the planned files in the directory."""
    work = _Work(plan, app)
    with held(f"{plan.directory}.lock"):
        before = contents(plan.directory)
        work.clear()
        begin(plan.directory)
        outcomes = work.install()
        work.keep(outcomes)
        provided = tuple(map(work.provided_by, outcomes))
        remove_unplanned(plan.directory, kept_by(plan, app))
        after = contents(plan.directory)
    return Result(provided, work.hit(provided), before != after or work.has_damage)


def prune(plan: CiPlan, app: App) -> tuple[list[str], int]:
    """Remove what is not planned; return the paths, and the bytes freed."""
    with held(f"{plan.directory}.lock"):
        before = contents(plan.directory)
        removed = remove_unplanned(plan.directory, kept_by(plan, app))
        after = contents(plan.directory)
    return removed, sum(before.values()) - sum(after.values())


class _Work:
    """One install of one job."""

    def __init__(self, plan: CiPlan, app: App) -> None:
        self._plan = plan
        self._app = app
        self._cache = Cache(plan.directory)
        self._by_pin = {planned.job.pin: planned for planned in plan.planned}
        self._good: set[Digest] = set()
        self._restored: dict[Pin, Outcome] = {}
        self.has_damage = False

    def clear(self) -> None:
        """Remove unplanned and damaged files from the directory."""
        report, directory = self._app.report, self._plan.directory
        kept = kept_by(self._plan, self._app)
        for path in remove_unplanned(directory, kept):
            # A line that begins with a path from outside could be a command to the CI.
            shown = f"{directory}/{path}".removesuffix("/.").replace("\n", "\\n")
            report.remark(f"{shown}: not in the plan, removed")
        names = {
            artifact: f"{planned.job.pin}: {artifact.filename}"
            for planned in self._plan.planned
            for artifact in (planned.plan.artifacts if planned.plan else ())
        }
        sizes = {artifact.digest: artifact.size_bytes for artifact in names}
        self._good, bad = drop_damaged(self._cache, sizes)
        lines = {artifact.digest: name for artifact, name in names.items()}
        for digest in sorted(bad):
            self.has_damage = True
            name = lines.get(digest, f"archive {digest}")
            report.warn(
                f"{name} in the restored cache has an unexpected digest and was removed"
            )

    def install(self) -> list[Outcome]:
        """Restore packed trees, and install the others."""
        packed = [planned for planned in self._plan.planned if planned.is_packed]
        with ThreadPoolExecutor(self._app.settings.jobs) as pool:
            restored = [value for value in pool.map(self._restore, packed) if value]
        self._restored = {outcome.job.pin: outcome for outcome in restored}
        left = [
            planned.job
            for planned in self._plan.planned
            if planned.job.pin not in self._restored
        ]
        archives = self._app.derived(
            registry=self._app.registry, cache=self._cache, clients=self._app.clients
        )
        new = [
            checked_outcome(outcome, self._plan.tried)
            for outcome in Installer(archives).run(left)
        ]
        new = run_install_hooks(new, self._app)
        done = {outcome.job.pin: outcome for outcome in [*new, *restored]}
        return [done[planned.job.pin] for planned in self._plan.planned]

    def keep(self, outcomes: Sequence[Outcome]) -> None:
        """Put the archives of present installs into the directory, and new trees.

        Trees of earlier jobs are left out: they may not match this plan's key.
        """
        paths = self._app.paths
        for planned, outcome in zip(self._plan.planned, outcomes, strict=True):
            if not installs.is_installed(paths, planned.job.pin):
                continue
            try:
                if planned.kept == ARCHIVES:
                    self._keep_archives(planned)
                elif planned.is_packed and outcome.status == INSTALLED:
                    receipt = publication.read_receipt(paths, planned.job.pin)
                    if receipt:
                        pack(paths, receipt, self._tree(planned))
            except ToolpinError as error:
                self._app.report.error(error)

    def provided_by(self, outcome: Outcome) -> Provided:
        """Return how an install was provided, and how many bytes that took."""
        planned_job = self._by_pin[outcome.job.pin]
        origin = self._origin(planned_job, outcome)
        size_bytes = 0
        if origin == FETCHED or (origin == RESTORED and not planned_job.is_packed):
            size_bytes = sum(map(self._size, self._digests(planned_job)))
        elif origin in (BUILT, RESTORED):
            sizes = contents(self._tree(planned_job)) if planned_job.is_packed else {}
            size_bytes = sum(sizes.values())
        return Provided(outcome.job, origin, outcome.seconds, size_bytes, outcome.error)

    def hit(self, provided: Sequence[Provided]) -> str:
        """Return how much of the plan was in the directory."""
        if all(install.origin in (RESTORED, PRESENT) for install in provided):
            return "exact"
        planned = {
            digest
            for planned in self._plan.planned
            for digest in self._digests(planned)
        }
        return "partial" if self._restored or self._good & planned else "none"

    def _restore(self, planned: Planned) -> Outcome | None:
        """Return the outcome of a packed tree; None if it cannot be used."""
        paths, pin, place = self._app.paths, planned.job.pin, self._tree(planned)
        if planned.plan is None or not contents(place):
            return None
        began = time.monotonic()
        try:
            with staging.version_lock(paths, pin):
                if installs.is_installed(paths, pin):
                    return None
                plan = without_demands(planned.plan, self._app.settings.allow)
                restore_tree(paths, plan, place)
        except ToolpinError as error:
            self.has_damage = True
            self._app.report.error(error)
            self._app.report.warn(f"{pin}: installed again")
            staging.delete_tree(place)
            return None
        return Outcome(planned.job, RESTORED, seconds=time.monotonic() - began)

    def _keep_archives(self, planned: Planned) -> None:
        for artifact in planned.plan.artifacts if planned.plan else ():
            if not self._cache.holds(artifact.digest):
                self._cache.fetch(artifact, self._app.clients.download, lambda *_: None)

    def _origin(self, planned: Planned, outcome: Outcome) -> str:
        if outcome.status in (RESTORED, PRESENT, FAILED):
            return outcome.status
        if planned.builds:
            return BUILT
        return RESTORED if self._digests(planned) <= self._good else FETCHED

    def _digests(self, planned: Planned) -> set[Digest]:
        """Return the digests that it is installed from, as far as they are known."""
        return known_digests(planned, self._app) or set()

    def _size(self, digest: Digest) -> int:
        sizes = contents(f"{self._plan.directory}/archives/{digest.algorithm}")
        return sizes.get(digest.hex, 0)

    def _tree(self, planned: Planned) -> str:
        return f"{self._plan.directory}/trees/{planned.key}"
