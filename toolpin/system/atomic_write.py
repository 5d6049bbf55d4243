"""Replaces a file in one step: it is written next to the original, and renamed.

A writer's file is locked (flock), so that the next writer can delete those that killed
processes left.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from typing import IO

# An unmistakable name: a number alone could be a backup's date.
_MARK = ".toolpin-"


@contextlib.contextmanager
def atomic_replace(path: str, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """Yield a new file that replaces `path` when the block succeeds.

    Readers see the old bytes or the new ones, and after an exception the old ones.
    `mode` is narrowed by the umask, as that of any new file is.
    """
    _drop_remains(path)
    file, fresh = _open_fresh(path, mode)
    try:
        with file:
            yield file
            file.flush()
            os.replace(fresh, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(fresh)
        raise


def rewrite(path: str, data: bytes, mode: int) -> None:
    """Replace a file in one step; its mode is not narrowed by the umask."""
    with atomic_replace(path, mode) as file:
        file.write(data)
        os.fchmod(file.fileno(), mode)


def _open_fresh(path: str, mode: int) -> tuple[IO[bytes], str]:
    """Return a new file, locked, and its name."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    while True:
        fresh = f"{path}{_MARK}{os.getpid()}-{os.urandom(4).hex()}"
        file = open(os.open(fresh, flags, mode), "wb")  # noqa: SIM115 - the caller's
        # Without locks, the next writer does not delete this file either.
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.path.lexists(fresh):
            return file, fresh
        file.close()  # another process saw it before it was locked


def _drop_remains(path: str) -> None:
    """Delete files that dead writers left; those that cannot be deleted stay."""
    directory, name = os.path.split(path)
    with contextlib.suppress(OSError):
        for filename in os.listdir(directory):
            start, mark, end = filename.rpartition(_MARK)
            if mark and start == name and re.fullmatch("[0-9]+-[0-9a-f]{8}", end):
                with contextlib.suppress(OSError):
                    _drop(os.path.join(directory, filename))


def _drop(fresh: str) -> None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    number = os.open(fresh, flags)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(number)
        if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
            os.unlink(fresh)
    finally:
        os.close(number)
