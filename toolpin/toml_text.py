"""Parses TOML from outside, within the time that an honest document needs."""

from __future__ import annotations

import re
from typing import Any

# `tomllib` takes time by the square of the names in a key.
_MOST_NAMES = 16
_NAME = r"""(?:[\w-]++|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+')"""
_DOT = r"[ \t]*+[.][ \t]*+"
_LONG = rf"(?:{_NAME}{_DOT}){{{_MOST_NAMES}}}"
# A text of several lines ends with 3 quotes, and 2 more may precede these.
_OTHER = "|".join(
    (
        r'"""(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5}+|\Z)',
        r"'''(?:[^']++|'(?!''))*+(?:'{3,5}+|\Z)",
        rf"{_NAME}(?:{_DOT}{_NAME})*+",
        r"#[^\n]*+",
        r'"(?:[^"\\\n]++|\\.)*+',  # without an end: no TOML from here on
        r"'[^'\n]*+",
        ".",
    )
)
# Nothing is tried twice: the pattern takes time by the length of the text.
_UP_TO_LONG_KEY = re.compile(rf"(?:(?!{_LONG})(?:{_OTHER}))*+(?={_LONG})", re.DOTALL)


def parse_toml(text: str) -> dict[str, Any]:
    """Return the tables of a document.

    Raises ValueError for invalid TOML and for a key of too many names; RecursionError
    for values that are nested too deeply.
    """
    if match := _UP_TO_LONG_KEY.match(text):
        line = match[0].count("\n") + 1
        what = f"a key has more than {_MOST_NAMES} names, joined by dots"
        raise ValueError(f"{what} (at line {line}, column 1)")
    import tomllib

    return tomllib.loads(text)
