"""Runs other programs and waits for them; no other module does.

No shell reads their arguments. They do not outlive toolpin, however it dies: the next
process builds in the same place.
"""

from __future__ import annotations

import contextlib
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


_running: set[subprocess.Popen[bytes]] = set()
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
    in stdout ends no line. With `shown` the output goes to this process's own stdout
    and stderr. Raises ToolpinError if the program cannot be started, and Unreachable
    after `timeout_s`; its whole group is killed then.
    """
    with _process_lock:
        child = _start(command, env, cwd, shown=shown)
        _running.add(child)
    try:
        with child, _guarded(child):
            out, err = _collect(child, timeout_s)
    finally:
        _running.discard(child)
    text = out.decode(errors=errors)
    return Finished(
        child.returncode,
        text if exact else _with_plain_lines(text),
        _with_plain_lines(err.decode(errors=errors)),
    )


def kill_all() -> None:
    """Kill every program that still runs, with what it started."""
    with _process_lock:
        for child in list(_running):
            _kill(child)


def _start(
    command: Sequence[str], env: Mapping[str, str], cwd: str, *, shown: bool
) -> subprocess.Popen[bytes]:
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
            process_group=0,
        )
    except OSError as error:
        raise ToolpinError(
            f"{command[0]} cannot be started", [("reason", error.strerror or "?")]
        ) from error


@contextlib.contextmanager
def _guarded(child: subprocess.Popen[bytes]) -> Iterator[None]:
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


def _collect(child: subprocess.Popen[bytes], timeout_s: float) -> tuple[bytes, bytes]:
    """Return both streams of a program that has ended, b"" for one that is shown."""
    try:
        out, err = child.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        _kill(child)
        what = f"no answer within {timeout_s:.0f} s; it was stopped"
        raise Unreachable(what) from None
    except BaseException:
        _kill(child)
        raise
    return out or b"", err or b""


def _with_plain_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _kill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
