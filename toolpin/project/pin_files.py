"""Finds the files that pin tools in a directory, and what they request.

Turns a folder, its files and the override variables into one request for each tool.
It does not choose versions, and knows nothing of what is installed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping

from toolpin.errors import ToolpinError
from toolpin.model import Request
from toolpin.project.files import Files
from toolpin.project.idiomatic import Idioms, is_passed_over
from toolpin.project.toolversions import parse, parse_for, parse_override, variable_for

FILENAME = ".tool-versions"


def candidates(
    start: str, home: str, global_file: str, others: Collection[str] = ()
) -> Iterator[str]:
    """Yield the `.tool-versions` that exist, nearest first, without the ignored ones.

    The folders from `start` (absolute, as the shell names it) up to the root, then
    `home` unless it was among them, then `global_file`, whose name all of them have.
    Files of the `others`' names stand behind that of their folder.
    """
    for path, ours in _present(start, home, global_file, others):
        if ours:
            yield path


def ignored(
    start: str, home: str, global_file: str, others: Collection[str] = ()
) -> Iterator[str]:
    """Yield the files that do not count: another user put them where anyone may."""
    for path, ours in _present(start, home, global_file, others):
        if not ours:
            yield path


def stated(
    start: str,
    *,
    home: str,
    global_file: str,
    aliases: Mapping[str, str],
    idioms: Idioms,
    only: Collection[str] = (),
    files: Files | None = None,
) -> Iterator[Request]:
    """Yield what the files request, nearest first, under canonical names.

    The first request of a tool is the one that counts. A file is read when the
    requests before it are used up. With `only`, the lines of these names alone are
    judged: a shim of one tool does not fail for another's. `files` keeps what is read.
    """
    files = files or Files()
    for path in _places(start, home, global_file):
        if counts(path):
            data = files.read(path, anywhere=path == global_file)
            # What is no text at all is passed over by nobody.
            lenient = only and b"\0" not in data
            for request in (
                parse_for(data, only, path) if lenient else parse(data, path)
            ):
                tool = aliases.get(request.tool, request.tool)
                yield request._replace(tool=tool)
        if path != global_file:
            yield from idiomatic(os.path.dirname(path), idioms, files, only)


def idiomatic(
    directory: str, idioms: Idioms, files: Files, only: Collection[str] = ()
) -> Iterator[Request]:
    """Yield what the files of other managers in a directory request.

    With `only`, those of these tools alone are read.
    """
    for name in idioms.names:
        path = os.path.join(directory, name)
        if only and idioms.tool_of(name) not in only:
            continue
        if not os.path.isfile(path) or is_passed_over(directory) or not counts(path):
            continue
        request = idioms.read(files.read(path), path, name)
        if request:
            yield request


def folders_up(start: str) -> Iterator[str]:
    """Yield a folder, an absolute path, and every one above it."""
    folder = start.rstrip("/") or "/"
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


def effective(
    requests: Iterable[Request],
    *,
    env: Mapping[str, str],
    aliases: Mapping[str, str],
) -> tuple[Request, ...]:
    """Return the request that counts for each tool, of those that `stated` yields.

    In the order of the nearest file, then the next; `aliases` has for each name a
    known tool goes by, its own too, the canonical one. An override variable counts
    for tools in a file and for known tools; those that no file names come last.
    """
    counted: dict[str, Request] = {}
    for request in requests:
        counted.setdefault(request.tool, request)
    for tool in (*counted, *aliases.values()):
        override = _override(tool, env)
        if override:
            counted[tool] = override
    return tuple(counted.values())


def request_for(
    tool: str, requests: Iterable[Request], env: Mapping[str, str]
) -> Request | None:
    """Return the request that counts for one tool: an override, or the first.

    With `stated(...)` as requests, files behind the first that names the tool stay
    unread, and all of them behind an override.
    """
    override = _override(tool, env)
    if override:
        return override
    return next((request for request in requests if request.tool == tool), None)


def logical_cwd(env: Mapping[str, str]) -> str:
    """Return the current folder as the shell names it: $PWD where that is true.

    Raises ToolpinError for a folder that has been deleted.
    """
    pwd = env.get("PWD", "")
    if pwd.startswith("/") and {".", ".."}.isdisjoint(pwd.split("/")):
        try:
            if os.path.samestat(os.stat(pwd), os.stat(".")):
                return pwd
        except (OSError, ValueError):
            pass  # $PWD names no folder; the system knows better.
    try:
        return os.getcwd()
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        raise ToolpinError(
            "the current folder no longer exists"
            if gone
            else "the current folder has no name",
            [("reason", str(error.strerror)), ("PWD", pwd or "not set")],
            "cd ~",
        ) from None


def _present(
    start: str, home: str, global_file: str, others: Collection[str]
) -> Iterator[tuple[str, bool]]:
    """Yield each file that exists, nearest first, and whether it counts."""
    places = _places(start, home, global_file)
    for path in _with_others(places, global_file, others) if others else places:
        try:
            found = os.lstat(path)
        except (OSError, ValueError):
            # Absent, in a folder that may not be entered, or below the 4,096 bytes
            # that a path can have: for none of these could a file be opened.
            continue
        yield path, _is_ours(path, found.st_uid)


def _places(start: str, home: str, global_file: str) -> Iterator[str]:
    name = os.path.basename(global_file)
    for folder in folders_up(start):
        yield os.path.join(folder, name)
    if not f"{start.rstrip('/')}/".startswith(f"{home.rstrip('/')}/"):
        yield os.path.join(home, name)
    yield global_file


def _with_others(
    places: Iterator[str], global_file: str, others: Collection[str]
) -> Iterator[str]:
    for path in places:
        yield path
        folder = os.path.dirname(path)
        if path != global_file and not is_passed_over(folder):
            yield from (os.path.join(folder, name) for name in others)


def counts(path: str) -> bool:
    """Say whether a file is there, and is not one that a stranger has put there."""
    try:
        return _is_ours(path, os.lstat(path).st_uid)
    except (OSError, ValueError):
        return False


def _is_ours(path: str, owner: int) -> bool:
    """Say whether a file may count: not a stranger's, where everybody may write.

    In any other directory an owner does not matter: root builds in a user's checkout.
    """
    if owner in (0, os.geteuid()):
        return True
    try:
        mode = os.stat(os.path.dirname(path)).st_mode
    except OSError:
        return False
    return not mode & stat.S_IWOTH


def _override(tool: str, env: Mapping[str, str]) -> Request | None:
    variable = variable_for(tool)
    text = env.get(variable)
    return None if text is None else parse_override(text, tool, variable)
