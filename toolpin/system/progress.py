"""Shows several installs at once: bars on a terminal, one line a phase elsewhere.

Elsewhere a phase that lasts says so every ten seconds: a log that falls silent looks
like a job that hangs, and some CI systems end it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, NoReturn

from toolpin.system.report import Report

if TYPE_CHECKING:
    from tqdm import tqdm

_BAR = (
    "  {desc}  {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} {rate_fmt} eta {remaining}"
)
_COUNT = "  {desc}  {n_fmt} {rate_fmt}"
_WAIT = "  {desc}  {elapsed}"
_SILENCE_S = 10.0
# The indent, and an elapsed time or a count with a rate.
_CLOCK_COLUMNS = 30


class Board:
    """All rows of one command; every line about them goes through here."""

    def __init__(self, report: Report) -> None:
        self._report = report
        has_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._has_bars = has_terminal and not report.quiet
        self._mutex = threading.Lock()
        self._rows: list[Row] = []
        threading.Thread(target=self._tick, daemon=True).start()

    def row(self, label: str) -> Row:
        """Return a row of its own for one install."""
        row = Row(label, self, bar=self._has_bars)
        self._rows.append(row)
        return row

    def remark(self, text: str) -> None:
        """Write a line, above the bars where there are any."""
        with self._mutex, self._bars_put_aside():
            self._report.remark(text)

    def _bars_put_aside(self) -> AbstractContextManager[None]:
        if not self._has_bars:
            return nullcontext()
        return _tqdm().external_write_mode(file=sys.stderr, nolock=False)

    def tick(self) -> None:
        """Let the bars' clocks go on, and end a silence, while nothing happens."""
        for row in list(self._rows):
            row.refresh()

    def _tick(self) -> None:
        while True:
            time.sleep(0.5)
            self.tick()


class Row:
    """What one install is doing. Used by one thread."""

    def __init__(self, label: str, board: Board, *, bar: bool) -> None:
        self.label = label
        self._board = board
        self._shows_bar = bar
        self._bar: tqdm[NoReturn] | None = None
        self._began = time.monotonic()
        self._mutex = threading.Lock()
        self._text = ""
        self._spoke = self._phase_began = self._began
        self._amount: tuple[int, int | None] | None = None

    def phase(self, text: str, detail: str = "") -> None:
        """Begin a phase: `unpacking`; a bar has no room for the detail."""
        if self._shows_bar:
            self._open_bar(text, _WAIT)
        else:
            self._start(text)
            self.remark(f"{text} {detail}".rstrip())

    def wait(self, text: str) -> None:
        """Begin a phase that is soon over: nothing to say of it without a terminal."""
        if self._shows_bar:
            self._open_bar(text, _WAIT)
        else:
            self._start(text)

    def advance(self, done: int, total: int | None) -> None:
        """Tell how many bytes of the phase are done, of how many."""
        if self._bar is None:
            self._amount = (done, total)
            return
        if self._bar.total != total or self._bar.bar_format == _WAIT:
            self._bar.bar_format = _BAR if total else _COUNT
            self._bar.total = total
            self._bar.unit, self._bar.unit_scale = "B", True
        self._bar.update(done - self._bar.n)

    def remark(self, text: str) -> None:
        """Say something about this install that is no phase of it."""
        self._board.remark(f"{self.label}: {text}")

    def close(self, text: str) -> None:
        """End the row with its result; seconds are added."""
        self.drop()
        seconds = time.monotonic() - self._began
        self.remark(f"{text} in {seconds:.1f} s")

    def refresh(self) -> None:
        """Draw the bar again, or say what still goes on when that was long ago."""
        bar = self._bar
        if bar is not None:
            bar.refresh()
            return
        with self._mutex:
            now = time.monotonic()
            if self._text and now - self._spoke >= _SILENCE_S:
                self._spoke = now
                far = _progressed(self._amount, now - self._phase_began)
                self.remark(f"still {self._text}, {far}")

    def drop(self) -> None:
        """End the row without a word."""
        with self._mutex:
            self._text = ""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _start(self, text: str) -> None:
        with self._mutex:
            self._text, self._amount = text, None
            self._spoke = self._phase_began = time.monotonic()

    def _open_bar(self, text: str, bar_format: str) -> None:
        self.drop()
        self._bar = _tqdm()(
            desc=_fitted(f"{self.label}  {text}"),
            bar_format=bar_format,
            leave=False,
            file=sys.stderr,
            dynamic_ncols=True,
            mininterval=0.2,
        )


def _fitted(text: str) -> str:
    """Return a text so short that it and a clock fit into one line of the terminal.

    What a terminal wraps is not erased.
    """
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):  # not a terminal after all
        return text
    room = max(columns - _CLOCK_COLUMNS, 1)
    return text if len(text) <= room else f"{text[: room - 3]}..."


def _tqdm() -> type[tqdm[NoReturn]]:
    """Load what draws bars: in a script or a CI job nobody sees one."""
    from tqdm import tqdm  # noqa: PLC0415

    return tqdm


def _progressed(amount: tuple[int, int | None] | None, seconds: float) -> str:
    """Render how far a phase is: `41 of 60 MB`, or its seconds where nobody counts."""
    if amount is None:
        return f"{seconds:.0f} s"
    done, total = amount
    return f"{done / 1e6:.0f}{f' of {total / 1e6:.0f}' if total else ''} MB"
