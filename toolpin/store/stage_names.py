"""Defines which unfinished entries of a store are toolpin's own, by their form.

A data directory, and the directory of `install --into`, may contain other files under
the same names. Only entries listed by this module may be deleted. Light, because `exec`
reads the store through it.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from toolpin.model import Pin
from toolpin.project.validation import NAME, VERSION, fits
from toolpin.system.paths import names_in

if TYPE_CHECKING:  # `exec` imports this module
    from toolpin.system.tree_paths import Place

# Suffixes of names in staging; no version contains their sign.
ASIDE = "@aside"  # was in the place of the tree being published
GONE = "@gone"  # is being deleted
EMPTY = "@empty"  # becomes the directory that is built into
_ENDS = ("", ASIDE, GONE, EMPTY)
_MARK_BYTES = 30


class Staged(NamedTuple):
    """A tree in staging. `end` is "" or one of the suffixes above."""

    path: str
    pin: Pin
    end: str


def stage_of(place: Place, pin: Pin, end: str = "") -> str:
    """Return one flat name, so that no directory is shared with another version."""
    return f"{place.staging}/{pin.tool}@{pin.version}{end}"


def staged(place: Place) -> list[Staged]:
    """Return the trees in staging, sorted by name."""
    results = []
    for name in names_in(place.staging):
        tool, _, rest = name.partition("@")
        version, sign, end = rest.partition("@")
        pin = Pin(tool, version)
        if sign + end in _ENDS and _is_pin(pin):
            results.append(Staged(f"{place.staging}/{name}", pin, sign + end))
    return results


def marks(place: Place) -> list[tuple[str, Pin]]:
    """Return the path of each mark, and its version, sorted."""
    results = []
    for tool in names_in(place.incomplete):
        for version in names_in(f"{place.incomplete}/{tool}"):
            path, pin = f"{place.incomplete}/{tool}/{version}", Pin(tool, version)
            if _is_pin(pin) and _read_mark(path) is not None:
                results.append((path, pin))
    return results


def mark_path(place: Place, pin: Pin) -> str:
    """Return the path of a version's mark."""
    return f"{place.incomplete}/{pin.tool}/{pin.version}"


def mark_text(tree: str) -> str:
    """Return the text of a mark: which directory is not to be used.

    A directory keeps its inode number when it is renamed, and the author of a checkout,
    who chooses only names and content, cannot know it.
    """
    return f"{os.lstat(tree).st_ino}\n"


def is_marked(mark: str, tree: str) -> bool:
    """Return whether a mark is for exactly this directory."""
    try:
        return _read_mark(mark) == mark_text(tree)
    except OSError:
        return False


def is_empty(mark: str) -> bool:
    """Return whether a mark is empty, as a power cut leaves it."""
    return _read_mark(mark) == ""


def _is_pin(pin: Pin) -> bool:
    # toolpin's copy of the plugin index has a `-` before its name.
    return fits(pin.tool, NAME) and fits(pin.version.removeprefix("-"), VERSION)


def _read_mark(path: str) -> str | None:
    """Return the text of a mark; None for any other file.

    A full disk leaves it empty.
    """
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        with open(path, "rb") as file:
            text = file.read(_MARK_BYTES + 1)
    except OSError:
        return None
    is_mark = len(text) <= _MARK_BYTES and text.strip(b"\n").isdigit()
    return text.decode() if is_mark or not text else None
