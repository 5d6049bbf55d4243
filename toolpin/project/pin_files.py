"""Finds the files that pin tools in a directory, and what they request.

Turns a directory, its files and the override variables into one request for each tool.
It chooses no versions and does not look at installs.
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
from toolpin.system.paths import home_directory, upward

FILENAME = ".tool-versions"


class Where(NamedTuple):
    """Where project files are looked up: the start directory and the last resorts.

    `start` is absolute, as the shell names it. `files` caches the files' content.
    """

    start: str
    home: str
    global_file: str
    files: Files


def candidates(
    where: Where, others: Collection[str] = (), *, ignored: bool = False
) -> Iterator[str]:
    """Yield the existing `.tool-versions`, nearest first, without the ignored ones.

    The directories from the start up to the root, those above its real path, then the
    home directory unless it was among them, then the global file, whose name all of
    them have. Files with `others`' names follow the one in their directory. Those that
    are `ignored` instead are another user's, in a directory that everyone can write to.
    """
    places = _places(where)
    for path in _with_others(places, where.global_file, others) if others else places:
        try:
            owner = os.lstat(path).st_uid
        except (OSError, ValueError):
            # Absent, in a directory without access, or below the 4,096 bytes
            # that a path can have: no such file could be opened.
            continue
        if _is_trusted(path, owner) != ignored:
            yield path


def stated(
    where: Where,
    aliases: Mapping[str, str],
    idioms: Idioms,
    only: Collection[str] = (),
) -> Iterator[Request]:
    """Yield what the files request, nearest first, under canonical names.

    The first request of a tool takes precedence. A file is read when the requests
    before it are used up. With `only`, lines of other names are not validated: a shim
    of one tool does not fail because of another tool's line.
    """
    together = Together()
    for path in _places(where):
        is_global = path == where.global_file
        if is_used_file(path):
            data = where.files.read(path, anywhere=is_global)
            together.count(data, path)
            # A file that is not text is an error for every tool.
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
    """Yield what the idiomatic files in a directory request.

    With `only`, those of other tools are not read. `together` counts their size.
    """
    together = together or Together()
    for name in idioms.names:
        path = os.path.join(directory, name)
        tools = [tool for tool in idioms.tools_of(name) if not only or tool in only]
        if (
            not tools
            or not os.path.isfile(path)
            or is_passed_over(directory)
            or not is_used_file(path)
        ):
            continue
        data = together.count(files.read(path), path)
        result = (idioms.read(data, path, name, tool) for tool in tools)
        yield from filter(None, result)


def project_directory(where: Where, idioms: Idioms) -> str | None:
    """Return the nearest directory, here or above, in which a file pins a tool.

    None if only a home directory that is not above, or the global file, is left.
    """
    for directory in directories_up(where.start):
        if is_used_file(os.path.join(directory, FILENAME)) or any(
            idiomatic(directory, idioms, where.files)
        ):
            return directory
    return None


def directories_up(start: str) -> Iterator[str]:
    """Yield a directory, an absolute path, and every one above it.

    Then, where a link is among them, those above the directory that it leads to.
    """
    logical = list(upward(start))
    yield from logical
    for directory in upward(os.path.realpath(start)):
        if directory not in logical:
            yield directory


def effective(
    requests: Iterable[Request],
    *,
    env: Mapping[str, str],
    aliases: Mapping[str, str],
    spell: Spell = as_written,
) -> Iterator[Request]:
    """Yield the effective request for each tool, of those that `stated` yields.

    In the order of the nearest file, then the next; `aliases` has the canonical name
    for every name of a known tool. An override variable applies to tools in a file and
    to known tools; those that no file names come last. `spell` returns the canonical
    form of a word in such a variable.
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
    """Return the effective request for one tool: an override, or the first one.

    With `stated(...)` as requests, files after the first one that names the tool stay
    unread, and all files stay unread with an override. `spell` is as for `effective`.
    """
    override = _override(tool, env, spell)
    if override:
        return override
    return next((request for request in requests if request.tool == tool), None)


def logical_cwd(env: Mapping[str, str]) -> str:
    """Return the current directory as the shell names it: $PWD if that is correct.

    Raises ToolpinError for a directory that has been deleted.
    """
    pwd = env.get("PWD", "")
    if pwd.startswith("/") and {".", ".."}.isdisjoint(pwd.split("/")):
        try:
            if os.path.samestat(os.stat(pwd), os.stat(".")):
                return pwd
        except (OSError, ValueError):
            pass  # $PWD is not a directory: use what the system reports.
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
    """Return the current directory, or the name of one that was deleted."""
    try:
        return logical_cwd(env)
    except ToolpinError:
        named = env.get("PWD", "")
        # An existing one is another directory.
        is_gone = named.startswith("/") and not os.path.lexists(named)
        return named if is_gone else "/"


def _places(where: Where) -> Iterator[str]:
    name = os.path.basename(where.global_file)
    is_home_passed = False
    for directory in directories_up(where.start):
        is_home_passed |= directory == (where.home.rstrip("/") or "/")
        yield os.path.join(directory, name)
    if not is_home_passed:
        yield os.path.join(where.home, name)
    yield where.global_file


def _with_others(
    places: Iterator[str], global_file: str, others: Collection[str]
) -> Iterator[str]:
    for path in places:
        yield path
        directory = os.path.dirname(path)
        if path != global_file and not is_passed_over(directory):
            yield from (os.path.join(directory, name) for name in others)


def is_used_file(path: str) -> bool:
    """Return whether a file exists and was not put there by another user."""
    try:
        return _is_trusted(path, os.lstat(path).st_uid)
    except (OSError, ValueError):
        return False


def _is_trusted(path: str, owner: int) -> bool:
    """Return whether a file may be used here.

    Not another user's in a world-writable directory. Elsewhere the owner does not
    matter: root builds in a user's checkout.
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
        from toolpin.project.named_directories import check_directories

        check_directories(request, home, global_file)
