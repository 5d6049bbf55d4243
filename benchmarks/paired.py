"""Times commands against each other so that a busy machine slows all of them alike.

In each round every candidate runs once, in turn; a ratio is the median of the rounds'
ratios. Numbers of different runs are never compared.
"""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence

Commands = Mapping[str, Sequence[str]]
Times = Mapping[str, Sequence[float]]


def measure(
    candidates: Commands,
    *,
    directory: str,
    env: Mapping[str, str],
    rounds: int,
    warm_up: int,
    elsewhere: Mapping[str, str] | None = None,
) -> Times:
    """Return the milliseconds that each candidate took in each round.

    `elsewhere` has the directory of a candidate that does not run in `directory`.
    """
    places = {name: (elsewhere or {}).get(name, directory) for name in candidates}
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(warm_up + rounds):
        for name, command in candidates.items():
            start = time.perf_counter()
            subprocess.run(
                command,
                cwd=places[name],
                env={**env, "PWD": places[name]},
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            if number >= warm_up:
                times[name].append((time.perf_counter() - start) * 1000)
    return times


def ratio(times: Times, name: str, base: str) -> float:
    """Return the median of what `name` took in each round, over what `base` took."""
    pairs = zip(times[name], times[base], strict=True)
    return statistics.median(mine / theirs for mine, theirs in pairs)


def show(title: str, times: Times, base: str) -> None:
    """Print the table of one case."""
    print(title)
    width = max(map(len, times))
    for name, values in times.items():
        median = statistics.median(values)
        factor = ratio(times, name, base)
        print(f"  {name:<{width}} {median:8.2f} ms   {factor:5.2f}x of {base}")


def working(
    candidates: Commands, *, directory: str, env: Mapping[str, str]
) -> Commands:
    """Return the candidates that end well here: a peer may lack what it needs."""
    return {
        name: command
        for name, command in candidates.items()
        if subprocess.run(
            command, cwd=directory, env=env, check=False, capture_output=True
        ).returncode
        == 0
    }
