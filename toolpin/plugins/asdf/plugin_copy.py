"""Copies a plugin's directory: its files, links and repository, and nothing else.

Sockets and pipes, as git's own monitor makes some, and the lock files of a killed git
are left out. It publishes nothing.
"""

from __future__ import annotations

import os
import shutil
import stat

from toolpin.errors import ToolpinError


def copy_plugin_directory(source: str, place: str) -> None:
    """Copy a plugin's directory. Raises ToolpinError for one that cannot be read."""
    try:
        shutil.copytree(
            source, place, symlinks=True, dirs_exist_ok=True, ignore=_left_behind
        )
    except (OSError, RecursionError) as error:
        # From copytree: a list of failures, each with its reason.
        arg = error.args[0] if isinstance(error, shutil.Error) else []
        facts = [("file", f"{value}: {why}") for value, _, why in arg[:3]]
        raise ToolpinError(
            f"{source} cannot be copied", facts or [("reason", str(error))]
        ) from error


def _left_behind(directory: str, names: list[str]) -> set[str]:
    in_repository = "/.git/" in f"{directory}/"
    return {
        name
        for name in names
        if not _is_copied(f"{directory}/{name}")
        or (in_repository and name.endswith(".lock"))
    }


def _is_copied(path: str) -> bool:
    mode = os.lstat(path).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)
