"""Rules for trees that go into a directory given by the user instead of the store.

A checkout, or another user, may have filled that directory: its content is used only
after it was compared, and one process at a time works in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from toolpin.errors import ToolpinError, as_word, remedy
from toolpin.install.jobs import Job
from toolpin.model import Host
from toolpin.steps.unpack_steps import make_directories
from toolpin.store import cleanup, installs, publication
from toolpin.store.inspection import inspect
from toolpin.system.file_lock import held_directory
from toolpin.system.paths import Paths


@contextmanager
def alone(directory: str, remark: Callable[[str], None]) -> Iterator[None]:
    """Lock a directory of trees, creating it if needed; "" for none.

    Version locks protect only against processes with the same data directory.
    """
    if not directory:
        yield
        return
    try:
        make_directories(directory)
    except OSError as error:
        raise ToolpinError(
            f"{directory} cannot be written",
            [("reason", error.strerror or "?")],
            remedy(error, directory),
        ) from error
    with held_directory(
        directory, lambda: remark(f"{directory}: waiting for another process")
    ):
        yield


def is_in_directory(
    paths: Paths,
    job: Job,
    host: Host,
    mutable: Sequence[str],
    remark: Callable[[str], None],
) -> bool:
    """Return whether a job's tree is there as installed: every byte is compared.

    Raises ToolpinError for a tree that toolpin has not made.
    """
    place = paths.install(*job.pin)
    if not os.path.lexists(place):
        return False
    # An image made of the directory would lack what is behind a link.
    receipt = (
        None if os.path.islink(place) else publication.read_receipt(paths, job.pin)
    )
    if receipt is None:
        facts, hint = [("required for", str(job.pin))], None
        if aside := cleanup.aside_of(paths, job.pin.tool):
            # A killed build left it; without the mark it would look like a user's.
            facts.append(("found", aside))
            hint = f"rm -rf {as_word(place)}"
        raise ToolpinError(
            f"{place} exists and was not created by toolpin", facts, hint
        )
    if (receipt.pin, receipt.host) != (job.pin, str(host)):
        return False
    if job.locked and receipt.artifacts != job.locked.entry.build.artifacts:
        return False
    # The record is for shims and names the path; a movable tree may have one.
    bad = [
        finding
        for finding in inspect(paths, job.pin, mutable).findings
        if receipt.bound or finding.path != installs.RECORD
    ]
    if bad:
        remark(
            f"{place}: {bad[0].path} was changed since it was installed; "
            "installed again"
        )
    return not bad
