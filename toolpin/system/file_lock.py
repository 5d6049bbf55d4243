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
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import filelock

from toolpin.errors import ToolpinError, UsageError, as_word, remedy

# A fallback without the kernel would not be released by a killed owner: refused.
warnings.filterwarnings("ignore", message="flock not supported")

_POLL_S = 0.05
_FOREVER = -1.0  # filelock's
# flock's errors while another process has the lock: NFS returns EACCES.
_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOSPC)
_TAKEN = (errno.EAGAIN, errno.EACCES)
_LOCKLESS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


@contextmanager
def held(path: str, *, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the file lock at `path`, creating its directory; wait until it is free.

    `waiting` is called once when another owner has it. Raises ToolpinError if the file
    cannot be locked. It is not reentrant.
    """
    lock = _acquire(path, timeout_s=0)
    if lock is None:
        if waiting is not None:
            waiting()
        lock = _acquire(path, timeout_s=_FOREVER)
    try:
        yield
    finally:
        _release(lock)


@contextmanager
def held_directory(directory: str, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a lock on a directory, for all processes that use it.

    It needs no file in it, and applies whatever their data directories are. A lock that
    the caller of this process holds, as flock(1) does, is accepted. Raises ToolpinError
    if it cannot be locked.
    """
    try:
        number = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _not_lockable(directory, error) from error
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if not _is_held_by_caller(number):
            waiting()
            fcntl.flock(number, fcntl.LOCK_EX)
    except OSError as error:
        os.close(number)
        raise _not_lockable(directory, error) from error
    try:
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
    lock = _acquire(path, timeout_s=0)
    try:
        yield lock is not None
    finally:
        _release(lock)


def _acquire(path: str, timeout_s: float) -> filelock.BaseFileLock | None:
    """Return the file lock, held; None on a timeout."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # A reader could hold it, and block all others forever.
        lock = filelock.FileLock(path, mode=0o600, thread_local=False)
        lock.acquire(timeout=timeout_s, poll_interval=_POLL_S)
    except filelock.Timeout:
        return None
    except OSError as error:
        raise _not_lockable(path, error) from error
    except NotImplementedError as error:
        without = OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        raise _not_lockable(path, without) from error
    try:
        _check_keeps_out(path)
    except OSError as error:
        _release(lock)
        raise _not_lockable(path, error) from error
    return lock


def _release(lock: filelock.BaseFileLock | None) -> None:
    # If the filesystem refuses to unlock, the end of this process does it.
    with suppress(OSError):
        if lock is not None:
            lock.release()


def _check_keeps_out(path: str) -> None:
    """Raise OSError if another process could get the same lock."""
    file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _TAKEN:
            raise
    else:
        raise OSError(errno.ENOTSUP, "it does not exclude other processes")
    finally:
        os.close(file)


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
