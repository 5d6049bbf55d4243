"""Determines when an install was last used, and which run now, as far as possible.

Shims must not record that a program ran. The kernel does, in the access time of a
program's file, if the filesystem keeps it: at most once a day with `relatime`. `verify`
reads programs too, and so is treated as a use.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from toolpin.model import Pin
from toolpin.store import installs
from toolpin.system.directory_tree import walk
from toolpin.system.paths import Paths, names_in
from toolpin.system.process import run

_NO_ATIME = getattr(os, "ST_NOATIME", 0)
_PS_S = 20.0


class Use(NamedTuple):
    """The last sign of use, in seconds since 1970, and whether uses are recorded.

    Without `is_kept` it is the time of the install: the filesystem records no access.
    """

    last_s: float
    is_kept: bool


def last_use(paths: Paths, pin: Pin) -> Use:
    """Return when a version was installed or one of its programs read, the later."""
    tree = paths.install(*pin)
    try:
        made = os.stat(f"{tree}/{installs.RECORD}")
    except OSError:  # adopted
        made = os.stat(tree)
    is_kept = not os.statvfs(tree).f_flag & _NO_ATIME
    accesses = [
        os.stat(path).st_atime
        for command in installs.commands(paths, pin)
        if (path := installs.program(paths, pin, command))
    ]
    return Use(max([made.st_mtime, *(accesses if is_kept else [])]), is_kept)


def running(paths: Paths, pins: Sequence[Pin]) -> set[Pin]:
    """Return the installs that a process runs from, names or works in.

    The system may report less of other users' processes.
    """
    texts = list(_processes())
    results = set()
    for pin in pins:
        tree = paths.install(*pin)
        # The system reports the path behind links, and users the one before them.
        for place in {tree, os.path.realpath(tree)}:
            begins = (f"{place}/", f"{place}\0")
            if any(text.endswith(place) for text in texts) or any(
                prefix in text for prefix in begins for text in texts
            ):
                results.add(pin)
    return results


def size_bytes(paths: Paths, pin: Pin) -> int:
    """Return the disk space of an install; a file with two names is counted once."""
    total, seen = 0, set()
    for directory, names, files in walk(paths.install(*pin)):
        for name in (*names, *files):
            try:
                status = os.lstat(os.path.join(directory, name))
            except OSError:
                continue
            inode = (status.st_dev, status.st_ino)
            if stat.S_ISDIR(status.st_mode) or inode not in seen:
                total += status.st_blocks * 512
            seen.add(inode)
    return total


def _processes() -> Iterator[str]:
    """Yield what is known of each process: program, directory, words, mapped files."""
    numbers = [name for name in names_in("/proc") if name.isdigit()]
    if not numbers:  # macOS has no /proc
        env = {"PATH": "/bin:/usr/bin"}
        finished = run(["ps", "-axo", "command="], env=env, cwd="/", timeout_s=_PS_S)
        yield from finished.out.splitlines()
    for number in numbers:
        for name in ("exe", "cwd"):
            try:
                yield os.readlink(f"/proc/{number}/{name}")
            except OSError:
                continue
        for name in ("cmdline", "maps"):
            try:
                with open(f"/proc/{number}/{name}", "rb") as file:
                    yield os.fsdecode(file.read())
            except OSError:
                continue
