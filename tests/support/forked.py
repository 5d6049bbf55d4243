"""Runs what `python -I -m toolpin` runs, by a fork of a Python that has loaded it.

Most of what a short command takes is the start of Python and of libraries, the same
each time. What Python reads of its environment as it starts cannot be had so, and on
macOS its libraries forbid a fork: there, and behind any other program, Python starts.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from tests.support import template

_COMMANDS = [
    (sys.executable, "-I", "-m", module) for module in ("toolpin", "toolpin.asdf_cli")
]
_READ_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "TZ", "MALLOC_")
_ENV = {"LC_ALL": "C.UTF-8"}
_PIPE_BYTES = 4096  # what any pipe takes before it is read


class Ended(NamedTuple):
    """The exit status of a run, as subprocess tells it, and what it wrote."""

    code: int
    out: bytes
    err: bytes


def can_run(command: Sequence[str], env: Mapping[str, str], stdin: bytes) -> bool:
    """Tell whether a fork of the template is the same as this command."""
    read = {name: v for name, v in env.items() if name.startswith(_READ_AT_START)}
    return (
        sys.platform == "linux"
        and tuple(command[:4]) in _COMMANDS
        and read == _ENV
        and len(stdin) <= _PIPE_BYTES
    )


def run(
    command: Sequence[str],
    *,
    cwd: str,
    env: Mapping[str, str],
    stdin: bytes,
    timeout_s: float,
) -> Ended:
    """Run what can be run so, and wait for its end and for the ends of its streams.

    Raises subprocess.TimeoutExpired when the time is over; the process is killed.
    """
    (given, write), (out, out_end), (err, err_end), (output, told_end) = (
        os.pipe() for _ in range(4)
    )
    os.write(write, stdin)
    os.close(write)
    order = {"words": command[3:], "env": dict(env), "directory": cwd}
    ends = (given, out_end, err_end, told_end)
    _template().order(order, ends)
    for end in ends:
        os.close(end)
    try:
        return _result(out, err, output, timeout_s)
    except TimeoutError:
        raise subprocess.TimeoutExpired(command, timeout_s) from None
    finally:
        for file in (out, err, output):
            os.close(file)


def _result(out: int, err: int, told: int, timeout_s: float) -> Ended:
    """Read what a run writes and how it ends; kill it when the time is over."""
    texts = {out: b"", err: b"", told: os.read(told, _PIPE_BYTES)}  # it has begun
    if not _read(texts, time.monotonic() + timeout_s):
        with suppress(ProcessLookupError):  # only what it started is left
            os.kill(int(texts[told].split()[0]), signal.SIGKILL)
        _read({told: b""}, None)
        raise TimeoutError
    _, code = texts[told].split()
    return Ended(int(code), texts[out], texts[err])


def _read(texts: dict[int, bytes], deadline: float | None) -> bool:
    """Read these files to their ends; say whether there was time for it."""
    open_files = set(texts)
    with selectors.DefaultSelector() as waiting:
        for file in texts:
            waiting.register(file, selectors.EVENT_READ)
        while open_files:
            left_s = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready = waiting.select(left_s)
            for key, _ in ready:
                block = os.read(key.fd, 1 << 16)
                texts[key.fd] += block
                if not block:
                    waiting.unregister(key.fd)
                    open_files.remove(key.fd)
            if not ready:
                return False
    return True


class _Template:
    """The process that is forked; it ends when the tests that ask it do."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._mutex = threading.Lock()
        self._process = subprocess.Popen(
            (sys.executable, "-I", template.__file__, str(theirs.fileno())),
            stdin=subprocess.PIPE,  # pipes, as a run's own are
            stdout=subprocess.PIPE,
            env={"PATH": os.defpath, **_ENV},
            cwd="/",
            pass_fds=(theirs.fileno(),),
        )
        theirs.close()
        atexit.register(self._end)

    def order(self, order: Mapping[str, object], files: Sequence[int]) -> None:
        """Send an order, with a run's three streams and the file to tell its end in."""
        data = json.dumps(order).encode()
        with self._mutex:
            socket.send_fds(self._control, [len(data).to_bytes(4, "big")], files)
            self._control.sendall(data)

    def _end(self) -> None:
        self._control.close()
        self._process.communicate()


@functools.cache
def _template() -> _Template:
    return _Template()
