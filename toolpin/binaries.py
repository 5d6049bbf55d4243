"""Reads the head of a command and says whether a host can run it; runs nothing.

ELF, Mach-O and scripts. Only the tables that are asked about are read, whatever the
size of the program. Shared libraries other than the C library are not looked for.
"""

from __future__ import annotations

import mmap
import os
import re
import stat
import struct
from collections.abc import Iterator
from typing import NamedTuple

from toolpin.errors import Refused
from toolpin.model import Host, Pin

_SCRIPT_LINE_BYTES = 256  # Linux reads no more of a `#!` line
_ELF_MACHINES = {62: "x64", 183: "arm64"}
_MACHO_TYPES = {0x01000007: "x64", 0x0100000C: "arm64"}
_MACHO_64 = b"\xcf\xfa\xed\xfe"
_MACHO_FAT = {b"\xca\xfe\xba\xbe": 20, b"\xca\xfe\xba\xbf": 32}  # bytes an entry
_FAT_ENTRIES_MAX = 20  # Java classes share the magic; their next number is larger
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_STRTAB, _DT_VERNEED = 5, 0x6FFFFFFE
_TABLE_MAX = 1024
_TEXT_MAX = 4096
_GLIBC_NAMED = {"GLIBC_ABI_DT_RELR": (2, 36)}


class _Unfit(Exception):
    """Why a file does not run, what it says of itself, and what the host has."""

    def __init__(self, why: str, says: str, has: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.says = says
        self.has = has


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int


class _Elf(NamedTuple):
    """An ELF program: its C library is told by `loader`, "" where it needs none."""

    arch: str
    loader: str
    glibc: tuple[int, ...]


def check_command(path: str, host: Host, pin: Pin, *, root: str = "/") -> None:
    """Raise Refused when the command at `path` is no program that `host` can run.

    `root` is where the host's loaders and interpreters are looked for; "" when the
    host is another machine, and only what the file says is compared.
    """
    command = f"{pin}: {os.path.basename(path)}"
    try:
        _check(path, host, root)
    except _Unfit as unfit:
        facts = [("path", path), ("file says", unfit.says)]
        if unfit.has:
            facts.append(("host has", unfit.has))
        raise Refused(f"{command} {unfit.why}", facts) from unfit
    except OSError as error:
        what = f"{command} cannot be read: {error.strerror}"
        raise Refused(what, [("path", path)]) from error


def _check(path: str, host: Host, root: str) -> None:
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode) or not status.st_size:
        raise _Unfit("is not a program", "an empty file, a folder or a device")
    if not status.st_mode & 0o111:
        raise _Unfit("is not a program", f"no run bit: mode {status.st_mode & 0o777:o}")
    with (
        open(path, "rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view,
    ):
        try:
            _check_content(view, host, root)
        except (struct.error, IndexError, ValueError, OverflowError) as error:
            raise _Unfit("is not a program", f"damaged headers: {error}") from error


def _check_content(view: mmap.mmap, host: Host, root: str) -> None:
    magic = view[:4]
    if magic == b"\x7fELF":
        _check_elf(_read_elf(view), host, root)
    elif magic == _MACHO_64 or magic in _MACHO_FAT:
        _check_macho(_macho_archs(view), host)
    elif magic[:2] == b"#!":
        _check_script(view[2:_SCRIPT_LINE_BYTES], root)
    else:
        raise _Unfit("is not a program", f"begins with {view[:16]!r}")


def _check_elf(elf: _Elf, host: Host, root: str) -> None:
    if (host.os, host.arch) != ("linux", elf.arch):
        raise _Unfit("is for another machine", f"linux-{elf.arch}", str(host))
    libc = "musl" if "ld-musl" in elf.loader else "glibc"
    if elf.loader and host.libc not in ("", libc):
        raise _Unfit(f"needs {libc}", elf.loader, host.libc)
    if elf.loader and root and not _exists(root, elf.loader):
        raise _Unfit("has no loader here", elf.loader, "no such file")
    if elf.glibc > _numbers(host.libc_version) > ():
        needed = ".".join(map(str, elf.glibc))
        raise _Unfit(
            f"needs GLIBC_{needed}, this host has {host.libc_version}",
            f"GLIBC_{needed}",
            f"glibc {host.libc_version}",
        )


def _check_macho(archs: list[str], host: Host) -> None:
    if host.os != "macos" or host.arch not in archs:
        says = ", ".join(f"macos-{arch}" for arch in archs)
        raise _Unfit("is for another machine", says or "no machine", str(host))


def _check_script(line: bytes, root: str) -> None:
    # As the kernel does: a carriage return is part of the interpreter's name.
    words = line.split(b"\n", 1)[0].strip(b" \t").replace(b"\t", b" ")
    interpreter = os.fsdecode(words.split(b" ", 1)[0])
    if not interpreter.startswith("/"):
        raise _Unfit("is not a program", f"a script of {interpreter!r}")
    if root and not _exists(root, interpreter):
        raise _Unfit("has no interpreter here", f"#!{interpreter}", "no such file")


def _exists(root: str, path: str) -> bool:
    return os.path.exists(f"{root.rstrip('/')}{path}")


def _read_elf(view: mmap.mmap) -> _Elf:
    """Read a 64-bit little-endian program; the numbers are those of the ELF ABI."""
    bits, order = view[4], view[5]
    if (bits, order) != (2, 1):
        raise _Unfit("is for another machine", "not 64-bit little-endian", "64-bit")
    kind, machine = struct.unpack_from("<HH", view, 16)
    arch = _ELF_MACHINES.get(machine, f"machine {machine}")
    if kind not in (2, 3):  # an executable, fixed or position-independent
        raise _Unfit("is not a program", f"ELF of type {kind}")
    segments = list(_segments(view))
    loader = ""
    for segment in segments:
        if segment.kind == _PT_INTERP:
            loader = _text(view, segment.offset)
    return _Elf(arch, loader, max(_glibc_versions(view, segments), default=()))


def _segments(view: mmap.mmap) -> Iterator[_Segment]:
    (table,) = struct.unpack_from("<Q", view, 32)
    entry_bytes, count = struct.unpack_from("<HH", view, 54)
    for at in range(table, table + count * entry_bytes, entry_bytes or 1):
        kind, offset, address, size = struct.unpack_from("<I4xQQ8xQ", view, at)
        yield _Segment(kind, offset, address, size)


def _glibc_versions(
    view: mmap.mmap, segments: list[_Segment]
) -> Iterator[tuple[int, ...]]:
    """Yield the glibc versions that the dynamic section asks for.

    Through the segments, which the loader uses too: sections may be stripped.
    """
    dynamic = _dynamic(view, segments)
    if _DT_VERNEED not in dynamic or _DT_STRTAB not in dynamic:
        return
    texts = _offset(segments, dynamic[_DT_STRTAB])
    for name_at in _needed(view, _offset(segments, dynamic[_DT_VERNEED])):
        name = _text(view, texts + name_at)
        if found := re.fullmatch(r"GLIBC_([0-9.]+)", name):
            yield _numbers(found[1])
        elif name in _GLIBC_NAMED:
            yield _GLIBC_NAMED[name]


def _dynamic(view: mmap.mmap, segments: list[_Segment]) -> dict[int, int]:
    found: dict[int, int] = {}
    for segment in segments:
        if segment.kind == _PT_DYNAMIC:
            end = segment.offset + min(segment.size // 16, _TABLE_MAX) * 16
            for at in range(segment.offset, end, 16):
                tag, value = struct.unpack_from("<QQ", view, at)
                found.setdefault(tag, value)
                if not tag:
                    break
    return found


def _needed(view: mmap.mmap, at: int) -> Iterator[int]:
    """Yield where in the string table each needed version's name stands.

    A chain of libraries, each with a chain of versions.
    """
    for library, first in _chain(view, at):
        for _, name_at in _chain(view, library + first):
            yield name_at


def _chain(view: mmap.mmap, at: int) -> Iterator[tuple[int, int]]:
    """Yield (offset, content) of entries that tell how far the next one is, or 0."""
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
        raise ValueError("a text without an end")
    return os.fsdecode(view[at:end])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _macho_archs(view: mmap.mmap) -> list[str]:
    """Return the machines of a Mach-O file, thin or with one part for each."""
    if view[:4] == _MACHO_64:
        cpus = [struct.unpack_from("<I", view, 4)[0]]
    else:
        (count,) = struct.unpack_from(">I", view, 4)
        if count > _FAT_ENTRIES_MAX:
            raise _Unfit("is not a program", "a Java class, or too many machines")
        step = _MACHO_FAT[view[:4]]
        cpus = [struct.unpack_from(">I", view, 8 + step * i)[0] for i in range(count)]
    return [_MACHO_TYPES.get(cpu, f"cpu {cpu:#x}") for cpu in cpus]
