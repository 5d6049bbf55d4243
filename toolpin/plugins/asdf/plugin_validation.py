"""Validates an asdf plugin's files before they are used: complete, contained, locked.

It checks a staged directory. It fetches and runs nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from toolpin.errors import Refused, ToolpinError, UsageError

# Directories with what a plugin runs, and what its scripts share.
_DIRECTORIES = ("bin", "lib", "lib/commands", "shims")
# Files that Python, macOS and editors create beside scripts.
_LEFTOVER = re.compile(
    r"(?:.*/)?(?:__pycache__/[^/]+\.pyc(?:\.[0-9]+)?"
    r"|\.DS_Store|\._[^/]*|\.[^/]+\.sw[a-p]|[^/]+~)"
)


def check_whole(directory: str, name: str, url: str) -> None:
    """Raise UsageError for a repository that is not a plugin."""
    missing = [
        name
        for name in ("bin/install", "bin/list-all")
        if not os.path.isfile(f"{directory}/{name}")
    ]
    if missing:
        raise UsageError(
            f"{url} is not an asdf plugin for {name}",
            [("missing", ", ".join(missing)), ("added", "nothing")],
        )


def check_own(directory: str, name: str) -> None:
    """Raise Refused for a script that is not among the committed files.

    Such a link may lead out of the plugin, into git's own files, or to a file that does
    not exist yet; no commit and no digest covers it.
    """
    root = os.path.realpath(directory)
    for path in _scripts(directory):
        real = os.path.realpath(path)
        is_outside = os.path.relpath(real, root).split("/")[0] in ("..", ".git")
        if is_outside or not os.path.exists(real):
            raise Refused(
                f"{os.path.relpath(path, directory)} links to a file outside the "
                f"plugin for {name}",
                [("target", real), ("changed", "nothing")],
            )


def check_digest(actual: str, commit: str, sha256: str, name: str) -> None:
    """Raise ToolpinError if files with digest `actual` are not the locked ones."""
    if sha256 and actual != sha256:
        raise ToolpinError(
            f"{name}'s plugin differs from the one that is locked",
            [
                ("expected", f"sha256 {sha256}"),
                ("received", f"sha256 {actual}, commit {commit}"),
            ],
        )


def script_places(directory: str) -> list[str]:
    """Return the directories with scripts, links followed, in git's words for paths."""
    root = os.path.realpath(directory)
    # `check_own` refuses one that leads out of the plugin, which git would not accept.
    real = (os.path.realpath(f"{root}/{directory}") for directory in _DIRECTORIES)
    inside = {directory for directory in real if f"{directory}/".startswith(f"{root}/")}
    return [
        f":(literal){os.path.relpath(directory, root)}" for directory in sorted(inside)
    ]


def is_leftover(path: str) -> bool:
    """Return whether a file is a by-product of running or editing scripts."""
    return bool(_LEFTOVER.fullmatch(path))


def _scripts(directory: str) -> Iterator[str]:
    for place in (f"{directory}/{subdirectory}" for subdirectory in _DIRECTORIES):
        if os.path.lexists(place):
            yield place
        if os.path.isdir(place):
            yield from (f"{place}/{name}" for name in sorted(os.listdir(place)))
