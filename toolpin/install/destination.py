"""What installs are put into: the store, or a directory of trees that the user names.

A checkout, or another user, may have filled that directory: its content is used only
after it was compared, and one process at a time works in it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from toolpin.app import App
from toolpin.errors import ToolpinError, as_word, not_written
from toolpin.install import locked_plan
from toolpin.install.jobs import Job
from toolpin.steps.unpack_steps import make_directories
from toolpin.store import cleanup, installs, publication, relocation, tree_directory
from toolpin.store.inspection import inspect
from toolpin.store.staging import cleared, set_aside
from toolpin.system.file_lock import held_directory
from toolpin.system.paths import Paths
from toolpin.system.tree_paths import TreePaths


class StoreDestination:
    """The store, with any number of versions of a tool."""

    room = staticmethod(cleared)

    def __init__(self, paths: Paths) -> None:
        self.place = paths

    @contextmanager
    def opened(self, tools: Collection[str]) -> Iterator[None]:  # noqa: ARG002
        """Correct the paths of a store that was moved, and clean it up."""
        relocation.relocate(self.place)
        cleanup.clean_up(self.place)
        yield

    def is_done(self, job: Job) -> bool:
        """Return what `locked_plan.is_done` does, or raise what it raises."""
        return locked_plan.is_done(self.place, job)


class TreeDestination:
    """A directory with one tree per tool, for the App's host."""

    room = staticmethod(set_aside)

    def __init__(self, trees: TreePaths, app: App) -> None:
        self.place = trees
        self._registry, self._host = app.registry, app.host
        self._remark = app.board.remark

    @contextmanager
    def opened(self, tools: Collection[str]) -> Iterator[None]:
        """Lock the directory, creating it if needed; at the end it has only trees.

        Version locks protect only against processes with the same data directory.
        """
        directory = self.place.data
        try:
            make_directories(directory)
        except OSError as error:
            raise not_written(directory, error) from error
        with held_directory(
            directory,
            lambda: self._remark(f"{directory}: waiting for another process"),
        ):
            tree_directory.clean_up(self.place, tools)
            yield
            tree_directory.tidy(self.place)

    def is_done(self, job: Job) -> bool:
        """Return whether a job's tree is there as installed: every byte is compared.

        Raises ToolpinError for a tree that toolpin has not made.
        """
        tool = self._registry.require(job.pin.tool, job.origin)
        path = self.place.install(*job.pin)
        if not os.path.lexists(path):
            return False
        # An image made of the directory would lack what is behind a link.
        receipt = None if os.path.islink(path) else publication.receipt_in(path)
        if receipt is None:
            raise self._foreign(job, path)
        if (receipt.pin, receipt.host) != (job.pin, str(self._host)):
            return False
        if job.locked and receipt.artifacts != job.locked.entry.build.artifacts:
            return False
        # The record is for shims and names the path; a movable tree may have one.
        bad = [
            finding
            for finding in inspect(self.place, job.pin, tool.mutable).findings
            if receipt.bound or finding.path != installs.RECORD
        ]
        if bad:
            self._remark(
                f"{path}: {bad[0].path} was changed since it was installed; "
                "installed again"
            )
        return not bad

    def _foreign(self, job: Job, path: str) -> ToolpinError:
        facts, hint = [("required for", str(job.pin))], None
        if aside := tree_directory.aside_of(self.place, job.pin.tool):
            # A killed build left it; without the mark it would look like a user's.
            facts.append(("found", aside))
            hint = f"rm -rf {as_word(path)}"
        what = f"{path} exists and was not created by toolpin"
        return ToolpinError(what, facts, hint)


Destination = StoreDestination | TreeDestination
