"""Turns a badly written line of `.tool-versions` into what it was meant to be.

It guesses for the eyes of a reader: nothing is run by what it says.
"""

from __future__ import annotations

import os

from toolpin.errors import as_word
from toolpin.project.validation import NAME, VERSION, fits

# What people put around a version that means that version, or one from it on.
_AROUND = "\"'=^~>,;()[]"


def respelled(words: list[str]) -> list[str] | None:
    """Return the words that `nodejs@10`, `nodejs=10` or `NodeJS 10` was meant to be."""
    spelled = words[0].replace("=", "@").replace(":", "@")
    name, _, version = spelled.partition("@")
    name = name.lower()
    rest = [word for word in (version.lstrip("@"), *words[1:]) if word]
    if rest and fits(name, NAME) and all(fits(word, VERSION) for word in rest):
        return [name, *rest]
    return None


def fix_command(words: list[str], place: str) -> str | None:
    """Return the command for a wrong line: `>=22` was meant to be 22.

    None where it names a directory or a ref, or nobody can tell what it was meant to
    be.
    """
    name, *versions = words
    if not fits(name, NAME):
        meant = respelled(words)
        return pin_command(meant, place) if meant else None
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
