"""The directory that a CI keeps between jobs: and which files belong there.

    archives/<algorithm>/<hex>    verified archives, as in any cache
    trees/<key>/                  a tree that was made here, as `packed_trees` writes it

Anyone who can write the CI's cache controls its content: no link is followed, only
planned files are used, and file names are not trusted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from toolpin.cache.verified import Cache, disk_errors
from toolpin.ci.packed_trees import FILES
from toolpin.digests import HEX_LENGTHS
from toolpin.errors import ToolpinError
from toolpin.model import Digest
from toolpin.store.staging import delete_tree

_THREADS = os.cpu_count() or 1
# Levels that are scanned: toolpin's own files are on three.
_DEEPEST = 128
# For archives whose size is in no lockfile.
_LARGEST = 20 << 30
_DIRECTORIES = {"archives", "trees", *(f"archives/{length}" for length in HEX_LENGTHS)}
# Partial files of a killed or failed job.
_BEGUN = {"locks", "partial", "catalogues", "long-term"}
_ARCHIVE = re.compile("archives/(sha256/[0-9a-f]{64}|sha512/[0-9a-f]{128})")


class Kept(NamedTuple):
    """The files that a plan keeps.

    With `any_archive` not all its digests are known yet.
    """

    archives: frozenset[Digest]
    trees: frozenset[str]
    any_archive: bool = False

    def has_directory(self, path: str) -> bool:
        """Return whether a directory belongs there; `path` is relative."""
        above, _, name = path.rpartition("/")
        return path in _DIRECTORIES or (above == "trees" and name in self.trees)

    def has_file(self, path: str) -> bool:
        """Return whether a file belongs there."""
        if _ARCHIVE.fullmatch(path):
            return self.any_archive or _digest(path) in self.archives
        above, _, name = path.rpartition("/")
        return above != "trees" and self.has_directory(above) and name in FILES


def remove_unplanned(root: str, kept: Kept) -> list[str]:
    """Remove everything that is not kept, and return its relative paths.

    Raises ToolpinError if the disk refuses: the directory must not be used then.
    """
    removed: list[str] = []
    if not _may_be_toolpins(root):
        raise ToolpinError(
            f"{root} exists and was not created by toolpin: nothing was removed",
            [("expected", "archives or unpacked trees of toolpin")],
            'export TOOLPIN_CACHE_DIR="$HOME/toolpin-cache"',
        )
    try:
        if os.path.lexists(root) and not _is_directory(root):
            os.unlink(root)
            return ["."]
        for path, is_directory, is_file in _entries(root):
            if is_directory and kept.has_directory(path):
                continue
            if not (is_file and kept.has_file(path)):
                delete_tree(f"{root}/{path}")
                removed.append(path)
    except OSError as error:
        raise ToolpinError(
            "unplanned files cannot be removed from the restored cache",
            [("path", error.filename or root), ("reason", error.strerror or "?")],
        ) from error
    return removed


def _may_be_toolpins(root: str) -> bool:
    """Return whether a directory is toolpin's, not a project's of the same name."""
    if not _is_directory(root):
        return True
    names = set(os.listdir(root))
    return names <= _BEGUN or bool(names & {"archives", "trees"})


def begin(root: str) -> None:
    """Mark the directory as toolpin's, before anything else is written there."""
    path = f"{root}/archives"
    with disk_errors(path):
        os.makedirs(path, exist_ok=True)


def contents(root: str) -> dict[str, int]:
    """Return the size in bytes of each file, by its relative path.

    A link to a directory has none: its target was not restored.
    """
    if not _is_directory(root):
        return {}
    return {
        path: os.lstat(f"{root}/{path}").st_size
        for path, is_directory, _ in _entries(root)
        if not is_directory
    }


def drop_damaged(
    cache: Cache, sizes: Mapping[Digest, int | None]
) -> tuple[set[Digest], set[Digest]]:
    """Read every archive, on all cores; return the valid digests and the damaged ones.

    One with a wrong size is not read: it may be a sparse file without end. Damaged
    archives are removed.
    """
    results = {
        _digest(path): size
        for path, size in contents(cache.root).items()
        if _ARCHIVE.fullmatch(path)
    }

    def is_good(digest: Digest) -> bool:
        wanted = sizes.get(digest)
        return results[digest] == wanted if wanted else results[digest] <= _LARGEST

    with ThreadPoolExecutor(_THREADS) as pool:
        are_good = list(
            pool.map(lambda each: is_good(each) and _holds(cache, each), results)
        )
    bad = {each for each, is_good in zip(results, are_good, strict=True) if not is_good}
    for digest in bad:
        delete_tree(cache.archive(digest))
    return set(results) - bad, bad


def _holds(cache: Cache, digest: Digest) -> bool:
    try:
        return cache.holds(digest)
    except OSError:
        return False


def _is_directory(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _digest(path: str) -> Digest:
    return Digest(*path.split("/")[1:])


def _entries(root: str) -> Iterator[tuple[str, bool, bool]]:
    """Yield (path, is a directory, is a file) of all entries, following no link.

    Entries that are removed meanwhile are skipped, and those nested too deeply to be
    toolpin's.
    """
    waiting = [""]
    while waiting:
        directory = waiting.pop()
        try:
            with os.scandir(os.path.join(root, directory)) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            path = f"{directory}/{entry.name}" if directory else entry.name
            is_directory = entry.is_dir(follow_symlinks=False)
            if is_directory and path.count("/") < _DEEPEST:
                waiting.append(path)
            yield path, is_directory, entry.is_file(follow_symlinks=False)
