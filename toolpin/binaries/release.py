"""Says whether a release runs on a target, by what its native files say of themselves.

A release is what `mix release` makes: `bin`, `lib`, `releases`, and mostly an ERTS.
Files are read and nothing is run. What a library of the target really has, only the
target knows: of another machine its sonames are told, not judged.
"""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from toolpin.binaries.elf import (
    ELF_MAGIC,
    PROGRAMS,
    Elf,
    is_macho,
    macho_archs,
    read_elf,
)
from toolpin.directories import walk
from toolpin.errors import ToolpinError, UsageError
from toolpin.model import Host
from toolpin.project.files import read

# What every system with glibc has; with musl it is one library.
_LIBC = "libc libm libdl libpthread librt libutil libresolv libgcc_s".split()
# The bytes and lines of the file with a release's two versions.
_VERSIONS = (1_000, 10)
_SYSTEM = ("/lib/", "/lib64/", "/usr/")


class Native(NamedTuple):
    """One program or library of a release, by its path in it.

    `damage` says what is wrong with its headers; "" where they can be read.
    """

    path: str
    system: str
    archs: tuple[str, ...]
    elf: Elf
    damage: str = ""


class Release(NamedTuple):
    """A release: its folder, its name and version, its ERTS if it has one."""

    folder: str
    name: str
    erts: str
    files: tuple[Native, ...]


class Fault(NamedTuple):
    """Why one file does not run on the target: what it is, and what is there."""

    path: str
    what: str
    there: str


def read_release(folder: str) -> Release:
    """Read every native file of a release. Raises UsageError for another folder."""
    try:
        data = read(f"{folder}/releases/start_erl.data", _VERSIONS, anywhere=True)
        erts, version = data.decode().split()
        names = sorted(os.listdir(f"{folder}/bin"))
    except (OSError, ValueError, ToolpinError) as error:
        because = error.what if isinstance(error, ToolpinError) else str(error)
        raise UsageError(
            f"{folder} is not a release of Mix",
            [("reason", because)],
            "MIX_ENV=prod mix release",
        ) from error
    erts = f"erts-{erts}" if os.path.isdir(f"{folder}/erts-{erts}") else ""
    name = next((one for one in names if "." not in one), "?")
    return Release(folder, f"{name} {version}", erts, tuple(_natives(folder)))


def faults(release: Release, target: Host) -> list[Fault]:
    """Return why files of a release do not run on the target, in the files' order."""
    own = {os.path.basename(native.path) for native in release.files}
    in_erts = [one for one in release.files if one.path.startswith(f"{release.erts}/")]
    none = Fault(release.erts, "has no programs", "none that can be read")
    return [none] * bool(release.erts and not in_erts) + [
        Fault(native.path, what, there)
        for native in release.files
        for what, there in _whys(release, native, target, own)
    ]


def needed(release: Release, target: Host) -> dict[str, list[str]]:
    """Return what the target must have, each with the files that need it.

    Sonames that are neither the C library's nor in the release.
    """
    own = {os.path.basename(native.path) for native in release.files}
    found: dict[str, list[str]] = {}
    for native in release.files:
        for soname in _foreign(native, own):
            if target.libraries is None or not bound_to(native.elf):
                found.setdefault(soname, []).append(native.path)
    return dict(sorted(found.items()))


def _natives(folder: str) -> Iterator[Native]:
    """Yield the native files, by path. Links and what cannot be read are left out."""
    for parent, names, files in walk(folder):
        names.sort()
        for name in sorted(files):
            if native := _native(folder, f"{parent}/{name}"):
                yield native


def _native(folder: str, path: str) -> Native | None:
    inside = os.path.relpath(path, folder)
    try:
        # A release that has run has pipes in it: whoever opens one waits.
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        with open(path, "rb") as file:
            magic = file.read(4)
            if magic != ELF_MAGIC and not is_macho(magic):
                return None
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
                return (_elf if magic == ELF_MAGIC else _macho)(inside, view)
    except OSError:
        return None


def _elf(inside: str, view: mmap.mmap) -> Native | None:
    """Return an ELF file; None for an object file, which is linked elsewhere."""
    try:
        elf = read_elf(view)
    except ValueError as error:
        return Native(inside, "linux", (), Elf(""), str(error))
    if elf.arch and elf.kind not in PROGRAMS:
        return None
    return Native(inside, "linux", (elf.arch,) if elf.arch else (), elf)


def _macho(inside: str, view: mmap.mmap) -> Native | None:
    """Return a Mach-O file; None for a Java class, which begins in the same way."""
    try:
        return Native(inside, "macos", tuple(macho_archs(view)), Elf(""))
    except ValueError:
        return None


def _whys(
    release: Release, native: Native, target: Host, own: set[str]
) -> Iterator[tuple[str, str]]:
    elf, bound = native.elf, bound_to(native.elf)
    if native.damage:
        yield "is damaged", native.damage
        return
    if native.system != target.os or target.arch not in native.archs:
        machines = " ".join(f"{native.system}-{arch}" for arch in native.archs)
        yield f"is for {machines or 'no machine'}", f"the target is {target}"
        return
    if elf.libc and target.libc and elf.libc != target.libc:
        yield f"needs {elf.libc}", f"the target has {target.libc}"
        return
    if target.libraries is None and bound:
        yield "is bound to", f"{bound} of the machine that built it"
    has_own = target.libraries is not None and os.path.exists(f"{bound}/libc.so.6")
    if elf.glibc > _numbers(target.libc_version) > () and not (bound and has_own):
        version = ".".join(map(str, elf.glibc))
        yield f"needs glibc {version}", f"the target has {target.libc_version}"
    if target.libraries is None:
        return
    folders = [_origin(one, release, native) for one in elf.searched]
    for soname in _foreign(native, own):
        there = soname in target.libraries
        if not there and not any(os.path.exists(f"{one}/{soname}") for one in folders):
            yield f"needs {soname}", "it is not installed here"
    if elf.loader and not os.path.exists(elf.loader):
        yield "needs the loader", f"{elf.loader}, which is missing here"


def _foreign(native: Native, own: set[str]) -> Sequence[str]:
    return [
        name
        for name in native.elf.needed
        if name not in own
        and name.split(".")[0] not in _LIBC
        and not name.startswith("ld-linux")
    ]


def bound_to(elf: Elf) -> str:
    """Return a folder that no other machine has; "" where there is none.

    That of its loader, or one here with a library that it needs: builds of OTP name
    many folders that may be there or not, and those bind nobody.
    """
    places = [os.path.dirname(elf.loader)]
    places += [
        folder
        for folder in elf.searched
        if any(os.path.exists(f"{folder}/{name}") for name in elf.needed)
    ]
    private = (one for one in places if one.startswith("/"))
    return next((one for one in private if not f"{one}/".startswith(_SYSTEM)), "")


def _origin(folder: str, release: Release, native: Native) -> str:
    """Return a searched folder, with what $ORIGIN stands for."""
    here = os.path.dirname(f"{release.folder}/{native.path}")
    return folder.replace("${ORIGIN}", here).replace("$ORIGIN", here)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
