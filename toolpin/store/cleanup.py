"""Deletes the unfinished work of processes that have died, and nothing else.

`stage_names` states what belongs to toolpin; a version's file lock shows whether its
process is alive.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection

from toolpin.errors import ToolpinError, as_word
from toolpin.store import publication, stage_names
from toolpin.store.staging import delete_tree, lock_of, move
from toolpin.system.file_lock import try_held
from toolpin.system.paths import Paths


def clean_up(paths: Paths, tools: Collection[str] = ()) -> None:
    """Delete what dead processes left in `staging/`, or behind a mark.

    In a directory of trees only those of `tools` are checked: other entries there are
    not toolpin's. Raises ToolpinError for a link in the way: a checkout may contain
    one, and its target belongs to the user.
    """
    if paths.into:
        _refuse_links(paths)
    for mark, pin in stage_names.marks(paths):
        tree, lock = paths.install(*pin), lock_of(paths, pin)
        if paths.into and pin.tool not in tools:
            continue
        # Marks of earlier versions have no number. toolpin's are those with a lock
        # file for them, which is not created by this check.
        if not paths.into and stage_names.is_empty(mark) and not os.path.exists(lock):
            continue
        with try_held(lock) as free, contextlib.suppress(OSError):
            is_old = not paths.into and stage_names.is_empty(mark)
            if free and (is_old or stage_names.is_marked(mark, tree)):
                delete_tree(tree)
            if free and not os.path.lexists(tree):
                os.unlink(mark)
    for staged in stage_names.staged(paths):
        # What cannot be deleted stays, and does not stop anything else.
        with (
            try_held(lock_of(paths, staged.pin)) as free,
            contextlib.suppress(OSError),
        ):
            if free and not (
                staged.end == stage_names.ASIDE and _is_needed(paths, staged)
            ):
                delete_tree(staged.path)


def tidy(paths: Paths) -> None:
    """Remove the directories for unfinished work, if they are empty."""
    for directory in (*_directories_of_marks(paths), paths.incomplete, paths.staging):
        with contextlib.suppress(OSError):
            os.rmdir(directory)


def aside_of(paths: Paths, tool: str) -> str | None:
    """Return the tree of a tool that was moved aside, or None.

    The cleanup moves it back once its place is free.
    """
    return next(
        (
            staged.path
            for staged in stage_names.staged(paths)
            if staged.end == stage_names.ASIDE and staged.pin.tool == tool
        ),
        None,
    )


def _is_needed(paths: Paths, staged: stage_names.Staged) -> bool:
    """Move a tree back that made room for another, which was never published.

    If its place holds something that is not an install, such as the remains of a killed
    build, it stays aside: it is the only copy.
    """
    if not paths.into:
        return False
    final = paths.install(*staged.pin)
    try:
        if not _is_install(staged.path, staged.pin.tool):
            return False
        if os.path.lexists(final):
            return not _is_install(final, staged.pin.tool)
    except ToolpinError:
        return True
    with contextlib.suppress(ToolpinError):
        move(staged.path, final)
    return os.path.lexists(staged.path)


def _is_install(tree: str, tool: str) -> bool:
    receipt = publication.receipt_in(tree)
    return receipt is not None and receipt.pin.tool == tool


def _refuse_links(paths: Paths) -> None:
    for directory in (paths.staging, paths.incomplete, *_directories_of_marks(paths)):
        if os.path.islink(directory):
            raise ToolpinError(
                f"{directory} is a link, and its target is not cleaned",
                [("target", os.readlink(directory)), ("installed", "nothing")],
                f"rm {as_word(directory)}",
            )


def _directories_of_marks(paths: Paths) -> list[str]:
    try:
        names = sorted(os.listdir(paths.incomplete))
    except OSError:
        return []
    return [f"{paths.incomplete}/{name}" for name in names]
