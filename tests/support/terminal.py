"""An interactive shell in a terminal of its own, as somebody types at it."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import termios
import time
from pathlib import Path
from types import TracebackType

_MOST_S = 60
# The terminal must control the shell's session: a fork in Python would do it, and is
# not safe beside threads.
_IN_CONTROL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
_COLOURS = re.compile(
    rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]|\x1b\][^\a]*\a"
)


class Terminal:
    """A shell that reads keys and paints a screen; what it paints is kept as text."""

    def __init__(
        self, *command: str, env: dict[str, str], cwd: Path, columns: int = 200
    ) -> None:
        self._screen, inner = os.openpty()
        termios.tcsetwinsize(self._screen, (100, columns))
        env = {**env, "TERM": "xterm"}
        self._shell = subprocess.Popen(
            [sys.executable, "-I", "-c", _IN_CONTROL, *command],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env=env,
            cwd=cwd,
        )
        os.close(inner)
        self._raw = b""
        self._read = 0

    def send(self, keys: str) -> None:
        """Send keys; the shell reads them one by one, when it is ready."""
        os.write(self._screen, keys.encode())

    def until(self, *wanted: str) -> str:
        """Wait for all these texts, and return what was shown since the last wait."""
        end = time.monotonic() + _MOST_S
        while not all(text in self._new() for text in wanted):
            left = end - time.monotonic()
            ready, _, _ = select.select([self._screen], [], [], max(left, 0))
            assert ready, f"no {wanted} in {self._new()!r}"
            try:
                self._raw += os.read(self._screen, 65536)
            except OSError as error:  # Linux's end of a terminal
                raise AssertionError(f"ended, and showed {self._new()!r}") from error
        shown = self._new()
        self._read = len(self._raw)
        return shown

    def _new(self) -> str:
        return _COLOURS.sub(b"", self._raw[self._read :]).decode(errors="replace")

    def __enter__(self) -> Terminal:
        """Return the terminal."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        os.close(self._screen)
        self._shell.kill()
        self._shell.wait()
