"""Turns a zip or wheel into its members; writes nothing.

`zipfile` reads the directory and the data. This module checks what it is lenient about:
the file must be its members, its directory and its end record, without gaps, so that no
other reader sees another archive in the same bytes.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from calendar import timegm
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import BinaryIO, Literal

from toolpin.archive.rules import PATH_BYTES, PIECE_BYTES, Broken, Limits, Member
from toolpin.archive.stream import ahead
from toolpin.archive.zip_layout import check_layout, end_record

_UNIX = 3
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


def zip_members(file: BinaryIO, limits: Limits, pool: Executor) -> Iterator[Member]:
    """Yield each member; raise Broken if the file is not exactly one zip."""
    try:
        end = end_record(file)
        if end.members > limits.entries:
            raise Broken(f"it has more than {limits.entries} members")
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            _check_sizes(file, infos, limits)
            check_layout(file, archive, end)
            for info in infos:
                yield _member(archive, info, pool)
    except _DAMAGE as error:
        raise Broken(f"the zip is damaged: {error}") from error


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, pool: Executor) -> Member:
    name = info.orig_filename
    if info.flag_bits & _ENCRYPTED:
        raise Broken("a member is encrypted", name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Broken(f"compression {info.compress_type} is not supported", name)
    mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
    kind = _kind(name, mode)
    link = ""
    if kind == "symlink":
        if info.file_size >= PATH_BYTES:
            raise Broken(f"a link's target is longer than {PATH_BYTES} bytes", name)
        link = archive.read(info).decode("utf-8", "surrogateescape")
    return Member(
        name,
        kind,
        executable=bool(mode & 0o111),
        mtime_s=_seconds(info.date_time),
        link=link,
        data=_data(archive, info, pool),
    )


def _seconds(date: tuple[int, int, int, int, int, int]) -> int:
    """Return a zip's date, which has no time zone, as if it were UTC."""
    year, month, day, *clock = date
    return timegm((year, max(month, 1), max(day, 1), *clock))


def _kind(name: str, mode: int) -> Literal["file", "directory", "symlink"]:
    form = stat.S_IFMT(mode)
    if name.endswith("/") and form in (0, stat.S_IFDIR):
        return "directory"
    if not name.endswith("/") and form in (0, stat.S_IFREG):
        return "file"
    if not name.endswith("/") and form == stat.S_IFLNK:
        return "symlink"
    raise Broken("a member is a device, a pipe or misnamed", name)


def _data(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, pool: Executor
) -> Iterator[bytes]:
    try:
        with archive.open(info) as data:
            pieces = iter(lambda: data.read(PIECE_BYTES), b"")
            # Handing one piece to a thread costs more than decoding a small file.
            yield from pieces if info.file_size <= PIECE_BYTES else ahead(pieces, pool)
    except _DAMAGE as error:
        raise Broken(f"the zip is damaged: {error}", info.orig_filename) from error


def _check_sizes(file: BinaryIO, infos: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Check the declared sizes; reading never returns more than was declared."""
    total = sum(info.file_size for info in infos)
    if total > limits.total_bytes:
        raise Broken(f"it unpacks to more than {limits.total_bytes} bytes")
    if total > max(limits.ratio_from_bytes, limits.ratio * file.seek(0, 2)):
        raise Broken(f"it unpacks to more than {limits.ratio} times its size")
