"""Turns a path into a mutex between processes and threads.

The kernel holds it (flock), so a killed owner frees it at once. The file stays: whoever
unlinks it lets two owners in, one on the old inode and one on the new. Where locks keep
nobody out, as on some network filesystems, nothing is held and the error says so.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from toolpin.errors import ToolpinError

_POLL_S = 0.05
# What flock answers while another has the lock: NFS says EACCES.
_TAKEN = (errno.EAGAIN, errno.EACCES)
_LOCKLESS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


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
    mutex = _acquire(path, 0.0)
    if mutex is None:
        if waiting is not None:
            waiting()
        mutex = _acquire(path, timeout_s)
    if mutex is None:
        raise ToolpinError(
            "another process holds the mutex",
            [("mutex", path), ("waited", f"{timeout_s:g} s")],
        )
    try:
        yield
    finally:
        os.close(mutex)


def mutex_of_file(folder: str, path: str) -> str:
    """Return the path, below the folder of mutexes, of the one for editing a file."""
    real = os.path.realpath(path)
    return f"{folder}/files/{hashlib.sha256(os.fsencode(real)).hexdigest()[:16]}"


@contextmanager
def try_held(path: str) -> Iterator[bool]:
    """Hold the mutex if it is free, and yield whether it is held."""
    mutex = _acquire(path, 0.0)
    try:
        yield mutex is not None
    finally:
        if mutex is not None:
            os.close(mutex)


def _acquire(path: str, timeout_s: float | None) -> int | None:
    """Return the open file that holds the mutex until it is closed; None for too late.

    Closing frees it, also where the filesystem refuses to unlock.
    """
    until = None if timeout_s is None else time.monotonic() + timeout_s
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        while (mutex := _locked(path)) is None:
            if until is not None and time.monotonic() >= until:
                return None
            time.sleep(_POLL_S)
        if _keeps_out(path, mutex):
            return mutex
    except OSError as error:
        raise _not_lockable(path, error) from error
    raise _not_lockable(path, OSError(errno.ENOTSUP, "it kept nobody out"))


def _keeps_out(path: str, mutex: int) -> bool:
    """Say whether nobody else gets what is held; else let go of it."""
    try:
        second = _locked(path)
    except BaseException:
        os.close(mutex)
        raise
    if second is None:
        return True
    os.close(second)
    os.close(mutex)
    return False


def _locked(path: str) -> int | None:
    """Open a file and lock it; None while somebody else has it locked."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(file)
        if error.errno in _TAKEN:
            return None
        raise
    return file


def _not_lockable(path: str, error: OSError) -> ToolpinError:
    cause, hint = error.strerror or str(error), None
    if error.errno in _LOCKLESS:
        cause += ": this filesystem has no locks"
        hint = "export TOOLPIN_DATA_DIR=/a/local/folder"
    return ToolpinError(
        "a mutex cannot be taken", [("mutex", path), ("cause", cause)], hint
    )
