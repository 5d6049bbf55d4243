"""The command line of the crash matrix; see the package."""

from __future__ import annotations

import itertools
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path

from tests.crashes.matrix import Tried, kill_at_moments, kill_at_steps
from tests.crashes.races import SHIMS, race
from tests.crashes.scenarios import make_states
from tests.crashes.world import KINDS, World
from tests.support.server import Server


def main() -> int:
    """Run what is asked for, print the table, and tell whether all held."""
    parser = ArgumentParser(prog="python -m tests.crashes", description=__doc__)
    parser.add_argument("--points", type=int, default=16, help="at most, for each step")
    parser.add_argument("--random", type=int, default=200, help="random moments")
    parser.add_argument("--rounds", type=int, default=10, help="of every race")
    parser.add_argument("--seed", type=int, default=1, help="what chooses both")
    parser.add_argument("--only", default="", help="these steps alone, with commas")
    args = parser.parse_args()
    only = tuple(filter(None, args.only.split(",")))
    tried: list[Tried] = []
    with tempfile.TemporaryDirectory() as directory, Server() as server:
        world = World(Path(directory).resolve() / "w", server)
        make_states(world)
        every = itertools.chain(
            kill_at_steps(world, args.points, args.seed, only),
            kill_at_moments(world, args.random, args.seed),
            race(world, args.rounds),
        )
        for step in every:
            tried.append(step)
            _tell(step, len(tried))
    sys.stdout.write(table(tried))
    return 1 if any(item.faults for item in tried) else 0


def table(tried: Iterable[Tried]) -> str:
    """Return a line for each step: the points tried, and the faults of each kind."""
    tried = list(tried)
    rows: list[tuple[str, ...]]
    rows = [("step", "points", *KINDS)]
    names = list(dict.fromkeys(item.step for item in tried))
    for name in (*names, "all"):
        mine = [item for item in tried if name in ("all", item.step)]
        kinds = [fault.kind for item in mine for fault in item.faults]
        counts = [str(kinds.count(kind)) for kind in KINDS]
        rows.append((name, str(len(mine)), *counts))
    return "".join(
        f"{name:<16}{''.join(f'{one:>8}' for one in rest)}\n" for name, *rest in rows
    )


def _tell(tried: Tried, count: int) -> None:
    """Say on stderr what is wrong, as it is found, and now and then how far it is."""
    for kind, what in tried.faults:
        sys.stderr.write(f"{kind:<6}{tried.point}: {what}\n")
    if count % 50 == 0 and tried.step != SHIMS:  # thousands, in seconds
        sys.stderr.write(f"{count} points, now: {tried.step}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
