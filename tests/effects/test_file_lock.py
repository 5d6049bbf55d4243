"""One owner at a time, among threads and processes, alive or killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from toolpin.errors import ToolpinError
from toolpin.system.file_lock import held, try_held

_OWNER = """
import sys
from toolpin.system.file_lock import held
with held(sys.argv[1]):
    print("mine", flush=True)
    sys.stdin.read()
"""

_COUNTER = """
import sys
from toolpin.system.file_lock import held
for _ in range(20):
    with held(sys.argv[1]):
        with open(sys.argv[2]) as file: number = int(file.read())
        with open(sys.argv[2], "w") as file: file.write(str(number + 1))
"""


@contextmanager
def owner(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the file lock until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "mine\n"
        yield process


def test_a_file_lock_makes_its_directory_and_keeps_its_file(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "nodejs" / "10.15.3"
    with held(str(path)):
        assert path.exists()
    assert path.exists()


def test_another_process_keeps_us_out_until_it_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "file lock"
    lines: list[str] = []
    with owner(path) as process:
        with try_held(str(path)) as mine:
            assert not mine

        def waiting() -> None:
            lines.append("waiting")
            assert process.stdin is not None
            process.stdin.close()

        with held(str(path), waiting=waiting):
            lines.append("mine")
    assert lines == ["waiting", "mine"]


def test_waiting_is_not_called_for_a_free_file_lock(tmp_path: Path) -> None:
    with held(str(tmp_path / "file lock"), waiting=lambda: pytest.fail("it was free")):
        pass
    with try_held(str(tmp_path / "file lock")) as mine:
        assert mine


def test_hostile_78_a_killed_owner_frees_the_file_lock_at_once(tmp_path: Path) -> None:
    path = tmp_path / "file lock"
    with owner(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
        with try_held(str(path)) as mine:
            assert mine


def test_threads_exclude_each_other(tmp_path: Path) -> None:
    path = str(tmp_path / "file lock")
    answers: list[bool] = []

    def look() -> None:
        with try_held(path) as mine:
            answers.append(mine)

    with held(path):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    look()
    assert answers == [False, True]


def test_counting_processes_lose_no_count(tmp_path: Path) -> None:
    number = tmp_path / "number"
    number.write_text("0")
    command = [sys.executable, "-c", _COUNTER, str(tmp_path / "file lock"), str(number)]
    counters = [subprocess.Popen(command) for _ in range(4)]
    assert [counter.wait(timeout=60) for counter in counters] == [0] * 4
    assert number.read_text() == "80"


def test_an_exception_frees_the_file_lock(tmp_path: Path) -> None:
    path = str(tmp_path / "file lock")
    with pytest.raises(KeyboardInterrupt), held(path):
        raise KeyboardInterrupt
    with try_held(path) as mine:
        assert mine


def test_hostile_73_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "file lock"
    with pytest.raises(ToolpinError) as caught, held(str(path)):
        pytest.fail("held on a file that cannot be")
    assert ("file lock", str(path)) in caught.value.facts


def test_hostile_73_a_file_lock_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file lock"
    path.mkdir()
    with pytest.raises(ToolpinError) as caught, held(str(path)):
        pytest.fail("held a directory")
    assert caught.value.facts == (
        ("file lock", str(path)),
        ("reason", "Is a directory"),
    )


def test_hostile_82_a_filesystem_without_locks_is_named(tmp_path: Path) -> None:
    """No file on this machine lacks flock: run where fcntl answers ENOLCK."""
    code = """
import errno, fcntl, os, sys
def without_locks(fd, how): raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
fcntl.flock = without_locks
from toolpin.errors import ToolpinError
from toolpin.system.file_lock import held
try:
    with held(sys.argv[1]): pass
except ToolpinError as error:
    print(error.render())
"""
    command = [sys.executable, "-c", code, str(tmp_path / "file lock")]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "this filesystem has no locks" in answer.stdout
    assert "TOOLPIN_DATA_DIR" in answer.stdout
