"""Replaces a file in one step: it is written beside its place, and renamed.

The kernel holds a writer's file (flock), so that the next one knows which of them are
at work and which a killed process left: these it deletes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from typing import IO

# A name that nobody else gives: a number alone would take a backup of the day for ours.
_MARK = ".toolpin-"
_DIGITS = frozenset("0123456789")
_HEX = frozenset("0123456789abcdef")


@contextlib.contextmanager
def atomic_replace(path: str, mode: int = 0o644) -> Iterator[IO[bytes]]:
    """Yield a new file that takes the place of `path` when the block ends well.

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


def _open_fresh(path: str, mode: int) -> tuple[IO[bytes], str]:
    """Return a file of a new name, held, and that name."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    while True:
        fresh = f"{path}{_MARK}{os.getpid()}-{os.urandom(4).hex()}"
        file = open(os.open(fresh, flags, mode), "wb")  # noqa: SIM115 - the caller's
        # Where there are no locks, nobody takes this for a dead one's either.
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.path.lexists(fresh):
            return file, fresh
        file.close()  # another saw it before it was held


def _drop_remains(path: str) -> None:
    """Delete what dead writers left beside a file; what cannot be deleted stays."""
    directory, name = os.path.split(path)
    with contextlib.suppress(OSError):
        for item in os.listdir(directory):
            begin = f"{name}{_MARK}"
            if item.startswith(begin) and _is_fresh(item[len(begin) :]):
                with contextlib.suppress(OSError):
                    _drop(os.path.join(directory, item))


def _is_fresh(end: str) -> bool:
    number, dash, word = end.partition("-")
    return bool(number and dash) and (
        _DIGITS.issuperset(number) and len(word) == 8 and _HEX.issuperset(word)
    )


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
