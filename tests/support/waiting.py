"""Waits for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable

_LONGEST_S = 60  # only a fault takes it all, however busy the machine is


def wait_until(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; fail when it does not come to that."""
    deadline = time.monotonic() + _LONGEST_S
    while not condition():
        assert time.monotonic() < deadline, "it does not come to that"
        time.sleep(0.01)
