"""Running other programs: their text, their status, and their end."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from toolpin.errors import ToolpinError, Unreachable
from toolpin.system import process

ENV = {"PATH": "/usr/bin:/bin"}


def _sh(script: str, timeout_s: float = 30.0) -> process.Finished:
    return process.run(["sh", "-c", script], env=ENV, cwd="/", timeout_s=timeout_s)


def test_both_streams_and_the_status_come_back() -> None:
    done = _sh("echo out; echo err >&2; exit 7")
    assert done == (7, "out\n", "err\n")


def test_much_on_both_streams_blocks_nobody() -> None:
    done = _sh("head -c 300000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero >&2")
    assert (len(done.out), len(done.err)) == (300000, 300000)


def test_a_carriage_return_ends_a_line_unless_the_output_is_exact() -> None:
    command = ["printf", "a\\r\\nb\\rc"]
    done = process.run(command, env=ENV, cwd="/", timeout_s=30)
    assert done.out == "a\nb\nc"
    done = process.run(command, env=ENV, cwd="/", timeout_s=30, exact=True)
    assert done.out == "a\r\nb\rc"


def test_a_program_that_is_late_is_ended_with_all_it_started(tmp_path: Path) -> None:
    started = tmp_path / "pid"
    script = f"sleep 600 & echo $! > {started}.new; mv {started}.new {started}; wait"
    for limit_s in (0.5, 5, 50):  # a busy machine may end it before it has begun
        with pytest.raises(Unreachable, match="no answer"):
            _sh(script, timeout_s=limit_s)
        if started.exists():
            break
    pid = int(started.read_text())
    wait_until(lambda: _is_gone(pid))


def test_all_that_runs_can_be_ended_at_once(tmp_path: Path) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    runner = threading.Thread(target=_sh, args=[f"echo > {started}; sleep 60"])
    runner.start()
    started.read_text()
    process.kill_all()
    runner.join(timeout=30)
    assert not runner.is_alive()


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(ToolpinError, match="/no/such/program"):
        process.run(["/no/such/program"], env=ENV, cwd="/", timeout_s=5)


def _is_gone(pid: int) -> bool:
    """Tell whether a process has ended; init may not have collected it yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"
