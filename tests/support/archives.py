"""Archives for the tests: honest ones in upstream's layout, and hostile ones by hand.

Headers are written here byte by byte: `tarfile` would refuse or tidy the bad ones.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import sys
import zipfile
import zlib
from collections.abc import Sequence
from io import BytesIO
from typing import Literal, NamedTuple

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Form = Literal["gz", "xz", "bz2", "zst", "tar"]

BLOCK = 512
END = bytes(2 * BLOCK)

_NODE = """\
#!/bin/sh
# Stands in for node: knows its version, runs nothing.
case $1 in
-v | --version) echo v{version} ;;
*) printf '%s\\n' "$@" ;;
esac
"""
_NPM = """\
#!/usr/bin/env node
console.log("10.9.4")
"""


class Entry(NamedTuple):
    """A tar member as its header says it: nothing here is checked or tidied.

    `size` overrides what the data has; `kind` is the header's type flag.
    """

    name: str | bytes
    data: bytes = b""
    mode: int = 0o644
    kind: bytes = b"0"
    link: str | bytes = ""
    size: int | bytes | None = None
    uid: int = 0
    mtime_s: int = 1_700_000_000


def directory(name: str, mode: int = 0o755) -> Entry:
    """Return a directory's entry."""
    return Entry(name, mode=mode, kind=b"5")


def symlink(name: str | bytes, target: str | bytes) -> Entry:
    """Return a symbolic link's entry."""
    return Entry(name, mode=0o777, kind=b"2", link=target)


def hardlink(name: str, target: str) -> Entry:
    """Return a hard link's entry."""
    return Entry(name, kind=b"1", link=target)


def pax(records: Sequence[tuple[str, bytes]], kind: bytes = b"x") -> Entry:
    """Return an extended header that speaks of the member after it."""
    return Entry("PaxHeader", b"".join(_pax_record(*it) for it in records), kind=kind)


def tar(*entries: Entry, end: bytes = END) -> bytes:
    """Return the plain tar of `entries`, exactly as they are."""
    return b"".join(map(tar_member, entries)) + end


def tar_member(entry: Entry) -> bytes:
    """Return one member's header and padded data; long names get a GNU header."""
    name, link = _bytes(entry.name), _bytes(entry.link)
    before = b""
    if len(name) > 100:
        before += _tar_header(_long(b"L", name)) + _padded(name + b"\0")
    if len(link) > 100:
        before += _tar_header(_long(b"K", link)) + _padded(link + b"\0")
    return before + _tar_header(entry) + _padded(entry.data)


def compress(plain: bytes, form: Form) -> bytes:
    """Return `plain` in a compressed form; the same bytes give the same bytes."""
    if form == "gz":
        return gzip.compress(plain, mtime=0)
    if form == "xz":
        return lzma.compress(plain, preset=0)
    if form == "zst":
        return zstd.compress(plain)
    return bz2.compress(plain) if form == "bz2" else plain


def ar(*members: tuple[str, bytes]) -> bytes:
    """Return an `ar` archive of (name, data), exactly as they are."""
    return b"!<arch>\n" + b"".join(
        b"%-16s%-12d%-6d%-6d%-8o%-10d`\n"
        % (name.encode(), 0, 0, 0, 0o100644, len(data))
        + data
        + b"\n" * (len(data) % 2)
        for name, data in members
    )


def deb(*entries: Entry, form: Form = "xz") -> bytes:
    """Return a Debian package whose files are `entries`."""
    suffix = "" if form == "tar" else f".{form}"
    control = compress(tar(Entry("./control", b"Package: hello\n")), "gz")
    return ar(
        ("debian-binary", b"2.0\n"),
        ("control.tar.gz", control),
        (f"data.tar{suffix}", compress(tar(*entries), form)),
    )


class ZipEntry(NamedTuple):
    """A zip member; `local_name` is the name in its local header, where it differs."""

    name: str
    data: bytes = b""
    mode: int = 0o100644
    local_name: str | None = None
    flags: int = 0
    system: int = 3


def zip_of(*entries: ZipEntry, comment: bytes = b"") -> bytes:
    """Return a stored zip of `entries`, exactly as they are."""
    body, directory = b"", b""
    for entry in entries:
        offset = len(body)
        body += _local_header(entry) + entry.data
        directory += _central_header(entry, offset)
    counts = (len(entries), len(entries))
    sizes = (len(directory), len(body), len(comment))
    return (
        body
        + directory
        + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, *counts, *sizes)
        + comment
    )


def wheel(files: Sequence[tuple[str, bytes, int]]) -> bytes:
    """Return a deflated wheel of (path, data, mode), as a build tool writes it."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, mode in files:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o100000 | mode) << 16
            archive.writestr(info, data)
    return out.getvalue()


def node_tarball(
    version: str,
    *,
    os: str = "linux",
    arch: str = "x64",
    format: Literal["xz", "gz"] = "xz",
    extra: str = "",
) -> bytes:
    """Return a small archive in nodejs.org's layout; its `node` is a shell script.

    `extra` are more lines at the script's beginning.
    """
    program = _NODE.format(version=version).replace("\n", f"\n{extra}", 1)
    top = f"node-v{version}-{os.replace('macos', 'darwin')}-{arch}"
    npm = "lib/node_modules/npm"
    entries = [
        *(directory(f"{top}/{name}") for name in ("", "bin/", "include/node/")),
        Entry(f"{top}/LICENSE", b"Permission is hereby granted\n"),
        Entry(f"{top}/bin/node", program.encode(), 0o755),
        symlink(f"{top}/bin/npm", f"../{npm}/bin/npm-cli.js"),
        symlink(f"{top}/bin/npx", f"../{npm}/bin/npx-cli.js"),
        Entry(f"{top}/include/node/node.h", b"#pragma once\n"),
        directory(f"{top}/{npm}/bin/"),
        Entry(f"{top}/{npm}/bin/npm-cli.js", _NPM.encode(), 0o755),
        Entry(f"{top}/{npm}/bin/npx-cli.js", _NPM.encode(), 0o755),
        Entry(f"{top}/{npm}/package.json", b'{"name": "npm", "version": "10.9.4"}\n'),
        Entry(f"{top}/share/man/man1/node.1", b".Dd\n"),
    ]
    return compress(tar(*entries), format)


def npm_package(files: Sequence[tuple[str, bytes, int]]) -> bytes:
    """Return a registry's tgz of (path, data, mode): everything below `package/`."""
    entries = [Entry(f"package/{name}", data, mode) for name, data, mode in files]
    return compress(tar(*entries), "gz")


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _long(kind: bytes, text: bytes) -> Entry:
    return Entry("././@LongLink", kind=kind, size=len(text) + 1)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def _pax_record(key: str, value: bytes) -> bytes:
    rest = b" %s=%s\n" % (key.encode(), value)
    length = len(rest) + 1
    while length != len(rest) + len(str(length)):
        length += 1
    return str(length).encode() + rest


def _tar_header(entry: Entry) -> bytes:
    size = len(entry.data) if entry.size is None else entry.size
    fields: list[bytes] = [
        _bytes(entry.name)[:100].ljust(100, b"\0"),
        b"%07o\0%07o\0%07o\0" % (entry.mode, entry.uid, entry.uid),
        size if isinstance(size, bytes) else b"%011o\0" % size,
        b"%011o\0" % entry.mtime_s,
        b" " * 8,
        entry.kind,
        _bytes(entry.link)[:100].ljust(100, b"\0"),
        b"ustar\x0000",
    ]
    header = b"".join(fields).ljust(BLOCK, b"\0")
    return header[:148] + b"%06o\0 " % sum(header) + header[156:]


def _local_header(entry: ZipEntry) -> bytes:
    name = (entry.name if entry.local_name is None else entry.local_name).encode()
    head = struct.pack("<IHHHHH", 0x04034B50, 20, entry.flags, 0, 0, 0x21)
    return head + _zip_sizes(entry) + struct.pack("<HH", len(name), 0) + name


def _central_header(entry: ZipEntry, offset: int) -> bytes:
    name = entry.name.encode()
    made = entry.system << 8 | 20
    head = struct.pack("<IHHHHHH", 0x02014B50, made, 20, entry.flags, 0, 0, 0x21)
    tail = struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, entry.mode << 16, offset)
    return head + _zip_sizes(entry) + tail + name


def _zip_sizes(entry: ZipEntry) -> bytes:
    size = len(entry.data)
    return struct.pack("<III", zlib.crc32(entry.data), size, size)
