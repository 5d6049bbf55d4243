"""Queries the sources of the tools in use, as an install would, and checks the answers.

Through the configured mirror and proxy, or by a registry's own client.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from toolpin.app import App
from toolpin.doctor.current_requests import all_requests
from toolpin.doctor.findings import Finding
from toolpin.errors import ToolpinError, UsageError, printable
from toolpin.http import urls
from toolpin.install.source_choice import allowed_sources
from toolpin.plugins.tool_file import Tool
from toolpin.sources.kinds import KINDS
from toolpin.sources.spec import SourceSpec
from toolpin.store import installs

_CONFIGS = {"pip": "pip config list", "npm": "npm config list", "apt": "apt-get update"}


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


def find_connections(app: App, only: Tool | None = None) -> list[SourceConnection]:
    """Query every source that an install of the tools in use may query.

    The tools are `only`, or those that are pinned here, or else installed, or else
    known. Raises UsageError if toolpin is offline.
    """
    if app.settings.offline:
        raise UsageError("--net queries sources, and toolpin is offline")
    app.clients  # noqa: B018 - before the threads: it sets signal handlers
    pairs = list(_sources(app, only))
    with ThreadPoolExecutor(max(1, len(pairs))) as pool:
        return list(pool.map(lambda pair: _connect(app, *pair), pairs))


def _sources(app: App, only: Tool | None) -> Iterator[tuple[Tool, SourceSpec]]:
    """Yield the sources to query; a tool without any is reported elsewhere."""
    names = [only.name] if only else []
    with contextlib.suppress(ToolpinError):
        names = names or [request.tool for request in all_requests(app)]
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


def check_connections(connections: Sequence[SourceConnection]) -> Iterator[Finding]:
    """Find sources without an answer, if that stops an install.

    A source that the user did not choose, and that another source can replace, is fine.
    """
    for connection in connections:
        same = [other for other in connections if other.tool == connection.tool]
        served = [other.source for other in same if not other.problem]
        if not connection.problem or (served and not connection.chosen):
            continue
        facts = [("URL", connection.requested), (connection.step, _problem(connection))]
        if served:
            facts.append(("instead", ", ".join(served)))
        elif len(same) > 1:
            names = ", ".join(other.source for other in same)
            facts.append(("instead", f"none: {names} fail too"))
        what = f"{connection.tool}, {connection.source}: no answer"
        yield Finding("net", what, tuple(facts), _fix(connection, connection.problem))


def render_connection(connection: SourceConnection) -> str:
    """Render a connection: the source, then its answer or problem."""
    problem = _problem(connection)
    failed = "  <- fails here" if problem else ""
    return (
        f"{connection.tool}, {connection.source}: {printable(connection.requested)}\n"
        f"  {connection.step}  {printable(problem or connection.outcome)}{failed}"
    )


def connection_table(connection: SourceConnection) -> dict[str, object]:
    """Return a connection as JSON output shows it."""
    return {
        "tool": connection.tool,
        "source": connection.source,
        "asked": connection.requested,
        "answers": connection.problem is None,
        "hops": [
            {
                "name": connection.step,
                "found": connection.outcome or None,
                "problem": _problem(connection) or None,
            }
        ],
    }


def _problem(connection: SourceConnection) -> str:
    """Return why a source gave no answer, in one line; "" if it did."""
    if connection.problem is None:
        return ""
    values = [
        value
        for label, value in connection.problem.facts
        if label in ("reason", "last") or label.endswith("output")
    ]
    return "; ".join([connection.problem.what, *values])


def _fix(connection: SourceConnection, problem: ToolpinError) -> str:
    client = connection.requested.partition(":")[0]
    if not connection.canonical:
        return _CONFIGS.get(client, "")
    if problem.hint and "doctor" not in problem.hint:
        return problem.hint
    if connection.requested != connection.canonical:
        return "toolpin config list --origin"
    place = connection.canonical.rpartition("/")[0].partition("?")[0]
    return f"toolpin config set mirrors.{place} https://mirror.example/path"
