"""Remembers which projects were installed for, so that nothing of theirs is pruned.

One file of the store, a `.tool-versions` a line. It grows by a line when `install` runs
in a project for the first time; a project that is gone is left out when it is read.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

from toolpin.model import Origin
from toolpin.paths import Paths

_MOST_BYTES = 4 << 20


def remember(paths: Paths, origins: Iterable[Origin]) -> None:
    """Note the files that requests come from. A store that takes no note is no failure.

    Light: `install` calls it where it has nothing else to do.
    """
    files = {origin.place for origin in origins if origin.line}
    fresh = sorted(
        file
        for file in files - set(_lines(paths))
        if os.path.isabs(file) and "\n" not in file
    )
    if not fresh:
        return
    with contextlib.suppress(OSError, UnicodeEncodeError):
        os.makedirs(paths.data, exist_ok=True)
        with open(paths.projects, "a", encoding="utf-8") as notes:
            notes.write("".join(f"{file}\n" for file in fresh))


def known(paths: Paths) -> list[str]:
    """Return the files of the projects that are still there, sorted."""
    return sorted({file for file in _lines(paths) if os.path.lexists(file)})


def _lines(paths: Paths) -> list[str]:
    try:
        with open(paths.projects, encoding="utf-8", errors="replace") as notes:
            return notes.read(_MOST_BYTES).split("\n")[:-1]
    except OSError:
        return []
