"""Runs other programs and waits for them; no other module does.

No shell reads their arguments. They do not outlive toolpin, however it dies: the next
process builds in the same place.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from toolpin.errors import ToolpinError, Unreachable


class Finished(NamedTuple):
    """The result of a program: its exit status and its text."""

    status: int
    out: str
    err: str


_running: set[subprocess.Popen[str]] = set()
# So that nothing is started while running programs are being killed. Reentrant: a
# signal's handler may kill while its own thread is starting a program.
_process_lock = threading.RLock()


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str,
    timeout_s: float,
    errors: str = "replace",
    exact: bool = False,
    shown: bool = False,
) -> Finished:
    """Run `command` in a process group of its own, and return its result.

    `errors` is the decoding of bytes that are not UTF-8. With `exact` a carriage return
    ends no line. With `shown` the output goes to this process's own stdout and stderr.
    Raises ToolpinError if the program cannot be started, and Unreachable after
    `timeout_s`; its whole group is killed then.
    """
    with _process_lock:
        child = _start(command, env, cwd, errors, shown=shown)
        _running.add(child)
    if exact and isinstance(child.stdout, io.TextIOWrapper):
        child.stdout.reconfigure(newline="\n")
    try:
        with child, _guarded(child):
            return _collect(child, timeout_s)
    finally:
        _running.discard(child)


def kill_all() -> None:
    """Kill every program that still runs, with what it started."""
    with _process_lock:
        for child in list(_running):
            _kill(child)


def _start(
    command: Sequence[str],
    env: Mapping[str, str],
    cwd: str,
    errors: str,
    *,
    shown: bool,
) -> subprocess.Popen[str]:
    where = None if shown else subprocess.PIPE
    if shown and sys.stdout is not None:
        sys.stdout.flush()
    try:
        return subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=where,
            stderr=where,
            text=True,
            encoding="utf-8",
            errors=errors,
            process_group=0,
        )
    except OSError as error:
        raise ToolpinError(
            f"{command[0]} cannot be started", [("reason", error.strerror or "?")]
        ) from error


@contextlib.contextmanager
def _guarded(child: subprocess.Popen[str]) -> Iterator[None]:
    """Start a process in the program's group that kills it when this process is gone.

    A killed process leaves nothing but the end of its pipe.
    """
    try:
        guard = subprocess.Popen(
            ["/bin/sh", "-c", "read -r _ || kill -KILL 0"],
            env={},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=child.pid,
        )
    except OSError:  # the group has ended already
        yield
        return
    try:
        yield
    finally:
        guard.kill()
        guard.communicate()


def _collect(child: subprocess.Popen[str], timeout_s: float) -> Finished:
    """Read both streams to their ends while an alarm watches the clock."""
    out, err = child.stdout or (), child.stderr or ()
    lines: list[str] = []
    errors: list[str] = []
    drain = threading.Thread(target=lambda: errors.extend(err))
    late = threading.Event()

    def expire() -> None:
        late.set()
        _kill(child)

    alarm = threading.Timer(timeout_s, expire)
    try:
        drain.start()
        alarm.start()
        lines.extend(out)
        drain.join()
        status = child.wait()
    except BaseException:
        _kill(child)
        raise
    finally:
        alarm.cancel()
    if late.is_set():
        raise Unreachable(f"no answer within {timeout_s:.0f} s; it was stopped")
    return Finished(status, "".join(lines), "".join(errors))


def _kill(child: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
