"""What is reported without a terminal, and that a bar fits into one line of one."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.run import Home
from tests.support.terminal import Terminal
from toolpin.system.progress import Board, Row
from toolpin.system.report import Report


@dataclass
class Clock:
    """A clock that a test moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("toolpin.system.progress.time.monotonic", made)
    return made


@pytest.fixture
def board() -> Board:
    return Board(Report())


@pytest.fixture
def row(board: Board, clock: Clock) -> Iterator[Row]:
    """A row on that clock. Whatever the clock says, a dropped one says no more."""
    assert clock.now
    made = board.row("nodejs 20.9.0")
    yield made
    made.drop()


class Screen(io.StringIO):
    """What a terminal receives."""

    def isatty(self) -> bool:
        return True


def test_a_bar_below_another_leaves_the_cursor_at_the_beginning_of_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    board = Board(Report())
    rows = [board.row("jq 1.7"), board.row("just 1.40.0")]
    for row in rows:
        row.wait("querying")
    rows[0].drop()
    rows[1].drop()
    assert screen.getvalue().endswith("\r")


def test_a_long_download_is_told_every_ten_seconds(
    board: Board, row: Row, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    row.phase("downloading", "node.tar.xz")
    for second in range(1, 32):
        row.advance(second * 1_000_000, 60_000_000)
        clock.now = 1000.0 + second
        board.tick()
        board.tick()
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "nodejs 20.9.0: downloading node.tar.xz",
        "nodejs 20.9.0: still downloading, 10 of 60 MB",
        "nodejs 20.9.0: still downloading, 20 of 60 MB",
        "nodejs 20.9.0: still downloading, 30 of 60 MB",
    ]


def test_what_has_no_known_end_is_told_too(
    board: Board, row: Row, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    row.phase("downloading")
    row.advance(7_000_000, None)
    clock.now += 10
    board.tick()
    row.wait("querying nodejs.org")
    clock.now += 12
    board.tick()
    assert capsys.readouterr().err.splitlines()[1:] == [
        "nodejs 20.9.0: still downloading, 7 MB",
        "nodejs 20.9.0: still querying nodejs.org, 12 s",
    ]


def test_a_quick_phase_and_one_that_is_over_are_not_told_again(
    board: Board, row: Row, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    row.phase("unpacking")
    clock.now += 9
    board.tick()
    row.phase("checking")
    clock.now += 9
    board.tick()
    row.close("installed")
    clock.now += 100
    board.tick()
    assert capsys.readouterr().err.splitlines() == [
        "nodejs 20.9.0: unpacking",
        "nodejs 20.9.0: checking",
        "nodejs 20.9.0: installed in 18.0 s",
    ]


def test_quiet_stays_quiet(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    board = Board(Report(quiet=True))
    row = board.row("nodejs 20.9.0")
    row.phase("downloading")
    clock.now += 60
    board.tick()
    row.drop()
    assert capsys.readouterr().err == ""


def test_a_long_label_leaves_nothing_behind_at_80_columns(home: Home) -> None:
    # A line that the terminal wraps is not erased.
    script = (
        "from toolpin.system.progress import Board; from toolpin.system.report "
        "import Report\n"
        "row = Board(Report()).row('a-tool-' + 'x' * 100)\n"
        "row.phase('unpacking'); row.refresh()\n"
        "row.advance(41_000_000, 60_000_000); row.refresh()\n"
        "row.wait('querying'); row.refresh(); row.drop(); print('end')\n"
    )
    command = (sys.executable, "-c", script)
    with Terminal(*command, env=home.env, cwd=home.project, columns=80) as it:
        shown = it.until("end")
    frames = [frame.rstrip("\n") for frame in re.split(r"\r\n?", shown)]
    assert any("..." in frame for frame in frames), "something was drawn"
    assert max(map(len, frames)) <= 80
