"""Writes files, directories and links into one directory, and tracks all that it wrote.

Paths are checked in a model of the tree, not by looking up an archive's paths on the
disk; links are created last, so nothing is ever written through one. Every entry is
hashed while it is copied. It is independent of archive formats.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import time
import unicodedata
from collections.abc import Iterable

from toolpin.archive.rules import DEFAULT, PATH_BYTES, Broken, Limits, split_target
from toolpin.model import TreeFile

_RESERVED = ".toolpin"
_DIRECTORY_MODE = 0o755
_LINK_HOPS = 40  # the kernel's own limit is the same


class Tree:
    """A directory that is being filled.

    Paths are relative, and valid names. With `folds_names`, names that differ by case
    or Unicode form are one name.
    """

    def __init__(
        self, root: str, limits: Limits = DEFAULT, *, folds_names: bool
    ) -> None:
        self._root = root
        self._limits = limits
        self._text_bytes = 0
        self._link_steps = 0
        self._folds_names = folds_names
        self._names = {"": ""}
        self._directories = {""}
        self._files: dict[str, TreeFile] = {}
        self._links: dict[str, str] = {}
        self._made: list[str] = []
        self._now_s = int(time.time())

    def add_directory(self, path: str) -> None:
        """Make a directory and its parents; an existing one is fine."""
        if self._names.get(key := self._key(path)) == path and key in self._directories:
            return
        parts = path.split("/")
        _check_reserved(parts[0], path)
        for end in range(len(parts)):
            self._make_directory("/".join(parts[: end + 1]))

    def add_file(
        self, path: str, data: Iterable[bytes], *, executable: bool, mtime_s: int
    ) -> None:
        """Write a new file, hashing it on the way."""
        key = self._key(path)
        self._claim_new(path, key)
        mode = 0o755 if executable else 0o644
        size, digest = 0, hashlib.sha256()
        out = self._create(path, mode)
        try:
            for piece in data:
                digest.update(piece)
                size += len(piece)
                _write(out, piece)
            # Makefiles and compiled Python compare times; one ahead of the clock
            # would make them build again and again.
            seconds = min(mtime_s, self._now_s)
            os.utime(out, (seconds, seconds))
        finally:
            os.close(out)
        self._files[key] = TreeFile(path, size, mode, digest.hexdigest())

    def add_hardlink(self, path: str, target: str) -> None:
        """Create a second name for a file that was written before."""
        key, first = self._key(path), self._files.get(self._key(target))
        if first is None:
            raise Broken("a hard link has no earlier file as its target", path)
        self._claim_new(path, key)
        old, new = self._full(first.path), self._full(path)
        try:
            os.link(old, new)
            self._made.append(new)
        except FileExistsError:
            raise Broken("a member would replace a file", path) from None
        except OSError:  # filesystems without hard links
            os.close(self._create(path, first.mode))
            shutil.copyfile(old, new)
        self._files[key] = first._replace(path=path)

    def add_symlink(self, path: str, target: str) -> None:
        """Record a symbolic link, to be created by `finish`."""
        key = self._key(path)
        split_target(target, path)
        self._claim_new(path, key)
        self._count_text(target, path)
        self._links[key] = target

    def finish(self) -> tuple[TreeFile, ...]:
        """Create the links, each of which must stay inside, and return all entries."""
        for key in self._links:
            self._check_link(key)
        entries = list(self._files.values())
        for key, target in self._links.items():
            path = self._names[key]
            full = self._full(path)
            try:
                os.symlink(target, full)
            except FileExistsError:
                raise Broken("a link would replace a file", path) from None
            except OSError as error:  # it names the target, not the link
                raise OSError(error.errno, error.strerror, full) from error
            self._made.append(full)
            size = len(os.fsencode(target))
            entries.append(TreeFile(path, size, 0o777, "", target))
        return tuple(sorted(entries))

    def undo(self) -> None:
        """Remove what was written, and nothing else."""
        for path in reversed(self._made):
            with contextlib.suppress(OSError):
                if stat.S_ISDIR(os.lstat(path).st_mode):
                    os.rmdir(path)
                else:
                    os.unlink(path)
        self._made.clear()

    def _full(self, path: str) -> str:
        full = f"{self._root}/{path}"
        if len(os.fsencode(full)) >= PATH_BYTES:
            raise Broken(f"a path is longer than {PATH_BYTES} bytes", path)
        return full

    def _key(self, path: str) -> str:
        if not self._folds_names:
            return path
        return unicodedata.normalize("NFKC", path).casefold()

    def _claim(self, path: str, key: str) -> None:
        if (known := self._names.get(key)) not in (None, path):
            raise Broken("two names differ only by case or Unicode form", path)
        if known is None:
            self._count_text(path, path)
            self._names[key] = path

    def _count_text(self, text: str, path: str) -> None:
        self._text_bytes += len(text.encode())
        if self._text_bytes > self._limits.text_bytes:
            rule = f"its names are more than {self._limits.text_bytes} bytes"
            raise Broken(rule, path)

    def _claim_new(self, path: str, key: str) -> None:
        """Reserve a name for a new entry, and make its parent directories."""
        if key in self._names:
            self._claim(path, key)
            raise Broken("two members have one name", path)
        above, _, name = path.rpartition("/")
        if above:
            self.add_directory(above)
        else:
            _check_reserved(name, path)
        self._claim(path, key)

    def _make_directory(self, path: str) -> None:
        key = self._key(path)
        self._claim(path, key)
        if key in self._directories:
            return
        if key in self._files or key in self._links:
            raise Broken("a directory has the name of a file or link", path)
        full = self._full(path)
        try:
            os.mkdir(full)
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(full).st_mode):
                raise Broken(
                    "a directory has the name of a file or link", path
                ) from None
        else:
            self._made.append(full)
            os.chmod(full, _DIRECTORY_MODE)  # whatever the umask removed
        self._directories.add(key)

    def _create(self, path: str, mode: int) -> int:
        full = self._full(path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            out = os.open(full, flags, mode)
        except FileExistsError:
            raise Broken("a member would replace a file", path) from None
        self._made.append(full)
        os.fchmod(out, mode)  # whatever the umask removed
        return out

    def _check_link(self, key: str) -> None:
        """Follow a link's target through the finished model, component by component.

        `..` is resolved only from an existing directory: after a missing name it would
        have another meaning once that name exists.
        """
        path = self._names[key]
        here = path.split("/")[:-1]
        rest = split_target(self._links[key], path)[::-1]
        hops = 0
        while rest:
            part = rest.pop()
            self._link_steps += 1 + len(here)
            if self._link_steps > self._limits.link_steps:
                rule = (
                    "resolving its links takes more than "
                    f"{self._limits.link_steps} steps"
                )
                raise Broken(rule, path)
            if part == "..":
                if not here or not self._is_directory("/".join(here)):
                    raise Broken("a link points outside the tree", path)
                here.pop()
            elif part not in ("", "."):
                target = self._link_at("/".join([*here, part]))
                hops += target is not None
                if hops > _LINK_HOPS:
                    raise Broken("links form a loop", path)
                if target is None:
                    here.append(part)
                else:
                    rest += split_target(target, path)[::-1]

    def _is_directory(self, path: str) -> bool:
        if self._key(path) in self._directories:
            return True
        try:
            return stat.S_ISDIR(os.lstat(self._full(path)).st_mode)
        except OSError:
            return False

    def _link_at(self, path: str) -> str | None:
        """Return the target of a link in this tree, or of one from an earlier step."""
        key = self._key(path)
        if key in self._names:
            return self._links.get(key)
        try:
            return os.readlink(self._full(path))
        except OSError:
            return None


def folds_names(directory: str) -> bool:
    """Return whether the filesystem of `directory` treats `A` and `a` as one name."""
    probe = f"{directory}/.toolpin-Aa"
    os.mkdir(probe)
    try:
        return os.path.lexists(f"{directory}/.toolpin-aA")
    finally:
        os.rmdir(probe)


def _check_reserved(name: str, path: str) -> None:
    if name.casefold() == _RESERVED:
        raise Broken(f"a name is reserved for toolpin: {_RESERVED}", path)


def _write(out: int, piece: bytes) -> None:
    written = os.write(out, piece)
    while written < len(piece):
        written += os.write(out, piece[written:])
