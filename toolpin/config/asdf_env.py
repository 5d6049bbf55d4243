"""Turns asdf's variables into what they mean to toolpin. Light: `exec` imports it.

They count for the `asdf` command, and for the shims of a store that it works on.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from toolpin.project.toolversions import FILENAME_VARIABLES
from toolpin.system.paths import home_directory

_VERSION = re.compile(r"ASDF_([A-Z0-9_]+)_VERSION")
_USUAL = ".tool-versions"


def as_toolpin(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with an override for each `ASDF_<TOOL>_VERSION`.

    toolpin's own variable stands before asdf's; one of blanks alone says nothing.
    """
    overrides = {
        f"TOOLPIN_{match[1]}_VERSION": value
        for name, value in env.items()
        if (match := _VERSION.fullmatch(name)) and value.strip()
        if match[1] != "INSTALL"  # says to a script what it is to install
    }
    return {**overrides, **env}


def without_translated(
    env: Mapping[str, str], own: Mapping[str, str]
) -> dict[str, str]:
    """Return a child's environment without what only the translation put there."""
    added = as_toolpin(own).keys() - own.keys()
    return {name: value for name, value in env.items() if name not in added}


def named_as_asdf(variable: str, own: Mapping[str, str]) -> str:
    """Return the variable that was really set, for one that may be translated."""
    theirs = variable.replace("TOOLPIN_", "ASDF_", 1)
    return theirs if variable not in own and theirs in own else variable


def filename_in(env: Mapping[str, str]) -> str:
    """Return what project files are called, as asdf's variables say.

    A path is no name: then the usual one counts, and `asdf info` says so.
    """
    name = next(filter(None, map(env.get, FILENAME_VARIABLES)), _USUAL)
    return _USUAL if is_path(name) else name


def is_path(name: str) -> bool:
    """Say whether a name that should be a file's leads elsewhere."""
    return any(sign in name for sign in "/\\") or name.startswith("~") or name == ".."


def data_directory(env: Mapping[str, str]) -> str | None:
    """Return the directory that ASDF_DATA_DIR names, None where it is not set."""
    directory = env.get("ASDF_DATA_DIR")
    if not directory:
        return None
    return os.path.normpath(
        f"{home_directory(env)}/{directory[2:]}"
        if directory.startswith("~/")
        else directory
    )
