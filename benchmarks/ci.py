"""Times `toolpin ci install` from a full directory against `tar x` of its trees.

    python -m benchmarks.ci PROJECT CACHE [ROUNDS]

PROJECT has a `.tool-versions` and its lockfile; CACHE is a directory that
`toolpin ci install` has filled for it. In each round every candidate runs once, in
turn, into an empty place, and nothing is asked: toolpin is offline.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping

COMMAND = [sys.executable, "-I", "-m", "toolpin"]


def main(project: str, cache: str, rounds: int) -> None:
    """Print each candidate's median and its ratio to the first's, by clock and CPU."""
    with tempfile.TemporaryDirectory(prefix="toolpin-bench-") as root:
        place = f"{root}/data"
        env = {
            **os.environ,
            "CI": "true",
            "TOOLPIN_OFFLINE": "1",
            "TOOLPIN_DATA_DIR": place,
            "TOOLPIN_CACHE_DIR": cache,
        }

        def ours() -> None:
            done = subprocess.run(
                [*COMMAND, "ci", "install", "--format", "gitlab"],
                cwd=project,
                env=env,
                check=True,
                capture_output=True,
                text=True,
            )
            assert "TOOLPIN_CI_CACHE_HIT=exact" in done.stdout, done.stdout

        ours()
        trees = f"{place}/installs"
        print(subprocess.check_output(["du", "-sh", trees], text=True).strip())
        plain = f"{root}/trees.tar"
        subprocess.run(["tar", "-cf", plain, "-C", trees, "."], check=True)
        subprocess.run(["zstd", "-q", "-3", "-k", plain], check=True)
        subprocess.run(["xz", "-k", "-T1", plain], check=True)

        def tar(archive: str, *options: str) -> Callable[[], None]:
            command = ["tar", *options, "-xf", archive, "-C", place]
            return lambda: _into(place, command)

        candidates = {
            "tar x": tar(plain),
            "tar x --zstd, as a CI's cache does": tar(f"{plain}.zst", "--zstd"),
            "tar x --xz, as publishers pack": tar(f"{plain}.xz", "--xz"),
            "toolpin ci install": ours,
        }
        _compare(candidates, place, rounds)


def _into(place: str, command: list[str]) -> None:
    os.mkdir(place)
    subprocess.run(command, check=True)


def _compare(
    candidates: Mapping[str, Callable[[], None]], place: str, rounds: int
) -> None:
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, work in candidates.items():
            shutil.rmtree(place, ignore_errors=True)
            os.sync()
            began, before = time.perf_counter(), os.times()
            work()
            cpu_s = sum(os.times()[2:4]) - sum(before[2:4])
            times[name].append((time.perf_counter() - began, cpu_s))
    base = next(iter(times.values()))
    for name, own in times.items():
        cells = []
        for column in (0, 1):  # by the clock, and by the processors
            pairs = zip(own, base, strict=True)
            ratio = statistics.median(
                mine[column] / value[column] for mine, value in pairs
            )
            middle = statistics.median(mine[column] for mine in own)
            cells.append(f"{middle:8.2f} s {ratio:6.2f}")
        print(f"{name:<36}{cells[0]}   cpu{cells[1]}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 5)
