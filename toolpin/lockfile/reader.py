"""Reads a lockfile from disk into a value; it never writes one."""

from __future__ import annotations

import os

from toolpin.errors import ToolpinError, UsageError
from toolpin.lockfile.document import Lockfile
from toolpin.lockfile.header import FIX
from toolpin.lockfile.parser import parse
from toolpin.project import pin_files
from toolpin.project.project_files import LARGEST_LOCKFILE, Files


def read_lockfile(path: str, files: Files) -> Lockfile | None:
    """Return the lockfile at a path; None without one.

    Raises UsageError for a file that toolpin would not have written, and ToolpinError
    for one that is ignored, because another user left it in a directory that anyone may
    write.
    """
    if not os.path.lexists(path):
        return None
    if not pin_files.is_used_file(path):
        raise ToolpinError(
            f"{path} is ignored: it belongs to another user",
            [("directory", "writable by everyone")],
        )
    data = files.read(path, LARGEST_LOCKFILE)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not UTF-8",
            [("reason", str(error))],
            FIX,
        ) from None
    return parse(text, path)
