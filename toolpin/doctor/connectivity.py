"""Queries the sources of the tools in use, as an install would.

Through the configured mirror and proxy, or by a registry's own client.
`connectivity_check` reports the problems.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from toolpin.app import App
from toolpin.doctor.current_requests import all_requests
from toolpin.errors import ToolpinError, UsageError
from toolpin.http import urls
from toolpin.install.source_choice import allowed_sources
from toolpin.plugins.tool_file import Tool
from toolpin.sources.kinds import KINDS
from toolpin.sources.spec import SourceSpec
from toolpin.store import installs


class SourceConnection(NamedTuple):
    """The connection to one source of a tool.

    `requested` is a URL, or a client and its index. `canonical` is the publisher's own
    URL, "" for a client's; `chosen` means that the user named it, as a mirror or as a
    source. `step` is `client` if that failed, else `answer`, with the outcome or the
    problem.
    """

    tool: str
    source: str
    requested: str
    canonical: str
    chosen: bool
    step: str = "answer"
    outcome: str = ""
    problem: ToolpinError | None = None


def find_connections(app: App) -> list[SourceConnection]:
    """Query every source that an install of the tools in use may query.

    The tools that are pinned here, or else installed, or else known. Raises UsageError
    if toolpin is offline.
    """
    if app.settings.offline:
        raise UsageError("--net queries sources, and toolpin is offline")
    app.clients  # noqa: B018 - before the threads: it sets signal handlers
    pairs = list(_sources(app))
    with ThreadPoolExecutor(max(1, len(pairs))) as pool:
        return list(pool.map(lambda pair: _connect(app, *pair), pairs))


def _sources(app: App) -> Iterator[tuple[Tool, SourceSpec]]:
    """Yield the sources to query; a tool without any is reported elsewhere."""
    names: list[str] = []
    with contextlib.suppress(ToolpinError):
        names = [request.tool for request in all_requests(app)]
    known = sorted(set(app.registry.aliases.values()))
    for name in names or installs.tools(app.paths) or known:
        with contextlib.suppress(ToolpinError):
            if tool := app.registry.get(name):
                for spec in allowed_sources(tool, app.host, app.settings.sources):
                    yield tool, spec


def _connect(app: App, tool: Tool, spec: SourceSpec) -> SourceConnection:
    client = KINDS[spec.kind].client
    # The part that differs between hosts comes after it.
    address = KINDS[spec.kind].address(spec, app.host)
    canonical = "" if client else address.partition("{")[0]
    requested = app.settings.rewrite(canonical)
    chosen = requested != canonical or spec.id in app.settings.sources
    connection = SourceConnection(
        tool.name,
        spec.id,
        urls.shown(requested) or spec.kind,
        urls.shown(canonical),
        chosen,
    )
    try:
        if client:
            index = urls.shown(app.clients.configured(spec)) or "as configured"
            connection = connection._replace(requested=f"{client.name}: {index}")
    except ToolpinError as error:
        return connection._replace(step="client", problem=error)
    try:
        count = len(app.clients.open(spec).releases(app.host))
    except ToolpinError as error:
        return connection._replace(problem=error)
    if not count:
        problem = ToolpinError(f"it lists no version for {app.host}")
        return connection._replace(problem=problem)
    return connection._replace(outcome=f"{count} versions for {app.host}")
