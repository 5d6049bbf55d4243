"""What `install` is to do, and how it ended, as values. It does none of the work."""

from __future__ import annotations

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


class Outcome(NamedTuple):
    """How a job ended: `installed`, `present`, or `failed` with an error; how long."""

    job: Job
    status: str
    error: ToolpinError | None = None
    seconds: float = 0.0
