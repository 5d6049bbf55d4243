"""Locks files between processes and threads.

The kernel holds the lock (flock), so it is released when its owner is killed. The file
stays: unlinking it would let two owners in, one on the old inode and one on the new. On
filesystems where locks do not exclude, as some network ones, an error reports that.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from toolpin.errors import ToolpinError, UsageError, as_word, remedy

_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOSPC)
# flock's errors while another process has the lock: NFS returns EACCES.
_TAKEN = (errno.EAGAIN, errno.EACCES)
_LOCKLESS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


@contextmanager
def held(path: str, *, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the file lock at `path`, creating its directory.

    If another owner has it, `waiting` is called, and then it waits. Raises ToolpinError
    if the file cannot be locked. It is not reentrant.
    """
    number = _acquire(path, fcntl.LOCK_NB)
    if number is None:
        if waiting is not None:
            waiting()
        number = _acquire(path)
    try:
        yield
    finally:
        _release(number)


@contextmanager
def held_directory(directory: str, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a lock on a directory, for all processes that use it.

    It needs no file in it, and applies whatever their data directories are. A lock that
    the caller of this process holds, as flock(1) does, is accepted. Raises ToolpinError
    if it cannot be locked.
    """
    number = _opened(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if not (
            _is_locked(number, directory, fcntl.LOCK_NB) or _is_held_by_caller(number)
        ):
            waiting()
            _is_locked(number, directory)
        yield
    finally:
        os.close(number)


def _is_held_by_caller(directory: int) -> bool:
    """Return whether an inherited descriptor of this process locks a directory."""
    for number in map(int, os.listdir("/dev/fd")):
        # Skip the descriptor of the listing itself, and those that are not files.
        with suppress(OSError):
            if number != directory and os.path.sameopenfile(number, directory):
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
    return False


def file_lock_path(directory: str, path: str) -> str:
    """Return the path, below the file locks' directory, for editing a file."""
    real = os.path.realpath(path)
    return f"{directory}/files/{hashlib.sha256(os.fsencode(real)).hexdigest()[:16]}"


@contextmanager
def held_files(directory: str, *files: str) -> Iterator[None]:
    """Hold the file locks for editing some files.

    Raises UsageError if two are the same file.
    """
    names: dict[str, str] = {}
    for file in files:
        lock = file_lock_path(directory, file)
        if lock in names:
            raise UsageError(
                f"{names[lock]} and {file} are the same file",
                [("file", os.path.realpath(file))],
                f"rm {as_word(file if os.path.islink(file) else names[lock])}",
            )
        names[lock] = file
    with ExitStack() as stack:
        # In one order, so that no deadlock is possible.
        for lock in sorted(names):
            stack.enter_context(held(lock))
        yield


@contextmanager
def try_held(path: str) -> Iterator[bool]:
    """Take the file lock if it is free, and yield whether it is held."""
    number = _acquire(path, fcntl.LOCK_NB)
    try:
        yield number is not None
    finally:
        _release(number)


def _acquire(path: str, no_wait: int = 0) -> int | None:
    """Return the descriptor of the locked file; None if another owner has it.

    Only with LOCK_NB as `no_wait`, else it waits.
    """
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
    except OSError as error:
        raise _not_lockable(path, error) from error
    # A reader could hold it, and block all others forever: others may not open it.
    number = _opened(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW)
    try:
        if _is_locked(number, path, no_wait):
            _check_keeps_out(path)
            return number
    except BaseException:
        os.close(number)
        raise
    os.close(number)
    return None


def _opened(path: str, flags: int) -> int:
    try:
        return os.open(path, flags | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _not_lockable(path, error) from error


def _is_locked(number: int, path: str, no_wait: int = 0) -> bool:
    """Lock an open file; return whether that succeeded, if another owner may have it.

    Raises ToolpinError for a file that cannot be locked.
    """
    try:
        fcntl.flock(number, fcntl.LOCK_EX | no_wait)
    except OSError as error:
        if no_wait and error.errno in _TAKEN:
            return False
        raise _not_lockable(path, error) from error
    return True


def _release(number: int | None) -> None:
    if number is not None:
        with suppress(OSError):
            os.close(number)


def _check_keeps_out(path: str) -> None:
    """Raise ToolpinError if another process could get the same lock."""
    number = _opened(path, os.O_RDWR | os.O_NOFOLLOW)
    try:
        if _is_locked(number, path, fcntl.LOCK_NB):
            without = OSError(errno.ENOTSUP, "it does not exclude other processes")
            raise _not_lockable(path, without)
    finally:
        os.close(number)


def _not_lockable(path: str, error: OSError) -> ToolpinError:
    cause, hint = error.strerror or str(error), None
    if error.errno in _LOCKLESS:
        cause += ": this filesystem has no locks"
        hint = remedy(error, path, "TOOLPIN_DATA_DIR")
    what = "a file lock cannot be acquired"
    if error.errno in _UNWRITABLE:
        what = f"the directory {os.path.dirname(path)} cannot be written"
        hint = remedy(error, path, "TOOLPIN_DATA_DIR")
    return ToolpinError(what, [("file lock", path), ("reason", cause)], hint)
