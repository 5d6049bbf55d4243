"""An interactive shell on a terminal of its own, spoken to line by line."""

from __future__ import annotations

import os
import pty
import select
import time
from pathlib import Path
from types import TracebackType

_PATIENCE_S = 60


class Terminal:
    """A shell that somebody types into; leaving the block ends it."""

    def __init__(
        self, command: tuple[str, ...], *, env: dict[str, str], cwd: Path
    ) -> None:
        self._seen = ""
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            try:
                os.chdir(cwd)
                os.execvpe(command[0], command, env)
            finally:
                os._exit(127)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)
        os.waitpid(self._pid, 0)

    def type(self, text: str) -> None:
        """Send keys."""
        os.write(self._fd, text.encode())

    def until(self, mark: str) -> str:
        """Return what the screen got since the last mark, up to this one.

        Raises TimeoutError with all of it when the mark does not come.
        """
        deadline = time.monotonic() + _PATIENCE_S
        while mark not in self._seen:
            left = max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self._fd], [], [], left)
            if not ready:
                raise TimeoutError(self._seen)
            self._seen += self._read()
        found, _, self._seen = self._seen.partition(mark)
        return found

    def ask(self, line: str) -> str:
        """Type a line that prints `<TEXT>` in the end, and return that text."""
        self.type(f"{line}\n")
        self.until("<<")
        return self.until(">>").replace("\r\n", "\n")

    def _read(self) -> str:
        try:
            data = os.read(self._fd, 65536)
        except OSError as error:
            raise TimeoutError(self._seen) from error
        if not data:
            raise TimeoutError(self._seen)
        return data.decode(errors="replace")
