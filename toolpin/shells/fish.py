"""What fish reads: its quotes, its lists, its check."""

from __future__ import annotations

import os
from collections.abc import Iterator

from toolpin.activation import Watch


def quote(text: str) -> str:
    """Return text in single quotes, as fish reads it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def assign(name: str, value: str) -> str:
    """Render the export of a variable; PATH is a list."""
    values = value.split(":") if name == "PATH" else [value]
    return f"set -gx {name} {' '.join(map(quote, values))}\n"


def unset(name: str) -> str:
    """Render the removal of a variable."""
    return f"set -e {name}\n"


def local(name: str, value: str) -> str:
    """Render a variable of the shell's own, which no child sees."""
    return f"set -g {name} {quote(value)}\n"


def same(watch: Watch) -> str:
    """Define the check for fish: by characters, without the last newlines."""
    lines = [f"{one}; or return 1\n" for one in _tests(watch)]
    lines += _joined("-e", [*watch.present, *(file for file, _, _ in watch.texts)])
    lines += _joined("! -e", watch.absent)
    for file, data, whole in watch.texts:
        text = os.fsdecode(data)
        if whole:
            text = text.rstrip("\n")
            read = f"(string collect <{quote(file)})"
        else:
            read = f"(string sub -l {len(text)} -- (string collect -N <{quote(file)}))"
        lines.append(f'set -l text {read}\ntest "$text" = {quote(text)}\nor return 1\n')
    return f"function _toolpin_same\n{''.join(lines)}true\nend\n"


def _joined(test: str, files: list[str] | tuple[str, ...]) -> list[str]:
    tests = " -a ".join(f"{test} {quote(file)}" for file in files)
    return [f"test {tests}\nor return 1\n"] if files else []


def _tests(watch: Watch) -> Iterator[str]:
    for name, value in watch.variables:
        known = f'test "${name}" = {quote(value or "")}'
        yield f"not set -q {name}" if value is None else known
