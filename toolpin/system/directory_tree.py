"""Walks and removes directory trees of any depth, without recursion.

Trees from archives, builds or restored caches may be deeper than Python recurses, with
paths that are longer than the system allows.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def walk(top: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each directory, the names of its subdirectories, and of its other entries.

    As `os.walk` does from the top: the caller may sort and shorten the names of the
    directories; links to directories are among these and not followed; unreadable
    directories are left out.
    """
    waiting = [top]
    while waiting:
        at = waiting.pop()
        names: list[str] = []
        others: list[str] = []
        try:
            with os.scandir(at) as entries:
                for entry in entries:
                    (names if _is_directory(entry) else others).append(entry.name)
        except OSError:
            continue
        yield at, names, others
        below = [os.path.join(at, name) for name in names]
        waiting += [path for path in reversed(below) if not os.path.islink(path)]


def remove_tree(path: str) -> None:
    """Remove a directory, not a link to one, including unwritable parts.

    Continues after an error, and raises the first OSError at the end.
    """
    removal = _Removal(os.open(_opened_up(path), _OPEN))
    removal.run()
    removal.attempt(os.rmdir, path)
    if removal.failure:
        failure = removal.failure
        where = failure.filename if isinstance(failure.filename, str) else ""
        at = path if where in ("", path) else f"{path}/.../{where}"
        raise OSError(failure.errno, failure.strerror, at)


@contextlib.contextmanager
def temporary(prefix: str) -> Iterator[str]:
    """Make a temporary empty directory, in which scripts may nest at any depth."""
    import tempfile

    path = tempfile.mkdtemp(prefix=prefix)
    try:
        yield path
    finally:
        drop_tree(path)


def drop_tree(path: str) -> None:
    """Remove a directory as far as possible."""
    with contextlib.suppress(OSError):
        remove_tree(path)


class _Removal:
    """One removal. It keeps one directory open at a time, at any depth."""

    def __init__(self, top: int) -> None:
        self._here = top
        self.failure: OSError | None = None

    def run(self) -> None:
        """Empty the open directory, and close it."""
        # For each directory on the path down: its name, that of its parent, and
        # its remaining subdirectories.
        above: list[tuple[str, tuple[int, int]]] = []
        try:
            left = [self._remove_files()]
            while left:
                if left[-1]:
                    name = left[-1].pop()
                    number = self._number()
                    if self.attempt(self._descend, name):
                        above.append((name, number))
                        left.append(self._remove_files())
                    continue
                left.pop()
                if above:
                    self._ascend(*above.pop())
        finally:
            os.close(self._here)

    def attempt(
        self, work: Callable[..., object], of: str | int, mode: int = 0, **at: int
    ) -> bool:
        """Call a function, and record the first failure. A missing file is not one."""
        try:
            work(of, *([mode] if mode else []), **at)
        except FileNotFoundError:
            return False
        except OSError as error:
            self.failure = self.failure or error
            return False
        return True

    def _remove_files(self) -> list[str]:
        """Remove all but directories; return the names of the directories."""
        mode = stat.S_IMODE(os.fstat(self._here).st_mode)
        if mode & stat.S_IRWXU != stat.S_IRWXU:
            self.attempt(os.fchmod, self._here, stat.S_IRWXU)
        names: list[str] = []
        with os.scandir(self._here) as listed:
            entries = list(listed)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                names.append(entry.name)
            else:
                self.attempt(os.unlink, entry.name, dir_fd=self._here)
        return names

    def _descend(self, name: str) -> None:
        below = os.open(_opened_up(name, self._here), _OPEN, dir_fd=self._here)
        os.close(self._here)
        self._here = below

    def _ascend(self, name: str, number: tuple[int, int]) -> None:
        """Return to the parent directory, and remove the empty one.

        Raises OSError if the directory was moved meanwhile: its parent is not in the
        tree then.
        """
        upper = os.open("..", _OPEN, dir_fd=self._here)
        os.close(self._here)
        self._here = upper
        if self._number() != number:
            raise OSError(errno.ESTALE, "it was moved during its removal", name)
        self.attempt(os.rmdir, name, dir_fd=upper)

    def _number(self) -> tuple[int, int]:
        status = os.fstat(self._here)
        return status.st_dev, status.st_ino


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _opened_up(name: str, above: int | None = None) -> str:
    """Return the name of a directory, made readable for its owner.

    A link is unchanged: opening it fails.
    """
    mode = os.stat(name, dir_fd=above, follow_symlinks=False).st_mode
    if stat.S_ISDIR(mode) and mode & stat.S_IRWXU != stat.S_IRWXU:
        with contextlib.suppress(OSError):  # another user's, which may be readable
            os.chmod(name, stat.S_IRWXU, dir_fd=above)
    return name
