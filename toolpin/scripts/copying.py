"""Copies a plugin's folder: its files, links and repository, and nothing else of it.

Sockets and pipes stay behind, as git's own monitor makes some, and so do the lock files
of a git that was killed. It publishes nothing.
"""

from __future__ import annotations

import os
import shutil
import stat

from toolpin.errors import ToolpinError


def copy_plugin_folder(source: str, place: str) -> None:
    """Copy a plugin's folder. Raises ToolpinError for what cannot be read."""
    try:
        shutil.copytree(
            source, place, symlinks=True, dirs_exist_ok=True, ignore=_left_behind
        )
    except (OSError, RecursionError) as error:
        # Of copytree: a list of what failed, each with its reason.
        found = error.args[0] if isinstance(error, shutil.Error) else []
        facts = [("file", f"{one}: {why}") for one, _, why in found[:3]]
        raise ToolpinError(
            f"{source} cannot be copied", facts or [("reason", str(error))]
        ) from error


def _left_behind(folder: str, names: list[str]) -> set[str]:
    in_repository = "/.git/" in f"{folder}/"
    return {
        name
        for name in names
        if not _is_copied(f"{folder}/{name}")
        or (in_repository and name.endswith(".lock"))
    }


def _is_copied(path: str) -> bool:
    mode = os.lstat(path).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)
