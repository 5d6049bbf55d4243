"""Deletes the unfinished work of dead processes in a directory of trees.

A checkout may have filled that directory: what is not toolpin's stays, and the only
copy of a tree is moved back.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection

from toolpin.errors import ToolpinError, as_word
from toolpin.store import publication, stage_names
from toolpin.store.cleanup import drop_marked, drop_staged
from toolpin.store.stage_names import ASIDE, Staged
from toolpin.store.staging import move
from toolpin.system.paths import names_in
from toolpin.system.tree_paths import TreePaths


def clean_up(trees: TreePaths, tools: Collection[str] = ()) -> None:
    """Delete what dead processes left in `.staging/`, or behind a mark of these tools.

    Raises ToolpinError for a link in the way: its target belongs to the user.
    """
    _refuse_links(trees)
    for mark, pin in stage_names.marks(trees):
        if pin.tool in tools:
            drop_marked(trees, mark, pin)
    drop_staged(trees, lambda staged: staged.end == ASIDE and _is_needed(trees, staged))


def tidy(trees: TreePaths) -> None:
    """Remove the directories for unfinished work, if they are empty."""
    for directory in (*_directories_of_marks(trees), trees.incomplete, trees.staging):
        with contextlib.suppress(OSError):
            os.rmdir(directory)


def aside_of(trees: TreePaths, tool: str) -> str | None:
    """Return the tree of a tool that was moved aside, or None.

    The cleanup moves it back once its place is free.
    """
    return next(
        (
            staged.path
            for staged in stage_names.staged(trees)
            if staged.end == ASIDE and staged.pin.tool == tool
        ),
        None,
    )


def _is_needed(trees: TreePaths, staged: Staged) -> bool:
    """Move a tree back that made room for another, which was never published.

    If its place holds something that is not an install, such as the remains of a killed
    build, it stays aside: it is the only copy.
    """
    final = trees.install(*staged.pin)
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


def _refuse_links(trees: TreePaths) -> None:
    for directory in (trees.staging, trees.incomplete, *_directories_of_marks(trees)):
        if os.path.islink(directory):
            raise ToolpinError(
                f"{directory} is a link, and its target is not cleaned",
                [("target", os.readlink(directory)), ("installed", "nothing")],
                f"rm {as_word(directory)}",
            )


def _directories_of_marks(trees: TreePaths) -> list[str]:
    return [f"{trees.incomplete}/{name}" for name in names_in(trees.incomplete)]
