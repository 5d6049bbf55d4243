"""Tells where everybody may write a store: who does, decides what its users run."""

from __future__ import annotations

import os
import stat

from toolpin.paths import Paths

# What all run from, or what says what they run.
_PLACES = ("", "installs", "shims", "lib", "lib/shim.sh", "plugins", "incomplete")


def open_places(paths: Paths) -> list[str]:
    """Return the folders and files of a store that everybody may write.

    A sticky bit does not close one: what is not there yet anybody may add.
    """
    places = [f"{paths.data}/{name}".rstrip("/") for name in _PLACES]
    return [one for one in places if _mode(one) & stat.S_IWOTH]


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode
    except OSError:
        return 0
