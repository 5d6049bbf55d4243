"""Turns a zip or wheel into its members; writes nothing.

`zipfile` reads the directory and the data. Here is checked what it is lenient about:
the file must be its members, its directory and its end record, one right behind the
other, so that no other reader sees another archive in the same bytes.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from calendar import timegm
from collections.abc import Iterator
from typing import BinaryIO, Literal

from toolpin.archive_rules import (
    PATH_BYTES,
    PIECE_BYTES,
    Broken,
    Limits,
    Member,
)

_LOCAL_RECORD = b"PK\3\4"
_UNIX = 3
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_SIZES_FOLLOW = 0x8
_UTF8 = 0x800
_WIDE = 0xFFFFFFFF  # the number stands in a zip64 field
_DESCRIPTOR_BYTES = (12, 16, 20, 24)  # with or without signature, 32 or 64 bits
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


def zip_members(file: BinaryIO, limits: Limits) -> Iterator[Member]:
    """Yield each member; raise Broken where the file is not plainly one zip."""
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            _check_sizes(file, infos, limits)
            _check_layout(file, archive)
            for info in infos:
                yield _member(archive, info)
    except _DAMAGE as error:
        raise Broken(f"the zip is damaged: {error}") from error


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    name = info.orig_filename
    if info.flag_bits & _ENCRYPTED:
        raise Broken("a member is encrypted", name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Broken(f"compression {info.compress_type} is not taken", name)
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
        data=_data(archive, info),
    )


def _seconds(date: tuple[int, int, int, int, int, int]) -> int:
    """Return a zip's date, which knows no time zone, as if it were UTC."""
    year, month, day, *clock = date
    return timegm((year, max(month, 1), max(day, 1), *clock))


def _kind(name: str, mode: int) -> Literal["file", "folder", "symlink"]:
    form = stat.S_IFMT(mode)
    if name.endswith("/") and form in (0, stat.S_IFDIR):
        return "folder"
    if not name.endswith("/") and form in (0, stat.S_IFREG):
        return "file"
    if not name.endswith("/") and form == stat.S_IFLNK:
        return "symlink"
    raise Broken("a member is a device, a pipe or misnamed", name)


def _data(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(info) as data:
            yield from iter(lambda: data.read(PIECE_BYTES), b"")
    except _DAMAGE as error:
        raise Broken(f"the zip is damaged: {error}", info.orig_filename) from error


def _check_sizes(file: BinaryIO, infos: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Check the declared sizes; reading never gives more than was declared."""
    total = sum(info.file_size for info in infos)
    if len(infos) > limits.entries:
        raise Broken(f"it has more than {limits.entries} members")
    if total > limits.total_bytes:
        raise Broken(f"it unpacks to more than {limits.total_bytes} bytes")
    if total > max(limits.ratio_from_bytes, limits.ratio * file.seek(0, 2)):
        raise Broken(f"it unpacks to more than {limits.ratio} times its size")


def _check_layout(file: BinaryIO, archive: zipfile.ZipFile) -> None:
    """Check that the members fill the file from its start to the directory."""
    at = 0
    gap_allowed: tuple[int, ...] = (0,)
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    for info in infos:
        if info.header_offset - at not in gap_allowed:
            raise Broken("bytes that belong to no member", info.orig_filename)
        at = _end_of_member(file, info)
        gap_allowed = _DESCRIPTOR_BYTES if info.flag_bits & _SIZES_FOLLOW else (0,)
    if archive.start_dir - at not in gap_allowed:
        raise Broken("bytes that belong to no member")
    _check_end_record(file, archive)


def _end_of_member(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Return where a member's data ends; its two headers must say the same."""
    file.seek(info.header_offset)
    head = file.read(30)
    fields = struct.unpack("<4s2xHH4xIIIHH", head)
    record, flags, method, crc, packed, size, name_bytes, extra_bytes = fields
    name = file.read(name_bytes).decode("utf-8" if flags & _UTF8 else "cp437")
    vague = (_WIDE, 0) if flags & _SIZES_FOLLOW else (_WIDE,)
    local = (crc, packed, size)
    central = (info.CRC, info.compress_size, info.file_size)
    if (
        (record, flags, method) != (_LOCAL_RECORD, info.flag_bits, info.compress_type)
        or any(a not in (b, *vague) for a, b in zip(local, central, strict=True))
        or {name, info.filename} != {info.orig_filename}
    ):
        raise Broken("two headers of a member differ", info.orig_filename)
    head_bytes = 30 + name_bytes + extra_bytes
    return int(info.header_offset + head_bytes + info.compress_size)


def _check_end_record(file: BinaryIO, archive: zipfile.ZipFile) -> None:
    file.seek(-22 - len(archive.comment), 2)
    (directory_at,) = struct.unpack("<16xI2x", file.read(22))
    if directory_at not in (archive.start_dir, _WIDE):
        raise Broken("its directory is not where its end record says")
