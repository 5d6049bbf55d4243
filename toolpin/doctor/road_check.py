"""Judges the ways to the sources, and renders them. Pure: `roads` has asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from toolpin.doctor.findings import Finding
from toolpin.doctor.reach import Hop
from toolpin.doctor.roads import Road
from toolpin.errors import printable

_CONFIGS = {"pip": "pip config list", "npm": "npm config list", "apt": "apt-get update"}


def check_roads(roads: Sequence[Road]) -> Iterator[Finding]:
    """Find sources that give no answer, where that keeps somebody from something.

    One that nobody chose, and that another source of the tool stands in for, is none.
    """
    for road in roads:
        hop = road.problem
        others = [one.source for one in roads if one.tool == road.tool]
        served = [one for one in roads if one.tool == road.tool and not one.problem]
        if hop is None or (served and not road.chosen):
            continue
        facts = [("URL", road.asked), (hop.name, hop.problem)]
        if served:
            facts.append(("instead", ", ".join(one.source for one in served)))
        elif len(others) > 1:
            facts.append(("instead", f"none: {', '.join(others)} fail too"))
        what = f"{road.tool}, {road.source}: no answer"
        yield Finding("net", what, tuple(facts), _mend(road, hop))


def render_road(road: Road) -> str:
    """Render a road: the source, then a line a hop."""
    lines = [f"{road.tool}, {road.source}: {printable(road.asked)}"]
    lines += [
        f"  {hop.name:<10}  {printable(hop.problem or hop.found)}"
        f"{'  <- fails here' if hop.problem else ''}"
        for hop in road.hops
    ]
    return "\n".join(lines)


def road_table(road: Road) -> dict[str, object]:
    """Return what --json says of one road."""
    return {
        "tool": road.tool,
        "source": road.source,
        "asked": road.asked,
        "answers": road.problem is None,
        "hops": [
            {
                "name": hop.name,
                "found": hop.found or None,
                "problem": hop.problem or None,
            }
            for hop in road.hops
        ],
    }


def _mend(road: Road, hop: Hop) -> str:
    client = road.asked.partition(":")[0]
    if not road.canonical:
        return _CONFIGS.get(client, "")
    if hop.name == "TLS":
        return "export REQUESTS_CA_BUNDLE=/path/to/your/ca.pem"
    if road.asked != road.canonical:
        return "toolpin config list --origin"
    place = road.canonical.rpartition("/")[0].partition("?")[0]
    return f"toolpin config set mirrors.{place} https://mirror.example/path"
