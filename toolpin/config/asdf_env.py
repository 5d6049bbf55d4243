"""Translates asdf's variables into toolpin's. Light: `exec` imports it.

They apply to the `asdf` command, and to the shims of a store that it works on.
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

    toolpin's own variable takes precedence; a blank one is ignored.
    """
    overrides = {
        f"TOOLPIN_{match[1]}_VERSION": value
        for name, value in env.items()
        if (match := _VERSION.fullmatch(name)) and value.strip()
        if match[1] != "INSTALL"  # for scripts: the version to install
    }
    return {**overrides, **env}


def without_translated(
    env: Mapping[str, str], own: Mapping[str, str]
) -> dict[str, str]:
    """Return a child's environment without the translated variables."""
    added = as_toolpin(own).keys() - own.keys()
    return {name: value for name, value in env.items() if name not in added}


def named_as_asdf(variable: str, own: Mapping[str, str]) -> str:
    """Return the variable that was really set, for one that may be translated."""
    asdf_name = variable.replace("TOOLPIN_", "ASDF_", 1)
    return asdf_name if variable not in own and asdf_name in own else variable


def filename_in(env: Mapping[str, str]) -> str:
    """Return the name of project files by asdf's variables.

    A path is not a name: then the default applies, and `asdf info` reports it.
    """
    name = next(filter(None, map(env.get, FILENAME_VARIABLES)), _USUAL)
    return _USUAL if is_path(name) else name


def is_path(name: str) -> bool:
    """Return whether a file name contains a directory."""
    return any(sign in name for sign in "/\\") or name.startswith("~") or name == ".."


def data_directory(env: Mapping[str, str]) -> str | None:
    """Return the directory in ASDF_DATA_DIR, None if it is not set."""
    directory = env.get("ASDF_DATA_DIR")
    if not directory:
        return None
    return os.path.normpath(
        f"{home_directory(env)}/{directory[2:]}"
        if directory.startswith("~/")
        else directory
    )
