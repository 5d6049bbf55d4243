"""The one room that writes to stdout and stderr. Light: every command imports it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence

from toolpin.errors import ToolpinError, printable, printable_lines

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
            if sys.stdout is not None:  # closed by whoever started this
                sys.stdout.write(f"{text}\n")

    def foreign(self, text: str) -> None:
        """Write lines of somebody else's so that a terminal obeys none; tabs stay."""
        self.answer("\t".join(printable_lines(part) for part in text.split("\t")))

    def path(self, path: str) -> None:
        """Write a path, alone in its line: as it is for a script, escaped to a person.

        So does `ls`.
        """
        is_terminal = sys.stdout is not None and sys.stdout.isatty()
        self.answer(printable(path) if is_terminal else path)

    def document(
        self, command: str, result: object, *, changed: bool | None = None
    ) -> None:
        """Write a command's answer as the one JSON document that --json asks for.

        `changed` says whether the command changed anything, None where it never does.
        """
        more: dict[str, object] = {} if changed is None else {"changed": changed}
        self._envelope(command, {**more, "result": result})

    def failure(self, command: str | None, error: ToolpinError) -> None:
        """Write the document that --json asks for of a command that has no result.

        `command` is None where the command line names none.
        """
        self._envelope(command, {"error": error_table(error)})

    def _envelope(self, command: str | None, more: dict[str, object]) -> None:
        import json  # noqa: PLC0415 - few answers are a document

        # Escaped, because a path may hold bytes that the terminal's encoding lacks.
        envelope = {"schema": JSON_SCHEMA, "command": command, **more}
        self.answer(json.dumps(envelope, indent=1))

    def table(self, rows: Sequence[Sequence[str]], *, folds: bool = False) -> None:
        """Write rows with their columns aligned, two blanks apart.

        With `folds` a last cell that a terminal would break has a line of its own.
        """
        if not rows:
            return
        rows = [[printable(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        most = _terminal_columns() if folds else 0
        for row in rows:
            padded = zip(row, widths, strict=True)
            cells = [f"{cell:<{width}}" for cell, width in padded]
            line = "  ".join(cells).rstrip()
            if 0 < most < len(line):
                first = "  ".join(cells[:-1]).rstrip()
                line = f"{first}\n{' ' * (widths[0] + 2)}{row[-1]}"
            self.answer(line)

    def remark(self, text: str) -> None:
        """Write one line for people, unless they asked for quiet."""
        if not self.quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """Write one line for people, quiet or not."""
        _say(printable(text))

    def warn_lines(self, text: str) -> None:
        """Write lines for people, quiet or not."""
        _say(printable_lines(text))

    def error(self, error: ToolpinError) -> None:
        """Write an error with its facts and what to try."""
        _say(error.render())


def _terminal_columns() -> int:
    """Return how wide the terminal is that stdout is; 0 where it is none."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError, AttributeError):  # a file, closed, none at all
        return 0


def error_table(error: ToolpinError) -> dict[str, object]:
    """Return an error as the JSON documents show it. A label may stand twice."""
    facts = [{"label": label, "value": value} for label, value in error.facts]
    return {"what": error.what, "facts": facts, "hint": error.hint}


def _say(text: str) -> None:
    """Write to stderr; where it is closed or full there is nobody to tell."""
    if sys.stderr is None:
        return
    with _lock:
        try:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
        except OSError:
            # Else Python would try again at its end, and change the exit code.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def close_quietly() -> None:
    """Flush stdout; a reader that has gone (`| head`) is no error.

    Raises ToolpinError when what was answered cannot be written.
    """
    if sys.stdout is None:  # closed by whoever started this
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise ToolpinError(
                "stdout takes no answer", [("because", error.strerror or "?")]
            ) from error
