"""Checks whether a host can run a command, by its file's header.

ELF, Mach-O and scripts; nothing is run. Shared libraries other than the C library are
not checked.
"""

from __future__ import annotations

import mmap
import os
import stat

from toolpin.binaries.elf import PROGRAMS, Elf, is_macho, macho_archs, numbers, read_elf
from toolpin.errors import Refused
from toolpin.model import Host, Pin

_SCRIPT_LINE_BYTES = 256  # Linux reads no more of a `#!` line


class _Unfit(Exception):
    """Why a file does not run, its property, and the host's."""

    def __init__(self, why: str, says: str, has: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.says = says
        self.has = has


def check_command(path: str, host: Host, pin: Pin, *, root: str = "/") -> None:
    """Raise Refused if the command at `path` is not a program that `host` can run.

    `root` is the root directory with the host's loaders and interpreters; "" if the
    host is another machine, and only headers are compared.
    """
    command = f"{pin}: {os.path.basename(path)}"
    try:
        _check(path, host, root)
    except _Unfit as unfit:
        facts = [("path", path), ("file is for", unfit.says)]
        if unfit.has:
            facts.append(("host has", unfit.has))
        raise Refused(f"{command} {unfit.why}", facts) from unfit
    except OSError as error:
        what = f"{command} cannot be read: {error.strerror}"
        raise Refused(what, [("path", path)]) from error


def _check(path: str, host: Host, root: str) -> None:
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode) or not status.st_size:
        raise _Unfit("is not a program", "an empty file, a directory or a device")
    if not status.st_mode & 0o111:
        raise _Unfit(
            "is not a program", f"not executable: mode {status.st_mode & 0o777:o}"
        )
    with (
        open(path, "rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view,
    ):
        try:
            _check_content(view, host, root)
        except ValueError as error:
            raise _Unfit("is not a program", f"damaged headers: {error}") from error


def _check_content(view: mmap.mmap, host: Host, root: str) -> None:
    magic = view[:4]
    if magic == b"\x7fELF":
        _check_elf(read_elf(view), host, root)
    elif is_macho(magic):
        _check_macho(macho_archs(view), host)
    elif magic[:2] == b"#!":
        _check_script(view[2:_SCRIPT_LINE_BYTES], root)
    else:
        raise _Unfit("is not a program", f"begins with {view[:16]!r}")


def _check_elf(elf: Elf, host: Host, root: str) -> None:
    if not elf.arch:
        raise _Unfit("is for another machine", "not 64-bit little-endian", "64-bit")
    if elf.kind not in PROGRAMS:
        raise _Unfit("is not a program", f"ELF of type {elf.kind}")
    if (host.os, host.arch) != ("linux", elf.arch):
        raise _Unfit("is for another machine", f"linux-{elf.arch}", str(host))
    libc = elf.libc or "glibc"
    if elf.loader and host.libc not in ("", libc):
        raise _Unfit(f"needs {libc}", elf.loader, host.libc)
    if elf.loader and root and not _exists(root, elf.loader):
        raise _Unfit("needs a loader that is missing here", elf.loader, "no such file")
    if elf.glibc > numbers(host.libc_version) > ():
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
        raise _Unfit(
            "needs an interpreter that is missing here",
            f"#!{interpreter}",
            "no such file",
        )


def _exists(root: str, path: str) -> bool:
    return os.path.exists(f"{root.rstrip('/')}{path}")
