"""Reads the headers of programs and libraries: ELF tables, Mach-O headers.

Only the needed tables are read, whatever the size of the file. Damage is a ValueError.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

ELF_MAGIC = b"\x7fELF"
PROGRAMS = (2, 3)  # an executable, fixed or position-independent; a library is a 3, too
_ELF_MACHINES = {62: "x64", 183: "arm64"}
_MACHO_TYPES = {0x01000007: "x64", 0x0100000C: "arm64"}
_MACHO_64 = b"\xcf\xfa\xed\xfe"
_MACHO_FAT = {b"\xca\xfe\xba\xbe": 20, b"\xca\xfe\xba\xbf": 32}  # bytes per entry
_FAT_ENTRIES_MAX = 20  # Java classes share the magic; their next number is larger
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NEEDED, _DT_STRTAB, _DT_VERNEED = 1, 5, 0x6FFFFFFE
_DT_SEARCHED = (15, 29)  # DT_RPATH, DT_RUNPATH
_TABLE_MAX = 1024
_TEXT_MAX = 4096
_GLIBC_NAMED = {"GLIBC_ABI_DT_RELR": (2, 36)}


class Elf(NamedTuple):
    """An ELF file. `arch` is "" unless it is 64-bit little-endian.

    `kind` is 2 or 3 for programs and libraries. `loader` is "" if it names none,
    `glibc` the newest required symbol version. `needed` are sonames, `searched` the
    directories that it adds to the loader's.
    """

    arch: str
    kind: int = 0
    loader: str = ""
    glibc: tuple[int, ...] = ()
    needed: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()

    @property
    def libc(self) -> str:
        """`glibc` or `musl`, as far as the file names one; "" for neither."""
        if "ld-musl" in self.loader or any("musl" in name for name in self.needed):
            return "musl"
        named = self.loader or "libc.so.6" in self.needed
        return "glibc" if named else ""


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version of glibc, to compare with `Elf.glibc`."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int


def is_macho(magic: bytes) -> bool:
    """Return whether a file that begins so may be a Mach-O file."""
    return magic == _MACHO_64 or magic in _MACHO_FAT


@contextlib.contextmanager
def _damage() -> Iterator[None]:
    """Turn errors from invalid offsets into a ValueError."""
    try:
        yield
    except (struct.error, IndexError, OverflowError) as error:
        raise ValueError(str(error)) from error


@_damage()
def read_elf(view: mmap.mmap) -> Elf:
    """Read an ELF file: its tables' numbers are those of the ELF ABI.

    Raises ValueError for a damaged one.
    """
    bits, order = view[4], view[5]
    if (bits, order) != (2, 1):
        return Elf("")
    kind, machine = struct.unpack_from("<HH", view, 16)
    arch = _ELF_MACHINES.get(machine, f"machine {machine}")
    if kind not in PROGRAMS:
        return Elf(arch, kind)
    segments = list(_segments(view))
    loader = ""
    for segment in segments:
        if segment.kind == _PT_INTERP:
            loader = _text(view, segment.offset)
    dynamic = _dynamic(view, segments)
    at = dict(reversed(dynamic))
    if _DT_STRTAB not in at:
        return Elf(arch, kind, loader)
    texts = _offset(segments, at[_DT_STRTAB])
    glibc: Iterator[tuple[int, ...]] = iter(())
    if _DT_VERNEED in at:
        glibc = _glibc_versions(view, _offset(segments, at[_DT_VERNEED]), texts)
    searched = [
        directory
        for tag, value in dynamic
        if tag in _DT_SEARCHED
        for directory in _text(view, texts + value).split(":")
    ]
    needed = [_text(view, texts + value) for tag, value in dynamic if tag == _DT_NEEDED]
    newest = max(glibc, default=())
    return Elf(arch, kind, loader, newest, tuple(needed), tuple(filter(None, searched)))


@_damage()
def macho_archs(view: mmap.mmap) -> list[str]:
    """Return the machines of a Mach-O file, thin or with one part for each.

    Raises ValueError for a damaged one.
    """
    if view[:4] == _MACHO_64:
        cpus = [struct.unpack_from("<I", view, 4)[0]]
    else:
        (count,) = struct.unpack_from(">I", view, 4)
        if count > _FAT_ENTRIES_MAX:
            raise ValueError("a Java class, or too many machines")
        step = _MACHO_FAT[view[:4]]
        cpus = [struct.unpack_from(">I", view, 8 + step * i)[0] for i in range(count)]
    return [_MACHO_TYPES.get(cpu, f"cpu {cpu:#x}") for cpu in cpus]


def _segments(view: mmap.mmap) -> Iterator[_Segment]:
    (table,) = struct.unpack_from("<Q", view, 32)
    entry_bytes, count = struct.unpack_from("<HH", view, 54)
    for at in range(table, table + count * entry_bytes, entry_bytes or 1):
        kind, offset, address, size = struct.unpack_from("<I4xQQ8xQ", view, at)
        yield _Segment(kind, offset, address, size)


def _glibc_versions(
    view: mmap.mmap, needed_at: int, texts: int
) -> Iterator[tuple[int, ...]]:
    """Yield the glibc versions that the dynamic section requires.

    Through the segments, which the loader uses too: sections may be stripped.
    """
    # A chain of libraries, each with a chain of versions.
    for library, first in _chain(view, needed_at):
        for _, name_at in _chain(view, library + first):
            name = _text(view, texts + name_at)
            if match := re.fullmatch(r"GLIBC_([0-9.]+)", name):
                yield numbers(match[1])
            elif name in _GLIBC_NAMED:
                yield _GLIBC_NAMED[name]


def _dynamic(view: mmap.mmap, segments: list[_Segment]) -> list[tuple[int, int]]:
    """Return the (tag, value) pairs of the dynamic section, in order."""
    results: list[tuple[int, int]] = []
    none = _Segment(_PT_DYNAMIC, 0, 0, 0)
    segment = next((part for part in segments if part.kind == _PT_DYNAMIC), none)
    for index in range(min(segment.size // 16, _TABLE_MAX)):
        tag, value = struct.unpack_from("<QQ", view, segment.offset + index * 16)
        if not tag:
            break
        results.append((tag, value))
    return results


def _chain(view: mmap.mmap, at: int) -> Iterator[tuple[int, int]]:
    """Yield (offset, content) of entries that state the next one's offset, or 0."""
    for _ in range(_TABLE_MAX):
        content, following = struct.unpack_from("<8xII", view, at)
        yield at, content
        if not following:
            return
        at += following
    raise ValueError("an endless table")


def _offset(segments: list[_Segment], address: int) -> int:
    for segment in segments:
        inside = address - segment.address
        if segment.kind == _PT_LOAD and 0 <= inside < segment.size:
            return segment.offset + inside
    raise ValueError(f"address {address:#x} is in no segment")


def _text(view: mmap.mmap, at: int) -> str:
    end = view.find(b"\0", at, at + _TEXT_MAX)
    if end < 0:
        raise ValueError("an unterminated string")
    return os.fsdecode(view[at:end])
