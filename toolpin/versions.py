"""Turns version texts into an order, and finds the newest or the nearest of many.

One order for every tool, by numbers and words; it depends on no tool and no catalog.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

# From alpha to the release candidates; any other word is a variant.
_PRE_RELEASES = {
    word: stage
    for stage, words in enumerate(
        (
            "main master head nightly snapshot dev ea canary next",
            "alpha a",
            "beta b milestone m",
            "preview pre",
            "rc c",
        )
    )
    for word in words.split()
}
_PIECE = re.compile("[0-9]+|[^0-9._+~-]+")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BEFORE_END, _END, _WORD, _BUILD, _NUMBER = range(5)

Part = tuple[int, int, str]
Key = tuple[tuple[Part, ...], str]


class _Piece(NamedTuple):
    """A run of digits or of letters, and whether it touches the piece before it.

    `before` is the separator in front of it, if there is one.
    """

    text: str
    joined: bool
    before: str = ""


def sort_key(version: str) -> Key:
    """Return the key that sorts versions, oldest first; different texts never tie.

    `1.2-rc.1` < `1.2` < `1.2-otp-27` < `1.2+9` < `1.2.0` < `1.2.0.1`; numbers count as
    numbers.
    """
    return (*_parts(version), (_END, 0, "")), version


def is_pre_release(version: str) -> bool:
    """Return whether a version is a pre-release."""
    return any(kind == _BEFORE_END for kind, _, _ in _parts(version))


def is_prefix(prefix: str, version: str) -> bool:
    """Return whether leading parts agree: `1.2` and `1.2.3`, never `2` and `20`.

    A word at the end of a prefix may be that of the version: `3.13t` and `3.13.2t`.
    """
    if not version.startswith(prefix):
        word = ending_word(prefix)
        numbers = prefix.removesuffix(word)
        same = bool(word) and word == ending_word(version)
        return same and version.startswith(f"{numbers}.")
    following = version[len(prefix) :]
    return not (prefix and following) or _class(prefix[-1]) != _class(following[0])


def is_older(version: str, other: str) -> bool:
    """Return whether a version is older; `1.2-rc1` is not older than `1.2`."""
    return sort_key(version) < sort_key(other) and not is_prefix(other, version)


def ending_word(version: str) -> str:
    """Return the letters at the end of a version, behind a digit: `t` of `3.13.2t`."""
    numbers = version.rstrip(_LETTERS)
    return version[len(numbers) :] if numbers[-1:].isdigit() else ""


def is_exact(text: str) -> bool:
    """Return whether a text begins with three numbers, as a release's name does.

    `1.21` and `26.2` may be both, a release and a prefix of others.
    """
    first, *more = text[text[:1] in ("v", "V") :].split(".", 2)
    return len(more) == 2 and all(map(str.isdigit, (first, more[0], more[1][:1])))


def split_words(version: str) -> tuple[str, str]:
    """Return the words that a version begins with, and the rest: `temurin-`, `21`."""
    match = re.match(r"(?:[^\W\d][^-]*-)+(?=\d)", version)
    words = match[0] if match else ""
    return words, version.removeprefix(words)


def newest(prefix: str, versions: Iterable[str]) -> str | None:
    """Return the newest version below a prefix, "" for any; None without a match.

    A pre-release only where nothing else matches; of `1.2` and its variant
    `1.2-otp-27` the plain one, unless the prefix names the variant.
    """
    matches = [version for version in versions if is_prefix(prefix, version)]
    return max(matches, key=_preference, default=None)


def nearest(version: str, known: Iterable[str], count: int = 4) -> list[str]:
    """Return the known versions to suggest for a missing one, best first.

    Those that share most leading parts, then releases, then by distance in the order.
    Without one that shares the first part the result is the next lower and higher one.
    """
    wanted = _parts(version)
    ordered = sorted(set(known), key=sort_key)
    place = bisect_left(ordered, sort_key(version), key=sort_key)
    wants_release = not is_pre_release(version)

    def rank(index: int) -> tuple[int, bool, int]:
        other = ordered[index]
        unready = wants_release and is_pre_release(other)
        # The one just below the place is at distance 0, the one just above at 1.
        distance = (
            2 * (index - place) + 1 if index >= place else 2 * (place - index - 1)
        )
        return -_shared(wanted, _parts(other)), unready, distance

    ranked = sorted(range(len(ordered)), key=rank)
    close = [index for index in ranked if _shared(wanted, _parts(ordered[index]))]
    if close or not wanted or wanted[0][0] != _NUMBER:
        return [ordered[index] for index in close[:count]]
    ready = [version for version in ordered if not is_pre_release(version)] or ordered
    place = bisect_left(ready, sort_key(version), key=sort_key)
    return ready[max(place - 1, 0) : place + 1]


def _preference(version: str) -> tuple[bool, tuple[Part, ...], bool, Key]:
    """Rank a release first, then by its numbers, then plain before its variants."""
    parts = _parts(version)
    numbers = [i for i, (kind, _, _) in enumerate(parts) if kind == _NUMBER]
    first = numbers[0] if numbers else len(parts)
    words = [i for i, (kind, _, _) in enumerate(parts) if kind == _WORD and i > first]
    base = parts[: words[0]] if words else parts
    return (
        not is_pre_release(version),
        (*base, (_END, 0, "")),
        not words,
        sort_key(version),
    )


def _shared(version: tuple[Part, ...], other: tuple[Part, ...]) -> int:
    count = 0
    for own, others in zip(version, other, strict=False):
        if own != others:
            break
        count += 1
    return count


def _parts(version: str) -> tuple[Part, ...]:
    """Return the sort key of each piece; a `v` before a number is ignored."""
    pieces = _pieces(version)
    if len(pieces) > 1 and pieces[0].text == "v" and pieces[1].joined:
        del pieces[0]
    following = [*pieces[1:], _Piece("", joined=False)]
    return tuple(map(_part, pieces, following))


def _part(piece: _Piece, following: _Piece) -> Part:
    text = piece.text
    if _class(text[0]) == "digit":
        # By length, then text: int() refuses numbers of more than 4,300 digits.
        digits = text.lstrip("0")
        return _BUILD if piece.before == "+" else _NUMBER, len(digits), digits
    stage = _PRE_RELEASES.get(text.lower() if len(text) > 1 else text)
    # 1.0b2 is a beta; 1.1.1b is a patch, and the b of 8u392-b08 counts builds.
    if stage is None or (len(text) == 1 and not (piece.joined and following.joined)):
        return _WORD, 0, text
    return _BEFORE_END, stage, ""


def _pieces(version: str) -> list[_Piece]:
    pieces = []
    for match in _PIECE.finditer(version):
        before = version[match.start() - 1 : match.start()]
        pieces.append(_Piece(match[0], bool(before and _class(before)), before))
    return pieces


def _class(char: str) -> str:
    if "0" <= char <= "9":
        return "digit"
    return "" if char in "._+~-" else "letter"
