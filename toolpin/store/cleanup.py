"""Deletes the unfinished work of processes that have died, and nothing else.

`stage_names` states what belongs to toolpin; a version's file lock shows whether its
process is alive.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from toolpin.model import Pin
from toolpin.store import stage_names
from toolpin.store.staging import delete_tree, lock_of
from toolpin.system.file_lock import try_held
from toolpin.system.paths import Paths
from toolpin.system.tree_paths import Place


def clean_up(paths: Paths) -> None:
    """Delete what dead processes left in `staging/`, or behind a mark."""
    for mark, pin in stage_names.marks(paths):
        # A power cut leaves a mark without its number. toolpin's are those with a lock
        # file for them, which is not created by this check.
        is_old = stage_names.is_empty(mark)
        if not is_old or os.path.exists(lock_of(paths, pin)):
            drop_marked(paths, mark, pin, is_old=is_old)
    drop_staged(paths)


def drop_marked(place: Place, mark: str, pin: Pin, *, is_old: bool = False) -> None:
    """Delete the tree of a dead process that its mark names, or that an old one means.

    What cannot be deleted stays, and does not stop anything else.
    """
    tree = place.install(*pin)
    with try_held(lock_of(place, pin)) as free, contextlib.suppress(OSError):
        if free and (is_old or stage_names.is_marked(mark, tree)):
            delete_tree(tree)
        if free and not os.path.lexists(tree):
            os.unlink(mark)


def drop_staged(
    place: Place, is_needed: Callable[[stage_names.Staged], bool] = lambda _: False
) -> None:
    """Delete the staged trees of dead processes, but those that are needed."""
    for staged in stage_names.staged(place):
        with (
            try_held(lock_of(place, staged.pin)) as free,
            contextlib.suppress(OSError),
        ):
            if free and not is_needed(staged):
                delete_tree(staged.path)
