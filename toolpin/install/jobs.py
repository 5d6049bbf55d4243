"""What `install` is to do, and how it ended, as values. It does none of the work."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from toolpin.errors import ToolpinError
from toolpin.model import Origin, Pin

if TYPE_CHECKING:
    from toolpin.lockfile.document import Locked


class Job(NamedTuple):
    """One pin to provide, who wants it, and the build if it is locked.

    With `must` an install that was made of other bytes does not count. `beside` are the
    tools that the project pins beside it, of those that it requires: (tool, version).
    """

    pin: Pin
    origin: Origin
    locked: Locked | None = None
    must: bool = False
    beside: tuple[tuple[str, str], ...] = ()


def in_order(jobs: Sequence[Job], required: Mapping[str, Collection[str]]) -> list[Job]:
    """Return jobs in their order, but each behind the jobs of the tools it requires.

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
    """How a job ended: `installed`, `present`, or `failed` with an error; how long."""

    job: Job
    status: str
    error: ToolpinError | None = None
    seconds: float = 0.0
