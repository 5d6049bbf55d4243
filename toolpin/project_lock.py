"""The lockfile of the project that a session is in: its file, its requests, its text.

What `lock`, `pin`, `upgrade` and `outdated` share. The locking itself is `locking`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from toolpin import project
from toolpin.asks import Ask, Scope, hosts_of, unanswered
from toolpin.cache import Cache, cache_folder
from toolpin.catalogue import Catalogues
from toolpin.errors import ToolpinError, UsageError
from toolpin.lockfile import Lockfile, render
from toolpin.locking import KnownHere, Locker
from toolpin.model import Host, Origin, Release
from toolpin.plugin.contract import SourceSpec, Tool
from toolpin.progress import Board
from toolpin.resolve import to_provide
from toolpin.session import Session
from toolpin.toolversions import parse, parse_wanted
from toolpin.workshop import clients_for, settings_for

_COMMAND_LINE = Origin("the command line")


def project_file(session: Session) -> str:
    """Return the nearest `.tool-versions` at or above this folder.

    Raises ToolpinError where only the home's or the global file is left.
    """
    for path in project.candidates(
        session.folder, session.home, session.paths.global_file
    ):
        folder = os.path.dirname(path).rstrip("/") + "/"
        if f"{session.folder}/".startswith(folder):
            return path
        break
    raise ToolpinError(
        "there is no .tool-versions here or above, so nothing to lock",
        [("searched", session.folder)],
        "toolpin pin nodejs <version>",
    )


def asks_of(data: bytes, file: str, session: Session) -> list[Ask]:
    """Return every alternative that a file asks for; a tool's first line counts."""
    found: dict[str, list[Ask]] = {}
    for request in parse(data, file):
        tool = session.registry.canonical(request.tool)
        asks = [Ask(tool, one, request.origin) for one in to_provide(request)]
        found.setdefault(tool, asks)
    return [ask for asks in found.values() for ask in asks]


def locker_for(
    session: Session, scope: Scope, known_here: KnownHere | None = None
) -> Locker:
    """Return what locks for this session."""
    settings = settings_for(session)
    clients = clients_for(session, settings, Board(session.report))
    catalogues = Catalogues(Cache(cache_folder(session.env)), clients, settings)

    def releases(tool: Tool, spec: SourceSpec, host: Host) -> Sequence[Release]:
        """Return what there is today: an older list would lock an older version."""
        found = catalogues.read(tool, spec, host)
        if found.stale:
            raise found.stale
        return found.releases

    return Locker(
        session.registry,
        clients,
        releases,
        scope._replace(preferred=settings.sources),
        known_here=known_here,
    )


def relocked(
    locker: Locker,
    asks: Sequence[Ask],
    old: Lockfile,
    session: Session,
    *,
    also: Sequence[str] = (),
) -> Lockfile:
    """Return the new lockfile. Raises the first error of a request without an answer.

    The others are reported. `also` are words such as `nodejs@22.20.0`.
    """
    lock, errors = locker.lock(asks, old, also_of(also, old, session))
    for error in errors[1:]:
        session.report.error(error)
    if errors:
        raise errors[0]
    return lock


def stale_facts(
    asks: Sequence[Ask], lock: Lockfile, session: Session
) -> list[tuple[str, str]]:
    """Return what a lockfile lacks, and what it has that nobody asks for.

    Each as (request, what is the matter). Raises ToolpinError for an unknown tool.
    """

    def hosts(tool: str) -> tuple[str, ...]:
        return lock.hosts or hosts_of(session.registry.require(tool))

    facts = [
        (f"{ask.key}", f"{ask.origin}: {lacks}")
        for ask, lacks in unanswered(asks, lock, hosts)
    ]
    wanted = {ask.key for ask in asks}
    facts += [
        (str(key), "locked, and nobody asks for it")
        for key in sorted(lock.pins)
        if key not in wanted
    ]
    return facts


def write_lockfile(path: str, lock: Lockfile) -> bool:
    """Write a lockfile in one step; tell whether its bytes have changed."""
    data = render(lock).encode()
    if os.path.lexists(path) and project.read(path) == data:
        return False
    project.write(path, data)
    return True


def also_of(words: Sequence[str], old: Lockfile, session: Session) -> list[Ask]:
    """Return the pins beside the file's: those of the old lockfile, and new ones."""
    found = {}
    texts = [(key.tool, key.wanted) for key in old.also]
    for word in words:
        name, _, version = word.partition("@")
        if not version:
            raise UsageError(
                f"--also {word} names no version", hint=f"--also {name}@VERSION"
            )
        texts.append((session.registry.require(name, _COMMAND_LINE).name, version))
    for tool, version in texts:
        ask = Ask(tool, parse_wanted(version, _COMMAND_LINE), _COMMAND_LINE)
        found[ask.key] = ask
    return list(found.values())
