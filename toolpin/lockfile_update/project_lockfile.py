"""The current project's lockfile: its path, its requests and its text.

Shared by `lock`, `pin`, `upgrade` and `outdated`. `locker` does the locking.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import ToolpinError, UnknownTool, UsageError
from toolpin.install.catalogs import Catalogs
from toolpin.lockfile.document import Lockfile, render
from toolpin.lockfile.parser import parse as parse_lockfile
from toolpin.lockfile.scope import LockfileRequest, Scope, hosts_of
from toolpin.lockfile_update.locker import KnownHere, Locker
from toolpin.model import COMMAND_LINE, Host, Origin, Pin, Release
from toolpin.plugins.tool_file import Tool
from toolpin.project import pin_files, project_files
from toolpin.project.toolversions import parse, parse_wanted
from toolpin.resolver.local_resolution import to_provide
from toolpin.resolver.locked_resolution import unanswered
from toolpin.sources.spec import SourceSpec


def project_file(app: App) -> str:
    """Return the `.tool-versions` of the nearest directory, here or above, that pins.

    It need not exist: other files there may pin. Raises ToolpinError if only a home
    directory that is not above, or the global file, is left.
    """
    directory = pin_files.project_directory(app.where, app.idioms)
    if directory is not None:
        return os.path.join(directory, pin_files.FILENAME)
    raise ToolpinError(
        "nothing to lock: there is no .tool-versions here or in a parent directory",
        [("searched", app.directory)],
        "toolpin pin nodejs latest",
    )


class PinFile(NamedTuple):
    """A directory's `.tool-versions`, and its tools whose pins are effective here."""

    path: str
    tools: frozenset[str]


def pin_paths(app: App) -> list[str]:
    """Return the `.tool-versions` of each directory with files that may pin here.

    The nearest first, links to the same file once.
    """
    paths = pin_files.candidates(app.where, app.idioms.names)
    directories = dict.fromkeys(map(os.path.dirname, paths))
    files = [os.path.join(directory, pin_files.FILENAME) for directory in directories]
    once = {os.path.realpath(file): file for file in reversed(files)}
    return [file for file in files if file in once.values()]


def counting_files(app: App) -> list[PinFile]:
    """Return the files with effective pins here, nearest first.

    The last ones are those of the home directory and the global one. Raises
    ToolpinError if none names a tool.
    """
    seen, result = set[str](), []
    for file in pin_paths(app):
        requests = lockfile_requests_of(read_project(file, app), file, app)
        tools = {request.tool for request in requests}
        result.append(PinFile(file, frozenset(tools - seen)))
        seen |= tools
    if counting := [file for file in result if file.tools]:
        return counting
    project_file(app)
    raise ToolpinError(
        "nothing that is pinned here has versions",
        [("searched", file.path) for file in result],
        "toolpin current",
    )


def report_unknown(requests: Sequence[LockfileRequest], app: App) -> set[str]:
    """Report each tool without a plugin, and return their names."""
    unknown = {
        request.tool: request
        for request in requests
        if request.tool not in app.registry.aliases
    }
    for name, request in unknown.items():
        try:
            app.registry.check(name, request.origin)
        except UnknownTool as error:
            app.report.error(error)
    return set(unknown)


def read_project(file: str, app: App) -> bytes:
    """Return the bytes of a `.tool-versions`, empty if only other files pin."""
    return app.files.read(file) if os.path.lexists(file) else b""


def lockfile_requests_of(data: bytes, file: str, app: App) -> list[LockfileRequest]:
    """Return every alternative that a directory's files request, the first one first.

    `data` is the present or future content of its `.tool-versions`, `file`.
    """
    by_tool: dict[str, list[LockfileRequest]] = {}
    canonical = app.registry.canonical
    beside = pin_files.idiomatic(os.path.dirname(file), app.idioms, app.files)
    stated = [*parse(data, file, app.registry.spell), *beside]
    stated = [request._replace(tool=canonical(request.tool)) for request in stated]
    app.report_disagreements(stated)
    for request in stated:
        alternatives = [
            LockfileRequest(request.tool, wanted, request.origin)
            for wanted in to_provide(request)
        ]
        by_tool.setdefault(request.tool, alternatives)
    return [request for requests in by_tool.values() for request in requests]


def locker_for(app: App, scope: Scope, known_here: KnownHere | None = None) -> Locker:
    """Return the locker for this app."""
    catalogs = Catalogs(app.cache, app.clients, app.settings)

    def releases(
        tool: Tool, spec: SourceSpec, host: Host, wanted: str
    ) -> Sequence[Release]:
        """Return today's releases: an older list would lock an older version."""
        text = catalogs.read(tool, spec, host)
        if text.stale:
            raise text.stale
        return catalogs.in_lines(tool, spec, text.releases, wanted)

    return Locker(
        app.registry,
        app.clients,
        releases,
        scope._replace(
            preferred=app.settings.sources,
            preferred_from=app.settings.sources_from,
        ),
        board=app.board,
        known_here=known_here,
    )


def relocked(
    locker: Locker,
    requests: Sequence[LockfileRequest],
    old: Lockfile,
    app: App,
    tools: Collection[str] = (),
) -> Lockfile:
    """Return the new lockfile. Raises the first error of an unresolved request.

    The others are reported. Entries of unknown tools are kept. If `tools` are named, an
    error of another tool is only a warning, and its entries stay as they were.
    """
    also = also_of((), old, app)
    lock, errors = locker.lock(requests, old, also)
    known = [error for error in errors if not isinstance(error, UnknownTool)]
    if known and tools:
        _, own = locker.lock(requests, old, also, only=tools)
        app.report.raise_first(own)
        for error in known:
            app.report.warn(f"{error.what}; later: toolpin lock")
        return lock
    app.report.raise_first(known)
    return lock


def stale_facts(
    requests: Sequence[LockfileRequest], lock: Lockfile, app: App
) -> list[tuple[str, str]]:
    """Return what a lockfile lacks, and its entries without a request.

    Each as (request, reason). Raises ToolpinError for an unknown tool.
    """

    def hosts(tool: str) -> tuple[str, ...]:
        return lock.hosts or hosts_of(app.registry.require(tool))

    facts = [
        (f"{request.key}", f"{request.origin}: {lacks}")
        for request, lacks in unanswered(requests, lock, hosts)
    ]
    wanted = {request.key for request in requests}
    facts += [
        (str(key), "locked, but not requested")
        for key in sorted(lock.pins)
        if key not in wanted
    ]
    pinned = {Pin(key.tool, version) for key, version in lock.pins.items()}
    facts += [
        (str(pin), "has builds, but is not requested")
        for pin in sorted({entry.pin for entry in lock.entries} - pinned)
    ]
    return facts


def write_lockfile(path: str, lock: Lockfile, app: App) -> bool:
    """Write a lockfile in one step; return whether its bytes have changed.

    Raises ToolpinError for one that could not be read back.
    """
    text = render(lock)
    data = text.encode()
    if os.path.lexists(path) and _read(path, app) == data:
        return False
    parse_lockfile(text, path)
    largest_bytes, most_lines = project_files.LARGEST_LOCKFILE
    if len(data) > largest_bytes or text.count("\n") > most_lines:
        raise ToolpinError(
            f"{path} would exceed the maximum size of a lockfile",
            [("bytes", str(len(data))), ("at most", str(largest_bytes))],
        )
    project_files.write(path, data)
    return True


def write_both(
    file: str, data: bytes, path: str, lock: Lockfile, app: App
) -> tuple[str, ...]:
    """Write a project's two files, or neither; return which of them have changed."""
    before = _read(path, app)
    written = (path,) if write_lockfile(path, lock, app) else ()
    try:
        if read_project(file, app) == data:
            return written
        project_files.write(file, data)
    except ToolpinError:
        project_files.write(path, before)
        raise
    return (file, *written)


def _read(path: str, app: App) -> bytes:
    return app.files.read(path, project_files.LARGEST_LOCKFILE)


def also_of(words: Sequence[str], old: Lockfile, app: App) -> list[LockfileRequest]:
    """Return the pins beside the file's: those of the old lockfile, and new ones."""
    results = {}
    texts = [(key.tool, key.wanted) for key in old.also]
    for word in words:
        name, _, version = word.partition("@")
        if not version:
            raise UsageError(
                f"--also {word} has no version", hint=f"--also {name}@VERSION"
            )
        tool = app.registry.require(name, COMMAND_LINE).name
        texts.append((tool, app.registry.spell(tool, version)))
    for tool, version in texts:
        wanted = parse_wanted(version, COMMAND_LINE)
        request = LockfileRequest(tool, wanted, COMMAND_LINE)
        results[request.key] = request
    return list(results.values())


def locked_pins(
    requests: Sequence[LockfileRequest], lock: Lockfile
) -> list[tuple[Pin, Origin]]:
    """Return the locked version of each request that has one, and its origin."""
    return [
        (Pin(request.tool, lock.pins[request.key]), request.origin)
        for request in requests
        if request.key in lock.pins
    ]
