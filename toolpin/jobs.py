"""What `install` is to do, and how it ended, as values. It does none of the work."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.errors import ToolpinError
from toolpin.model import Origin, Pin


class Job(NamedTuple):
    """One pin to provide, and who wants it."""

    pin: Pin
    origin: Origin


class Outcome(NamedTuple):
    """How a job ended: `installed`, `present`, or `failed` with an error."""

    job: Job
    status: str
    error: ToolpinError | None = None
