"""Keeps apart what is half done: trees in staging, marks of what is built in place.

A process may die at any line of this: what it leaves does not count, and is swept by
`sweeping`. All expect their caller to hold the version's mutex.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterator

from toolpin.errors import ToolpinError
from toolpin.model import Pin
from toolpin.mutex import held
from toolpin.paths import Paths
from toolpin.steps.unpacking import make_folders
from toolpin.store.owned import ASIDE, EMPTY, GONE, mark_path, mark_text, stage_of

# The folders that this process works in: an interrupt leaves none behind.
_scratches: set[str] = set()
# Closed by the signal that ends this process: one thread must not publish the tree
# that another has begun to delete. Reentrant: a handler may interrupt its own thread.
_gate = threading.RLock()
_is_ending = False


@contextlib.contextmanager
def version_mutex(
    paths: Paths, pin: Pin, waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the mutex of one version; `waiting` is called when somebody else does."""
    with held(lock_of(paths, pin), waiting=waiting):
        yield


@contextlib.contextmanager
def scratch(paths: Paths, pin: Pin) -> Iterator[str]:
    """Make an empty folder for a version, on the store's filesystem, for a while."""
    stage = stage_of(paths, pin)
    delete_tree(stage)
    _scratches.add(stage)
    try:
        make_folders(stage)
        yield stage
    finally:
        with contextlib.suppress(OSError):  # the next one sweeps it
            delete_tree(stage)
        _scratches.discard(stage)


def drop_scratches() -> None:
    """Delete what this process has in `staging/`: it is about to end.

    From here on it publishes nothing.
    """
    global _is_ending  # noqa: PLW0603 - a process ends once
    with _gate:
        _is_ending = True
    for stage in list(_scratches):
        gone = f"{stage}{GONE}"
        # Under another name no thread that is still at work finds it.
        with contextlib.suppress(OSError):
            os.rename(stage, gone)
        shutil.rmtree(gone, ignore_errors=True)


@contextlib.contextmanager
def marked(paths: Paths, pin: Pin, tree: str) -> Iterator[None]:
    """Move a tree to its final place, where it does not count until all is done.

    What fails leaves neither tree nor mark behind. In a folder of trees the tool's
    other version stands aside meanwhile, and is back where it stood when this one
    fails.
    """
    final = paths.install(*pin)
    with room_for(paths, pin):
        mark = _mark(paths, pin, tree)
        try:
            delete_tree(final)
            with open_gate():
                move(tree, final)
            yield
        except BaseException:
            with contextlib.suppress(OSError):  # what stays, stays behind its mark
                delete_tree(final)
                os.unlink(mark)
                os.rmdir(os.path.dirname(final))
            raise
        with open_gate():
            os.unlink(mark)


def empty_tree(paths: Paths, pin: Pin) -> str:
    """Make an empty folder in staging, to be moved to where it is built into."""
    tree = stage_of(paths, pin, EMPTY)
    delete_tree(tree)
    make_folders(tree)
    return tree


@contextlib.contextmanager
def room_for(paths: Paths, pin: Pin) -> Iterator[None]:
    """Let the tool's other version, in a folder of trees, stand aside for a while.

    It is back where it stood when nothing came, and deleted when something did. That
    it cannot be deleted whole is no failure: the next one sweeps it.
    """
    final, aside = paths.install(*pin), stage_of(paths, pin, ASIDE)
    if not (paths.into and os.path.lexists(final)):
        yield
        return
    delete_tree(aside)
    move(final, aside)
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            if not os.path.lexists(final):
                move(aside, final)
        raise
    with contextlib.suppress(OSError):
        delete_tree(aside)


def drop_marked(paths: Paths, pin: Pin) -> None:
    """Delete what stands behind a version's mark, whoever left it: it is made anew.

    In a folder of trees the mark alone says nothing: a checkout may bring it along.
    """
    mark = mark_path(paths, pin)
    if not paths.into and os.path.lexists(mark):
        delete_tree(paths.install(*pin))
        os.unlink(mark)


@contextlib.contextmanager
def open_gate() -> Iterator[None]:
    """Let a tree become an install, unless this process is about to end."""
    with _gate:
        if _is_ending:
            raise ToolpinError("interrupted")
        yield


def _mark(paths: Paths, pin: Pin, tree: str) -> str:
    """Put the mark of a version that does not count, and return its path."""
    mark = mark_path(paths, pin)
    make_folders(os.path.dirname(mark))
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
        make_folders(os.path.dirname(place))
        try:
            os.rename(tree, place)
        except FileNotFoundError:
            if not os.path.exists(tree):
                raise
        else:
            return


def lock_of(paths: Paths, pin: Pin) -> str:
    """Return the path of a version's mutex."""
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
        mark = _mark(paths, pin, tree)
        delete_tree(tree)
        os.unlink(mark)
    else:
        delete_tree(stage)


def delete_tree(path: str) -> None:
    """Delete a tree, a file or a link, also in folders that its owner may not write.

    Raises OSError where something of it stays: nothing is to be written among that.
    """

    def open_up(_function: object, place: str, _error: object) -> None:
        for one in (os.path.dirname(place), place):
            if not os.path.islink(one):
                os.chmod(one, stat.S_IRWXU)
        if os.path.isdir(place) and not os.path.islink(place):
            shutil.rmtree(place, ignore_errors=True)
        else:
            os.unlink(place)

    if os.path.islink(path) or os.path.isfile(path):
        os.unlink(path)
    elif os.path.lexists(path):
        shutil.rmtree(path, onerror=open_up)
    if os.path.lexists(path):
        raise OSError(errno.ENOTEMPTY, "it could not be deleted whole", path)
