"""Keeps apart what is half done: trees in staging, marks of what is built in place.

A process may die at any line of this: what it leaves does not count, and is swept. All
but `sweep` and `tidy` expect their caller to hold the version's mutex.
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
from toolpin.mutex import held, try_held
from toolpin.paths import Paths
from toolpin.steps.unpacking import make_folders

# No version has this sign.
_ASIDE = "@aside"
_GONE = "@gone"
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
    with held(_lock(paths, pin), waiting=waiting):
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
        gone = f"{stage}{_GONE}"
        # Under another name no thread that is still at work finds it.
        with contextlib.suppress(OSError):
            os.rename(stage, gone)
        shutil.rmtree(gone, ignore_errors=True)


@contextlib.contextmanager
def marked(paths: Paths, pin: Pin) -> Iterator[None]:
    """Let a version not count until all is done; what fails leaves neither behind.

    In a folder of trees the tool's other version stands aside meanwhile, and is back
    where it stood when this one fails.
    """
    final = paths.install(*pin)
    aside = f"{stage_of(paths, pin)}{_ASIDE}"
    if paths.into and os.path.lexists(final):
        delete_tree(aside)
        move(final, aside)
    mark = _mark(paths, pin)
    try:
        delete_tree(final)
        yield
    except BaseException:
        with contextlib.suppress(OSError):  # what stays, stays behind its mark
            delete_tree(final)
            _put_back(aside, final)
            os.unlink(mark)
            os.rmdir(os.path.dirname(final))
        raise
    with open_gate():
        os.unlink(mark)
    delete_tree(aside)


@contextlib.contextmanager
def open_gate() -> Iterator[None]:
    """Let a tree become an install, unless this process is about to end."""
    with _gate:
        if _is_ending:
            raise ToolpinError("interrupted")
        yield


def _mark(paths: Paths, pin: Pin) -> str:
    """Put the mark of a version that does not count, and return its path."""
    mark = f"{paths.incomplete}/{pin.tool}/{pin.version}"
    make_folders(os.path.dirname(mark))
    with open(mark, "w", encoding="utf-8"):
        pass
    return mark


def sweep(paths: Paths) -> None:
    """Delete what processes that are dead now left in `staging/`, or behind a mark.

    Raises ToolpinError where a folder of trees has a link in its way: a checkout can
    bring one along, and what is behind it is somebody's own.
    """
    if paths.into:
        _refuse_links(paths)
    for tool in _entries(paths.incomplete):
        for version in _entries(f"{paths.incomplete}/{tool}"):
            pin = Pin(tool, version)
            with try_held(_lock(paths, pin)) as free, contextlib.suppress(OSError):
                if free:
                    delete_tree(paths.install(*pin))
                    os.unlink(f"{paths.incomplete}/{tool}/{version}")
    for name in _entries(paths.staging):
        tool, _, version = name.removesuffix(_ASIDE).partition("@")
        pin = Pin(tool, version)
        # What cannot be deleted stays, and keeps nothing else from going on.
        with try_held(_lock(paths, pin)) as free, contextlib.suppress(OSError):
            if free and name.endswith(_ASIDE):
                _put_back(f"{paths.staging}/{name}", paths.install(*pin))
            if free:
                delete_tree(f"{paths.staging}/{name}")


def _refuse_links(paths: Paths) -> None:
    marks = [f"{paths.incomplete}/{tool}" for tool in _entries(paths.incomplete)]
    for folder in (paths.staging, paths.incomplete, *marks):
        if os.path.islink(folder):
            raise ToolpinError(
                f"{folder} is a link: what is behind it is not swept",
                [("it leads to", os.readlink(folder)), ("installed", "nothing")],
                f"rm {folder}",
            )


def tidy(paths: Paths) -> None:
    """Remove the folders for what is half done, where nothing is."""
    marks = [f"{paths.incomplete}/{tool}" for tool in _entries(paths.incomplete)]
    for folder in (*marks, paths.incomplete, paths.staging):
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _put_back(aside: str, final: str) -> None:
    if os.path.lexists(aside) and not os.path.lexists(final):
        move(aside, final)


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


def _lock(paths: Paths, pin: Pin) -> str:
    return f"{paths.locks}/{pin.tool}/{pin.version}.lock"


def stage_of(paths: Paths, pin: Pin) -> str:
    """Return one flat name, so that no folder is shared with another version."""
    return f"{paths.staging}/{pin.tool}@{pin.version}"


def _entries(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


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
        mark = _mark(paths, pin)
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
