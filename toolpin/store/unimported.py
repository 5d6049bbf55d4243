"""Finds versions that a real asdf has installed and this store lacks. Read-only."""

from __future__ import annotations

import os
from collections.abc import Mapping

from toolpin.config.asdf_env import data_directory
from toolpin.errors import as_word
from toolpin.store import installs
from toolpin.system.paths import Paths, home_directory


def unimported(paths: Paths, env: Mapping[str, str]) -> str:
    """Return asdf's directory if it has versions that are not installed here; else "".

    Only that of a real asdf: a directory that toolpin works in needs no import.
    """
    for directory in _directories(paths, env):
        other_store = Paths(directory, paths.config)
        for tool in installs.tools(other_store):
            here = installs.versions(paths, tool)
            if not set(installs.versions(other_store, tool)).issubset(here):
                return directory
    return ""


def with_plugin(tool: str, paths: Paths, env: Mapping[str, str]) -> str:
    """Return asdf's directory if it has a plugin of that name; else ""."""
    having = (
        directory
        for directory in _directories(paths, env)
        if os.path.isdir(f"{directory}/plugins/{tool}")
    )
    return next(having, "")


def _directories(paths: Paths, env: Mapping[str, str]) -> list[str]:
    own = os.path.realpath(paths.data)
    known = (data_directory(env), f"{home_directory(env)}/.asdf")
    return [path for path in known if path and os.path.realpath(path) != own]


def import_line(directory: str) -> str:
    """Return the command that imports the versions of asdf's directory."""
    is_usual = os.path.basename(directory) == ".asdf"
    return "toolpin import asdf" + ("" if is_usual else f" --from {as_word(directory)}")
