"""Time limits for calls that have none, or only one per step.

A socket's timeout starts again with each byte, and a name look-up has none: a server
that sends a byte now and then, or never answers, would block forever.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import Self, TypeVar

_Result = TypeVar("_Result")


class Overdue(Exception):
    """A call took longer than its limit."""


def within(
    limit_s: float, work: Callable[[], _Result], discard: Callable[[_Result], None]
) -> _Result:
    """Return what `work` returns, or raise Overdue; a late result is discarded.

    The work continues in a daemon thread, which does not delay the end of the process:
    nothing in Python interrupts a name look-up.
    """
    answer: Future[_Result] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised by result()
            answer.set_exception(error)

    def discard_late(late: Future[_Result]) -> None:
        if late.exception() is None:
            discard(late.result())

    threading.Thread(target=run, daemon=True).start()
    if wait([answer], limit_s).done:
        return answer.result()
    answer.add_done_callback(discard_late)
    raise Overdue


class Watchdog:
    """Calls `on_stall`, from its own thread, when one step takes longer than a limit.

    with Watchdog(20.0, close) as watchdog:
        with watchdog.step():
            ...
    """

    def __init__(self, limit_s: float, on_stall: Callable[[], None]) -> None:
        self._limit_s = limit_s
        self._on_stall = on_stall
        self._step_began = math.inf
        self._closed = threading.Event()
        self.fired = False

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()

    @contextmanager
    def step(self) -> Iterator[None]:
        """Limit the time of this block; the time between two steps is not limited."""
        self._step_began = time.monotonic()
        try:
            yield
        finally:
            self._step_began = math.inf

    def _watch(self) -> None:
        while not self._closed.wait(self._limit_s / 4):
            if time.monotonic() - self._step_began > self._limit_s:
                self.fired = True
                self._on_stall()
                return
