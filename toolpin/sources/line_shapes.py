"""Turns the shape of a list's lines into a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable

from toolpin.verify import HEX_LENGTHS

_SHAPES = {
    "version": r"\d[0-9A-Za-z.+_-]*",
    **{name: f"[0-9A-Fa-f]{{{length}}}" for name, length in HEX_LENGTHS.items()},
}


def line_shape(line: str) -> re.Pattern[str]:
    """Return the pattern of a list's lines: `OTP-{version} {commit} {time}[ {sha256}]`.

    A name stands for what has no blank and no comma in it. Older lines may end before
    what is in brackets.
    """
    needed, _, optional = line.removesuffix("]").partition("[")
    pattern = "".join(_line_parts(needed))
    return re.compile(pattern + (f"(?:{''.join(_line_parts(optional))})?"))


def _line_parts(line: str) -> Iterable[str]:
    parts = re.split(r"\{(\w+)\}", line)
    for text, name in zip(parts[::2], [*parts[1::2], ""], strict=True):
        shape = _SHAPES.get(name, "[^ ,]+")
        yield re.escape(text) + (f"(?P<{name}>{shape})" if name else "")
