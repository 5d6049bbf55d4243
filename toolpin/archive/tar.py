"""Turns the bytes of a tar into its members; writes nothing.

Stricter than `tarfile`, which stops in silence at a damaged header, and reads ustar and
extended sizes that disagree. Formats: POSIX.1-2001 pax, and GNU's long names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from toolpin.archive.rules import PIECE_BYTES, Broken, Limits, Member, MiB
from toolpin.archive.stream import Stream

_BLOCK = 512
_ZEROS = bytes(_BLOCK)
_EXTENSION_BYTES = MiB
_USTAR_SIZE_MAX = 0o77777777777

_Kind = Literal["file", "directory", "symlink", "hardlink"]
_KINDS: dict[bytes, _Kind] = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"1": "hardlink",
    b"2": "symlink",
    b"5": "directory",
}


class _Header(NamedTuple):
    name: str
    link: str
    mode: int
    size: int
    mtime_s: int
    kind: bytes


def tar_members(stream: Stream, limits: Limits) -> Iterator[Member]:
    """Yield each member; unread data is skipped before the next.

    Raises Broken for a header that is damaged or of a kind that is not supported.
    """
    extended: dict[str, str] = {}
    headers = 0
    while (block := stream.exactly(_BLOCK)) != _ZEROS:
        headers += 1
        if headers > limits.entries:
            raise Broken(f"it has more than {limits.entries} members")
        header = _header(block)
        if header.kind in b"xgLK":
            # A record costs as much time as a member without data.
            headers += _extend(extended, header, stream)
            continue
        member = _member(_apply(header, extended), stream, limits)
        extended = {}
        yield member
        for _ in member.data:
            pass
    if extended:
        raise Broken("an extended header has no member")
    _check_end(stream)


def _member(header: _Header, stream: Stream, limits: Limits) -> Member:
    kind = _KINDS.get(header.kind)
    if kind is None:
        raise Broken(
            f"a member is a device, a pipe, sparse or unknown (type {header.kind!r})",
            header.name,
        )
    if header.size > (limits.total_bytes if kind == "file" else 0):
        raise Broken(f"a {kind} of {header.size} bytes", header.name)
    if kind != "directory" and header.name.endswith("/"):
        raise Broken(f"a {kind} has the name of a directory", header.name)
    return Member(
        header.name,
        kind,
        executable=bool(header.mode & 0o111),
        mtime_s=header.mtime_s,
        link=header.link,
        data=_data(stream, header.size),
    )


def _data(stream: Stream, size: int) -> Iterator[bytes]:
    left = size
    while left:
        piece = stream.read(min(left, PIECE_BYTES))
        if not piece:
            raise Broken("the archive is truncated")
        left -= len(piece)
        yield piece
    stream.exactly(-size % _BLOCK)


def _check_end(stream: Stream) -> None:
    """Check for the second block of zeros, and nothing but zeros after it."""
    if stream.exactly(_BLOCK) != _ZEROS:
        raise Broken("it has content after its end")
    while piece := stream.read(PIECE_BYTES):
        if piece.strip(b"\0"):
            raise Broken("it has content after its end")


def _header(block: bytes) -> _Header:
    name, link = _text(block[:100]), _text(block[157:257])
    blanked = sum(block) - sum(block[148:156]) + 8 * ord(" ")
    if _number(block[148:156], name) != blanked:
        raise Broken("a header is damaged: its checksum differs", name)
    # GNU's own format, `ustar` and two blanks, uses the prefix differently.
    if block[257:263] == b"ustar\0" and (prefix := _text(block[345:500])):
        name = f"{prefix}/{name}"
    mode, size, mtime_s = (
        _number(block[start:end], name)
        for start, end in ((100, 108), (124, 136), (136, 148))
    )
    return _Header(name, link, mode, size, mtime_s, block[156:157])


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _number(field: bytes, name: str) -> int:
    """Return an octal number, or GNU's base 256 (first bit set); never below 0."""
    if field[0] & 0x80:
        if field[0] & 0x40:
            raise Broken("a number in its header is negative", name)
        return int.from_bytes(bytes([field[0] & 0x3F]) + field[1:])
    digits = field.strip(b"\0 ")
    if digits.strip(b"01234567"):
        raise Broken("a number in its header is not octal", name)
    return int(digits or b"0", 8)


def _extend(extended: dict[str, str], header: _Header, stream: Stream) -> int:
    """Read an extended header's data into `extended`, for the member after it.

    Returns how many records it has.
    """
    if header.size > _EXTENSION_BYTES:
        raise Broken(f"an extended header of {header.size} bytes", header.name)
    data = b"".join(_data(stream, header.size))
    if header.kind in b"LK":
        key = "path" if header.kind == b"L" else "linkpath"
        records = {key: data.removesuffix(b"\0").decode("utf-8", "surrogateescape")}
        number = 1
    else:
        records, number = _pax(data)
    if header.kind == b"g":
        if records:
            raise Broken("a global header renames or sizes every member", header.name)
    elif extended.keys() & records.keys():
        raise Broken("one member has two extended headers", header.name)
    else:
        extended |= records
    return number


def _pax(data: bytes) -> tuple[dict[str, str], int]:
    """Return the relevant pax records, and their number; ACLs and such are dropped.

    A record is `LENGTH KEY=VALUE` and a newline; LENGTH includes itself and the
    newline.
    """
    results: dict[str, str] = {}
    start = number = 0
    while start < len(data):
        digits, _, _ = data[start : start + 20].partition(b" ")
        end = start + (int(digits) if digits.isdigit() else 0)
        record = data[start + len(digits) + 1 : end]
        key, equals, value = record.removesuffix(b"\n").partition(b"=")
        if end > len(data) or not equals or not record.endswith(b"\n"):
            raise Broken("an extended header is damaged")
        if key.startswith(b"GNU.sparse"):
            raise Broken("a member is sparse")
        if key in (b"path", b"linkpath", b"size"):
            text = value.decode("utf-8", "surrogateescape")
            if results.setdefault(key.decode(), text) != text:
                raise Broken("an extended header has contradictory values", text)
        start = end
        number += 1
    return results, number


def _apply(header: _Header, extended: dict[str, str]) -> _Header:
    name = extended.get("path", header.name)
    size = header.size
    if "size" in extended:
        digits = extended["size"]
        is_number = digits.isascii() and digits.isdigit() and len(digits) <= 20
        size = int(digits) if is_number else -1
        # Only a size that ustar cannot hold may be in the extended header alone:
        # readers that look at one of them would read data as headers.
        if size != header.size and size <= _USTAR_SIZE_MAX:
            raise Broken(f"two sizes, {header.size} and {digits[:40]}", name)
    link = extended.get("linkpath", header.link)
    return header._replace(name=name, link=link, size=size)
