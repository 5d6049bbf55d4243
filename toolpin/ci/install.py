"""Provides what a CI job plans, out of a folder that somebody else may have filled.

    what is not planned: removed -> every archive: read again -> packed trees: brought
    back and compared -> the rest: fetched or built -> the folder holds the plan, again

Nothing of the folder counts before it was compared with the lockfile or a receipt.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from toolpin.app import App
from toolpin.cache.verified import Cache
from toolpin.ci.folder import begin, contents, drop_damaged, sweep
from toolpin.ci.packed import bring_back, pack
from toolpin.ci.plan import ARCHIVES, CiPlan, Planned, kept_by
from toolpin.errors import ToolpinError
from toolpin.install.carrying import forgoing, now
from toolpin.install.jobs import Job, Outcome
from toolpin.model import Digest, Pin
from toolpin.mutex import held
from toolpin.store import installs, trees, unfinished
from toolpin.upkeep.after_install import run_install_hooks
from toolpin.wanted.jobs import judged

RESTORED = "restored"
FETCHED = "fetched"
BUILT = "built"
PRESENT = "present"
INSTALLED = "installed"
FAILED = "failed"


class Provided(NamedTuple):
    """How one install came: out of the folder, from its publisher, built, or not."""

    job: Job
    came: str
    seconds: float
    size_bytes: int
    error: ToolpinError | None = None


class Result(NamedTuple):
    """How a job's install ended. `hit` is exact, partial or none.

    `changed` says that the folder is not what was restored: to save it is worth it.
    """

    provided: tuple[Provided, ...]
    hit: str
    changed: bool


def provide(plan: CiPlan, app: App) -> Result:
    """Install what is planned, and leave in the folder what is planned."""
    work = _Work(plan, app)
    with held(f"{plan.folder}.lock"):
        before = contents(plan.folder)
        work.clear()
        begin(plan.folder)
        outcomes = work.install()
        work.keep(outcomes)
        provided = tuple(map(work.told, outcomes))
        sweep(plan.folder, kept_by(plan, app))
        after = contents(plan.folder)
    return Result(provided, work.hit(provided), before != after or work.found_damage)


def prune(plan: CiPlan, app: App) -> tuple[list[str], int]:
    """Remove what is not planned; return the paths, and the bytes that this freed."""
    with held(f"{plan.folder}.lock"):
        before = contents(plan.folder)
        removed = sweep(plan.folder, kept_by(plan, app))
        after = contents(plan.folder)
    return removed, sum(before.values()) - sum(after.values())


class _Work:
    """One install of one job."""

    def __init__(self, plan: CiPlan, app: App) -> None:
        self._plan = plan
        self._app = app
        self._cache = Cache(plan.folder)
        self._by_pin = {one.job.pin: one for one in plan.planned}
        self._good: set[Digest] = set()
        self._back: dict[Pin, Outcome] = {}
        self.found_damage = False

    def clear(self) -> None:
        """Take out of the folder what is not planned, and what is damaged."""
        report, folder = self._app.report, self._plan.folder
        kept = kept_by(self._plan, self._app)
        for path in sweep(folder, kept):
            # A line that somebody else's name begins could be a command to the CI.
            shown = f"{folder}/{path}".removesuffix("/.").replace("\n", "\\n")
            report.remark(f"{shown}: not in the plan, removed")
        names = {
            artifact: f"{one.job.pin}: {artifact.filename}"
            for one in self._plan.planned
            for artifact in (one.plan.artifacts if one.plan else ())
        }
        sizes = {artifact.digest: artifact.size_bytes for artifact in names}
        self._good, bad = drop_damaged(self._cache, sizes)
        told = {artifact.digest: name for artifact, name in names.items()}
        for digest in sorted(bad):
            self.found_damage = True
            name = told.get(digest, f"archive {digest}")
            report.warn(
                f"{name} in the restored cache has an unexpected digest and was removed"
            )

    def install(self) -> list[Outcome]:
        """Bring trees back, and install the others."""
        packed = [one for one in self._plan.planned if one.is_packed]
        with ThreadPoolExecutor(self._app.settings.jobs) as pool:
            back = [one for one in pool.map(self._bring_back, packed) if one]
        self._back = {outcome.job.pin: outcome for outcome in back}
        left = [one.job for one in self._plan.planned if one.job.pin not in self._back]
        archives = self._app.derived(
            registry=self._app.registry, cache=self._cache, clients=self._app.clients
        )
        new = [judged(one, self._plan.tried) for one in archives.installer.run(left)]
        new = run_install_hooks(new, self._app)
        done = {one.job.pin: one for one in [*new, *back]}
        return [done[one.job.pin] for one in self._plan.planned]

    def keep(self, outcomes: Sequence[Outcome]) -> None:
        """Put into the folder the archives of what is there, and trees made just now.

        Of what an earlier job made nobody knows whether it is of this plan's key.
        """
        for one, outcome in zip(self._plan.planned, outcomes, strict=True):
            if not installs.is_installed(self._app.paths, one.job.pin):
                continue
            try:
                if one.kept == ARCHIVES:
                    self._keep_archives(one)
                elif one.is_packed and outcome.status == INSTALLED:
                    self._keep_tree(one)
            except ToolpinError as error:
                self._app.report.error(error)

    def told(self, outcome: Outcome) -> Provided:
        """Return how an install came, and how many bytes that took."""
        one = self._by_pin[outcome.job.pin]
        came = self._came(one, outcome)
        size_bytes = 0
        if came == FETCHED or (came == RESTORED and not one.is_packed):
            size_bytes = sum(map(self._size, self._digests(one)))
        elif came in (BUILT, RESTORED):
            sizes = contents(self._tree(one)) if one.is_packed else {}
            size_bytes = sum(sizes.values())
        return Provided(outcome.job, came, outcome.seconds, size_bytes, outcome.error)

    def hit(self, provided: Sequence[Provided]) -> str:
        """Return how much of the plan was in the folder."""
        if all(one.came in (RESTORED, PRESENT) for one in provided):
            return "exact"
        planned = {each for one in self._plan.planned for each in self._digests(one)}
        return "partial" if self._back or self._good & planned else "none"

    def _bring_back(self, one: Planned) -> Outcome | None:
        """Return the outcome of a tree that was packed; None where none counts."""
        paths, pin, place = self._app.paths, one.job.pin, self._tree(one)
        if one.plan is None or not contents(place):
            return None
        began = time.monotonic()
        try:
            with unfinished.version_mutex(paths, pin):
                if installs.is_installed(paths, pin):
                    return None
                plan = forgoing(one.plan, self._app.settings.allow)
                bring_back(paths, plan, place, now())
        except ToolpinError as error:
            self.found_damage = True
            self._app.report.error(error)
            self._app.report.warn(f"{pin}: installed again")
            unfinished.delete_tree(place)
            return None
        return Outcome(one.job, RESTORED, seconds=time.monotonic() - began)

    def _keep_archives(self, one: Planned) -> None:
        for artifact in one.plan.artifacts if one.plan else ():
            if not self._cache.holds(artifact.digest):
                self._cache.fetch(artifact, self._app.clients.download, lambda *_: None)

    def _keep_tree(self, one: Planned) -> None:
        receipt = trees.read_receipt(self._app.paths, one.job.pin)
        if receipt:
            pack(self._app.paths, receipt, self._tree(one))

    def _came(self, one: Planned, outcome: Outcome) -> str:
        if outcome.status in (RESTORED, PRESENT, FAILED):
            return outcome.status
        if one.builds:
            return BUILT
        return RESTORED if self._digests(one) <= self._good else FETCHED

    def _digests(self, one: Planned) -> set[Digest]:
        """Return the digests of what it is installed from, as far as they are known."""
        if one.plan:
            return {artifact.digest for artifact in one.plan.artifacts}
        if not installs.is_installed(self._app.paths, one.job.pin):
            return set()
        receipt = trees.read_receipt(self._app.paths, one.job.pin)
        return {each.digest for each in receipt.artifacts} if receipt else set()

    def _size(self, digest: Digest) -> int:
        sizes = contents(f"{self._plan.folder}/archives/{digest.algorithm}")
        return sizes.get(digest.hex, 0)

    def _tree(self, one: Planned) -> str:
        return f"{self._plan.folder}/trees/{one.key}"
