"""Writes to stdout and stderr; no other module does.

Light: every command imports it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Literal, TextIO

from toolpin.errors import ToolpinError, printable, printable_lines

JSON_SCHEMA = 1

Color = Literal["", "red", "green", "yellow", "cyan"]
_CODES = {"red": 31, "green": 32, "yellow": 33, "cyan": 36}

_lock = threading.Lock()


class Report:
    """The output of a command: results (stdout) and messages (stderr).

    A command writes its result in both forms, for people and as a JSON document; the
    one that was not requested is dropped.
    """

    def __init__(self, *, quiet: bool = False, as_json: bool = False) -> None:
        self.quiet = quiet
        self.as_json = as_json

    def answer(self, text: str) -> None:
        """Write one line that a script may read."""
        if not self.as_json:
            _write(text)

    def code(self, text: str) -> None:
        """Write code that a shell evaluates, which has no other form."""
        _write(text)

    def foreign(self, text: str) -> None:
        """Write text from outside, with control characters escaped; tabs stay."""
        self.answer("\t".join(printable_lines(part) for part in text.split("\t")))

    def path(self, path: str) -> None:
        """Write a path, alone in its line: unchanged for a script, escaped for people.

        So does `ls`.
        """
        is_terminal = sys.stdout is not None and sys.stdout.isatty()
        self.answer(printable(path) if is_terminal else path)

    def brief(self, place: str, directory: str, home: str) -> str:
        """Return a path as a row of a terminal has room for it, else unchanged.

        Below `directory` it is relative, below `home` it begins with `~`. The start of
        a long one is left out.
        """
        columns = _terminal_columns()
        if not columns or not place.startswith("/"):
            return place
        for start, short in ((directory, ""), (home, "~/")):
            if place.startswith(f"{start.rstrip('/')}/"):
                place = short + place[len(start.rstrip("/")) + 1 :]
                break
        most = columns // 2
        return place if len(place) <= most else f"...{place[3 - most :]}"

    def document(
        self, command: str, result: object, *, changed: bool | None = None
    ) -> None:
        """Write a command's result as the single JSON document of --json.

        `changed` states whether the command changed anything, None if it never does.
        """
        more: dict[str, object] = {} if changed is None else {"changed": changed}
        if self.as_json:
            _write_envelope(command, {**more, "result": result})

    def raise_first(self, errors: Sequence[ToolpinError]) -> None:
        """Raise the first of several errors, if there is one; the others are shown."""
        for error in errors[1:]:
            self.error(error)
        if errors:
            raise errors[0]

    def failure(self, command: str | None, error: ToolpinError) -> None:
        """Write the JSON document of --json for a command without a result.

        `command` is None if the command line names none.
        """
        _write_envelope(command, {"error": error_table(error)})

    def table(
        self,
        rows: Sequence[Sequence[str]],
        *,
        folds: bool = False,
        color: Callable[[int, str], Color] = lambda _column, _cell: "",
    ) -> None:
        """Write rows with their columns aligned, two spaces apart.

        With `folds` a last cell that a terminal would wrap is on a separate line.
        `color` returns the color of a cell, by its column.
        """
        if not rows or self.as_json:
            return
        rows = [[printable(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        most = _terminal_columns() if folds else 0
        for row in rows:
            padded = zip(row, widths, strict=True)
            cells = [f"{cell:<{width}}" for cell, width in padded]
            cells[-1] = row[-1]  # its color would keep the spaces
            if 0 < most < len("  ".join(cells).rstrip()):
                cells[-2:] = [f"{cells[-2].rstrip()}\n{' ' * widths[0]}", row[-1]]
            painted = [
                paint(cell, color(at, row[at]), sys.stdout)
                for at, cell in enumerate(cells)
            ]
            self.answer("  ".join(painted).rstrip())

    def remark(self, text: str) -> None:
        """Write one line for people, unless --quiet is set."""
        if not self.quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """Write one line for people, even with --quiet."""
        _say(printable(text))

    def warn_lines(self, text: str) -> None:
        """Write lines for people, even with --quiet."""
        _say(printable_lines(text))

    def error(self, error: ToolpinError) -> None:
        """Write an error with its facts and hint."""
        first, *lines = error.render().split("\n")
        label = paint("toolpin:", "red", sys.stderr)
        if error.hint:
            lines[-1] = f"  {paint(lines[-1].lstrip(), 'cyan', sys.stderr)}"
        _say("\n".join([f"{label}{first.removeprefix('toolpin:')}", *lines]))


def _write(text: str) -> None:
    with _lock:
        if sys.stdout is not None:  # closed by the parent process
            sys.stdout.write(f"{text}\n")


def _write_envelope(command: str | None, more: dict[str, object]) -> None:
    import json

    # Escaped, because a path may hold bytes that the terminal's encoding lacks.
    envelope = {"schema": JSON_SCHEMA, "command": command, **more}
    _write(json.dumps(envelope, indent=1))


def paint(text: str, color: Color, stream: TextIO | None) -> str:
    """Return a text in a color, if the stream is a terminal or FORCE_COLOR is set.

    Never under NO_COLOR: https://no-color.org.
    """
    env = os.environ
    if not color or stream is None or env.get("NO_COLOR"):
        return text
    forced = {env.get(name, "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")} - {"0"}
    if not (forced or (stream.isatty() and env.get("TERM") != "dumb")):
        return text
    return f"\033[{_CODES[color]}m{text}\033[0m"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: `1 version`, `2 versions`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def sized(size_bytes: int) -> str:
    """Return a size: `59 MB`, or `12 KB` below one MB."""
    if size_bytes < 1_000_000:
        return f"{-(-size_bytes // 1000)} KB"
    return f"{size_bytes / 1e6:.0f} MB"


def _terminal_columns() -> int:
    """Return the width of the terminal on stdout; 0 if it is not one."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError, AttributeError):  # a file, closed, or missing
        return 0


def error_table(error: ToolpinError) -> dict[str, object]:
    """Return an error as the JSON documents show it."""
    facts = facts_table(error.facts)
    return {"what": error.what, "facts": facts, "hint": error.hint}


def facts_table(facts: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Return facts as the JSON documents show them. A label may appear twice."""
    return [{"label": label, "value": value} for label, value in facts]


def _say(text: str) -> None:
    """Write to stderr; if it is closed or full there is no way to report it."""
    if sys.stderr is None:
        return
    with _lock:
        try:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
        except OSError:
            # Otherwise Python would try again at its end, and change the exit code.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def close_quietly() -> None:
    """Flush stdout; a closed pipe (`| head`) is not an error.

    Raises ToolpinError if the output cannot be written.
    """
    if sys.stdout is None:  # closed by the parent process
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise ToolpinError(
                "stdout cannot be written", [("reason", error.strerror or "?")]
            ) from error
