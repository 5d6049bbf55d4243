"""Suggests the intended form of a badly written line of `.tool-versions`.

The guess is only shown; nothing is run because of it.
"""

from __future__ import annotations

import os

from toolpin.errors import as_word
from toolpin.project.validation import NAME, VERSION, fits

# Notations around a version that mean this version, or this one or newer.
_AROUND = "\"'=^~>,;()[]"


def respelled(words: list[str]) -> list[str] | None:
    """Return the intended words of `nodejs@10`, `nodejs=10` or `NodeJS 10`."""
    spelled = words[0].replace("=", "@").replace(":", "@")
    name, _, version = spelled.partition("@")
    name = name.lower()
    rest = [word for word in (version.lstrip("@"), *words[1:]) if word]
    if rest and fits(name, NAME) and all(fits(word, VERSION) for word in rest):
        return [name, *rest]
    return None


def fix_command(words: list[str], place: str) -> str | None:
    """Return the command that fixes a wrong line: `>=22` becomes 22.

    None for a directory or a ref, or if the intention is unclear.
    """
    name, *versions = words
    if not fits(name, NAME):
        intended = respelled(words)
        return pin_command(intended, place) if intended else None
    if not versions:
        return pin_command([name, "latest"], place)
    if any(":" in word for word in versions):
        return None
    versions = [word.strip(_AROUND) for word in versions]
    if all(fits(word, VERSION) for word in versions):
        return pin_command([name, *versions], place)
    return f"toolpin list-all {name}"


def pin_command(words: list[str], place: str) -> str | None:
    """Return the command that writes a line into a file, if one does."""
    directory, name = os.path.split(place)
    if name != ".tool-versions" or not directory.isprintable():
        return None
    at = f" -C {as_word(directory)}" if directory else ""
    return f"toolpin{at} pin {' '.join(words)}"
