"""Bounds the time of calls that only bound each of their steps.

A socket's timeout starts again with each byte, and a name's look-up has none: whoever
sends a byte now and then, or never answers, could keep us for ever. It knows no HTTP.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

_Got = TypeVar("_Got")


class Overdue(Exception):
    """A call took longer than it may."""


def within(
    limit_s: float, work: Callable[[], _Got], discard: Callable[[_Got], None]
) -> _Got:
    """Return what `work` returns, or raise Overdue; what comes too late is discarded.

    The work goes on in a thread that keeps nobody from leaving: nothing in Python
    stops a look-up of a name.
    """
    answer: Future[_Got] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return answer.result(max(0.0, limit_s))
    except TimeoutError:
        if answer.done():
            return answer.result()

    def drop(late: Future[_Got]) -> None:
        if late.exception() is None:
            discard(late.result())

    answer.add_done_callback(drop)
    raise Overdue


class Watch:
    """Calls `end`, from a thread of its own, when one step takes longer than it may."""

    def __init__(self, limit_s: float, end: Callable[[], None]) -> None:
        self._limit_s = limit_s
        self._end = end
        self._began: float | None = None
        self._over = threading.Event()
        self.ended = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch the steps until this block is left."""
        threading.Thread(target=self._look, daemon=True).start()
        try:
            yield
        finally:
            self._over.set()

    @contextmanager
    def step(self) -> Iterator[None]:
        """One step; what happens between two may take any time."""
        self._began = time.monotonic()
        try:
            yield
        finally:
            self._began = None

    def _look(self) -> None:
        while not self._over.wait(self._limit_s / 4):
            began = self._began
            if began is not None and time.monotonic() - began > self._limit_s:
                self.ended = True
                self._end()
                return
