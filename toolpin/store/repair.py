"""Repairs a damaged install, file by file, while its programs may run.

    the receipt's artifacts, verified -> unpacked in staging -> the files whose SHA-256
    the receipt names for a damaged path -> renamed over it

The steps of the install are not repeated: the cached plan and the plugin's current data
may differ from those of the install, and the receipt's digests alone identify the right
bytes. So files that a step created cannot be repaired. Added files are not touched. It
uses the network only through `fetch`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from toolpin.archive.unpack import unpack
from toolpin.errors import Mismatch, ToolpinError
from toolpin.model import Artifact, Pin, TreeFile
from toolpin.store import installs, publication, staging
from toolpin.store.inspection import CHANGED, MISSING, WRONG_MODE, Inspection, inspect
from toolpin.system.paths import Paths

# Returns the path of an artifact's verified bytes. Raises ToolpinError.
Fetch = Callable[[Artifact], str]

_BLOCK_BYTES = 1024 * 1024


class Repaired(NamedTuple):
    """The install after the repair, and the problems that remain."""

    inspection: Inspection
    problems: tuple[ToolpinError, ...]


def repair(
    paths: Paths, inspected: Inspection, mutable: Sequence[str], fetch: Fetch
) -> Repaired:
    """Repair a damaged install as far as its artifacts can be fetched.

    Downloads happen outside the version's file lock; the check is repeated inside it.
    """
    pin, receipt = inspected.pin, inspected.receipt
    if receipt is None:
        return Repaired(inspected, (_without_receipt(pin),))
    problems: list[ToolpinError] = []
    archives: list[tuple[Artifact, str]] = []
    for artifact in receipt.artifacts if _damaged(inspected) else ():
        with _noting(problems):
            archives.append((artifact, fetch(artifact)))
    with staging.version_lock(paths, pin):
        if not installs.is_installed(paths, pin):
            raise ToolpinError(f"{pin} was removed while it was being verified")
        look = inspect(paths, pin, mutable)
        if look.receipt != receipt:
            problem = ToolpinError(f"{pin} was replaced while it was being verified")
            return Repaired(look, (problem,))
        with staging.scratch(paths, pin) as stage:
            worker = _Worker(paths.install(*pin), stage, problems)
            worker.repair_entries(look, archives)
            if any(finding.path == installs.RECORD for finding in look.findings):
                worker.write(installs.RECORD, publication.record_of(paths, receipt))
        return Repaired(inspect(paths, pin, mutable), tuple(problems))


class _Worker:
    """One repair. It continues after a problem, and records it.

    Files are complete before they are renamed into place from staging: a program that
    starts meanwhile gets the old file or the new one, and a process that dies leaves
    nothing in the tree.
    """

    def __init__(self, tree: str, stage: str, problems: list[ToolpinError]) -> None:
        self._tree = tree
        self._fresh = f"{stage}/fresh"
        self._stage = stage
        self._problems = problems

    def repair_entries(
        self, look: Inspection, archives: Sequence[tuple[Artifact, str]]
    ) -> None:
        """Repair links and modes, and replace files by those of the archives."""
        for file in _with_finding(look, links=True):
            with self._noting(file.path):
                os.symlink(file.link, self._fresh)
                self._place(file.path)
        self._close_directories(look)
        for file in _with_finding(look, kinds=(WRONG_MODE,)):
            with self._noting(file.path):
                os.chmod(f"{self._tree}/{file.path}", file.mode)
        wanted: dict[str, list[TreeFile]] = {}
        for file in _damaged(look):
            wanted.setdefault(file.sha256, []).append(file)
        for number, (artifact, archive) in enumerate(archives):
            if wanted:
                self._take(f"{self._stage}/{number}", artifact, archive, wanted)
        artifacts = look.receipt.artifacts if look.receipt else ()
        if wanted and len(archives) == len(artifacts):
            files = [file for same in wanted.values() for file in same]
            self._problems.append(_in_no_archive(look.pin, files))

    def write(self, path: str, text: str) -> None:
        """Write one of toolpin's files in place."""
        with self._noting(path):
            with open(self._fresh, "x", encoding="utf-8") as stream:
                stream.write(text)
                os.fchmod(stream.fileno(), 0o644)
            self._place(path)

    def _take(
        self,
        directory: str,
        artifact: Artifact,
        archive: str,
        wanted: dict[str, list[TreeFile]],
    ) -> None:
        """Unpack an archive, and move the needed files into place."""
        with _noting(self._problems):
            os.mkdir(directory)
            for entry in unpack(archive, artifact.filename, directory):
                for file in wanted.pop(entry.sha256, ()):
                    with self._noting(file.path):
                        self._copy(f"{directory}/{entry.path}", file)
                        self._place(file.path)

    def _copy(self, source: str, file: TreeFile) -> None:
        """Copy to the fresh file, which then has the receipt's bytes and mode."""
        digest = hashlib.sha256()
        with open(source, "rb") as old, open(self._fresh, "xb") as new:
            while block := old.read(_BLOCK_BYTES):
                digest.update(block)
                new.write(block)
            new.flush()
            os.fchmod(new.fileno(), file.mode)
            times = os.fstat(old.fileno())
            os.utime(new.fileno(), ns=(times.st_atime_ns, times.st_mtime_ns))
        if digest.hexdigest() != file.sha256:
            raise Mismatch(
                f"{file.path} differs from the file in the receipt",
                [
                    ("expected", f"sha256 {file.sha256}"),
                    ("received", f"sha256 {digest.hexdigest()} from {source}"),
                ],
            )

    def _close_directories(self, look: Inspection) -> None:
        """Remove the write permission of others from directories; keep the rest."""
        for finding in look.findings:
            path = f"{self._tree}/{finding.path}"
            if finding.kind == WRONG_MODE and stat.S_ISDIR(os.lstat(path).st_mode):
                with self._noting(finding.path):
                    os.chmod(path, stat.S_IMODE(os.lstat(path).st_mode) & ~0o002)

    def _place(self, path: str) -> None:
        """Rename the fresh file to its place, never through a link in the tree."""
        directory = self._tree
        for part in path.split("/")[:-1]:
            directory = f"{directory}/{part}"
            with contextlib.suppress(FileExistsError):
                os.mkdir(directory)
                os.chmod(directory, 0o755)
            if not stat.S_ISDIR(os.lstat(directory).st_mode):
                raise ToolpinError(
                    f"{path} cannot be restored",
                    [("blocked by", directory), ("expected", "a directory")],
                )
        os.replace(self._fresh, f"{self._tree}/{path}")

    @contextlib.contextmanager
    def _noting(self, path: str) -> Iterator[None]:
        """Record a problem with one file, and continue with the next."""
        try:
            with _noting(self._problems):
                yield
        except OSError as error:
            facts = [("path", f"{self._tree}/{path}"), ("reason", f"{error.strerror}")]
            self._problems.append(ToolpinError(f"{path} cannot be restored", facts))
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._fresh)


def _with_finding(
    look: Inspection, *, kinds: Sequence[str] = (), links: bool = False
) -> list[TreeFile]:
    """Return the receipt's entries with a finding: links, or files of `kinds`."""
    files = look.receipt.files if look.receipt else ()
    paths = {
        finding.path for finding in look.findings if links or finding.kind in kinds
    }
    return [file for file in files if file.path in paths and bool(file.link) == links]


def _damaged(look: Inspection) -> list[TreeFile]:
    """Return the files whose bytes are wrong."""
    return _with_finding(look, kinds=(CHANGED, MISSING))


@contextlib.contextmanager
def _noting(problems: list[ToolpinError]) -> Iterator[None]:
    try:
        yield
    except ToolpinError as error:
        problems.append(error)


def _without_receipt(pin: Pin) -> ToolpinError:
    return ToolpinError(
        f"{pin} cannot be repaired without a receipt",
        hint=f"toolpin uninstall {pin} && toolpin install {pin}",
    )


def _in_no_archive(pin: Pin, files: Sequence[TreeFile]) -> ToolpinError:
    paths = [file.path for file in files]
    shown = paths[:5] + ([f"and {len(paths) - 5} more"] if len(paths) > 5 else [])
    return ToolpinError(
        f"{pin} has files that were created when it was installed",
        [("not in an archive", ", ".join(shown))],
        f"toolpin uninstall {pin} && toolpin install {pin}",
    )
