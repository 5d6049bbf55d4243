"""What logs of builds state: how long the phases took, and the first errors.

A build has one log, with a line at the beginning and the end of each phase; the logs of
earlier builds are beside it.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from toolpin.model import Pin

_DONE = re.compile(r"== (.+): done in (\d+) s\n?")
# Words in the output of compilers, make and configure for an error.
_ERROR = re.compile(r"(?i)(\berror\b|\*\*\*|cannot find|no such file|not found)")
_SHOWN = 3
# A shorter phase needs no estimate.
_SHORT_S = 5
_MINUTES_FROM_S = 90


class EarlierBuild(NamedTuple):
    """A finished build of some version of a tool: the seconds that each phase took."""

    version: str
    seconds: Mapping[str, int]

    def took(self) -> str:
        """Render how long all of it took: `3.3.0 took 9 min`."""
        return f"{self.version} took {_duration(sum(self.seconds.values()))}"

    def about(self, phase: str) -> str:
        """Render an estimate for a phase: ` (about 8 min)`; "" for a short one."""
        seconds = self.seconds.get(phase, 0)
        return f" (about {_duration(seconds)})" if seconds >= _SHORT_S else ""


NONE = EarlierBuild("", {})


def earlier_build(log: str, pin: Pin) -> EarlierBuild:
    """Return the newest finished build of the pin's tool, whose log is beside `log`."""
    start = f"{os.path.dirname(log)}/{pin.tool}@"
    logs = glob.glob(f"{glob.escape(start)}*.log")
    for path in sorted(logs, key=_changed_at, reverse=True):
        if seconds := _finished_phases(path):
            version = path.removeprefix(start).removesuffix(".log")
            return EarlierBuild(version, seconds)
    return NONE


def first_errors(log: str) -> list[str]:
    """Return the first lines of the last phase that name an error, or the last ones."""
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = [line.strip()[:200] for line in file if line.strip()]
    start = max(index for index, line in enumerate(lines) if line.startswith("== "))
    output = lines[start + 1 :]
    return [line for line in output if _ERROR.search(line)][:_SHOWN] or output[-_SHOWN:]


def _finished_phases(log: str) -> dict[str, int]:
    """Return the seconds of each phase; {} for a build that did not end."""
    seconds: dict[str, int] = {}
    is_finished = False
    try:
        with open(log, encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("== "):
                    match = _DONE.fullmatch(line)
                    is_finished = match is not None
                    if match:
                        seconds[match[1]] = int(match[2])
    except OSError:
        return {}
    return seconds if is_finished else {}


def _changed_at(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _duration(seconds: int) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if seconds >= _MINUTES_FROM_S else f"{seconds} s"
