"""Keeps apart what is half done: trees in staging, marks of what is built in place.

A process may die at any line of this: what it leaves does not count, and is swept by
`cleanup`. All expect their caller to hold the version's file lock.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

from toolpin.errors import ToolpinError
from toolpin.model import Pin
from toolpin.steps.unpack_steps import make_directories
from toolpin.store.stage_names import ASIDE, EMPTY, GONE, mark_path, mark_text, stage_of
from toolpin.system.directory_tree import drop_tree, remove_tree
from toolpin.system.file_lock import held
from toolpin.system.paths import Paths

# The directories that this process works in: an interrupt leaves none behind.
_scratches: set[str] = set()
# What it has begun in final places, which an interrupt takes back.
_begun: set[Begun] = set()
# Closed by the signal that ends this process: one thread must not publish the tree
# that another has begun to delete. Reentrant: a handler may interrupt its own thread.
_gate = threading.RLock()
_is_ending = False


class Begun(NamedTuple):
    """A place where something is made, and where what is there goes.

    `aside` is what stood there before, `mark` what keeps the new from counting; "" for
    none.
    """

    final: str
    gone: str
    aside: str = ""
    mark: str = ""


@contextlib.contextmanager
def version_lock(
    paths: Paths, pin: Pin, waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold a version's mutex; `waiting` is called while another process holds it."""
    with held(lock_of(paths, pin), waiting=waiting):
        yield


@contextlib.contextmanager
def scratch(paths: Paths, pin: Pin) -> Iterator[str]:
    """Make an empty directory for a version, on the store's filesystem, for a while."""
    stage = stage_of(paths, pin)
    delete_tree(stage)
    _scratches.add(stage)
    try:
        make_directories(stage)
        yield stage
    finally:
        with contextlib.suppress(OSError):  # the next one sweeps it
            delete_tree(stage)
        _scratches.discard(stage)


def drop_scratches() -> None:
    """Delete what this process has in `staging/`: it is about to end.

    What it has begun in a final place goes too, and what stood there before is back.
    From here on it publishes nothing.
    """
    global _is_ending  # noqa: PLW0603 - a process ends once
    with _gate:
        _is_ending = True
        # Under another name no thread that is still at work finds it.
        begun = list(_begun)
        moved = [(stage, f"{stage}{GONE}") for stage in list(_scratches)]
        moved += [(item.final, item.gone) for item in begun if item.mark]
        for tree, gone in moved:
            with contextlib.suppress(OSError):
                os.rename(tree, gone)
            drop_tree(gone)
        stays = {
            item.final for item in begun if item.mark and os.path.lexists(item.final)
        }
        # At the very end: such a thread would go on in what is put back.
        for item in begun:
            with contextlib.suppress(OSError):
                if item.aside and not os.path.lexists(item.final):
                    os.rename(item.aside, item.final)
                if item.mark and item.final not in stays:
                    os.unlink(item.mark)


@contextlib.contextmanager
def marked(paths: Paths, pin: Pin, tree: str) -> Iterator[None]:
    """Move a tree to its final place, where it does not count until all is done.

    What fails leaves neither tree nor mark behind. In a directory of trees the tool's
    other version stands aside meanwhile, and is back where it stood when this one
    fails.
    """
    final = paths.install(*pin)
    with room_for(paths, pin):
        mark = put_mark(paths, pin, tree)
        begun = Begun(final, stage_of(paths, pin, GONE), mark=mark)
        try:
            delete_tree(final)
            with open_gate():
                _begun.add(begun)
                move(tree, final)
            yield
        except BaseException:
            with _gate:
                # A signal that came first has taken it back.
                if not _is_ending:
                    _begun.discard(begun)
                    with contextlib.suppress(OSError):  # else it stays, marked
                        delete_tree(final)
                        os.unlink(mark)
                        os.rmdir(os.path.dirname(final))
            raise
        with open_gate():
            _begun.discard(begun)
            os.unlink(mark)


def empty_tree(paths: Paths, pin: Pin) -> str:
    """Make an empty directory in staging, to be moved to where it is built into."""
    tree = stage_of(paths, pin, EMPTY)
    delete_tree(tree)
    make_directories(tree)
    return tree


@contextlib.contextmanager
def room_for(paths: Paths, pin: Pin) -> Iterator[None]:
    """Let the tool's other version, in a directory of trees, stand aside for a while.

    It is back where it stood when nothing came, and deleted when something did. That
    it cannot be deleted whole is no failure: the next one sweeps it.
    """
    final, aside = paths.install(*pin), stage_of(paths, pin, ASIDE)
    if not (paths.into and os.path.lexists(final)):
        yield
        return
    delete_tree(aside)
    begun = Begun(final, stage_of(paths, pin, GONE), aside)
    with open_gate():
        _begun.add(begun)
        move(final, aside)
    try:
        yield
    except BaseException:
        with _gate, contextlib.suppress(OSError):
            _begun.discard(begun)
            if not os.path.lexists(final):
                move(aside, final)
        raise
    with _gate:
        _begun.discard(begun)
    with contextlib.suppress(OSError):
        delete_tree(aside)


def clear_place(paths: Paths, pin: Pin) -> None:
    """Delete what stands in the place of a version that does not count.

    That is what is behind a mark, whoever left it, or links that lead nowhere by now.
    In a directory of trees nothing is cleared: what a checkout brings says nothing
    there.
    """
    final, mark = paths.install(*pin), mark_path(paths, pin)
    if paths.into:
        return
    if os.path.isdir(final) and not os.path.islink(final):
        delete_tree(final)
    if os.path.lexists(mark):
        os.unlink(mark)


@contextlib.contextmanager
def open_gate() -> Iterator[None]:
    """Let a tree become an install, unless this process is about to end."""
    with _gate:
        if _is_ending:
            raise ToolpinError("interrupted")
        yield


def put_mark(paths: Paths, pin: Pin, tree: str) -> str:
    """Put the mark of a version that does not count, and return its path."""
    mark = mark_path(paths, pin)
    make_directories(os.path.dirname(mark))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(mark)
    try:
        with open(mark, "x", encoding="ascii") as file:
            file.write(mark_text(tree))
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(mark)
        raise
    return mark


def move(tree: str, place: str) -> None:
    """Rename into a folder that somebody else may be removing because it is empty."""
    while True:
        make_directories(os.path.dirname(place))
        try:
            os.rename(tree, place)
        except FileNotFoundError:
            above = os.path.dirname(place)
            # A link that leads nowhere is no directory that somebody has just removed.
            if not os.path.exists(tree) or os.path.islink(above):
                raise
        else:
            return


def lock_of(paths: Paths, pin: Pin) -> str:
    """Return the path of a version's file lock."""
    return f"{paths.locks}/{pin.tool}/{pin.version}.lock"


def discard(paths: Paths, pin: Pin, tree: str) -> None:
    """Remove a tree of this store: it is gone by one rename, and then deleted.

    What a container's lower layer holds cannot be renamed: that goes behind a mark.
    """
    stage = stage_of(paths, pin)
    delete_tree(stage)
    try:
        move(tree, stage)
    except OSError as error:
        if error.errno != errno.EXDEV or tree != paths.install(*pin):
            raise
        mark = put_mark(paths, pin, tree)
        delete_tree(tree)
        os.unlink(mark)
    else:
        delete_tree(stage)


def delete_tree(path: str) -> None:
    """Delete a tree, a file or a link, also in folders that its owner may not write.

    Raises OSError where something of it stays: nothing is to be written among that.
    """
    if os.path.isdir(path) and not os.path.islink(path):
        remove_tree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    if os.path.lexists(path):
        raise OSError(errno.ENOTEMPTY, "it could not be deleted completely", path)
