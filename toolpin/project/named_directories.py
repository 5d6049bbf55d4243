"""Checks the real location of the directory that a `path:` names.

The author of a project file must not choose a program inside the checkout, or a
directory that differs for each process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from toolpin.errors import UsageError
from toolpin.model import Request, Wanted
from toolpin.project.link_check import checkout_of
from toolpin.project.toolversions import directory_of
from toolpin.project.validation import WordPosition, error, quoted

_MOST_LINKS = 40  # the kernel's own limit is the same
# Names there mean a different directory, or none, for each process.
_NEVER = ("/proc", "/dev")


def check_directories(request: Request, home: str, global_file: str) -> None:
    """Raise UsageError for a `path:` that leads into the project, /proc or /dev.

    Every link on the path is checked. A file in the home directory, the global file and
    a variable are the user's own and may name any other directory.
    """
    for wanted in request.wanted:
        if wanted.kind == "path":
            _check(wanted, request, home, global_file)


def _check(wanted: Wanted, request: Request, home: str, global_file: str) -> None:
    directory = directory_of(wanted, home)
    project = _project(request, home, global_file)
    for place in _passed(f"{directory}/bin"):
        if any(_is_below(place, forbidden) for forbidden in _NEVER):
            raise _refused(
                wanted, request, f"links to {place}, which differs for each process"
            )
    for end in (os.path.realpath(directory), os.path.realpath(f"{directory}/bin")):
        if project and _is_below(end, project):
            raise _refused(wanted, request, f"links into its own project, {project}")


def _project(request: Request, home: str, global_file: str) -> str:
    """Return the checkout that the request is in; "" for the user's own files."""
    if not request.origin.line:  # a variable, the command line
        return ""
    directory = os.path.realpath(os.path.dirname(request.origin.place))
    home = os.path.realpath(home)
    if directory in (home, os.path.realpath(os.path.dirname(global_file))):
        return ""
    top = checkout_of(directory, home)
    return "" if top == "/" else top


def _passed(path: str) -> Iterator[str]:
    """Yield each link-free path that the system passes through when it resolves one.

    It ends at a path that does not exist, and after too many links.
    """
    at, links = "/", 0
    ahead = path.split("/")[::-1]
    while ahead:
        part = ahead.pop()
        if part in ("", "."):
            continue
        at = os.path.dirname(at) if part == ".." else os.path.join(at, part)
        yield at
        try:
            target = os.readlink(at)
        except OSError:  # not a link, or nothing
            continue
        links += 1
        if links > _MOST_LINKS:
            return
        at = "/" if target.startswith("/") else os.path.dirname(at)
        ahead += target.split("/")[::-1]


def _is_below(path: str, directory: str) -> bool:
    return f"{path}/".startswith(f"{directory}/")


def _refused(wanted: Wanted, request: Request, what: str) -> UsageError:
    return error(
        f"{quoted(str(wanted))} {what}",
        WordPosition(request.origin, str(wanted)),
        ("expected", "a directory outside the project, /proc and /dev"),
    )
