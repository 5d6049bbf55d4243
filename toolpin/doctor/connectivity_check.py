"""Checks and renders the connections to the sources.

Pure; `connectivity` makes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from toolpin.doctor.connectivity import SourceConnection
from toolpin.doctor.findings import Finding
from toolpin.errors import ToolpinError, printable

_CONFIGS = {"pip": "pip config list", "npm": "npm config list", "apt": "apt-get update"}


def check_connections(connections: Sequence[SourceConnection]) -> Iterator[Finding]:
    """Find sources without an answer, if that stops an install.

    A source that the user did not choose, and that another source can replace, is fine.
    """
    for connection in connections:
        others = [
            other.source for other in connections if other.tool == connection.tool
        ]
        served = [
            other
            for other in connections
            if other.tool == connection.tool and not other.problem
        ]
        if not connection.problem or (served and not connection.chosen):
            continue
        facts = [("URL", connection.requested), (connection.step, _problem(connection))]
        if served:
            facts.append(
                ("instead", ", ".join(tool_source.source for tool_source in served))
            )
        elif len(others) > 1:
            facts.append(("instead", f"none: {', '.join(others)} fail too"))
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
