"""Checks and renders the connections to the sources.

Pure; `connectivity` makes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from toolpin.doctor.connection_probe import Hop
from toolpin.doctor.connectivity import SourceConnection
from toolpin.doctor.findings import Finding
from toolpin.errors import printable

_CONFIGS = {"pip": "pip config list", "npm": "npm config list", "apt": "apt-get update"}


def check_connections(connections: Sequence[SourceConnection]) -> Iterator[Finding]:
    """Find sources without an answer, if that stops an install.

    A source that the user did not choose, and that another source can replace, is fine.
    """
    for connection in connections:
        hop = connection.problem
        others = [
            other.source for other in connections if other.tool == connection.tool
        ]
        served = [
            other
            for other in connections
            if other.tool == connection.tool and not other.problem
        ]
        if hop is None or (served and not connection.chosen):
            continue
        facts = [("URL", connection.requested), (hop.name, hop.problem)]
        if served:
            facts.append(
                ("instead", ", ".join(tool_source.source for tool_source in served))
            )
        elif len(others) > 1:
            facts.append(("instead", f"none: {', '.join(others)} fail too"))
        what = f"{connection.tool}, {connection.source}: no answer"
        yield Finding("net", what, tuple(facts), _fix(connection, hop))


def render_connection(connection: SourceConnection) -> str:
    """Render a connection: the source, then a line per step."""
    lines = [
        f"{connection.tool}, {connection.source}: {printable(connection.requested)}"
    ]
    lines += [
        f"  {hop.name:<10}  {printable(hop.problem or hop.outcome)}"
        f"{'  <- fails here' if hop.problem else ''}"
        for hop in connection.hops
    ]
    return "\n".join(lines)


def connection_table(connection: SourceConnection) -> dict[str, object]:
    """Return a connection as JSON output shows it."""
    return {
        "tool": connection.tool,
        "source": connection.source,
        "asked": connection.requested,
        "answers": connection.problem is None,
        "hops": [
            {
                "name": hop.name,
                "found": hop.outcome or None,
                "problem": hop.problem or None,
            }
            for hop in connection.hops
        ],
    }


def _fix(connection: SourceConnection, hop: Hop) -> str:
    client = connection.requested.partition(":")[0]
    if not connection.canonical:
        return _CONFIGS.get(client, "")
    if hop.name == "TLS":
        return "export REQUESTS_CA_BUNDLE=/path/to/your/ca.pem"
    if connection.requested != connection.canonical:
        return "toolpin config list --origin"
    place = connection.canonical.rpartition("/")[0].partition("?")[0]
    return f"toolpin config set mirrors.{place} https://mirror.example/path"
