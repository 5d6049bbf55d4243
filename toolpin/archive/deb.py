"""Turns a Debian package into its data member, a compressed tar; unpacks nothing.

A `.deb` is an `ar` archive of exactly three members, as deb(5) has it: its version, the
control files and the data. Readers treat anything else differently.
"""

from __future__ import annotations

import re
from typing import BinaryIO, NamedTuple

from toolpin.archive.rules import Broken

AR_MAGIC = b"!<arch>\n"
_HEADER_BYTES = 60
_HEADER_END = b"`\n"
_VERSION = re.compile(rb"2\.[0-9]+\n")
_CONTROL = re.compile(r"control\.tar(\.gz|\.xz|\.zst)?")
_DATA = re.compile(r"data\.tar(\.gz|\.xz|\.zst|\.bz2)?")


class _Place(NamedTuple):
    name: str
    start: int
    size: int


class Part:
    """A part of a file, read in order like a separate file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._end = start + size
        file.seek(start)

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; b"" at the part's end."""
        return self._file.read(min(size, self._end - self._file.tell()))

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._file.tell() - self._start


def data_member(file: BinaryIO) -> Part:
    """Return the package's `data.tar.*`; raise Broken for an invalid package."""
    size = file.seek(0, 2)
    version, at = _member(file, len(AR_MAGIC), size)
    if version.name != "debian-binary" or not _is_version_2(file, version):
        raise Broken("it does not begin as a Debian package of format 2")
    control, at = _member(file, at, size)
    if not _CONTROL.fullmatch(control.name):
        raise Broken("control.tar is expected as its second member", control.name)
    data, at = _member(file, at, size)
    if not _DATA.fullmatch(data.name):
        raise Broken("data.tar is expected as its third member", data.name)
    if at != size:
        raise Broken("it has content after its data")
    return Part(file, data.start, data.size)


def _is_version_2(file: BinaryIO, version: _Place) -> bool:
    file.seek(version.start)
    return bool(_VERSION.fullmatch(file.read(min(version.size, 16))))


def _member(file: BinaryIO, at: int, file_bytes: int) -> tuple[_Place, int]:
    """Return the member with its header at `at`, and the next header's position."""
    file.seek(at)
    header = file.read(_HEADER_BYTES)
    name = header[:16].rstrip(b" ").removesuffix(b"/").decode("ascii", "replace")
    digits = header[48:58].rstrip(b" ")
    if header[58:] != _HEADER_END or not digits.isdigit():
        raise Broken("a member's header is truncated or damaged", name)
    place = _Place(name, at + _HEADER_BYTES, int(digits))
    end = place.start + place.size
    if end > file_bytes:
        raise Broken("the archive is truncated", name)
    file.seek(end)
    padding = file.read(place.size % 2)  # members begin at even offsets
    if padding.strip(b"\n\0"):
        raise Broken("bytes that belong to no member", name)
    return place, end + len(padding)
