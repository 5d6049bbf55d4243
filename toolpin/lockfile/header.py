"""Finds a request's version in the header of `toolpin.lock`; light, for `exec`.

The header is what shims read, byte by byte: `schema = 1`, `[pins]`, then a pin a line,
up to the first empty line. Only the form that toolpin writes is accepted; `parser`
reads what follows the header.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from toolpin.errors import NotLocked, UsageError
from toolpin.versions import is_exact, is_prefix

FILENAME = "toolpin.lock"
# An unreadable file is never overwritten: it may be the only copy.
FIX = "git checkout toolpin.lock"
SCHEMA = 1
# It is read for each version looked up, at every `cd` of an activated shell.
MOST_PINS = 1000
LARGEST_HEAD = 512 * 1024  # more than so many pins take
MARKS = re.compile(r"(?m)^(<<<<<<<|=======|>>>>>>>)( |\r?$)")
_PIN = re.compile(r'("[^"\\]+") = "[^"\\]+"')
OPENING = (f"schema = {SCHEMA}", "[pins]")


def lockfile_beside(file: str) -> str:
    """Return where the lockfile of a `.tool-versions` is, or would be."""
    return os.path.join(os.path.dirname(file), FILENAME)


def pinned(data: bytes, tool: str, wanted: str, place: str) -> str | None:
    """Return the version that a lockfile has for a request, or None.

    `wanted` is the request as `.tool-versions` writes it. Raises UsageError if the part
    of the header that is read is not as `toolpin lock` writes it, and NotLocked if the
    request cannot match the locked version.
    """
    sought = f'"{tool} {wanted}" = "'
    for number, line in pin_lines(data.decode("utf-8", "replace"), place):
        if line.startswith(sought):
            version = line[len(sought) : -1]
            if can_mean(wanted, version):
                return version
            raise NotLocked(
                f"{tool} {wanted} is locked as {version}, which does not satisfy it",
                [("at", f"{place}:{number}")],
                "toolpin lock",
            )
    return None


def pin_lines(text: str, place: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of pins in a lockfile's header, each with its number.

    Raises UsageError at the first line that shims would not read.
    """
    for number, ended in enumerate(text.split("\n"), 1):
        line = ended.removesuffix("\r")
        if number <= len(OPENING):
            if line != OPENING[number - 1]:
                break
        elif not line:
            return
        elif number > len(OPENING) + MOST_PINS:
            raise UsageError(
                f"{place} has more than {MOST_PINS} pins", [("at", f"{place}:{number}")]
            )
        elif line.startswith('"') and line.endswith('"'):
            yield number, line
        else:
            break
    if number == 1 and line.startswith("schema = "):
        raise UsageError(
            f"{place} was written by a newer toolpin",
            [("at", f"{place}:1"), ("line", line[:100])],
            "toolpin self update",
        )
    if MARKS.match(line):
        raise merged(place, number)
    raise not_as_written(place, number, line)


def is_whole(text: str, place: str) -> bool:
    """Return whether the header allows a lockfile to be used without the parser.

    Where it does not, the parser reports the error: merge conflict markers, or an
    invalid pin.
    """
    try:
        pins = [_PIN.fullmatch(line) for _, line in pin_lines(text, place)]
    except UsageError:
        return False
    keys = {pin[1] for pin in pins if pin}
    return len(keys) == len(pins) and "\ufffd" not in text and not MARKS.search(text)


def can_mean(wanted: str, version: str) -> bool:
    """Return whether a request may match this version, by their texts alone.

    Exact versions, plain numbers and `latest:` requests state a prefix of the version.
    A channel such as `lts` may match any version: only a version list decides.
    """
    prefix = wanted.removeprefix("latest:")
    states_prefix = (
        prefix != wanted or is_exact(wanted) or not wanted.strip("0123456789.")
    )
    return not states_prefix or is_prefix(prefix, version)


def not_as_written(place: str, number: int, line: str) -> UsageError:
    """Return the error for a line in the header that toolpin would not write."""
    at = f"{place}:{number}"
    return UsageError(
        f"{at} was not written by `toolpin lock`", [("line", line[:100])], FIX
    )


def merged(place: str, number: int) -> UsageError:
    """Return the error for a lockfile with merge conflict markers."""
    return UsageError(
        f"{place} has a merge conflict in it",
        [("at", f"{place}:{number}")],
        "git checkout --ours toolpin.lock && toolpin lock",
    )
