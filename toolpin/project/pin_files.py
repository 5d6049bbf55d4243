"""Finds the files that pin tools in a directory, and what they request.

Turns a directory, its files and the override variables into one request for each tool.
It does not choose versions, and knows nothing of what is installed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from toolpin.errors import ToolpinError
from toolpin.model import Request
from toolpin.project.idiomatic import Idioms, is_passed_over
from toolpin.project.project_files import Files, Together
from toolpin.project.toolversions import parse, parse_for, parse_override, variable_for
from toolpin.project.validation import Spell, as_written
from toolpin.system.paths import home_directory

FILENAME = ".tool-versions"


class Where(NamedTuple):
    """From which directory up project files are looked for, and where at last.

    `files` keeps what is read of them.
    """

    start: str
    home: str
    global_file: str
    files: Files


def candidates(
    start: str, home: str, global_file: str, others: Collection[str] = ()
) -> Iterator[str]:
    """Yield the `.tool-versions` that exist, nearest first, without the ignored ones.

    The directories from `start` (absolute, as the shell names it) up to the root, those
    above the directory that it really is, then `home` unless it was among them, then
    `global_file`, whose name all of them have. Files of the `others`' names stand
    behind that of their directory.
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
    where: Where,
    aliases: Mapping[str, str],
    idioms: Idioms,
    only: Collection[str] = (),
) -> Iterator[Request]:
    """Yield what the files request, nearest first, under canonical names.

    The first request of a tool is the one that counts. A file is read when the
    requests before it are used up. With `only`, the lines of these names alone are
    judged: a shim of one tool does not fail for another's.
    """
    together = Together()
    for path in _places(*where[:3]):
        is_global = path == where.global_file
        if counts(path):
            data = where.files.read(path, anywhere=is_global)
            together.count(data, path)
            # What is no text at all is passed over by nobody.
            lenient = only and b"\0" not in data
            for request in (
                parse_for(data, only, path, idioms.spell)
                if lenient
                else parse(data, path, idioms.spell)
            ):
                _check_directories(request, where.home, where.global_file)
                tool = aliases.get(request.tool, request.tool)
                yield request._replace(tool=tool)
        if not is_global:
            directory = os.path.dirname(path)
            for request in idiomatic(directory, idioms, where.files, only, together):
                _check_directories(request, where.home, where.global_file)
                yield request


def idiomatic(
    directory: str,
    idioms: Idioms,
    files: Files,
    only: Collection[str] = (),
    together: Together | None = None,
) -> Iterator[Request]:
    """Yield what the files of other managers in a directory request.

    With `only`, those of these tools alone are read. `together` counts them.
    """
    together = together or Together()
    for name in idioms.names:
        path = os.path.join(directory, name)
        tools = [item for item in idioms.tools_of(name) if not only or item in only]
        if (
            not tools
            or not os.path.isfile(path)
            or is_passed_over(directory)
            or not counts(path)
        ):
            continue
        data = together.count(files.read(path), path)
        result = (idioms.read(data, path, name, tool) for tool in tools)
        yield from filter(None, result)


def project_directory(where: Where, idioms: Idioms) -> str | None:
    """Return the nearest directory, here or above, where a file pins.

    None where only a home's that is not above, or the global file, is left.
    """
    for directory in directories_up(where.start):
        if counts(os.path.join(directory, FILENAME)) or any(
            idiomatic(directory, idioms, where.files)
        ):
            return directory
    return None


def directories_up(start: str) -> Iterator[str]:
    """Yield a directory, an absolute path, and every one above it.

    Then, where a link is among them, those above the directory that it leads to.
    """
    logical = list(_up(start))
    yield from logical
    for directory in _up(os.path.realpath(start)):
        if directory not in logical:
            yield directory


def _up(start: str) -> Iterator[str]:
    directory = start.rstrip("/") or "/"
    while True:
        yield directory
        parent = os.path.dirname(directory)
        if parent == directory:
            return
        directory = parent


def effective(
    requests: Iterable[Request],
    *,
    env: Mapping[str, str],
    aliases: Mapping[str, str],
    spell: Spell = as_written,
) -> Iterator[Request]:
    """Yield the request that counts for each tool, of those that `stated` yields.

    In the order of the nearest file, then the next; `aliases` has for each name a
    known tool goes by, its own too, the canonical one. An override variable counts
    for tools in a file and for known tools; those that no file names come last.
    `spell` returns a word of such a variable as it counts for a tool.
    """
    counted = set()
    for request in requests:
        if request.tool not in counted:
            counted.add(request.tool)
            yield _override(request.tool, env, spell) or request
    for tool in dict.fromkeys(aliases.values()):
        if tool not in counted and (override := _override(tool, env, spell)):
            yield override


def request_for(
    tool: str,
    requests: Iterable[Request],
    env: Mapping[str, str],
    spell: Spell = as_written,
) -> Request | None:
    """Return the request that counts for one tool: an override, or the first.

    With `stated(...)` as requests, files behind the first that names the tool stay
    unread, and all of them behind an override. `spell` is as for `effective`.
    """
    override = _override(tool, env, spell)
    if override:
        return override
    return next((request for request in requests if request.tool == tool), None)


def logical_cwd(env: Mapping[str, str]) -> str:
    """Return the current directory as the shell names it: $PWD where that is true.

    Raises ToolpinError for a directory that has been deleted.
    """
    pwd = env.get("PWD", "")
    if pwd.startswith("/") and {".", ".."}.isdisjoint(pwd.split("/")):
        try:
            if os.path.samestat(os.stat(pwd), os.stat(".")):
                return pwd
        except (OSError, ValueError):
            pass  # $PWD names no directory; the system knows better.
    try:
        return os.getcwd()
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        raise ToolpinError(
            "the current directory no longer exists"
            if gone
            else "the current directory has no name",
            [("reason", str(error.strerror)), ("PWD", pwd or "not set")],
            "cd ~",
        ) from None


def cwd_or_name(env: Mapping[str, str]) -> str:
    """Return the current directory, or the name of one that is gone."""
    try:
        return logical_cwd(env)
    except ToolpinError:
        named = env.get("PWD", "")
        # One that exists is another directory.
        is_gone = named.startswith("/") and not os.path.lexists(named)
        return named if is_gone else "/"


def _present(
    start: str, home: str, global_file: str, others: Collection[str]
) -> Iterator[tuple[str, bool]]:
    """Yield each file that exists, nearest first, and whether it counts."""
    places = _places(start, home, global_file)
    for path in _with_others(places, global_file, others) if others else places:
        try:
            status = os.lstat(path)
        except (OSError, ValueError):
            # Absent, in a directory that may not be entered, or below the 4,096 bytes
            # that a path can have: for none of these could a file be opened.
            continue
        yield path, _is_ours(path, status.st_uid)


def _places(start: str, home: str, global_file: str) -> Iterator[str]:
    name = os.path.basename(global_file)
    is_home_passed = False
    for directory in directories_up(start):
        is_home_passed = is_home_passed or directory == (home.rstrip("/") or "/")
        yield os.path.join(directory, name)
    if not is_home_passed:
        yield os.path.join(home, name)
    yield global_file


def _with_others(
    places: Iterator[str], global_file: str, others: Collection[str]
) -> Iterator[str]:
    for path in places:
        yield path
        directory = os.path.dirname(path)
        if path != global_file and not is_passed_over(directory):
            yield from (os.path.join(directory, name) for name in others)


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


def _override(tool: str, env: Mapping[str, str], spell: Spell) -> Request | None:
    variable = variable_for(tool)
    text = env.get(variable)
    if text is None:
        return None
    request = parse_override(text, tool, variable, spell)
    _check_directories(request, home_directory(env), "")
    return request


def _check_directories(request: Request, home: str, global_file: str) -> None:
    if any(wanted.kind == "path" for wanted in request.wanted):
        from toolpin.project.named_directories import (  # noqa: PLC0415 - few name one
            check_directories,
        )

        check_directories(request, home, global_file)
