"""Rows of `current` and `outdated` in a terminal of 80 columns, and in a pipe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.run import TOOLPIN, Home
from tests.support.terminal import Terminal
from tests.support.upstream import HOSTS, Upstream

_END = "the end\r\n"


def _screen(home: Home, *args: str, cwd: Path) -> list[str]:
    """Return the lines that a command writes to a terminal of 80 columns."""
    script = '"$@" 2>/dev/null; echo the end'
    command = ("sh", "-c", script, "sh", *TOOLPIN, *args)
    with Terminal(*command, env=home.env, cwd=cwd, columns=80) as terminal:
        return terminal.until(_END).partition(_END)[0].splitlines()


@pytest.fixture
def deep(home: Home, upstream: Upstream) -> Path:
    """A directory far below the home directory, with tools to update and without."""
    for version in ("22.20.0", "24.1.0"):
        upstream.publish(version, hosts=HOSTS)
    directory = home.home / ("a-name-of-a-project-" * 3) / ("and-one-of-a-part-" * 3)
    directory.mkdir(parents=True)
    (directory / ".tool-versions").write_text("nodejs 22\nxqwzt 1.2\n")
    (home.home / ".tool-versions").write_text("golang system\n")
    return directory


@pytest.mark.parametrize("command", ["current", "outdated"])
def test_no_row_is_wider_than_the_terminal(
    command: str, home: Home, deep: Path
) -> None:
    part = deep / "a"
    part.mkdir()
    for directory in (deep, part):
        lines = _screen(home, command, cwd=directory)
        assert max(map(len, lines)) <= 80, lines
    assert any(".tool-versions:1" in line for line in lines), lines


def test_paths_are_relative_to_the_directory_or_to_home(home: Home, deep: Path) -> None:
    lines = _screen(home, "current", cwd=deep)
    rows = [line.split() for line in lines]
    assert rows[0] == ["nodejs", "22", ".tool-versions:1", "missing:", "22"]
    assert rows[-1] == ["golang", "system", "~/.tool-versions:1", "in", "place"]


def test_a_hint_that_does_not_fit_is_on_a_line_of_its_own(
    home: Home, deep: Path
) -> None:
    (deep / ".tool-versions").write_text(f"xqwzt {'.'.join('123456789' * 2)}\n")
    lines = _screen(home, "current", cwd=deep)
    assert lines[1].strip() == "no plugin; try: toolpin plugin add xqwzt"


@pytest.mark.parametrize("command", ["current", "outdated"])
def test_a_pipe_gets_whole_paths(command: str, home: Home, deep: Path) -> None:
    place = f"{deep}{os.sep}.tool-versions:1"
    rows = home.toolpin(command, cwd=deep).out.splitlines()
    assert [row for row in rows if row.startswith("nodejs ") and place in row]
