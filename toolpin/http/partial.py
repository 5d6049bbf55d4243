"""Partial downloads: what is kept on disk, and how the rest of it is requested.

The bytes are in `part`; a file beside it holds the validator (an ETag or a date) for
If-Range, with which the server checks that it still has the same file (RFC 9110
13.1.5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]+/([0-9]+|\*)")


def discard(part: str) -> None:
    """Delete a partial download and its validator."""
    remember_validator(part, "")
    Path(part).unlink(missing_ok=True)


def resumable(part: str) -> tuple[int, str]:
    """Return the size of a partial download and its validator; (0, "") without one."""
    with suppress(FileNotFoundError):
        with open(_validator_file(part), encoding="latin-1") as file:
            validator = file.read(1024)
        if validator and validator.isprintable():
            return Path(part).stat().st_size, validator
    return 0, ""


def remember_validator(part: str, validator: str) -> None:
    """Store the validator; "" removes it, and with it the permission to resume."""
    if validator:
        _validator_file(part).write_text(validator, encoding="latin-1")
    else:
        _validator_file(part).unlink(missing_ok=True)


def validator(headers: Mapping[str, str]) -> str:
    """Return a response's validator; a weak ETag does not identify its bytes."""
    tag = headers.get("etag", "")
    if tag.startswith('"'):
        return tag
    return "" if tag else headers.get("last-modified", "")


def granted_offset(
    requested: int, status: int, headers: Mapping[str, str]
) -> int | None:
    """Return the offset at which a response's body begins, None for a wrong one.

    That is 0 for the whole file, which a server may always send, else the requested
    one.
    """
    if status == 200:
        return 0
    granted = _RANGE.fullmatch(headers.get("content-range", ""))
    is_granted = granted and status == 206 and int(granted[1]) == requested
    return requested if is_granted and requested else None


def _validator_file(part: str) -> Path:
    return Path(f"{part}.validator")
