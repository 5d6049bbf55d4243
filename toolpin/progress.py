"""Shows several installs at once: bars on a terminal, one line a phase elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from typing import NoReturn

from tqdm import tqdm

from toolpin.report import Report

_BAR = (
    "  {desc}  {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} {rate_fmt} eta {remaining}"
)
_COUNT = "  {desc}  {n_fmt} {rate_fmt}"
_WAIT = "  {desc}  {elapsed}"


class Board:
    """All rows of one command; every line about them goes through here."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._has_bars = sys.stderr.isatty() and not report.quiet
        self._mutex = threading.Lock()
        self._rows: list[Row] = []
        if self._has_bars:
            threading.Thread(target=self._tick, daemon=True).start()

    def row(self, label: str) -> Row:
        """Return a row of its own for one install."""
        row = Row(label, self, bar=self._has_bars)
        self._rows.append(row)
        return row

    def remark(self, text: str) -> None:
        """Write a line, above the bars where there are any."""
        with self._mutex, tqdm.external_write_mode(file=sys.stderr, nolock=False):
            self._report.remark(text)

    def _tick(self) -> None:
        """Let the clocks of the bars go on while nothing else happens."""
        while True:
            time.sleep(0.5)
            for row in list(self._rows):
                row.refresh()


class Row:
    """What one install is doing. Used by one thread."""

    def __init__(self, label: str, board: Board, *, bar: bool) -> None:
        self._label = label
        self._board = board
        self._shows_bar = bar
        self._bar: tqdm[NoReturn] | None = None
        self._began = time.monotonic()

    def phase(self, text: str, detail: str = "") -> None:
        """Begin a phase: `unpacking`; a bar has no room for the detail."""
        if self._shows_bar:
            self._open_bar(text, _WAIT)
        else:
            self.remark(f"{text} {detail}".rstrip())

    def wait(self, text: str) -> None:
        """Begin a phase that is soon over: nothing to say of it without a terminal."""
        if self._shows_bar:
            self._open_bar(text, _WAIT)

    def advance(self, done: int, total: int | None) -> None:
        """Tell how many bytes of the phase are done, of how many."""
        if self._bar is None:
            return
        if self._bar.total != total or self._bar.bar_format == _WAIT:
            self._bar.bar_format = _BAR if total else _COUNT
            self._bar.total = total
            self._bar.unit, self._bar.unit_scale = "B", True
        self._bar.update(done - self._bar.n)

    def remark(self, text: str) -> None:
        """Say something about this install that is no phase of it."""
        self._board.remark(f"{self._label}: {text}")

    def close(self, text: str) -> None:
        """End the row with its result; seconds are added."""
        self.drop()
        seconds = time.monotonic() - self._began
        self.remark(f"{text} in {seconds:.1f} s")

    def refresh(self) -> None:
        """Draw the bar again, if there is one."""
        bar = self._bar
        if bar is not None:
            bar.refresh()

    def drop(self) -> None:
        """End the row without a word."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _open_bar(self, text: str, bar_format: str) -> None:
        self.drop()
        self._bar = tqdm(
            desc=f"{self._label}  {text}",
            bar_format=bar_format,
            leave=False,
            file=sys.stderr,
            dynamic_ncols=True,
            mininterval=0.2,
        )
