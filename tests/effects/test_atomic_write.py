"""A file is replaced whole, and what a killed writer left goes with the next write."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from toolpin.system.atomic_write import atomic_replace

_WRITER = """
import sys
from toolpin.system.atomic_write import atomic_replace
with atomic_replace(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    print("writing", flush=True)
    sys.stdin.read()
"""


@contextmanager
def writer(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has begun to write, and ends when its input does."""
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        yield process


def write(path: Path, data: bytes) -> None:
    with atomic_replace(str(path)) as file:
        file.write(data)


def test_hostile_78_what_a_killed_writer_left_goes_with_the_next_write(
    tmp_path: Path,
) -> None:
    path = tmp_path / ".tool-versions"
    path.write_text("old")
    with writer(path) as process:
        process.send_signal(signal.SIGKILL)
    assert path.read_text() == "old"
    assert len(os.listdir(tmp_path)) == 2
    write(path, b"new")
    assert os.listdir(tmp_path) == [".tool-versions"]
    assert path.read_text() == "new"


def test_a_writer_at_work_is_not_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "note"
    with writer(path) as process:
        write(path, b"mine")
        assert path.read_text() == "mine"
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=30) == 0
    assert path.read_text() == "half"
    assert os.listdir(tmp_path) == ["note"]


def test_other_files_beside_it_stay(tmp_path: Path) -> None:
    names = {
        "note.1",
        "note.12-xyzxyzxy",
        "note.12-0123456",
        "note.bak",
        "a.1-01234567",
        "note.1-20251125",  # as somebody may call a backup of the day
        "note.20251125-18450000",
        "note.2024-deadbeef",
    }
    for name in names:
        (tmp_path / name).write_text("")
    write(tmp_path / "note", b"")
    assert set(os.listdir(tmp_path)) == {*names, "note"}


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user")
def test_what_no_killed_writer_of_ones_own_left_stays(tmp_path: Path) -> None:
    with writer(tmp_path / "note") as process:
        process.send_signal(signal.SIGKILL)
    (left,) = tmp_path.iterdir()
    pipe = tmp_path / left.name.replace("-", "-1", 1)
    os.mkfifo(pipe)
    os.chown(left, 12345, 12345)
    write(tmp_path / "note", b"")
    assert set(tmp_path.iterdir()) == {left, pipe, tmp_path / "note"}


def test_an_exception_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "note"
    path.write_text("old")
    with pytest.raises(TypeError), atomic_replace(str(path)) as file:
        file.write("no bytes")  # type: ignore[call-overload]
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["note"]
