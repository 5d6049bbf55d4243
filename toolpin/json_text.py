"""Parses JSON from outside, within the memory that an honest document needs."""

from __future__ import annotations

from typing import Any

# A page of a hundred releases with two hundred files each has half of it; with small
# values they are some 300 MB in memory.
MOST_TOKENS = 4_000_000
_SIGNS = "[{,:"
# What parsing and reading a document of another shape can raise.
SHAPELESS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


def parse_json(text: bytes | str) -> Any:  # noqa: ANN401 - a document of any shape
    """Return the value of a document.

    Raises ValueError for invalid JSON and for a document with too many values;
    RecursionError for one that is nested too deeply.
    """
    if isinstance(text, bytes):
        tokens = sum(text.count(sign.encode()) for sign in _SIGNS)
    else:
        tokens = sum(map(text.count, _SIGNS))
    if tokens > MOST_TOKENS:
        raise ValueError(f"it has more than {MOST_TOKENS:,} values")
    import json

    return json.loads(text)
