"""Turns a tool into the versions that its sources list for this machine.

All sources are asked at once; one that gives no answer is named and does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from toolpin import host
from toolpin.choice import allowed_sources, listed_releases
from toolpin.errors import ToolpinError
from toolpin.model import Host
from toolpin.plugin.contract import SourceSpec, Tool
from toolpin.progress import Board
from toolpin.session import Session
from toolpin.sources.clients import Clients
from toolpin.versions import is_prefix, sort_key
from toolpin.workshop import clients_for, settings_for


class Listing(NamedTuple):
    """The versions below a prefix, oldest first, and who did not answer, and why."""

    versions: tuple[str, ...]
    silent: tuple[tuple[str, ToolpinError], ...]


def list_versions(
    tool: Tool, prefix: str, session: Session, *, sources: Sequence[str]
) -> Listing:
    """Ask the sources, or those named; warn of each that does not answer.

    Raises ToolpinError when none lists a version below the prefix.
    """
    settings = settings_for(session, sources=sources)
    clients = clients_for(session, settings, Board(session.report))
    here = host.detect()
    specs = [
        spec
        for spec in allowed_sources(tool, here, settings.sources)
        if str(here) in spec.hosts
    ]
    with ThreadPoolExecutor(len(specs) or 1) as pool:
        answers = list(pool.map(lambda spec: _ask(tool, spec, here, clients), specs))
    known: set[str] = set()
    silent: list[tuple[str, ToolpinError]] = []
    for spec, answer in zip(specs, answers, strict=True):
        if isinstance(answer, ToolpinError):
            session.report.warn(f"not asked: {answer.what}")
            silent.append((spec.id, answer))
        else:
            known.update(answer)
    matching = [one for one in known if not prefix or is_prefix(prefix, one)]
    if not matching:
        raise ToolpinError(
            f"no source lists a {tool.name} {prefix}".rstrip(),
            [("asked", ", ".join(spec.id for spec in specs) or "none")],
            f"toolpin list-all {tool.name}" if prefix and known else None,
        )
    return Listing(tuple(sorted(matching, key=sort_key)), tuple(silent))


def _ask(
    tool: Tool, spec: SourceSpec, here: Host, clients: Clients
) -> list[str] | ToolpinError:
    try:
        releases = listed_releases(tool, spec, here, clients)
    except ToolpinError as error:
        return error
    return [release.version for release in releases]
