"""Packs a tree that was made on this machine into one file, and restores it.

<place>/tree.tar the files, links and directories of the install <place>/receipt.json
its receipt: only its list of files is used Variables, directories and sources come from
the plan, not from the receipt. A restored tree must have exactly the bytes that its
receipt names, and run here; else it is not used. Neither file is trusted.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Sequence

from toolpin.archive.unpack import unpack
from toolpin.errors import Mismatch, ToolpinError
from toolpin.json_documents import render_receipt
from toolpin.model import Pin, Plan, Receipt, TreeFile
from toolpin.store import publication, staging
from toolpin.store.inspection import check_receipt
from toolpin.system.directory_tree import walk
from toolpin.system.paths import Paths

_TREE, _RECEIPT = FILES = ("tree.tar", "receipt.json")
_OWN = ".toolpin"
_SHOWN = 3


def pack(paths: Paths, receipt: Receipt, place: str) -> None:
    """Pack an install: `place` is complete, or does not exist.

    Files that were added to the tree since are left out. Raises ToolpinError.
    """
    fresh = f"{place}.new"
    tree = paths.install(*receipt.pin)
    try:
        staging.delete_tree(fresh)
        os.makedirs(fresh)
        with tarfile.open(f"{fresh}/{_TREE}", "x", format=tarfile.GNU_FORMAT) as tar:
            for path in (*_directories(tree), *(file.path for file in receipt.files)):
                tar.add(f"{tree}/{path}", path, recursive=False, filter=_without_owner)
        with open(f"{fresh}/{_RECEIPT}", "x", encoding="utf-8") as file:
            file.write(render_receipt(receipt))
        staging.delete_tree(place)
        os.rename(fresh, place)
    except OSError as error:
        raise ToolpinError(
            f"{receipt.pin} cannot be packed for the next job",
            [
                ("path", str(error.filename or place)),
                ("reason", error.strerror or str(error)),
            ],
        ) from error


def restore_tree(paths: Paths, plan: Plan, place: str) -> Receipt:
    """Publish the packed tree at a path. The caller holds the file lock.

    Raises Mismatch if it differs from its receipt, Refused if it does not run here;
    nothing of it stays.
    """
    files = _read(plan.pin, f"{place}/{_RECEIPT}")

    def restore(stage: str) -> Sequence[TreeFile]:
        result = unpack(f"{place}/{_TREE}", _TREE, stage)
        _compare(plan.pin, files, result)
        for file in files:
            if not file.link:
                os.chmod(f"{stage}/{file.path}", file.mode)
        return files

    return publication.publish(paths, plan, (), restore=restore)


def _directories(tree: str) -> list[str]:
    """Return the directories of a tree, parents first."""
    return sorted(
        os.path.relpath(f"{directory}/{name}", tree)
        for directory, names, _ in walk(tree)
        for name in names
        if not os.path.islink(f"{directory}/{name}")
        and not (directory == tree and name == _OWN)
        and not f"{directory}/".startswith(f"{tree}/{_OWN}/")
    )


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Remove the owner, so that equal trees give equal bytes."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _read(pin: Pin, path: str) -> tuple[TreeFile, ...]:
    """Return the files that a receipt names. Raises Mismatch."""
    try:
        receipt = publication.receipt_at(path)
        if receipt is None:
            raise ValueError("no file")
        check_receipt(receipt, pin)
    except (ToolpinError, ValueError, TypeError) as error:
        raise _unlike(pin, [("receipt", str(error))]) from error
    return receipt.files


def _compare(pin: Pin, wanted: Sequence[TreeFile], entries: Sequence[TreeFile]) -> None:
    """Raise Mismatch unless a tree holds exactly what its receipt names.

    The receipt decides the modes: unpacking distinguishes only programs and other
    files.
    """
    expected = {file.path: file._replace(mode=0) for file in wanted}
    received = {file.path: file._replace(mode=0) for file in entries}
    paths = sorted(
        path
        for path in expected.keys() | received.keys()
        if expected.get(path) != received.get(path)
    )
    if paths:
        facts = [
            (_kind(path in expected, path in received), path) for path in paths[:_SHOWN]
        ]
        if len(paths) > _SHOWN:
            facts.append(("and", f"{len(paths) - _SHOWN} more"))
        raise _unlike(pin, facts)


def _kind(is_expected: bool, is_there: bool) -> str:
    if not is_there:
        return "missing"
    return "changed" if is_expected else "planted"


def _unlike(pin: Pin, facts: Sequence[tuple[str, str]]) -> Mismatch:
    return Mismatch(f"the packed install of {pin} does not match its receipt", facts)
