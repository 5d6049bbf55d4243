"""What of a store's half-done things is toolpin's own: decided here, once, by form.

A data directory, and the directory of `install --into`, may hold what others have put
there, under the same names. Whatever is not in the lists of this module is nobody's to
sweep. Light, because `exec` looks at the store through it.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from toolpin.model import Pin
from toolpin.project.validation import NAME, VERSION, fits
from toolpin.system.paths import Paths

# The ends that a name in staging can have; no version has their sign.
ASIDE = "@aside"  # stood in the place of what is being published
GONE = "@gone"  # is being deleted
EMPTY = "@empty"  # becomes the directory that is built into
_ENDS = ("", ASIDE, GONE, EMPTY)
_MARK_BYTES = 30


class Staged(NamedTuple):
    """A tree in staging. `end` is "" or one of the ends above."""

    path: str
    pin: Pin
    end: str


def stage_of(paths: Paths, pin: Pin, end: str = "") -> str:
    """Return one flat name, so that no directory is shared with another version."""
    return f"{paths.staging}/{pin.tool}@{pin.version}{end}"


def staged(paths: Paths) -> list[Staged]:
    """Return the trees in staging, sorted by name."""
    results = []
    for name in _names(paths.staging):
        tool, _, rest = name.partition("@")
        version, sign, end = rest.partition("@")
        pin = Pin(tool, version)
        if sign + end in _ENDS and _is_pin(pin):
            results.append(Staged(f"{paths.staging}/{name}", pin, sign + end))
    return results


def marks(paths: Paths) -> list[tuple[str, Pin]]:
    """Return the path of each mark, and of which version it is, sorted."""
    results = []
    for tool in _names(paths.incomplete):
        for version in _names(f"{paths.incomplete}/{tool}"):
            path, pin = f"{paths.incomplete}/{tool}/{version}", Pin(tool, version)
            if _is_pin(pin) and _read_mark(path) is not None:
                results.append((path, pin))
    return results


def mark_path(paths: Paths, pin: Pin) -> str:
    """Return where the mark of a version stands."""
    return f"{paths.incomplete}/{pin.tool}/{pin.version}"


def mark_text(tree: str) -> str:
    """Return what a mark says: which directory it is that does not count.

    A directory keeps its number when it is renamed, and nobody who only chooses names
    and contents, as the author of a checkout does, knows it before.
    """
    return f"{os.lstat(tree).st_ino}\n"


def is_marked(mark: str, tree: str) -> bool:
    """Say whether a mark means just the directory that is there."""
    try:
        return _read_mark(mark) == mark_text(tree)
    except OSError:
        return False


def is_empty(mark: str) -> bool:
    """Say whether a mark says nothing, as one of before there were numbers."""
    return _read_mark(mark) == ""


def _is_pin(pin: Pin) -> bool:
    # toolpin's own copy of the index of plugins has a `-` before its name.
    return fits(pin.tool, NAME) and fits(pin.version.removeprefix("-"), VERSION)


def _read_mark(path: str) -> str | None:
    """Return what a mark says; None for what is none. A full disk leaves it empty."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        with open(path, "rb") as file:
            text = file.read(_MARK_BYTES + 1)
    except OSError:
        return None
    is_mark = len(text) <= _MARK_BYTES and text.strip(b"\n").isdigit()
    return text.decode() if is_mark or not text else None


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []
