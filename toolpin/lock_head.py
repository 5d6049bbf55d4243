"""Finds a request's version in the head of `toolpin.lock`; light, for `exec`.

The head is what shims read, byte by byte: `schema = 1`, `[pins]`, then a pin a line,
up to the first empty line. Only the form that toolpin writes counts; what follows the
head is for `lockfile`.
"""

from __future__ import annotations

from collections.abc import Iterator

from toolpin.errors import UsageError
from toolpin.versions import is_exact, is_prefix

FILENAME = "toolpin.lock"
# Nothing overwrites a file that cannot be read: it may be the only one.
MEND = "git checkout toolpin.lock"
SCHEMA = 1
OPENING = (f"schema = {SCHEMA}", "[pins]")


def pinned(data: bytes, tool: str, wanted: str, place: str) -> str | None:
    """Return the version that the lockfile has for a tool's request; None for none.

    `wanted` is the request as `.tool-versions` writes it. Raises UsageError where the
    head, as far as it is read, is not as `toolpin lock` writes it.
    """
    sought = f'"{tool} {wanted}" = "'
    for number, line in pin_lines(data.decode("utf-8", "replace"), place):
        if line.startswith(sought):
            version = line[len(sought) : -1]
            if not can_mean(wanted, version):
                raise _fault(f"{version} is no {wanted}", place, number, line)
            return version
    return None


def pin_lines(text: str, place: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of pins in a lockfile's head, each with its number.

    Raises UsageError at the first line that no shim would read.
    """
    for number, ended in enumerate(text.split("\n"), 1):
        line = ended.removesuffix("\r")
        if number <= len(OPENING):
            if line != OPENING[number - 1]:
                break
        elif not line:
            return
        elif line.startswith('"') and line.endswith('"'):
            yield number, line
        else:
            break
    if number == 1 and line.startswith("schema = "):
        raise UsageError(
            f"{place} is of a newer toolpin",
            [("at", f"{place}:1"), ("line", line[:100])],
            "toolpin self update",
        )
    raise _fault("not as `toolpin lock` writes it", place, number, line)


def can_mean(wanted: str, version: str) -> bool:
    """Say whether a request may have this version: an exact one has no other."""
    prefix = wanted.removeprefix("latest:")
    loose = prefix == wanted and not is_exact(wanted)
    return loose or is_prefix(prefix, version)


def _fault(what: str, place: str, number: int, line: str) -> UsageError:
    at = f"{place}:{number}"
    return UsageError(f"{at}: {what}", [("at", at), ("line", line[:100])], MEND)
