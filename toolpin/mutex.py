"""Turns a path into a mutex between processes and threads.

The kernel holds it (flock), so a killed owner frees it at once. The file stays: whoever
unlinks it lets two owners in, one on the old inode and one on the new.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import filelock

from toolpin.errors import ToolpinError

_POLL_S = 0.05


@contextmanager
def held(
    path: str,
    *,
    waiting: Callable[[], None] | None = None,
    timeout_s: float | None = None,
) -> Iterator[None]:
    """Hold the mutex at `path`, making its folder; without a timeout wait for ever.

    `waiting` is called once when another owner has it. Raises ToolpinError when the
    time is over or the file cannot be locked. It is not reentrant.
    """
    mutex = _mutex(path)
    if not _acquire(mutex, 0.0):
        if waiting is not None:
            waiting()
        if not _acquire(mutex, -1.0 if timeout_s is None else timeout_s):
            raise ToolpinError(
                "another process holds the mutex",
                [("mutex", path), ("waited", f"{timeout_s:g} s")],
            )
    try:
        yield
    finally:
        mutex.release()


def mutex_of_file(folder: str, path: str) -> str:
    """Return the path, below the folder of mutexes, of the one for editing a file."""
    real = os.path.realpath(path)
    return f"{folder}/files/{hashlib.sha256(os.fsencode(real)).hexdigest()[:16]}"


@contextmanager
def try_held(path: str) -> Iterator[bool]:
    """Hold the mutex if it is free, and yield whether it is held."""
    mutex = _mutex(path)
    mine = _acquire(mutex, 0.0)
    try:
        yield mine
    finally:
        if mine:
            mutex.release()


def _mutex(path: str) -> filelock.BaseFileLock:
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    except OSError as error:
        raise _not_lockable(path, error) from error
    return filelock.FileLock(path, thread_local=False)


def _acquire(mutex: filelock.BaseFileLock, timeout_s: float) -> bool:
    try:
        mutex.acquire(timeout=timeout_s, poll_interval=_POLL_S)
    except filelock.Timeout:
        return False
    except (OSError, NotImplementedError) as error:
        raise _not_lockable(mutex.lock_file, error) from error
    return True


def _not_lockable(path: str, error: Exception) -> ToolpinError:
    number = error.errno if isinstance(error, OSError) else errno.ENOSYS
    cause = os.strerror(number) if number else str(error)
    hint = None
    if number in (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP):
        cause += ": this filesystem has no locks"
        hint = "export TOOLPIN_DATA_DIR=/a/local/folder"
    return ToolpinError(
        "a mutex cannot be taken", [("mutex", path), ("cause", cause)], hint
    )
