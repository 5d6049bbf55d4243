"""Deletes what processes that are dead now left half done, and nothing else.

What is toolpin's own `owned` says; whose process lives, the version's mutex.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection

from toolpin.errors import ToolpinError, as_word
from toolpin.mutex import try_held
from toolpin.paths import Paths
from toolpin.store import owned, trees
from toolpin.store.unfinished import delete_tree, lock_of, move


def sweep(paths: Paths, tools: Collection[str] = ()) -> None:
    """Delete what dead processes left in `staging/`, or behind a mark.

    In a folder of trees only those of `tools` are looked at: the others' places are not
    toolpin's there. Raises ToolpinError where such a folder has a link in its way: a
    checkout can bring one along, and what is behind it is somebody's own.
    """
    if paths.into:
        _refuse_links(paths)
    for mark, pin in owned.marks(paths):
        tree = paths.install(*pin)
        if paths.into and pin.tool not in tools:
            continue
        with try_held(lock_of(paths, pin)) as free, contextlib.suppress(OSError):
            if free and owned.is_marked(mark, tree):
                delete_tree(tree)
            if free and not os.path.lexists(tree):
                os.unlink(mark)
    for one in owned.staged(paths):
        # What cannot be deleted stays, and keeps nothing else from going on.
        with (
            try_held(lock_of(paths, one.pin)) as free,
            contextlib.suppress(OSError),
        ):
            if free and one.end == owned.ASIDE:
                _put_back(paths, one)
            if free:
                delete_tree(one.path)


def tidy(paths: Paths) -> None:
    """Remove the folders for what is half done, where nothing is."""
    for folder in (*_folders_of_marks(paths), paths.incomplete, paths.staging):
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _put_back(paths: Paths, one: owned.Staged) -> None:
    """Put a tree back that made room for another, which has not come."""
    final = paths.install(*one.pin)
    if os.path.lexists(final) or not paths.into:
        return
    with contextlib.suppress(ToolpinError):
        receipt = trees.receipt_in(one.path)
        if receipt and receipt.pin.tool == one.pin.tool:
            move(one.path, final)


def _refuse_links(paths: Paths) -> None:
    for folder in (paths.staging, paths.incomplete, *_folders_of_marks(paths)):
        if os.path.islink(folder):
            raise ToolpinError(
                f"{folder} is a link: what is behind it is not swept",
                [("it leads to", os.readlink(folder)), ("installed", "nothing")],
                f"rm {as_word(folder)}",
            )


def _folders_of_marks(paths: Paths) -> list[str]:
    try:
        names = sorted(os.listdir(paths.incomplete))
    except OSError:
        return []
    return [f"{paths.incomplete}/{name}" for name in names]
