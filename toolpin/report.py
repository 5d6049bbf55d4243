"""The one room that writes to stdout and stderr. Light: every command imports it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence

from toolpin.errors import ToolpinError, printable

JSON_SCHEMA = 1

_lock = threading.Lock()


class Report:
    """Where a command's answers (stdout) and remarks (stderr) go."""

    def __init__(self, *, quiet: bool = False, as_json: bool = False) -> None:
        self.quiet = quiet
        self.as_json = as_json

    def answer(self, text: str) -> None:
        """Write one line that a script may read."""
        with _lock:
            sys.stdout.write(f"{text}\n")

    def document(
        self, command: str, result: object, *, changed: bool | None = None
    ) -> None:
        """Write a command's answer as the one JSON document that --json asks for.

        `changed` says whether the command changed anything, None where it never does.
        """
        import json  # noqa: PLC0415 - few answers are a document

        envelope: dict[str, object] = {"schema": JSON_SCHEMA, "command": command}
        if changed is not None:
            envelope["changed"] = changed
        envelope["result"] = result
        self.answer(json.dumps(envelope, indent=1, ensure_ascii=False))

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Write rows with their columns aligned, two blanks apart."""
        if not rows:
            return
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (
                f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)
            )
            self.answer("  ".join(cells).rstrip())

    def remark(self, text: str) -> None:
        """Write one line for people, unless they asked for quiet."""
        if not self.quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """Write one line for people, quiet or not."""
        with _lock:
            sys.stderr.write(f"{printable(text)}\n")
            sys.stderr.flush()

    def error(self, error: ToolpinError) -> None:
        """Write an error with its facts and what to try."""
        with _lock:
            sys.stderr.write(f"{error.render()}\n")
            sys.stderr.flush()


def close_quietly() -> None:
    """Flush stdout; a reader that has gone (`| head`) is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
