"""Finds a request's version in the head of `toolpin.lock`; light, for `exec`.

The head is what shims read, byte by byte: `schema = 1`, `[pins]`, then a pin a line,
up to the first empty line. Only the form that toolpin writes counts; what follows the
head is for `lockfile`.
"""

from __future__ import annotations

from toolpin.errors import UsageError

FILENAME = "toolpin.lock"
# Nothing overwrites a file that cannot be read: it may be the only one.
MEND = "git checkout toolpin.lock"
SCHEMA = 1
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>")
OPENING = (f"schema = {SCHEMA}", "[pins]")


def pinned(data: bytes, tool: str, wanted: str, place: str) -> str | None:
    """Return the version that the lockfile has for a tool's request; None for none.

    `wanted` is the request as `.tool-versions` writes it. Raises UsageError where the
    head, as far as it is read, is not as `toolpin lock` writes it.
    """
    sought = f'"{tool} {wanted}" = "'
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        text = line.removesuffix("\r")
        if number <= len(OPENING):
            if text != OPENING[number - 1]:
                break
        elif text.startswith(sought) and text.endswith('"'):
            return text[len(sought) : -1]
        elif not text:
            return None
        elif not (text.startswith('"') and text.endswith('"')):
            break
    if number == 1 and line.startswith("schema = "):
        raise UsageError(
            f"{place} is of a newer toolpin",
            [("at", f"{place}:1"), ("line", line[:100])],
            "toolpin self update",
        )
    if text.startswith(_CONFLICT):
        raise merged(place, number)
    raise UsageError(
        f"{place} is not as `toolpin lock` writes it",
        [("at", f"{place}:{number}"), ("line", text[:100])],
        MEND,
    )


def merged(place: str, line: int) -> UsageError:
    """Return the error of a lockfile with a merge's marks in it."""
    return UsageError(
        f"{place} has a merge conflict in it",
        [("at", f"{place}:{line}")],
        "take either side, then: toolpin lock",
    )
