"""Turns a path into a file lock between processes and threads.

The kernel holds it (flock), so a killed owner frees it at once. The file stays: whoever
unlinks it lets two owners in, one on the old inode and one on the new. Where locks keep
nobody out, as on some network filesystems, nothing is held and the error says so.
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

# It would go on without the kernel, which frees nothing of a killed owner's: refused.
warnings.filterwarnings("ignore", message="flock not supported")

_POLL_S = 0.05
# What flock answers while another has the lock: NFS says EACCES.
_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENOSPC)
_TAKEN = (errno.EAGAIN, errno.EACCES)
_LOCKLESS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


@contextmanager
def held(
    path: str,
    *,
    waiting: Callable[[], None] | None = None,
    timeout_s: float | None = None,
) -> Iterator[None]:
    """Hold the file lock at `path`, making its folder; without a timeout wait for ever.

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
            "another process holds the file lock",
            [("file lock", path), ("waited", f"{timeout_s:g} s")],
        )
    try:
        yield
    finally:
        _release(mutex)


@contextmanager
def held_directory(directory: str, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold a folder itself, for all who name it, whatever their other folders are.

    It needs no file in there. What the caller of this process holds, as flock(1) does,
    is held. Raises ToolpinError where that cannot be.
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
    """Say whether a descriptor that this process began with holds a directory."""
    for number in map(int, os.listdir("/dev/fd")):
        # Of the listing's own, and of what is no file, there is nothing to ask.
        with suppress(OSError):
            if number != directory and os.path.sameopenfile(number, directory):
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
    return False


def file_lock_path(directory: str, path: str) -> str:
    """Return the path, below the folder of mutexes, of the one for editing a file."""
    real = os.path.realpath(path)
    return f"{directory}/files/{hashlib.sha256(os.fsencode(real)).hexdigest()[:16]}"


@contextmanager
def held_files(directory: str, *files: str) -> Iterator[None]:
    """Hold the mutexes for editing some files. Raises UsageError where two are one."""
    names: dict[str, str] = {}
    for file in files:
        mutex = file_lock_path(directory, file)
        if mutex in names:
            raise UsageError(
                f"{names[mutex]} and {file} are the same file",
                [("file", os.path.realpath(file))],
                f"rm {as_word(file if os.path.islink(file) else names[mutex])}",
            )
        names[mutex] = file
    with ExitStack() as stack:
        # In one order, so that nobody waits for who waits.
        for mutex in sorted(names):
            stack.enter_context(held(mutex))
        yield


@contextmanager
def try_held(path: str) -> Iterator[bool]:
    """Hold the file lock if it is free, and yield whether it is held."""
    mutex = _acquire(path, 0.0)
    try:
        yield mutex is not None
    finally:
        if mutex is not None:
            _release(mutex)


def _acquire(path: str, timeout_s: float | None) -> filelock.BaseFileLock | None:
    """Return the file lock, held; None when the time is over."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # Whoever may read it could hold it, and stop all others for ever.
        mutex = filelock.FileLock(path, mode=0o600, thread_local=False)
        mutex.acquire(
            timeout=-1.0 if timeout_s is None else timeout_s, poll_interval=_POLL_S
        )
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
        _release(mutex)
        raise _not_lockable(path, error) from error
    return mutex


def _release(mutex: filelock.BaseFileLock) -> None:
    # Where the filesystem refuses to unlock, the end of this process does it.
    with suppress(OSError):
        mutex.release()


def _check_keeps_out(path: str) -> None:
    """Raise OSError where somebody else would get what is held here."""
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
