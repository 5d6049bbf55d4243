"""fish syntax: its quotes, its lists, its check."""

from __future__ import annotations

import os
from collections.abc import Iterator

from toolpin.env_patch import quote_fish as quote
from toolpin.shell.activation import Watch

__all__ = ["assign", "in_front", "quote", "same", "unset"]

# A status counts to 255.
_MOST_NAMES = 200


def assign(name: str, value: str) -> str:
    """Render the export of a variable; PATH is a list."""
    values = value.split(":") if name == "PATH" else [value]
    return f"set -gx {name} {' '.join(map(quote, values))}\n"


def unset(name: str) -> str:
    """Render the removal of a variable."""
    return f"set -e {name}\n"


def in_front(directory: str) -> str:
    """Put a directory first on PATH, wherever it is in it."""
    at = quote(directory)
    return (
        f"while contains -- {at} $PATH; "
        f"set -e PATH[(contains -i -- {at} $PATH)]; end; set -gx PATH {at} $PATH\n"
    )


def same(watch: Watch) -> str:
    """Define the check for fish; it compares the characters of files."""
    tests = [f"-e {quote(file)}" for file in watch.present]
    tests += [f"-f {quote(file)}" for file, _, _ in watch.texts]
    lines = [*_unset(watch), *_variables(watch)]
    if tests:
        lines.append(f"test {' -a '.join(tests)}")
    if watch.absent:
        lines.append(" ".join(("_toolpin_absent", *map(quote, watch.absent))))
    for file, data, whole in watch.texts:
        text = os.fsdecode(data)
        lines.append(f'read -z -l text <{quote(file)}; or test -z "$text"')
        result = '"$text"'
        if not whole:  # one word of many lines, to the newline that `string` adds
            result = f'(string sub -l {len(text)} -- "$text" | string collect -N)'
            text += "\n"
        lines.append(f"test {result} = {quote(text)}")
    body = "".join(f"{line}; or return 1\n" for line in lines)
    return f"function _toolpin_same\n{body}end\n"


def _unset(watch: Watch) -> Iterator[str]:
    """Yield checks of many names each: a command of fish costs more than its work."""
    names = [name for name, value in watch.variables if value is None]
    for at in range(0, len(names), _MOST_NAMES):
        some = names[at : at + _MOST_NAMES]
        # It returns how many of them are not set.
        yield f"set -q {' '.join(some)}; test $status -eq {len(some)}"


def _variables(watch: Watch) -> Iterator[str]:
    for name, value in watch.variables:
        if value is not None:
            yield f'test "${name}" = {quote(value)}'
