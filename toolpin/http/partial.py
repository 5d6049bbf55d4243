"""What lies on the disk of a download that was cut, and what it is resumed by.

The bytes stand at `part`; beside it, what the server called the file that they are of.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

_BLOCK_BYTES = 1024 * 1024


def discard(part: str) -> None:
    """Remove a partial download and what is remembered for resuming it."""
    remember_validator(part, "")
    with suppress(FileNotFoundError):
        os.unlink(part)


def resumable(part: str) -> tuple[int, str]:
    """Return how many bytes of a download are there, and their validator, or (0, "").

    The validator is an ETag or a date, which If-Range sends back (RFC 9110 13.1.5).
    """
    try:
        with open(_validator_file(part), encoding="latin-1") as file:
            validator = file.read(1024)
        size_bytes = os.path.getsize(part)
    except FileNotFoundError:
        return 0, ""
    return (size_bytes, validator) if validator.isprintable() and validator else (0, "")


def remember_validator(part: str, validator: str) -> None:
    """Keep what the server calls this file, or forget it where that is ""."""
    if validator:
        with open(_validator_file(part), "w", encoding="latin-1") as file:
            file.write(validator)
    else:
        with suppress(FileNotFoundError):
            os.unlink(_validator_file(part))


def _validator_file(part: str) -> str:
    return f"{part}.validator"


def hash_head(file: BinaryIO, size: int, update: Callable[[bytes], None]) -> None:
    """Hash the first `size` bytes and stop behind them."""
    while size > 0 and (block := file.read(min(size, _BLOCK_BYTES))):
        update(block)
        size -= len(block)
