"""Turns the shape of a list's lines into a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable

from toolpin.digests import HEX_LENGTHS

_SHAPES = {
    "version": "[0-9][0-9A-Za-z.+_-]{0,127}",
    **{name: f"[0-9A-Fa-f]{{{length}}}" for name, length in HEX_LENGTHS.items()},
}
_WORDED = "[0-9A-Za-z][0-9A-Za-z.+_-]{0,127}"
# A URL in a column. Only its owners add to a repository's releases on GitHub: to its
# issues and commits, anyone.
URL = re.compile(
    "https://(github[.]com/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/releases/download/"
    "|(?!github[.]com/))[A-Za-z0-9_.%+~:/@-]+"
)


def line_shape(line: str, *, worded: bool = False) -> re.Pattern[str]:
    """Return the pattern of a list's lines: `OTP-{version} {commit} {time}[ {sha256}]`.

    A name matches text without blanks, tabs and commas. Older lines may end before the
    brackets. A version begins with a digit, unless versions may be `worded`.
    """
    needed, _, optional = line.removesuffix("]").partition("[")
    pattern = "".join(_line_parts(needed))
    pattern += f"(?:{''.join(_line_parts(optional))})?"
    if worded:
        pattern = pattern.replace(_SHAPES["version"], _WORDED)
    return re.compile(pattern)


def _line_parts(line: str) -> Iterable[str]:
    parts = re.split(r"\{(\w+)\}", line)
    for text, name in zip(parts[::2], [*parts[1::2], ""], strict=True):
        shape = _SHAPES.get(name, "[^ \t,]+")
        yield re.escape(text) + (f"(?P<{name}>{shape})" if name else "")
