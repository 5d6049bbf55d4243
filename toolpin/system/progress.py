"""Shows several installs at once: bars on a terminal, one line per phase elsewhere.

Elsewhere a long phase prints a line every ten seconds: without output a job seems to
hang, and some CI systems end it.
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
# The width of the indent, and of an elapsed time or a count with a rate.
_CLOCK_COLUMNS = 30


class Board:
    """The rows of one command; all its output goes through here."""

    def __init__(self, report: Report) -> None:
        self._report = report
        has_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._has_bars = has_terminal and not report.quiet
        self._row_lock = threading.Lock()
        self._rows: list[Row] = []
        self._written: set[str] = set()
        threading.Thread(target=self._tick, daemon=True).start()

    def row(self, label: str) -> Row:
        """Return a new row for one install."""
        row = Row(label, self, bar=self._has_bars)
        self._rows.append(row)
        return row

    def remark(self, text: str) -> None:
        """Write a line, above the bars if there are any."""
        with self._row_lock, self._bars_put_aside():
            self._report.remark(text)

    def remark_once(self, text: str, key: str = "") -> None:
        """Write a line, unless one with this key or text was: from any thread."""
        with self._row_lock:
            is_new = (key or text) not in self._written
            self._written.add(key or text)
        if is_new:
            self.remark(text)

    def _bars_put_aside(self) -> AbstractContextManager[None]:
        if not self._has_bars:
            return nullcontext()
        return _tqdm().external_write_mode(file=sys.stderr, nolock=False)

    def tick(self) -> None:
        """Update the bars' clocks, and report long phases."""
        for row in list(self._rows):
            row.refresh()

    def _tick(self) -> None:
        while True:
            time.sleep(0.5)
            self.tick()


class Row:
    """The progress of one install. Used by one thread."""

    def __init__(self, label: str, board: Board, *, bar: bool) -> None:
        self.label = label
        self._board = board
        self._shows_bar = bar
        self._bar: tqdm[NoReturn] | None = None
        self._began = time.monotonic()
        self._row_lock = threading.Lock()
        self._text = ""
        self._spoke = self._phase_began = self._began
        self._amount: tuple[int, int | None] | None = None

    def phase(self, text: str, detail: str = "") -> None:
        """Begin a phase: `unpacking`; a bar has no room for the detail."""
        self.wait(text)
        if not self._shows_bar:
            self.remark(f"{text} {detail}".rstrip())

    def wait(self, text: str) -> None:
        """Begin a short phase, which is not reported without a terminal."""
        if self._shows_bar:
            self._open_bar(text)
        else:
            with self._row_lock:
                self._text, self._amount = text, None
                self._spoke = self._phase_began = time.monotonic()

    def advance(self, done: int, total: int | None) -> None:
        """Report how many bytes of the phase are done, of how many."""
        if self._bar is None:
            self._amount = (done, total)
            return
        if self._bar.total != total or self._bar.bar_format == _WAIT:
            self._bar.bar_format = _BAR if total else _COUNT
            self._bar.total = total
            self._bar.unit, self._bar.unit_scale = "B", True
        self._bar.update(done - self._bar.n)

    def remark(self, text: str) -> None:
        """Report something about this install that is not a phase."""
        self._board.remark(f"{self.label}: {text}")

    def close(self, text: str) -> None:
        """End the row with its result; seconds are added."""
        self.drop()
        seconds = time.monotonic() - self._began
        self.remark(f"{text} in {seconds:.1f} s")

    def refresh(self) -> None:
        """Draw the bar again, or report a phase whose last line was long ago."""
        bar = self._bar
        if bar is not None:
            bar.refresh()
            return
        with self._row_lock:
            now = time.monotonic()
            if self._text and now - self._spoke >= _SILENCE_S:
                self._spoke = now
                far = _progressed(self._amount, now - self._phase_began)
                self.remark(f"still {self._text}, {far}")

    def drop(self) -> None:
        """End the row without output."""
        with self._row_lock:
            self._text = ""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
            # A bar below the first one leaves the cursor where its text ended.
            sys.stderr.write("\r")

    def _open_bar(self, text: str) -> None:
        self.drop()
        self._bar = _tqdm()(
            desc=_fitted(f"{self.label}  {text}"),
            bar_format=_WAIT,
            leave=False,
            file=sys.stderr,
            dynamic_ncols=True,
            mininterval=0.2,
        )


def _fitted(text: str) -> str:
    """Return a text shortened so that it and a clock fit into one line of the terminal.

    Wrapped lines would not be erased.
    """
    try:
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):  # it is not a terminal
        return text
    room = max(columns - _CLOCK_COLUMNS, 1)
    return text if len(text) <= room else f"{text[: room - 3]}..."


def _tqdm() -> type[tqdm[NoReturn]]:
    """Load the library that draws bars: a script or a CI job has none."""
    from tqdm import tqdm

    return tqdm


def _progressed(amount: tuple[int, int | None] | None, seconds: float) -> str:
    """Render the progress of a phase: `41 of 60 MB`, or seconds without a total."""
    if amount is None:
        return f"{seconds:.0f} s"
    done, total = amount
    return f"{done / 1e6:.0f}{f' of {total / 1e6:.0f}' if total else ''} MB"
