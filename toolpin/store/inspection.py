"""Compares an install's tree with its receipt: what is damaged, and what was added.

It reads every byte and changes nothing. A tree without a receipt is adopted: there is
nothing to compare it with.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from functools import partial
from typing import NamedTuple

from toolpin.archive.rules import Broken, split_name
from toolpin.digests import hash_file, make_digest
from toolpin.env_patch import parse_record
from toolpin.errors import ToolpinError
from toolpin.model import Pin, Receipt, TreeFile
from toolpin.store import publication
from toolpin.store.installs import ADOPTED, RECORD
from toolpin.system.paths import open_regular
from toolpin.system.tree_paths import Place

CHANGED = "changed"
MISSING = "missing"
WRONG_LINK = "wrong link"
WRONG_MODE = "wrong mode"
UNREADABLE = "unreadable"

_OWN = ".toolpin"
_RECEIPT = f"{_OWN}/receipt.json"
# Directories of a tree must not be writable by everyone, who could add programs. A
# group may write: with umask 002 each user has a group without other members.
_OPEN = stat.S_IWOTH
_THREADS = os.cpu_count() or 1
# What parsing JSON of any shape as a receipt may raise.
_UNFIT = (ToolpinError, OSError, ValueError, TypeError, AttributeError, RecursionError)


class Finding(NamedTuple):
    """One difference between a tree and its receipt. `path` is relative to the tree."""

    kind: str
    path: str
    detail: str


class Inspection(NamedTuple):
    """The result of one inspection of an install.

    `receipt` is None for an adopted install and for a receipt that cannot be read: the
    first has no findings. `added` are entries that the receipt does not list, sorted;
    those in directories that the tool writes to are only counted, in `own`.
    """

    pin: Pin
    receipt: Receipt | None
    findings: tuple[Finding, ...] = ()
    added: tuple[str, ...] = ()
    own: int = 0

    @property
    def is_adopted(self) -> bool:
        """Whether the install is adopted, and there is no receipt to compare with."""
        return self.receipt is None and not self.findings


def inspect(place: Place, pin: Pin, mutable: Sequence[str]) -> Inspection:
    """Compare an install with its receipt.

    `mutable` are directories the tool writes to. If such a path is a file, its whole
    directory becomes the tool's own once the file changes: a package manager has
    replaced itself. What matches a path with `*` may be changed and removed.
    """
    tree = place.install(*pin)
    try:
        receipt = publication.read_receipt(place, pin)
        if receipt is None:
            return _without_receipt(tree, pin)
        check_receipt(receipt, pin)
    except _UNFIT as error:
        return Inspection(pin, None, (Finding(CHANGED, _RECEIPT, _why(error)),))
    entries, findings = _scan(tree)
    with ThreadPoolExecutor(_THREADS) as pool:
        compared = pool.map(partial(_compare_entry, tree, entries), receipt.files)
        results = [finding for finding in compared if finding]
    findings += _without_replaced(results, mutable)
    findings += _check_record(place, receipt)
    findings += _check_directories(tree, entries)
    known = {file.path for file in receipt.files}
    unknown = [
        path
        for path, entry in entries.items()
        if path not in known and not stat.S_ISDIR(entry.st_mode)
    ]
    added = [path for path in unknown if not _is_below(path, mutable)]
    return Inspection(
        pin,
        receipt,
        tuple(sorted(findings, key=lambda finding: finding.path)),
        tuple(sorted(added)),
        len(unknown) - len(added),
    )


def _without_replaced(
    findings: Sequence[Finding], mutable: Sequence[str]
) -> list[Finding]:
    """Return the findings outside of directories that their tool has replaced.

    A directory in which only that one file differs was not replaced, but damaged.
    """
    patterns = [pattern for pattern in mutable if "*" in pattern]
    findings = [
        finding
        for finding in findings
        if not any(fnmatchcase(finding.path, pattern) for pattern in patterns)
    ]
    changed = {finding.path for finding in findings if finding.kind == CHANGED}
    for directory in (path.rpartition("/")[0] for path in mutable if path in changed):
        rest = [
            finding for finding in findings if not _is_below(finding.path, [directory])
        ]
        if len(rest) < len(findings) - 1:
            findings = rest
    return list(findings)


def group_added(inspection: Inspection) -> dict[str, int]:
    """Return added files grouped by the topmost new directory, as `lib/x/`."""
    files = inspection.receipt.files if inspection.receipt else ()
    known = {directory for file in files for directory in _directories(file.path)}
    groups: dict[str, int] = {}
    for path in inspection.added:
        new = (
            f"{directory}/"
            for directory in _directories(path)
            if directory not in known
        )
        top = next(new, path)
        groups[top] = groups.get(top, 0) + 1
    return groups


def _without_receipt(tree: str, pin: Pin) -> Inspection:
    """Distinguish an install of another manager from one that lost its receipt."""
    if os.path.lexists(f"{tree}/{_OWN}") and not os.path.exists(f"{tree}/{ADOPTED}"):
        lost = Finding(MISSING, _RECEIPT, "its contents are not recorded")
        return Inspection(pin, None, (lost,))
    gone = [
        Finding(MISSING, name, f"-> {os.readlink(path)}, which is missing")
        for name in sorted(os.listdir(tree))
        if os.path.islink(path := f"{tree}/{name}")
        # A link that is broken in the other tree, too, is not damage.
        and not os.path.lexists(os.path.join(tree, os.readlink(path)))
    ]
    return Inspection(pin, None, tuple(gone))


def check_receipt(receipt: Receipt, pin: Pin) -> None:
    """Raise ValueError for a receipt that a repair could not follow safely.

    Its paths are written to, and its digests become paths in the cache.
    """
    if receipt.pin != pin:
        raise ValueError(f"it is the receipt of {receipt.pin}")
    for artifact in receipt.artifacts:
        make_digest(artifact.digest.algorithm, artifact.digest.hex)
    words = (*receipt.bin_dirs, *(word for pair in receipt.variables for word in pair))
    if not all(isinstance(word, str) for word in words):
        raise ValueError(f"{words!r:.200} are no directories and variables")
    for file in receipt.files:
        path, size_bytes, mode, sha256, link = file
        if [*map(type, file)] != [str, int, int, str, str] or mode & ~0o777:
            raise ValueError(f"{list(file)!r:.200} is not an entry of a tree")
        try:
            parts = split_name(path)
        except Broken as broken:
            raise ValueError(f"{path!r:.200}: {broken.rule}") from None
        if "/".join(parts) != path or parts[0] == _OWN or size_bytes < 0:
            raise ValueError(f"{path!r:.200} is not a path in a tree")
        if not link:
            make_digest("sha256", sha256)


def _why(error: Exception) -> str:
    if isinstance(error, ToolpinError) and error.facts:
        return error.facts[-1][1]
    return str(error)


def _scan(tree: str) -> tuple[dict[str, os.stat_result], list[Finding]]:
    """Return every entry of the tree, following no link, and unreadable directories."""
    entries: dict[str, os.stat_result] = {}
    findings: list[Finding] = []
    waiting = [""]
    while waiting:
        directory = waiting.pop()
        try:
            with os.scandir(os.path.join(tree, directory)) as listed:
                for entry in listed:
                    path = f"{directory}/{entry.name}" if directory else entry.name
                    if path in (_RECEIPT, RECORD):
                        continue
                    entries[path] = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(entries[path].st_mode):
                        waiting.append(path)
        except OSError as error:
            why = error.strerror or "?"
            findings.append(Finding(UNREADABLE, directory or ".", why))
    return entries, findings


def _check_directories(
    tree: str, entries: Mapping[str, os.stat_result]
) -> Iterator[Finding]:
    """Yield the world-writable directories; those behind a link are skipped."""
    try:
        top = os.lstat(tree)
        whole = {} if stat.S_ISLNK(top.st_mode) else {".": top, **entries}
    except OSError:
        return  # it was removed, which its files report
    for path, value in whole.items():
        mode = stat.S_IMODE(value.st_mode)
        if stat.S_ISDIR(value.st_mode) and mode & _OPEN:
            yield Finding(WRONG_MODE, path, f"{mode:04o}, not {mode & ~_OPEN:04o}")
    if (own := entries.get(_OWN)) and not stat.S_ISDIR(own.st_mode):
        yield Finding(CHANGED, _OWN, f"{_kind(own)}, not a directory")


def _compare_entry(
    tree: str, entries: Mapping[str, os.stat_result], file: TreeFile
) -> Finding | None:
    """Return how an entry differs from the receipt's, if it does."""
    entry = entries.get(file.path)
    if entry is None:
        return Finding(MISSING, file.path, f"-> {file.link}" if file.link else "")
    path = f"{tree}/{file.path}"
    try:
        if file.link:
            return _compare_link(path, file, entry)
        return _compare_file(path, file, entry)
    except FileNotFoundError:
        return Finding(MISSING, file.path, "")
    except OSError as error:
        return Finding(CHANGED, file.path, f"it cannot be read: {error.strerror}")


def _compare_link(path: str, file: TreeFile, entry: os.stat_result) -> Finding | None:
    if not stat.S_ISLNK(entry.st_mode):
        return Finding(WRONG_LINK, file.path, f"{_kind(entry)}, not -> {file.link}")
    target = os.readlink(path)
    if target != file.link:
        return Finding(WRONG_LINK, file.path, f"-> {target}, not -> {file.link}")
    return None


def _compare_file(path: str, file: TreeFile, entry: os.stat_result) -> Finding | None:
    if not stat.S_ISREG(entry.st_mode):
        return Finding(CHANGED, file.path, f"{_kind(entry)}, not a file")
    if entry.st_size != file.size_bytes:
        sizes = f"{entry.st_size:,} bytes, not {file.size_bytes:,}"
        return Finding(CHANGED, file.path, sizes)
    received = hash_file(path, "sha256")
    if received != file.sha256:
        digests = f"sha256 {received[:12]}..., not {file.sha256[:12]}..."
        return Finding(CHANGED, file.path, digests)
    mode = stat.S_IMODE(entry.st_mode)
    if mode != file.mode:
        return Finding(WRONG_MODE, file.path, f"{mode:04o}, not {file.mode:04o}")
    return None


def _check_record(place: Place, receipt: Receipt) -> Iterator[Finding]:
    """Yield a finding if shims would not read what the receipt states."""
    try:
        with open_regular(f"{place.install(*receipt.pin)}/{RECORD}") as stream:
            text = os.fsdecode(stream.read())
        places = (place, _as_named_in(text, place, receipt))
        intact = text in (publication.record_of(place, receipt) for place in places)
    except FileNotFoundError:
        yield Finding(MISSING, RECORD, "the environment that shims read")
    except OSError as error:
        yield Finding(CHANGED, RECORD, f"it cannot be read: {error.strerror}")
    else:
        if not intact:
            yield Finding(CHANGED, RECORD, "not what the receipt says")


def _as_named_in(text: str, place: Place, receipt: Receipt) -> Place:
    """Return the store under the name in a record, if that is the same directory.

    A data directory can have two names, by a link: the one at the install is used.
    """
    try:
        bins = parse_record(text).path
    except ToolpinError:
        return place
    here = place.install(*receipt.pin).removeprefix(place.data)
    real = os.path.realpath(place.data)
    for directory in receipt.bin_dirs:
        for bin_dir in bins:
            data = bin_dir.removesuffix(f"{here}/{directory}")
            if data != bin_dir and os.path.realpath(data) == real:
                return place._replace(data=data)
    return place


def _kind(entry: os.stat_result) -> str:
    if stat.S_ISDIR(entry.st_mode):
        return "a directory"
    if stat.S_ISLNK(entry.st_mode):
        return "a link"
    return "a file" if stat.S_ISREG(entry.st_mode) else "a device, pipe or socket"


def _directories(path: str) -> list[str]:
    """Return the directories above a path, the topmost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def _is_below(path: str, directories: Sequence[str]) -> bool:
    return any(path.startswith(f"{directory}/") for directory in directories)
