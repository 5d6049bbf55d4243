"""Reads and writes project files, and caches their content.

Light: `exec` imports it. It does not interpret the files.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from toolpin.errors import ToolpinError, UsageError, remedy
from toolpin.system.file_modes import for_user
from toolpin.system.paths import open_regular, read_bytes

LARGEST_BYTES = 1 << 20
MOST_LINES = 10_000
# All files read from one directory upwards: as much as four full ones.
MOST_TOGETHER = (4 * LARGEST_BYTES, 4 * MOST_LINES)
# A lockfile has a hundred lines for some builds, and has entries for all hosts.
LARGEST_LOCKFILE = (8 << 20, 200_000)


class Together:
    """Counts the size of the files that are read together."""

    def __init__(self) -> None:
        self._size_bytes = self._lines = 0

    def count(self, data: bytes, path: str) -> bytes:
        """Count a file and return it. Raises UsageError when the total is too large."""
        self._size_bytes += len(data)
        self._lines += data.count(b"\n")
        most_bytes, most_lines = MOST_TOGETHER
        if self._size_bytes > most_bytes or self._lines > most_lines:
            raise UsageError(
                "the project files of this directory and its parents are too large",
                [
                    ("last file", path),
                    ("expected", f"{most_bytes} bytes, {most_lines} lines at most"),
                ],
            )
        return data


class Files:
    """The files that one command reads, each opened once, in one version.

    A writer holds the file's lock, and calls `forget` inside it before reading and
    after writing.
    """

    def __init__(self) -> None:
        self._whole: dict[tuple[str, bool], bytes] = {}
        self._beginnings: dict[str, bytes] = {}
        self._settings: dict[str, bytes | None] = {}

    def read(
        self,
        path: str,
        limits: tuple[int, int] = (LARGEST_BYTES, MOST_LINES),
        *,
        anywhere: bool = False,
    ) -> bytes:
        """Return what the function `read` returns, from the cache if possible."""
        key = path, anywhere
        if key not in self._whole:
            self._whole[key] = read(path, limits, anywhere=anywhere)
        return _within(self._whole[key][: limits[0] + 1], path, *limits)

    def read_beginning(self, path: str, most_bytes: int) -> bytes:
        """Return what the function `read_beginning` returns, cached."""
        if (path, False) in self._whole:
            return self._whole[path, False][:most_bytes]
        if path not in self._beginnings:
            data = read_beginning(path, most_bytes)
            if len(data) < most_bytes:
                self._whole[path, False] = data
            self._beginnings[path] = data
        return self._beginnings[path]

    def read_settings(self, path: str) -> bytes | None:
        """Return what `read_bytes` returns for a settings file, cached."""
        if path not in self._settings:
            self._settings[path] = read_bytes(path)
        return self._settings[path]

    def forget(self) -> None:
        """Read project files again when they are next needed; settings stay cached."""
        self._whole.clear()
        self._beginnings.clear()


def read(
    path: str,
    limits: tuple[int, int] = (LARGEST_BYTES, MOST_LINES),
    *,
    anywhere: bool = False,
) -> bytes:
    """Return the bytes of a regular file of at most so many bytes and lines.

    It may be a link that `link_check` allows; with `anywhere`, for the user's own
    files, any link. Raises UsageError for any other file, ToolpinError if the system
    refuses.
    """
    data = read_beginning(path, limits[0] + 1, anywhere=anywhere)
    return _within(data, path, *limits)


def read_beginning(path: str, most_bytes: int, *, anywhere: bool = False) -> bytes:
    """Return at most so many first bytes of a project file; else like `read`."""
    if not anywhere and os.path.exists(path):
        _check_link(path)
    try:
        with open_regular(path) as file:
            return file.read(most_bytes)
    except OSError as error:
        if os.path.islink(path) and not os.path.exists(path):
            raise UsageError(
                f"{path} is a broken symbolic link", [("link", os.readlink(path))]
            ) from None
        if error.errno == errno.EINVAL:
            facts = [("expected", "a regular file")]
            raise UsageError(f"{path} is not a file", facts) from None
        raise ToolpinError(
            f"{path} cannot be read", [("reason", str(error.strerror))]
        ) from None


def write(path: str, data: bytes, *, anywhere: bool = False) -> None:
    """Replace a file, or the target of a link, in one step; mode and owner are kept.

    `anywhere` is as for `read`. Raises UsageError for a link that is not allowed, and
    ToolpinError if the system refuses; the old file is then unchanged.
    """
    from toolpin.system.atomic_write import atomic_replace

    if not anywhere:
        _check_link(path, writing=True)
    real = os.path.realpath(path)
    try:
        before = _status(real)
        mode = 0o600 if before else for_user(0o644)
        with atomic_replace(real, mode) as file:
            file.write(data)
            if before:
                _keep_owner(file.fileno(), before)
    except OSError as error:
        raise ToolpinError(
            f"{path} cannot be written",
            [("reason", str(error.strerror))],
            remedy(error, real),
        ) from None


def _check_link(path: str, *, writing: bool = False) -> None:
    if os.path.islink(path):
        from toolpin.project.link_check import check_link

        check_link(path, writing=writing)


def _within(data: bytes, path: str, largest_bytes: int, most_lines: int) -> bytes:
    lines = data.count(b"\n")
    if len(data) > largest_bytes or lines > most_lines:
        raise UsageError(
            f"{path} is larger than a {os.path.basename(path)} can be",
            [
                ("received", f"more than {len(data) - 1} bytes, {lines} line ends"),
                ("expected", f"{largest_bytes} bytes, {most_lines} lines at most"),
            ],
        )
    return data


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _keep_owner(number: int, before: os.stat_result) -> None:
    # The owner first: the system clears bits of the mode when the owner changes.
    with contextlib.suppress(PermissionError):
        os.fchown(number, before.st_uid, before.st_gid)
    os.fchmod(number, stat.S_IMODE(before.st_mode))
