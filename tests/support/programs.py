"""Programs and libraries of other machines, built byte by byte."""

from __future__ import annotations

import struct

GLIBC = "/lib64/ld-linux-x86-64.so.2"
MUSL = "/lib/ld-musl-x86_64.so.1"
ADDRESS = 0x400000


def elf(
    *,
    machine: int = 62,
    loader: str = GLIBC,
    versions: tuple[str, ...] = (),
    needed: tuple[str, ...] = (),
    searched: str = "",
    searched_by: int = 29,
) -> bytes:
    """Return an ELF that asks for a loader, libraries and versions of libc.

    It has headers only. One without a loader and without libraries is static.
    """
    count = 3 if loader else 2 if needed or versions else 1
    body_at = 64 + 56 * count
    interp = loader.encode() + b"\0"
    named = (*versions, *needed, searched)
    texts = b"\0" + b"".join(text.encode() + b"\0" for text in named)
    table_at = body_at + len(interp) + len(texts)
    table = struct.pack("<HHIII", 1, len(versions), 0, 16, 0)
    for number, version in enumerate(versions):
        at = _place(texts, version)
        following = 16 if number + 1 < len(versions) else 0
        table += struct.pack("<IHHII", 0, 0, 2, at, following)
    tags = [(5, ADDRESS + body_at + len(interp))]
    tags += [(0x6FFFFFFE, ADDRESS + table_at)] if versions else []
    tags += [(1, _place(texts, name)) for name in needed]
    tags += [(searched_by, _place(texts, searched))] if searched else []
    dynamic = b"".join(struct.pack("<QQ", *tag) for tag in [*tags, (0, 0)])
    dynamic_at = table_at + len(table)
    end = dynamic_at + len(dynamic)
    segments = _segment(1, 0, end)
    if loader:
        segments += _segment(3, body_at, len(interp))
    if count > 1:
        segments += _segment(2, dynamic_at, len(dynamic))
    ident = b"\x7fELF\2\1\1".ljust(16, b"\0")
    head = struct.pack(
        "<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, count, *[0] * 3
    )
    return ident + head + segments + interp + texts + table + dynamic


def _place(texts: bytes, text: str) -> int:
    return texts.index(b"\0" + text.encode() + b"\0") + 1


def _segment(kind: int, offset: int, size: int) -> bytes:
    address = ADDRESS + offset
    return struct.pack("<IIQQQQQQ", kind, 5, offset, address, address, size, size, 8)


def macho(cpu: int) -> bytes:
    """Return a thin Mach-O file for a machine."""
    return struct.pack("<IIIII", 0xFEEDFACF, cpu, 0, 2, 0)


def fat(*cpus: int) -> bytes:
    """Return a Mach-O file with a part for each machine."""
    parts = b"".join(struct.pack(">IIIII", cpu, 0, 4096, 1, 12) for cpu in cpus)
    return struct.pack(">II", 0xCAFEBABE, len(cpus)) + parts
