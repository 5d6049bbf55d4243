"""Keeps unfinished work apart: trees in staging, marks of in-place builds.

A process may die at any line of this: what it leaves is not used, and `cleanup` deletes
it. Callers hold the version's file lock.
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
from toolpin.system.tree_paths import Place

# The directories that this process works in; an interrupt deletes them.
_scratches: set[str] = set()
# Its unfinished trees in final places, which an interrupt undoes.
_begun: set[Begun] = set()
# Closed by the signal that ends this process: one thread must not publish a tree
# that another has begun to delete. Reentrant: a handler may interrupt its own thread.
_gate = threading.RLock()
_is_ending = False


# Makes room for a version in its final place while a tree is moved there.
Room = Callable[[Place, Pin], contextlib.AbstractContextManager[None]]


class Begun(NamedTuple):
    """A final place while a tree is made there.

    `aside` is the path of the tree that was there before, `mark` the file that keeps
    the new one from being used; "" for none.
    """

    final: str
    gone: str
    aside: str = ""
    mark: str = ""


@contextlib.contextmanager
def version_lock(
    place: Place, pin: Pin, waiting: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold a version's file lock; call `waiting` while another process holds it."""
    with held(lock_of(place, pin), waiting=waiting):
        yield


@contextlib.contextmanager
def scratch(place: Place, pin: Pin) -> Iterator[str]:
    """Make a temporary empty directory for a version, on the store's filesystem."""
    stage = stage_of(place, pin)
    delete_tree(stage)
    _scratches.add(stage)
    try:
        make_directories(stage)
        yield stage
    finally:
        with contextlib.suppress(OSError):  # the next run deletes it
            delete_tree(stage)
        _scratches.discard(stage)


def drop_scratches() -> None:
    """Delete this process's entries in `staging/`, because it is about to end.

    Unfinished trees in final places are deleted too, and the previous ones moved back.
    It publishes nothing from here on.
    """
    global _is_ending  # noqa: PLW0603 - a process ends once
    with _gate:
        _is_ending = True
        # Under another name, threads still at work do not find it.
        begun = list(_begun)
        moved = [(stage, f"{stage}{GONE}") for stage in list(_scratches)]
        moved += [(tree.final, tree.gone) for tree in begun if tree.mark]
        for path, gone in moved:
            with contextlib.suppress(OSError):
                os.rename(path, gone)
            drop_tree(gone)
        stays = {
            tree.final for tree in begun if tree.mark and os.path.lexists(tree.final)
        }
        # Last: such a thread would continue in the restored tree.
        for tree in begun:
            with contextlib.suppress(OSError):
                if tree.aside and not os.path.lexists(tree.final):
                    os.rename(tree.aside, tree.final)
                if tree.mark and tree.final not in stays:
                    os.unlink(tree.mark)


@contextlib.contextmanager
def marked(place: Place, pin: Pin, tree: str, room: Room) -> Iterator[None]:
    """Move a tree to its final place, where it is unused until all is done.

    A failure leaves neither tree nor mark. `room` makes room meanwhile.
    """
    final = place.install(*pin)
    with room(place, pin):
        mark = put_mark(place, pin, tree)
        begun = Begun(final, stage_of(place, pin, GONE), mark=mark)
        try:
            delete_tree(final)
            with open_gate():
                _begun.add(begun)
                move(tree, final)
            yield
        except BaseException:
            with _gate:
                # A signal that came first has undone it.
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


def empty_tree(place: Place, pin: Pin) -> str:
    """Make an empty directory in staging, to be moved to where it is built into."""
    tree = stage_of(place, pin, EMPTY)
    delete_tree(tree)
    make_directories(tree)
    return tree


@contextlib.contextmanager
def set_aside(place: Place, pin: Pin) -> Iterator[None]:
    """Move the tool's other version in a directory of trees aside for a while.

    It is moved back if nothing was published, and deleted otherwise. A deletion that
    fails is not an error: the next run deletes the rest. Nothing else is deleted: a
    mark in a checkout proves nothing.
    """
    final, aside = place.install(*pin), stage_of(place, pin, ASIDE)
    if not os.path.lexists(final):
        yield
        return
    delete_tree(aside)
    begun = Begun(final, stage_of(place, pin, GONE), aside)
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


@contextlib.contextmanager
def cleared(place: Place, pin: Pin) -> Iterator[None]:
    """Delete an unused entry in the place of a version of the store.

    That is a tree behind a mark, whatever its origin, or links that lead nowhere.
    """
    final, mark = place.install(*pin), mark_path(place, pin)
    if os.path.isdir(final) and not os.path.islink(final):
        delete_tree(final)
    if os.path.lexists(mark):
        os.unlink(mark)
    yield


@contextlib.contextmanager
def open_gate() -> Iterator[None]:
    """Allow a tree to become an install, unless this process is about to end."""
    with _gate:
        if _is_ending:
            raise ToolpinError("interrupted")
        yield


def put_mark(place: Place, pin: Pin, tree: str) -> str:
    """Write the mark of a version that must not be used, and return its path."""
    mark = mark_path(place, pin)
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
    """Rename into a directory that another process may be removing as empty."""
    while True:
        make_directories(os.path.dirname(place))
        try:
            os.rename(tree, place)
        except FileNotFoundError:
            above = os.path.dirname(place)
            # A link that leads nowhere is not a directory that was just removed.
            if not os.path.exists(tree) or os.path.islink(above):
                raise
        else:
            return


def lock_of(place: Place, pin: Pin) -> str:
    """Return the path of a version's file lock."""
    return f"{place.locks}/{pin.tool}/{pin.version}.lock"


def discard(place: Place, pin: Pin, tree: str) -> None:
    """Remove a tree of this store: hide it by one rename, and then delete it.

    A tree in a container's lower layer cannot be renamed: it is hidden behind a mark.
    """
    stage = stage_of(place, pin)
    delete_tree(stage)
    try:
        move(tree, stage)
    except OSError as error:
        if error.errno != errno.EXDEV or tree != place.install(*pin):
            raise
        mark = put_mark(place, pin, tree)
        delete_tree(tree)
        os.unlink(mark)
    else:
        delete_tree(stage)


def delete_tree(path: str) -> None:
    """Delete a tree, a file or a link, including directories without write permission.

    Raises OSError if something remains: nothing may be written there then.
    """
    if os.path.isdir(path) and not os.path.islink(path):
        remove_tree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    if os.path.lexists(path):
        raise OSError(errno.ENOTEMPTY, "it could not be deleted completely", path)
