"""Lists the content of the cache directory, and empties it.

Everything that it removes can be fetched again. toolpin's private programs stay, and
all files that toolpin does not name so: the directory may have other users.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from toolpin.cache.verified import Cache
from toolpin.errors import ToolpinError
from toolpin.json_documents import parse_note
from toolpin.model import Artifact, Digest, Pin
from toolpin.system.directory_tree import remove_tree, walk
from toolpin.system.file_lock import try_held
from toolpin.system.paths import names_in, open_regular

_WORD = "[A-Za-z0-9@][A-Za-z0-9@._+~-]*"
_HOST = "(?:linux|macos)-[a-z0-9]+(?:-musl)?"
# The suffix of a note that a killed writer left.
_FRESH = r"(?:\.toolpin-[0-9]+-[0-9a-f]{8})?"
# The path of a note below the directory of its kind.
_NOTES = {
    "plans": re.compile(f"{_WORD}/{_WORD}/{_HOST}/{_WORD}"),
    "catalogues": re.compile(f"{_WORD}/{_WORD}@{_HOST}{_FRESH}"),
    "long-term": re.compile(f"{_WORD}{_FRESH}"),
    "documents": re.compile(f"[0-9a-f]{{64}}{_FRESH}"),
}
_NAME = re.compile(r"(sha256|sha512)-([0-9a-f]+)(\.d|\.validator)?")
_LARGEST_NOTE_BYTES = 1 << 20


class Note(NamedTuple):
    """The artifacts that a source named for a version, in the cache."""

    pin: Pin
    artifacts: tuple[Artifact, ...]


class Archive(NamedTuple):
    """An archive in the cache; `notes` are of the versions that need it."""

    digest: Digest
    path: str
    size_bytes: int
    notes: tuple[Note, ...]


class Cleaning(NamedTuple):
    """Paths with their sizes in bytes: removed, or kept because a process uses them."""

    removed: tuple[tuple[str, int], ...]
    busy: tuple[tuple[str, int], ...]


def list_archives(cache: Cache) -> list[Archive]:
    """Return the archives, the largest first."""
    named: dict[Digest, list[Note]] = {}
    for path in _note_files(cache):
        if note := _read_note(path):
            for artifact in note.artifacts:
                named.setdefault(artifact.digest, []).append(note)
    archives = [
        Archive(digest, path, _size(path), tuple(named.get(digest, ())))
        for digest, path in _archive_files(cache)
    ]
    return sorted(archives, key=lambda entry: (-entry.size_bytes, entry.path))


def clean(cache: Cache, *, dry_run: bool = False) -> Cleaning:
    """Remove archives, partial downloads and notes, or only name them.

    Downloads in progress stay. Raises ToolpinError if the disk cannot be written.
    """
    removed: list[tuple[str, int]] = []
    busy: list[tuple[str, int]] = []
    for name, path in _fetched_files(cache):
        entry = (path, _size(path))
        if dry_run:
            removed.append(entry)
            continue
        with try_held(f"{cache.root}/locks/{name}") as is_free:
            if is_free:
                _remove(path)
            (removed if is_free else busy).append(entry)
    # The directories of the notes stay: an install may be writing to one of them.
    for path in _note_files(cache):
        removed.append((path, _size(path)))
        if not dry_run:
            _remove(path)
    return Cleaning(tuple(removed), tuple(busy))


def _archive_files(cache: Cache) -> Iterator[tuple[Digest, str]]:
    for algorithm in ("sha256", "sha512"):
        for name in names_in(f"{cache.root}/archives/{algorithm}"):
            digest = Digest(algorithm, name)
            if _NAME.fullmatch(f"{algorithm}-{name}"):
                yield digest, cache.archive(digest)


def _fetched_files(cache: Cache) -> Iterator[tuple[str, str]]:
    """Yield the file lock's name and the path of each archive and partial download."""
    for digest, path in _archive_files(cache):
        yield f"{digest.algorithm}-{digest.hex}", path
    for name in names_in(f"{cache.root}/partial"):
        if match := _NAME.fullmatch(name):
            yield f"{match[1]}-{match[2]}", f"{cache.root}/partial/{name}"


def _note_files(cache: Cache) -> list[str]:
    results = []
    for kind, form in _NOTES.items():
        root = f"{cache.root}/{kind}"
        for directory, _, names in walk(root):
            paths = [os.path.join(directory, name) for name in names]
            results += [path for path in paths if form.fullmatch(path[len(root) + 1 :])]
    return sorted(results)


def _read_note(path: str) -> Note | None:
    """Return the note at `.../<tool>/<version>/<host>/<source>`."""
    tool, version = path.split("/")[-4:-2]
    try:
        with open_regular(path) as file:
            text = file.read(_LARGEST_NOTE_BYTES).decode()
        return Note(Pin(tool, version), parse_note(text)[1])
    except (OSError, ValueError):
        return None


def _size(path: str) -> int:
    """Return the bytes of a file, or of all files below a directory."""
    total = 0
    with suppress(OSError):
        total = os.lstat(path).st_size
    for directory, _, names in walk(path):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(directory, name)).st_size
    return total


def _remove(path: str) -> None:
    try:
        if os.path.isdir(path) and not os.path.islink(path):
            remove_tree(path)
        else:
            os.unlink(path)
    except FileNotFoundError:
        pass  # Another process has removed it, or has turned it into an archive.
    except OSError as error:
        raise ToolpinError(
            "the cache cannot be emptied",
            [("path", path), ("reason", error.strerror or "?")],
        ) from error
