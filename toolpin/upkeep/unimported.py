"""Finds what a real asdf has installed and this store has not. It changes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping

from toolpin.errors import as_word
from toolpin.paths import Paths, home_folder
from toolpin.settings.asdf_env import data_folder
from toolpin.store import installs


def unimported(paths: Paths, env: Mapping[str, str]) -> str:
    """Return asdf's own directory where it has versions that are not here; else "".

    It is one of a real asdf: what toolpin works in itself needs no import.
    """
    for folder in (data_folder(env), f"{home_folder(env)}/.asdf"):
        if not folder or os.path.realpath(folder) == os.path.realpath(paths.data):
            continue
        theirs = Paths(folder, paths.config)
        for tool in installs.tools(theirs):
            here = installs.versions(paths, tool)
            if not set(installs.versions(theirs, tool)).issubset(here):
                return folder
    return ""


def import_line(folder: str) -> str:
    """Return the command that brings the versions of asdf's directory here."""
    is_usual = os.path.basename(folder) == ".asdf"
    return "toolpin import asdf" + ("" if is_usual else f" --from {as_word(folder)}")
