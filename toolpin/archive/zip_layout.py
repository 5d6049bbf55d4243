"""Checks that a file's bytes are one zip and nothing else; unpacks nothing.

The file must be its members, its directory and its end record, without gaps, and
duplicate fields must agree: then no other reader sees another archive in the same
bytes. Sections are those of PKWARE's APPNOTE 6.3.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from toolpin.archive.rules import Broken

_LOCAL_RECORD = b"PK\3\4"
_DESCRIPTOR = b"PK\7\10"
_END = struct.Struct("<4sHHHHIIH")  # 4.3.16
_LOCATOR = struct.Struct("<4sIQI")  # 4.3.15
_WIDE_END = struct.Struct("<4sQHHIIQQQQ")  # 4.3.14, version 1
_COMMENT_BYTES = 0xFFFF
_SIZES_FOLLOW = 0x8
_UTF8 = 0x800
_WIDE = 0xFFFFFFFF  # the number is in a zip64 field
_WIDE_COUNT = 0xFFFF
_ZIP64_FIELD = 0x0001
_OTHER_NAME_FIELD = 0x7075


class EndRecord(NamedTuple):
    """The end record of a zip: entries, size and offset of the directory."""

    members: int
    length: int
    start: int


def end_record(file: BinaryIO) -> EndRecord:
    """Return the end record, or zip64's instead."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END.size - _COMMENT_BYTES))
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _END.size:
        raise Broken("the zip has no end record")
    _, disk, first, here, members, length, start, comment = _END.unpack_from(tail, at)
    if len(tail) - at - _END.size != comment:
        raise Broken("it has content after its end")
    record = EndRecord(members, length, start)
    if at >= _LOCATOR.size and tail.startswith(b"PK\6\7", at - _LOCATOR.size):
        return _zip64(file, record, size - len(tail) + at)
    if (disk, first, here) != (0, 0, members):
        raise Broken("the zip is one of several parts")
    return record


def _zip64(file: BinaryIO, narrow: EndRecord, narrow_at: int) -> EndRecord:
    """Return zip64's end record, with which the plain one must agree."""
    at = narrow_at - _LOCATOR.size - _WIDE_END.size
    if at < 0:
        raise Broken("its zip64 end record is damaged")
    file.seek(at)
    fields = _WIDE_END.unpack(file.read(_WIDE_END.size))
    record, size, _, _, disk, first, here, *numbers = fields
    locator = _LOCATOR.unpack(file.read(_LOCATOR.size))
    if (record, size) != (b"PK\6\6", _WIDE_END.size - 12) or locator[1:] != (0, at, 1):
        raise Broken("its zip64 end record is damaged")
    wide = EndRecord(*numbers)
    if (disk, first, here) != (0, 0, wide.members):
        raise Broken("the zip is one of several parts")
    deferred = (_WIDE_COUNT, _WIDE, _WIDE)
    if any(a not in (b, c) for a, b, c in zip(narrow, wide, deferred, strict=True)):
        raise Broken("two end records differ")
    return wide


def check_layout(file: BinaryIO, archive: zipfile.ZipFile, end: EndRecord) -> None:
    """Check that the members fill the file from its start to the directory."""
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    if (archive.start_dir, len(infos)) != (end.start, end.members):
        raise Broken("its central directory is not where its end record states")
    at = 0
    starts = [*(info.header_offset for info in infos), end.start]
    for info, following in zip(infos, starts[1:], strict=True):
        if info.header_offset != at:
            raise Broken("bytes that belong to no member", info.orig_filename)
        at = _end_of_member(file, info, following)
    if at != end.start:
        raise Broken("bytes that belong to no member")


def _end_of_member(file: BinaryIO, info: zipfile.ZipInfo, following: int) -> int:
    """Return where a member ends; its two headers must agree."""
    file.seek(info.header_offset)
    head = file.read(30)
    fields = struct.unpack("<4s2xHH4xIIIHH", head)
    record, flags, method, crc, packed, size, name_bytes, extra_bytes = fields
    name = file.read(name_bytes)
    extra = file.read(extra_bytes)
    if (record, flags, method) != (_LOCAL_RECORD, info.flag_bits, info.compress_type):
        raise Broken("two headers of a member differ", info.orig_filename)
    _check_name(info, name, extra)
    if _WIDE in (packed, size):
        packed, size = _wide_sizes(extra, packed, size)
    output = (crc, packed, size)
    expected = (info.CRC, info.compress_size, info.file_size)
    follow = bool(flags & _SIZES_FOLLOW)
    if any(
        a != b and not (follow and a == 0)
        for a, b in zip(output, expected, strict=True)
    ):
        raise Broken("two headers of a member differ", info.orig_filename)
    at = info.header_offset + 30 + name_bytes + extra_bytes + info.compress_size
    if follow:
        file.seek(at)
        at += _descriptor_bytes(file.read(min(24, max(0, following - at))), info)
    return int(at)


def _check_name(info: zipfile.ZipInfo, name: bytes, extra: bytes) -> None:
    marked = info.flag_bits & _UTF8
    text = name.decode("utf-8" if marked else "cp437")
    if not (text == info.filename == info.orig_filename):
        raise Broken("two headers of a member differ", info.orig_filename)
    # Some readers decode such a name as UTF-8, some as the code page of an old PC.
    if not (marked or name.isascii()):
        raise Broken("a name is neither ASCII nor marked as UTF-8", info.orig_filename)
    for kind, _ in (*_extra_fields(extra), *_extra_fields(info.extra)):
        if kind == _OTHER_NAME_FIELD:
            raise Broken("a member has two names", info.orig_filename)


def _wide_sizes(extra: bytes, packed: int, size: int) -> tuple[int, int]:
    """Return the sizes of zip64's field (4.5.3), which holds the large ones."""
    (data,) = [data for kind, data in _extra_fields(extra) if kind == _ZIP64_FIELD]
    numbers = iter(struct.unpack(f"<{len(data) // 8}Q", data))
    size = next(numbers, size) if size == _WIDE else size
    packed = next(numbers, packed) if packed == _WIDE else packed
    return packed, size


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        yield kind, extra[4 : 4 + length]
        extra = extra[4 + length :]


def _descriptor_bytes(descriptor: bytes, info: zipfile.ZipInfo) -> int:
    """Return the length of the data descriptor (4.3.9).

    It has a signature or not, and 32 or 64 bits per size; it must end where the next
    member or the directory begins.
    """
    sizes = (info.CRC, info.compress_size, info.file_size)
    for form in ("<III", "<IQQ"):
        if form == "<IQQ" or max(sizes) <= _WIDE:
            plain = struct.pack(form, *sizes)
            if descriptor in (plain, _DESCRIPTOR + plain):
                return len(descriptor)
    raise Broken(
        "the sizes after a member differ from those in its header", info.filename
    )
