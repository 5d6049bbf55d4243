"""The jobs of an install and their outcomes, as values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from toolpin.errors import ToolpinError
from toolpin.model import Origin, Pin

if TYPE_CHECKING:
    from toolpin.lockfile.document import Locked


class Job(NamedTuple):
    """One pin to install, its origin, and the build if it is locked.

    With `must` an install from other bytes is not accepted. `beside` are the pinned
    versions of the tools that it requires: (tool, version).
    """

    pin: Pin
    origin: Origin
    locked: Locked | None = None
    must: bool = False
    beside: tuple[tuple[str, str], ...] = ()


def in_order(jobs: Sequence[Job], required: Mapping[str, Collection[str]]) -> list[Job]:
    """Return jobs in order, but each after the jobs of the tools it requires.

    `required` has these for each tool. Of tools that require each other the first one
    in the order comes last.
    """
    order: dict[Job, None] = {}
    begun: set[Job] = set()

    def put(job: Job) -> None:
        if job in begun:
            return
        begun.add(job)
        for other in jobs:
            if other.pin.tool in required[job.pin.tool]:
                put(other)
        order[job] = None

    for job in jobs:
        put(job)
    return list(order)


class Outcome(NamedTuple):
    """The result of a job: `installed`, `present`, or `failed`; error and duration."""

    job: Job
    status: str
    error: ToolpinError | None = None
    seconds: float = 0.0
