"""Finds the secrets of a settings file: users and passwords in its URLs.

Returns the beginning of a file without them. It is independent of the schema.
"""

from __future__ import annotations

import re

_USER = re.compile(r"(?<=://)[^/@\s\"']+(?=@)")
_TABLE = re.compile(rb"(?m)^[ \t]*\[[^\n]*\n?")


def beginning(data: bytes) -> bytes:
    """Return the first part of a settings file: its plain keys, without passwords.

    It ends with the first header, so that a key that is added changes it.
    """
    table = _TABLE.search(data)
    plain = data[: table.end() if table else len(data)]
    user = _USER.search(plain.decode("latin-1"))  # one character per byte
    return plain[: user.start() if user else len(plain)]
