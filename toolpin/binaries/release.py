"""Checks whether a release runs on a target, by the headers of its native files.

A release is the output of `mix release`: `bin`, `lib`, `releases`, and usually an ERTS.
Files are read and nothing is run. The sonames that another machine needs are listed,
not checked.
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
    numbers,
    read_elf,
)
from toolpin.errors import ToolpinError, UsageError
from toolpin.model import Host
from toolpin.project.project_files import read
from toolpin.system.directory_tree import walk

# Libraries of every system with glibc; with musl they are one library.
_LIBC = "libc libm libdl libpthread librt libutil libresolv libgcc_s".split()
# The limits for the file with a release's two versions.
_VERSIONS = (1_000, 10)
_SYSTEM = ("/lib/", "/lib64/", "/usr/")


class Native(NamedTuple):
    """One program or library of a release, by its path in it.

    `damage` states what is wrong with its headers; "" if they can be read.
    """

    path: str
    system: str
    archs: tuple[str, ...]
    elf: Elf
    damage: str = ""


class Release(NamedTuple):
    """A release: its directory, its name and version, its ERTS if included."""

    directory: str
    name: str
    erts: str
    files: tuple[Native, ...]


class Fault(NamedTuple):
    """Why one file does not run on the target: its property, and the target's."""

    path: str
    what: str
    there: str


def read_release(directory: str) -> Release:
    """Read every native file of a release.

    Raises UsageError for any other directory.
    """
    try:
        data = read(f"{directory}/releases/start_erl.data", _VERSIONS, anywhere=True)
        erts, version = data.decode().split()
        names = sorted(os.listdir(f"{directory}/bin"))
    except (OSError, ValueError, ToolpinError) as error:
        because = error.what if isinstance(error, ToolpinError) else str(error)
        raise UsageError(
            f"{directory} is not a release of Mix",
            [("reason", because)],
            "MIX_ENV=prod mix release",
        ) from error
    erts = f"erts-{erts}" if os.path.isdir(f"{directory}/erts-{erts}") else ""
    name = next((name for name in names if "." not in name), "?")
    return Release(directory, f"{name} {version}", erts, tuple(_natives(directory)))


def faults(release: Release, target: Host) -> list[Fault]:
    """Return why files of a release do not run on the target, in the files' order."""
    own = {os.path.basename(native.path) for native in release.files}
    in_erts = [
        file for file in release.files if file.path.startswith(f"{release.erts}/")
    ]
    none = Fault(release.erts, "has no programs", "none that can be read")
    return [none] * bool(release.erts and not in_erts) + [
        Fault(native.path, what, there)
        for native in release.files
        for what, there in _reasons(release, native, target, own)
    ]


def needed(release: Release, target: Host) -> dict[str, list[str]]:
    """Return what the target must have, each with the files that need it.

    Sonames that are neither the C library's nor in the release.
    """
    own = {os.path.basename(native.path) for native in release.files}
    results: dict[str, list[str]] = {}
    for native in release.files:
        for soname in _foreign_directories(native, own):
            if target.libraries is None or not bound_to(native.elf):
                results.setdefault(soname, []).append(native.path)
    return dict(sorted(results.items()))


def _natives(directory: str) -> Iterator[Native]:
    """Yield the native files, by path. Links and unreadable files are left out."""
    for parent, names, files in walk(directory):
        names.sort()
        for name in sorted(files):
            if native := _native(directory, f"{parent}/{name}"):
                yield native


def _native(directory: str, path: str) -> Native | None:
    inside = os.path.relpath(path, directory)
    try:
        # A release that has run contains pipes: opening one would block.
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


def _reasons(
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
    if elf.glibc > numbers(target.libc_version) > () and not (bound and has_own):
        version = ".".join(map(str, elf.glibc))
        yield f"needs glibc {version}", f"the target has {target.libc_version}"
    if target.libraries is None:
        return
    directories = [_origin(path, release, native) for path in elf.searched]
    for soname in _foreign_directories(native, own):
        there = soname in target.libraries
        if not there and not any(
            os.path.exists(f"{directory}/{soname}") for directory in directories
        ):
            yield f"needs {soname}", "it is not installed here"
    if elf.loader and not os.path.exists(elf.loader):
        yield "needs the loader", f"{elf.loader}, which is missing here"


def _foreign_directories(native: Native, own: set[str]) -> Sequence[str]:
    return [
        name
        for name in native.elf.needed
        if name not in own
        and name.split(".")[0] not in _LIBC
        and not name.startswith("ld-linux")
    ]


def bound_to(elf: Elf) -> str:
    """Return a directory that exists on no other machine; "" without one.

    That of its loader, or one here with a needed library: builds of OTP name many
    directories that may not exist, and those do not bind the release.
    """
    places = [os.path.dirname(elf.loader)]
    places += [
        directory
        for directory in elf.searched
        if any(os.path.exists(f"{directory}/{name}") for name in elf.needed)
    ]
    private = (place for place in places if place.startswith("/"))
    return next(
        (directory for directory in private if not f"{directory}/".startswith(_SYSTEM)),
        "",
    )


def _origin(directory: str, release: Release, native: Native) -> str:
    """Return a searched directory with $ORIGIN resolved."""
    here = os.path.dirname(f"{release.directory}/{native.path}")
    return directory.replace("${ORIGIN}", here).replace("$ORIGIN", here)
