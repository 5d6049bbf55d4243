"""`toolpin upgrade [TOOL...]`: moves the lock, and with --latest the requests too."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import NamedTuple

from toolpin.app import App
from toolpin.cache.first_use import FLAG
from toolpin.errors import NoChecksum, NotLocked, ToolpinError
from toolpin.lockfile.asks import Ask, Scope
from toolpin.lockfile.document import EMPTY, Lockfile
from toolpin.lockfile.head import lockfile_beside
from toolpin.locking.locker import Locker
from toolpin.locking.project import (
    asks_of,
    locker_for,
    project_file,
    read_project,
    relocked,
    write_both,
)
from toolpin.model import Origin, Pin, Wanted
from toolpin.pairs import refuse_pairs
from toolpin.plugin.registry import Registry
from toolpin.project import files
from toolpin.project.toolversions import edit, parse
from toolpin.resolver.catalog import looks_exact
from toolpin.versions import sort_key

_COMMAND_LINE = Origin("the command line")


class _Move(NamedTuple):
    """One alternative: its text and its locked version, before and after."""

    tool: str
    wanted: str
    now_wanted: str
    version: str | None
    now_version: str | None


class Options(NamedTuple):
    """The arguments of the command line."""

    tools: tuple[str, ...] = ()
    latest: bool = False
    trust_on_first_use: bool = False
    allow_downgrade: bool = False


def add_arguments(parser: ArgumentParser) -> None:
    """Take the tools, and whether their requests may change."""
    parser.add_argument("tools", nargs="*", metavar="tool", help="only these tools")
    parser.add_argument(
        "--latest",
        action="store_true",
        help="update to the newest release, and update .tool-versions",
    )
    parser.add_argument(
        "--trust-on-first-use",
        action="store_true",
        help="accept artifacts without a published checksum and lock theirs",
    )
    parser.add_argument(
        "--allow-downgrade",
        action="store_true",
        help="lock the newest listed version, even if it is older than the locked one",
    )


def run(options: Options, app: App) -> int:
    """Write the lockfile, and .tool-versions where a request has changed."""
    file = project_file(app)
    path = lockfile_beside(file)
    with app.writing(file, path):
        old = app.lockfile(path)
        if old is None and not options.latest:
            raise NotLocked(
                "there is no toolpin.lock to upgrade",
                [("beside", file)],
                "toolpin lock",
            )
        before = read_project(file, app)
        asks = asks_of(before, file, app)
        tools = _tools(options.tools, asks, file, app)
        was = old or EMPTY
        scope = Scope(
            was.hosts,
            moving=frozenset(tools),
            allow_downgrade=options.allow_downgrade,
        )
        locker = locker_for(app, scope, first_use=options.trust_on_first_use)
        after = before
        if options.latest:
            _tell_of_others(asks, tools, file, app)
            newer = partial(_newer, locker=locker, old=was)
            after = _rewritten(before, file, tools, app.registry, newer)
        now = asks_of(after, file, app)
        lock = EMPTY
        written: tuple[str, ...] = ()
        if old is not None:
            lock = _moved(locker, now, old, options, app)
            wishes = [(Pin(ask.tool, lock.pins[ask.key]), ask.origin) for ask in now]
            refuse_pairs(wishes, app)
            written = write_both(file, after, path, lock, app)
        elif after != before:
            files.write(file, after)
            written = (file,)
    moves = _moves((asks, was), (now, lock), tools)
    if app.report.as_json:
        result = {"file": file, "moves": [move._asdict() for move in moves]}
        app.report.document("upgrade", result, changed=bool(written))
    else:
        app.report.table([_cells(move) for move in moves])
        for one in written:
            app.report.remark(f"{one}: written")
        if not written:
            told = "no change; `toolpin outdated` lists newer versions"
            app.report.remark(f"{path}: {told}")
    return 0


def _moved(
    locker: Locker, asks: Sequence[Ask], old: Lockfile, options: Options, app: App
) -> Lockfile:
    """Return the new lockfile. Raises NoChecksum with the command that moves it."""
    try:
        return relocked(locker, asks, old, app)
    except NoChecksum as error:
        words = ["toolpin upgrade", *(["--latest"] if options.latest else [])]
        hint = " ".join([*words, *options.tools, FLAG])
        raise NoChecksum(error.what, error.facts, hint) from None


def _tell_of_others(
    asks: Sequence[Ask], tools: Collection[str], file: str, app: App
) -> None:
    """Say which requests stay as they are: only `.tool-versions` is ever written."""
    for ask in asks:
        if ask.tool in tools and ask.origin.place != file:
            app.report.warn(f"{ask.origin} still requests {ask.tool} {ask.wanted}")


def _moves(
    before: tuple[Sequence[Ask], Lockfile],
    after: tuple[Sequence[Ask], Lockfile],
    tools: Collection[str],
) -> list[_Move]:
    """Return what each alternative was and is; an edit keeps their number and order."""
    (asks, was), (others, lock) = before, after
    return [
        _Move(
            ask.tool,
            str(ask.wanted),
            str(other.wanted),
            was.pins.get(ask.key),
            lock.pins.get(other.key),
        )
        for ask, other in zip(asks, others, strict=True)
        if ask.tool in tools
    ]


def _cells(move: _Move) -> tuple[str, ...]:
    tool, wanted, other, version, newer = move
    request = wanted if wanted == other else f"{wanted} -> {other}"
    if newer is None:
        return tool, request, ""
    same = "stays" if version == newer else f"{version or 'not locked'} ->"
    return tool, request, f"{same} {newer}"


def _tools(words: Sequence[str], asks: Sequence[Ask], file: str, app: App) -> set[str]:
    """Return the tools that may move. Raises ToolpinError for one not asked for."""
    here = {ask.tool for ask in asks}
    if not words:
        return here
    named = {app.registry.require(word, _COMMAND_LINE).name for word in words}
    for tool in sorted(named - here):
        raise ToolpinError(
            f"{tool} is not pinned here",
            [("searched", file)],
            f"toolpin pin {tool} latest",
        )
    return named


def _rewritten(
    data: bytes,
    file: str,
    tools: Collection[str],
    registry: Registry,
    newer: Callable[[Ask], Wanted],
) -> bytes:
    """Return the file with its requests for versions naming the newest release.

    As exactly as they named another; channels and the other alternatives stay.
    """
    seen: set[str] = set()
    for request in parse(data, file, registry.spell):
        tool = registry.canonical(request.tool)
        if tool not in tools or tool in seen:
            continue
        seen.add(tool)
        wanted = list(request.wanted)
        for at, one in enumerate(wanted):
            if one.kind == "version" and one.value[0].isdigit():
                wanted[at] = newer(Ask(tool, one, request.origin))
                data = edit(data, (request.tool,), wanted, place=file)
                break
    return data


def _newer(ask: Ask, *, locker: Locker, old: Lockfile) -> Wanted:
    """Return the request for the newest release: `24` for `22`, `24.1.0` for `22.0.0`.

    What is newer than that already stays. Raises ToolpinError where nobody tells.
    """
    _, latest = locker.offers(ask, old)
    if latest is None or sort_key(latest) <= sort_key(ask.wanted.value):
        return ask.wanted
    if looks_exact(ask.wanted):
        return Wanted("version", latest)
    numbers = ask.wanted.value.count(".") + 1
    return Wanted("version", ".".join(latest.split(".")[:numbers]))
