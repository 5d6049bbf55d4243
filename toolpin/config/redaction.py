"""Finds what of a settings file is to be said nowhere: users and passwords in its URLs.

Turns a file into its beginning without them. Which settings there are it does not know.
"""

from __future__ import annotations

import re

_USER = re.compile(r"(?<=://)[^/@\s\"']+(?=@)")
_TABLE = re.compile(rb"(?m)^[ \t]*\[[^\n]*\n?")


def beginning(data: bytes) -> bytes:
    """Return the first part of a settings file: its plain keys, and no password.

    It ends with the first header, so that a key that is added changes it.
    """
    table = _TABLE.search(data)
    plain = data[: table.end() if table else len(data)]
    user = _USER.search(plain.decode("latin-1"))  # a character a byte
    return plain[: user.start() if user else len(plain)]
