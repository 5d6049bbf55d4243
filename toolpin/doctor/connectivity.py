"""Queries the sources of the tools in use, and finds where a connection fails.

As an install would: through the configured mirror and proxy, or by a registry's own
client. `connectivity_check` reports the problems.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from toolpin.app import App
from toolpin.config.settings import Settings
from toolpin.doctor.connection_probe import Hop, walk
from toolpin.doctor.current_requests import all_requests
from toolpin.errors import ToolpinError, UsageError
from toolpin.http import urls
from toolpin.install.source_choice import allowed_sources
from toolpin.model import Host
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.sources.kinds import KINDS
from toolpin.sources.spec import SourceSpec
from toolpin.store import installs


class SourceConnection(NamedTuple):
    """The connection to one source of a tool.

    `requested` is a URL, or a client and its index. `canonical` is the publisher's own
    URL, "" for a client's; `chosen` means that the user named it, as a mirror or as a
    source.
    """

    tool: str
    source: str
    requested: str
    canonical: str
    chosen: bool
    hops: tuple[Hop, ...]

    @property
    def problem(self) -> Hop | None:
        """The step that failed, None without one."""
        return self.hops[-1] if self.hops[-1].problem else None


def find_connections(app: App) -> list[SourceConnection]:
    """Connect to every source that an install of the tools in use may query.

    The tools that are pinned here, or else installed, or else known. Raises UsageError
    if toolpin is offline.
    """
    settings = app.settings
    if settings.offline:
        raise UsageError("--net queries sources, and toolpin is offline")
    clients = app.clients
    here = app.host
    pairs = list(_sources(app, here, settings))
    with ThreadPoolExecutor(max(1, len(pairs))) as pool:
        walked = [
            pool.submit(_connect, tool, spec, here, clients, settings)
            for tool, spec in pairs
        ]
        return [submit.result() for submit in walked]


def _sources(
    app: App, here: Host, settings: Settings
) -> Iterator[tuple[Tool, SourceSpec]]:
    """Yield the sources to query; a tool without any is reported elsewhere."""
    registry = app.registry
    names: list[str] = []
    with contextlib.suppress(ToolpinError):
        names = [request.tool for request in all_requests(app)]
    known = sorted(set(registry.aliases.values()))
    for name in names or installs.tools(app.paths) or known:
        with contextlib.suppress(ToolpinError):
            if tool := registry.get(name):
                for spec in allowed_sources(tool, here, settings.sources):
                    yield tool, spec


def _connect(
    tool: Tool, spec: SourceSpec, here: Host, clients: Clients, settings: Settings
) -> SourceConnection:
    client = KINDS[spec.kind].client
    # The part that differs between hosts comes after it.
    canonical = "" if client else KINDS[spec.kind].address(spec, here).partition("{")[0]
    requested = settings.rewrite(canonical)
    chosen = requested != canonical or spec.id in settings.sources
    hops: tuple[Hop, ...] = ()
    if canonical:
        shown = urls.shown(requested)
        hops = walk(requested, timeout_s=settings.connect_timeout_s)
    else:
        shown = spec.kind
        try:
            output = clients.configured(spec)
            index = urls.shown(output) if output else "as configured"
            shown = f"{client.name}: {index}" if client else spec.kind
        except ToolpinError as error:
            hops = (Hop("client", "", _describe(error)),)
    if not (hops and hops[-1].problem):
        hops = (*hops, _query(clients, spec, here))
    return SourceConnection(
        tool.name, spec.id, shown, urls.shown(canonical), chosen, hops
    )


def _query(clients: Clients, spec: SourceSpec, here: Host) -> Hop:
    """Query a source for its list, as an install of a loose request does."""
    try:
        count = len(clients.open(spec).releases(here))
    except ToolpinError as error:
        return Hop("answer", "", _describe(error))
    if not count:
        return Hop("answer", "", f"it lists no version for {here}")
    return Hop("answer", f"{count} versions for {here}")


def _describe(error: ToolpinError) -> str:
    values = [value for label, value in error.facts if label.endswith("output")]
    return "; ".join([error.what, *values])
