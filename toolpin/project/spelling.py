"""Turns the ways in which people write a version into the one that counts.

`v22.15.0` is 22.15.0, `22.x` is 22, and what a plugin's `spellings` state: `lts/jod` is
jod. Pure: which tools this holds for is for the registry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

# Returns a word as it counts for a tool, which has the name that the file gives it.
Spell = Callable[[str, str], str]

_ANY = (".x", ".X", ".*")
_KINDS = ("system", "latest")


def as_written(_tool: str, word: str) -> str:
    """Return the word itself: no tool has spellings of its own."""
    return word


def without_v(version: str) -> str:
    """Return a version without the v that tags have: `v24.1.0` is 24.1.0."""
    return version[1:] if version[:1] == "v" and version[1:2].isdigit() else version


def is_plain(word: str) -> bool:
    """Say whether a word has one spelling only, so that no plugin needs to be read."""
    if word[0].isdigit():
        return not word.endswith(_ANY)
    return word in _KINDS or ":" in word


def respell(word: str, spellings: Mapping[str, str]) -> str:
    """Return a word as it counts; a `v` before a digit and a final `.x` are left out.

    A spelling without a meaning is a beginning that is left out.
    """
    if spellings.get(word):
        return spellings[word]
    beginnings = (start for start, meaning in spellings.items() if not meaning)
    for start in beginnings:
        if word.startswith(start):
            word = word.removeprefix(start) or word
            break
    word = without_v(word)
    while word[0].isdigit() and word.endswith(_ANY):
        word = word[:-2]
    return word
