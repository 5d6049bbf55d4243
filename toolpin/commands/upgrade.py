"""`toolpin upgrade [TOOL...]`: updates locked versions, with --latest requests too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import NamedTuple

from toolpin.app import App
from toolpin.cache.first_use import FLAG
from toolpin.commands import Arguments
from toolpin.errors import NoChecksum, NotLocked, ToolpinError
from toolpin.lockfile.document import EMPTY, Lockfile
from toolpin.lockfile.header import lockfile_beside
from toolpin.lockfile.scope import LockfileRequest, Scope
from toolpin.lockfile_update import project_lockfile as project
from toolpin.lockfile_update.elsewhere import newer_elsewhere
from toolpin.lockfile_update.locker import Locker
from toolpin.model import COMMAND_LINE, Origin, Wanted
from toolpin.plugins.registry import Registry
from toolpin.project import known_projects, project_files
from toolpin.project.toolversions import edit, parse
from toolpin.resolver.version_choice import looks_exact
from toolpin.version_pairs import refuse_pairs
from toolpin.versions import sort_key


class _Move(NamedTuple):
    """One alternative: its text and its locked version, before and after; its file."""

    tool: str
    wanted: str
    now_wanted: str
    version: str | None
    now_version: str | None
    file: str


class _Upgrade(NamedTuple):
    """What becomes of one file, and whether a tool of it is unknown.

    `write` writes it and its lockfile, and returns which of them have changed.
    """

    moves: list[_Move]
    write: Callable[[], tuple[str, ...]]
    has_unknown: bool


class Options(NamedTuple):
    """The arguments of the command line."""

    tools: tuple[str, ...] = ()
    latest: bool = False
    allow_downgrade: bool = False


ARGUMENTS: Arguments = {
    "[tool ...]": (
        "only these tools (default: all tools pinned in this directory, its parents, ~ "
        "and the global file)"
    ),
    "--latest": "update to the newest release, and update .tool-versions",
    "--trust-on-first-use": (
        "accept files without a published checksum, and lock the checksum of the "
        "downloaded file"
    ),
    "--allow-downgrade": (
        "lock the newest listed version, even if it is older than the locked one"
    ),
}


def run(options: Options, app: App) -> int:
    """Write the lockfiles, and .tool-versions if a request has changed.

    Exit 1 if a tool without a plugin was left unchanged.
    """
    paths = project.pin_paths(app)
    with app.writing(*paths, *map(lockfile_beside, paths)):
        files = _files_to_update(options, app)
        known_projects.remember(app.paths, (Origin(file.path, 1) for file in files))
        # One that fails is known before any file is written.
        upgrades = [_upgrade(file, options, app) for file in files]
        written = [path for upgrade in upgrades for path in upgrade.write()]
    moves = [move for upgrade in upgrades for move in upgrade.moves]
    if app.report.as_json:
        tables = [move._asdict() for move in moves]
        result = {"file": files[0].path, "moves": tables}
        app.report.document("upgrade", result, changed=bool(written))
    else:
        app.report.table([_cells(move) for move in moves])
        for path in written:
            app.report.remark(f"{path}: written")
        if not written:
            output = "no change; `toolpin outdated` lists newer versions"
            app.report.remark(f"{lockfile_beside(files[0].path)}: {output}")
    return 1 if any(upgrade.has_unknown for upgrade in upgrades) else 0


def _files_to_update(options: Options, app: App) -> list[project.PinFile]:
    """Return the files to update, each with the tools to update in it.

    Raises ToolpinError for a tool that is not pinned here, and NotLocked if there is no
    lockfile to update.
    """
    files = project.counting_files(app)
    tools = _tools(options.tools, files, app)
    chosen = [file._replace(tools=file.tools & tools) for file in files]
    chosen = [file for file in chosen if file.tools]
    if options.latest:
        return chosen
    locked = [file for file in chosen if app.lockfile(lockfile_beside(file.path))]
    if not locked or (options.tools and locked != chosen):
        unlocked = next(file for file in chosen if file not in locked)
        raise NotLocked(
            "there is no toolpin.lock to upgrade",
            [("beside", unlocked.path)],
            "toolpin lock",
        )
    return locked


def _upgrade(pin_file: project.PinFile, options: Options, app: App) -> _Upgrade:
    """Return how what is pinned in one file, and locked beside it, moves."""
    file = pin_file.path
    path = lockfile_beside(file)
    old = app.lockfile(path)
    before = project.read_project(file, app)
    requests = project.lockfile_requests_of(before, file, app)
    unknown = project.report_unknown(requests, app)
    tools = pin_file.tools - unknown
    old_lock = old or EMPTY
    scope = Scope(old_lock.hosts, moving=tools, allow_downgrade=options.allow_downgrade)
    locker = project.locker_for(app, scope)
    after = before
    if options.latest:
        _report_unchanged(requests, tools, file, app)
        newest = partial(_newer, locker=locker, old=old_lock)
        after = _rewritten(before, file, tools, app.registry, newest)
    new_requests = project.lockfile_requests_of(after, file, app)
    lock = EMPTY
    write: Callable[[], tuple[str, ...]] = partial(_write_file, file, before, after)
    if old is not None:
        named = tools if options.tools else ()
        lock = _relocked(locker, new_requests, old, options, app, tools=named)
        known = [request for request in new_requests if request.tool not in unknown]
        refuse_pairs(project.locked_pins(known, lock), app)
        write = partial(project.write_both, file, after, path, lock, app)
    for request in new_requests:
        version = lock.pins.get(request.key) if request.tool in tools else None
        if version and (newer := newer_elsewhere(request, version, lock, app)):
            app.report.warn(newer.line)
    moves = _moves((requests, old_lock), (new_requests, lock), tools)
    return _Upgrade(moves, write, bool(unknown))


def _write_file(file: str, before: bytes, after: bytes) -> tuple[str, ...]:
    if after == before:
        return ()
    project_files.write(file, after)
    return (file,)


def _relocked(
    locker: Locker,
    requests: Sequence[LockfileRequest],
    old: Lockfile,
    options: Options,
    app: App,
    *,
    tools: Collection[str],
) -> Lockfile:
    """Return the new lockfile, as `relocked` does.

    Raises NoChecksum with the command that accepts the build.
    """
    try:
        return project.relocked(locker, requests, old, app, tools)
    except NoChecksum as error:
        words = ["toolpin upgrade", *(["--latest"] if options.latest else [])]
        hint = " ".join([*words, *options.tools, FLAG])
        raise NoChecksum(error.what, error.facts, hint) from None


def _report_unchanged(
    requests: Sequence[LockfileRequest], tools: Collection[str], file: str, app: App
) -> None:
    """Report which requests are unchanged: only `.tool-versions` is ever written."""
    for request in requests:
        if request.tool in tools and request.origin.place != file:
            same = f"{request.tool} {request.wanted}"
            app.report.warn(f"{request.origin} still requests {same}")


def _moves(
    before: tuple[Sequence[LockfileRequest], Lockfile],
    after: tuple[Sequence[LockfileRequest], Lockfile],
    tools: Collection[str],
) -> list[_Move]:
    """Return the old and new state of each alternative; an edit keeps their order."""
    (requests, old_lock), (new_requests, lock) = before, after
    return [
        _Move(
            request.tool,
            str(request.wanted),
            str(other.wanted),
            old_lock.pins.get(request.key),
            lock.pins.get(other.key),
            request.origin.place,
        )
        for request, other in zip(requests, new_requests, strict=True)
        if request.tool in tools
    ]


def _cells(move: _Move) -> tuple[str, ...]:
    tool, wanted, other, version, newer, _ = move
    request = wanted if wanted == other else f"{wanted} -> {other}"
    if newer is None:
        return tool, request, ""
    same = "stays" if version == newer else f"{version or 'not locked'} ->"
    return tool, request, f"{same} {newer}"


def _tools(
    words: Sequence[str], files: Sequence[project.PinFile], app: App
) -> set[str]:
    """Return the tools to update. Raises ToolpinError for one that is not requested."""
    here = {tool for file in files for tool in file.tools}
    if not words:
        return here
    named = {app.registry.require(word, COMMAND_LINE).name for word in words}
    for tool in sorted(named - here):
        raise ToolpinError(
            f"{tool} is not pinned here",
            [("searched", file.path) for file in files],
            f"toolpin pin {tool} latest",
        )
    return named


def _rewritten(
    data: bytes,
    file: str,
    tools: Collection[str],
    registry: Registry,
    newer: Callable[[LockfileRequest], Wanted],
) -> bytes:
    """Return the file with its version requests naming the newest release.

    With the same precision; channels and the other alternatives stay.
    """
    seen: set[str] = set()
    for request in parse(data, file, registry.spell):
        tool = registry.canonical(request.tool)
        if tool not in tools or tool in seen:
            continue
        seen.add(tool)
        wanted = list(request.wanted)
        for at, alternative in enumerate(wanted):
            if alternative.kind == "version" and alternative.value[0].isdigit():
                wanted[at] = newer(LockfileRequest(tool, alternative, request.origin))
                data = edit(data, (request.tool,), wanted, place=file)
                break
    return data


def _newer(request: LockfileRequest, *, locker: Locker, old: Lockfile) -> Wanted:
    """Return the request for the newest release: `24` for `22`, `24.1.0` for `22.0.0`.

    A request for something newer stays. Raises ToolpinError if no source has a list.
    """
    _, latest = locker.newest_versions(request, old)
    if latest is None or sort_key(latest) <= sort_key(request.wanted.value):
        return request.wanted
    if looks_exact(request.wanted):
        return Wanted("version", latest)
    numbers = request.wanted.value.count(".") + 1
    return Wanted("version", ".".join(latest.split(".")[:numbers]))
