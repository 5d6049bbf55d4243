"""Turns artifacts into paths of verified bytes, and keeps small notes between runs.

Archives are stored by digest, so tools, versions and processes share them. It checks no
ages and removes nothing that is valid.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from toolpin.digests import check_file, hash_file
from toolpin.errors import Mismatch, Refused, ToolpinError, remedy
from toolpin.http.fetch import Progress
from toolpin.http.partial import discard
from toolpin.model import Artifact, Digest
from toolpin.system import file_lock
from toolpin.system.atomic_write import atomic_replace

# Writes an artifact's bytes to a path (a partial file may be there) or raises.
Download = Callable[[Artifact, str, Progress], None]

_SEGMENT = re.compile(r"[A-Za-z0-9@][A-Za-z0-9@._+~-]{0,199}")
_OWN_DIRECTORIES = {"archives", "partial", "locks"}
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_MAX_NOTE_BYTES = 256 * 1024 * 1024


class Cache:
    """The cache directory: archives by digest, partial downloads, notes."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._whole: set[Digest] = set()

    def archive(self, digest: Digest) -> str:
        """Return the path of the archive with a digest, whether or not it exists."""
        return f"{self.root}/archives/{digest.algorithm}/{digest.hex}"

    def fetch(
        self,
        artifact: Artifact,
        download: Download,
        progress: Progress,
        *,
        waiting: Callable[[], None] | None = None,
    ) -> str:
        """Return the path of an artifact's verified bytes, downloading them if need be.

        Of several processes one downloads; the others call `waiting` and wait. Damaged
        bytes are replaced. Raises what `download` raises, Mismatch if it wrote other
        bytes, ToolpinError if the disk cannot be written.
        """
        path = self.archive(artifact.digest)
        name = f"{artifact.digest.algorithm}-{artifact.digest.hex}"
        part = f"{self.root}/partial/{name}"
        with disk_errors(part):
            if self.holds(artifact.digest):
                return path
            with file_lock.held(f"{self.root}/locks/{name}", waiting=waiting):
                if not self.holds(artifact.digest):
                    self._replace(artifact, part, download, progress)
        return path

    def holds(self, digest: Digest) -> bool:
        """Return whether the bytes of a digest are there, and intact.

        Intact bytes are not read again by this object.
        """
        if digest not in self._whole and _is_whole(self.archive(digest), digest):
            self._whole.add(digest)
        return digest in self._whole

    def has_files(self, artifacts: Iterable[Artifact]) -> bool:
        """Return whether there is a file for each artifact, without reading it."""
        return all(
            os.path.exists(self.archive(artifact.digest)) for artifact in artifacts
        )

    def adopt(self, part: str, digest: Digest) -> None:
        """Move a file with this digest into the archives."""
        path = self.archive(digest)
        with disk_errors(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.replace(part, path)

    def read_note(self, kind: str, *names: str) -> bytes | None:
        """Return what was last written under these names; None without it."""
        path = self._note(kind, names)
        with disk_errors(path):
            try:
                with open(path, "rb") as file:
                    return file.read(_MAX_NOTE_BYTES)
            except (FileNotFoundError, NotADirectoryError):
                return None

    def write_note(self, data: bytes, kind: str, *names: str) -> None:
        """Write a small file in the directory `kind`; readers see all or nothing."""
        path = self._note(kind, names)
        with disk_errors(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with atomic_replace(path) as file:
                file.write(data)

    def _replace(
        self, artifact: Artifact, part: str, download: Download, progress: Progress
    ) -> None:
        """Download to `part`, and move it into place once it is verified."""
        path = self.archive(artifact.digest)
        with suppress(FileNotFoundError):
            os.unlink(path)
        os.makedirs(os.path.dirname(part), exist_ok=True)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            download(artifact, part, progress)
            check_file(part, artifact, artifact.locator)
        except Mismatch:
            discard(part)
            raise
        except OSError as error:
            # A full disk would stay full with a partial download.
            if error.errno in _FULL:
                discard(part)
            raise
        os.replace(part, path)

    def _note(self, kind: str, names: tuple[str, ...]) -> str:
        for segment in (kind, *names):
            if not _SEGMENT.fullmatch(segment):
                raise Refused(
                    "this name cannot be used for a file in the cache",
                    [("received", repr(segment[:200]))],
                )
        if kind in _OWN_DIRECTORIES or not names:
            raise ValueError(f"invalid note name: {kind} {names}")
        return "/".join((self.root, kind, *names))


def note_name(text: str) -> str:
    """Return the name of a note about a URL or another text of any form."""
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def _is_whole(path: str, digest: Digest) -> bool:
    try:
        return hash_file(path, digest.algorithm) == digest.hex
    except FileNotFoundError:
        return False


@contextmanager
def disk_errors(path: str) -> Iterator[None]:
    """Raise a ToolpinError with the path and cause for errors of the cache's disk."""
    try:
        yield
    except OSError as error:
        cause = error.strerror or str(error)
        full = error.errno in _FULL
        place = str(error.filename or path)
        crowded = error.errno in (errno.EMFILE, errno.ENFILE)
        raise ToolpinError(
            "the cache directory is full" if full else "the cache cannot be used",
            [("path", place), ("reason", cause)],
            "ulimit -n 1024" if crowded else remedy(error, place, "TOOLPIN_CACHE_DIR"),
        ) from error
