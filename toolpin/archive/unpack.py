"""Unpacks a tar, zip, wheel, npm or Debian package into a directory, by its own rules.

An archive is unpacked whole or not at all. Digests are checked elsewhere, before; the
rules apply even to an archive with the published digest.
"""

from __future__ import annotations

import fnmatch
import os
import posixpath
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import BinaryIO

from toolpin.archive.deb import AR_MAGIC, data_member
from toolpin.archive.names import FAMILIES
from toolpin.archive.rules import DEFAULT, Broken, Limits, Member, split_name
from toolpin.archive.stream import Form, Source, Stream, decode
from toolpin.archive.tar import tar_members
from toolpin.archive.tree import Tree, folds_names
from toolpin.archive.zip import zip_members
from toolpin.errors import Refused, ToolpinError, printable
from toolpin.model import TreeFile

__all__ = ["DEFAULT", "Limits", "unpack"]

_MAGICS: tuple[tuple[int, bytes, Form], ...] = (
    (0, b"\x1f\x8b\x08", "gz"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"BZh", "bz2"),
    (0, b"\x28\xb5\x2f\xfd", "zst"),
    (257, b"ustar", "tar"),
)
_ZIP_MAGICS = (b"PK\3\4", b"PK\5\6")
_HEAD_BYTES = 512


def unpack(
    archive: str,
    filename: str,
    destination: str,
    *,
    strip: int = 0,
    only: str = "",
    shared: Sequence[str] = (),
    limits: Limits = DEFAULT,
) -> tuple[TreeFile, ...]:
    """Unpack into an existing directory and return what was written, sorted by path.

    `filename` is the published name. `only` takes what lies below that directory of the
    archive as it stands, where `*` represents any one name that fits; then `strip`
    leading directories are dropped, which must be the same for all. A symbolic link
    into one of the directories `shared` of the archive's system leads to that path
    below the destination. Raises Refused for an archive that breaks a rule,
    ToolpinError where the disk refuses; either way nothing of this call is left.
    """
    try:
        tree = Tree(destination, limits, folds_names=folds_names(destination))
        try:
            with open(archive, "rb") as file, ThreadPoolExecutor(1) as pool:
                members = _members(file, filename, limits, pool)
                wanted = tuple(only.split("/")) if only else ()
                for path, member in _taken(members, strip, wanted):
                    link = _link_below(path, member, shared)
                    _add(tree, path, member._replace(link=link))
            return tree.finish()
        except BaseException:
            tree.undo()
            raise
    except Broken as broken:
        raise _refused(filename, broken) from broken
    except OSError as error:
        raise ToolpinError(
            f"{filename} could not be unpacked: {error.strerror}",
            [("path", str(error.filename or destination)), ("installed", "nothing")],
        ) from error


def _refused(filename: str, broken: Broken) -> Refused:
    member = printable(broken.member)
    if len(member) > 120:
        member = f"{member[:80]}... ({len(broken.member)} characters)"
    facts = [("member", member)] if member else []
    return Refused(
        f"{filename} is not safe to unpack: {broken.rule}",
        [*facts, ("installed", "nothing")],
    )


def _members(
    file: BinaryIO, filename: str, limits: Limits, pool: Executor
) -> Iterator[Member]:
    """Yield the members of an archive, by the format in its first bytes.

    Only the family must match the name: a `.tar.gz` that is xz is what the publisher
    made, and its digest is right.
    """
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    if head.startswith(_ZIP_MAGICS):
        _check_family(filename, "zip")
        return zip_members(file, limits, pool)
    if head.startswith(AR_MAGIC):
        _check_family(filename, "Debian package")
        data = data_member(file)
        head = data.read(_HEAD_BYTES)
        file.seek(-len(head), os.SEEK_CUR)
        return _tar_members(data, head, limits, pool)
    members = _tar_members(file, head, limits, pool)
    _check_family(filename, "tar")
    return members


def _tar_members(
    source: Source, head: bytes, limits: Limits, pool: Executor
) -> Iterator[Member]:
    for offset, magic, form in _MAGICS:
        if head.startswith(magic, offset):
            return tar_members(Stream(decode(source, form, limits, pool)), limits)
    raise Broken(f"it is not a tar or zip: it begins with {head[:16]!r}")


def _check_family(filename: str, family: str) -> None:
    for named, suffixes in FAMILIES:
        if named != family and filename.endswith(suffixes):
            raise Broken(f"it is named as a {named} but is a {family}")


def _taken(
    members: Iterator[Member], strip: int, only: tuple[str, ...]
) -> Iterator[tuple[str, Member]]:
    """Yield (path below the destination, member) for the requested members."""
    top: tuple[str, ...] | None = None
    for member in members:
        parts = split_name(member.name)
        if member.kind != "directory" and not parts:
            raise Broken("a file or link has no name", member.name)
        if not parts or not _is_below(parts, only):
            continue
        if only and len(parts) == len(only) and member.kind != "directory":
            continue  # a file that fits the name of the directory to take
        if len(parts) <= strip:
            if member.kind != "directory":
                raise Broken("a file is above the directory to be dropped", member.name)
            continue
        top = top or parts[: max(strip, len(only))]
        if parts[: len(only)] != top[: len(only)]:
            raise Broken("two directories match, where one is expected", member.name)
        if parts[:strip] != top[:strip]:
            raise Broken(
                "it has two top directories, where one is expected", member.name
            )
        link = member.link
        if member.kind == "hardlink":
            repeated = split_name(link)
            if not _is_below(repeated, only) or repeated[:strip] != top[:strip]:
                raise Broken("the target of a hard link is not unpacked", member.name)
            link = "/".join(repeated[strip:])
        yield "/".join(parts[strip:]), member._replace(link=link)
    if top is None:
        raise Broken("it contains nothing to unpack", "/".join(only))


def _is_below(parts: tuple[str, ...], only: tuple[str, ...]) -> bool:
    """Return whether a path is the directory to unpack, or below it."""
    return len(parts) >= len(only) and all(
        part == name or ("*" in name and fnmatch.fnmatchcase(part, name))
        for part, name in zip(parts, only, strict=False)
    )


def unpack_one(packed: str, path: str, limits: Limits = DEFAULT) -> None:
    """Write the one file that a .gz, .xz, .bz2 or .zst holds to `path`.

    Raises Refused for what breaks a rule.
    """
    name = os.path.basename(path)
    try:
        with (
            open(packed, "rb") as file,
            open(path, "wb") as out,
            ThreadPoolExecutor(1) as pool,
        ):
            head = file.read(_HEAD_BYTES)
            file.seek(0)
            forms = (form for at, magic, form in _MAGICS if head.startswith(magic, at))
            form: Form = next(forms, "tar")
            if form == "tar":
                raise Broken(f"it is not compressed: it begins with {head[:16]!r}")
            for piece in decode(file, form, limits, pool):
                out.write(piece)
    except Broken as broken:
        raise _refused(name, broken) from broken


def _link_below(path: str, member: Member, shared: Sequence[str]) -> str:
    """Return a link's target, relative to the destination if it is shared."""
    if member.kind == "symlink":
        directory = posixpath.dirname(member.name.removeprefix("./"))
        target = posixpath.normpath(f"{directory}/{member.link}")
        if any(target.startswith(f"{shared_path}/") for shared_path in shared):
            return posixpath.relpath(target, posixpath.dirname(path) or ".")
    return member.link


def _add(tree: Tree, path: str, member: Member) -> None:
    if member.kind == "directory":
        tree.add_directory(path)
    elif member.kind == "symlink":
        tree.add_symlink(path, member.link)
    elif member.kind == "hardlink":
        tree.add_hardlink(path, member.link)
    else:
        tree.add_file(
            path, member.data, executable=member.executable, mtime_s=member.mtime_s
        )
