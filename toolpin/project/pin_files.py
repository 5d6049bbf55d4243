"""Finds the files that pin tools in a folder, and reads and writes `.tool-versions`.

Turns a folder, its files and the override variables into one request for each tool.
It does not choose versions, and knows nothing of what is installed.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from toolpin.errors import ToolpinError, UsageError
from toolpin.model import Request
from toolpin.project.idiomatic import Idioms, is_passed_over
from toolpin.project.toolversions import parse, parse_for, parse_override, variable_for

FILENAME = ".tool-versions"
LARGEST_BYTES = 1 << 20
MOST_LINES = 10_000
# A lockfile has a hundred lines for some builds, and tells of every host.
LARGEST_LOCKFILE = (8 << 20, 200_000)


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
) -> Iterator[Request]:
    """Yield what the files request, nearest first, under canonical names.

    The first request of a tool is the one that counts. A file is read when the
    requests before it are used up. With `only`, the lines of these names alone are
    judged: a shim of one tool does not fail for another's.
    """
    for path in _places(start, home, global_file):
        if counts(path):
            data = read(path, anywhere=path == global_file)
            # What is no text at all is passed over by nobody.
            lenient = only and b"\0" not in data
            for request in (
                parse_for(data, only, path) if lenient else parse(data, path)
            ):
                tool = aliases.get(request.tool, request.tool)
                yield request._replace(tool=tool)
        if path != global_file:
            yield from idiomatic(os.path.dirname(path), idioms, only)


def idiomatic(
    folder: str, idioms: Idioms, only: Collection[str] = ()
) -> Iterator[Request]:
    """Yield what the files of other managers in a folder request.

    With `only`, those of these tools alone are read.
    """
    for name in idioms.names:
        path = os.path.join(folder, name)
        if only and idioms.tool_of(name) not in only:
            continue
        if not os.path.isfile(path) or is_passed_over(folder) or not counts(path):
            continue
        request = idioms.read(read(path), path, name)
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


def read(
    path: str,
    limits: tuple[int, int] = (LARGEST_BYTES, MOST_LINES),
    *,
    anywhere: bool = False,
) -> bytes:
    """Return the bytes of a regular file of at most so many bytes and lines.

    It may be a link as `links` allows it, with `anywhere` any: the user's own, not a
    project's. Raises UsageError for any other file, ToolpinError where the system
    refuses.
    """
    return _read(path, lambda number: _all(number, path, *limits), anywhere=anywhere)


def read_beginning(path: str, most_bytes: int) -> bytes:
    """Return the first bytes of a project's file, so many at most; else as `read`."""
    return _read(path, lambda number: _first(number, most_bytes))


def _read(path: str, take: Callable[[int], bytes], *, anywhere: bool = False) -> bytes:
    if not anywhere and os.path.exists(path):
        _check_link(path)
    # Without O_NONBLOCK a FIFO would wait for its writer.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    try:
        number = os.open(path, flags)
        try:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise UsageError(
                    f"{path} is not a file", [("expected", "a regular file")]
                )
            return take(number)
        finally:
            os.close(number)
    except OSError as error:
        if os.path.islink(path) and not os.path.exists(path):
            raise UsageError(
                f"{path} is a symbolic link that leads nowhere",
                [("link", os.readlink(path))],
            ) from None
        raise ToolpinError(
            f"{path} cannot be read", [("reason", str(error.strerror))]
        ) from None


def write(path: str, data: bytes, *, anywhere: bool = False) -> None:
    """Replace a file, or the target of a link, in one step; mode and owner are kept.

    `anywhere` is as for `read`. Raises UsageError for a link that leads astray, and
    ToolpinError where the system refuses; the old file then stands unchanged.
    """
    from toolpin.replacing import replacing  # noqa: PLC0415 - readers need none

    if not anywhere:
        _check_link(path, writing=True)
    real = os.path.realpath(path)
    try:
        before = _status(real)
        with replacing(real, 0o600 if before else 0o644) as file:
            file.write(data)
            if before:
                _keep_owner(file.fileno(), before)
    except OSError as error:
        raise ToolpinError(
            f"{path} cannot be written", [("reason", str(error.strerror))]
        ) from None


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
    """Say whether a file is there, and is not one that a stranger left in /tmp."""
    try:
        return _is_ours(path, os.lstat(path).st_uid)
    except (OSError, ValueError):
        return False


def _is_ours(path: str, owner: int) -> bool:
    """Tell whether a file may count: not one that a stranger left in /tmp.

    In any other folder an owner does not matter: root builds in a user's checkout.
    """
    if owner in (0, os.geteuid()):
        return True
    try:
        mode = os.stat(os.path.dirname(path)).st_mode
    except OSError:
        return False
    return not (mode & stat.S_ISVTX and mode & stat.S_IWOTH)


def _override(tool: str, env: Mapping[str, str]) -> Request | None:
    variable = variable_for(tool)
    text = env.get(variable)
    return None if text is None else parse_override(text, tool, variable)


def _check_link(path: str, *, writing: bool = False) -> None:
    if os.path.islink(path):
        from toolpin.project.links import check_link  # noqa: PLC0415 - few are links

        check_link(path, writing=writing)


def _all(number: int, path: str, largest_bytes: int, most_lines: int) -> bytes:
    data = _first(number, largest_bytes + 1)
    lines = data.count(b"\n")
    if len(data) > largest_bytes or lines > most_lines:
        raise UsageError(
            f"{path} is larger than a {os.path.basename(path)} can be",
            [
                ("received", f"more than {len(data) - 1} bytes, {lines} line ends"),
                ("expected", f"{largest_bytes} bytes, {most_lines} lines at most"),
            ],
        )
    return data


def _first(number: int, most_bytes: int) -> bytes:
    data = b""
    while more := os.read(number, most_bytes - len(data)):
        data += more
    return data


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _keep_owner(number: int, before: os.stat_result) -> None:
    # The owner first: the system clears bits of the mode when it changes.
    with contextlib.suppress(PermissionError):
        os.fchown(number, before.st_uid, before.st_gid)
    os.fchmod(number, stat.S_IMODE(before.st_mode))
