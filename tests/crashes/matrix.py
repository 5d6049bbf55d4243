"""Runs the kills one after the other, and judges what each of them left."""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.crashes.points import Point, by_step, find_points, kill_at
from tests.crashes.scenarios import Scenario, known
from tests.crashes.world import Fault, World, look, look_after, look_into
from tests.support.run import TOOLPIN


class Tried(NamedTuple):
    """One kill: at which step, where, and what was wrong after it."""

    step: str
    point: str
    faults: list[Fault]


def kill_at_steps(
    world: World,
    most: int,
    seed: int,
    only: tuple[str, ...] = (),
    scenarios: Sequence[Scenario] | None = None,
) -> Iterator[Tried]:
    """Kill every command at so many points of each of its steps, or of those named."""
    if scenarios is None:
        scenarios = known()
    for scenario in scenarios if most else ():
        world.restore(scenario.state)
        points = find_points(world, scenario.args, scenario.umask)
        recover(world, scenario)
        reference = world.files()
        for mine in by_step(points, seed):
            if not only or {mine[0].step, scenario.step}.intersection(only):
                yield from itertools.islice(
                    _kills(world, scenario, mine, reference), most
                )


def _kills(
    world: World, scenario: Scenario, points: list[Point], reference: set[str]
) -> Iterator[Tried]:
    for point in points:
        world.restore(scenario.state)
        if kill_at(
            world, point, scenario.args, scenario.umask
        ):  # and not a program that it runs
            faults = _judge(world, scenario, reference)
            yield Tried(
                scenario.step or point.step, f"{scenario.name}: {point}", faults
            )


def kill_at_moments(world: World, count: int, seed: int) -> Iterator[Tried]:
    """Kill commands, in turn and each from its saved state, at random moments."""
    draw = random.Random(seed)
    scenarios = known()
    took: dict[str, float] = {}
    references: dict[str, set[str]] = {}
    for number in range(count):
        scenario = scenarios[number % len(scenarios)]
        if scenario.name not in took:
            world.restore(scenario.state)
            took[scenario.name] = _timed(world, scenario)
            recover(world, scenario)
            references[scenario.name] = world.files()
        world.restore(scenario.state)
        moment_s = draw.random() * took[scenario.name]
        while _killed_after(world, scenario, moment_s) is False:
            world.restore(scenario.state)
            moment_s *= 0.8
        faults = _judge(world, scenario, references[scenario.name])
        yield Tried("random moment", f"{scenario.name} after {moment_s:.3f} s", faults)


def _judge(world: World, scenario: Scenario, reference: set[str]) -> list[Fault]:
    """Return what is wrong after a kill, and what still is after the next commands."""
    faults = look(world, set(scenario.keeps), set(scenario.bound))
    faults += recover(world, scenario)
    faults += look_after(world, set(scenario.ends), reference)
    faults += look_into(world, set(scenario.trees))
    # What is wanted no more is not resumed: `cache clean` takes its beginning.
    begun = [
        fault for fault in faults if scenario.back and "cache/partial/" in fault.what
    ]
    return [fault for fault in faults if fault not in begun]


def recover(world: World, scenario: Scenario) -> list[Fault]:
    """Run the command again, and an install: what anybody would do."""
    faults = []
    if scenario.back:
        world.put_back(scenario.back)
    for args in (scenario.args, ("install",)):
        result = world.home.toolpin(*args)
        gone = args[0] == "uninstall" and "is not installed" in result.err
        if result.code != 0 and not gone:
            faults.append(Fault("stuck", f"{' '.join(args)}: {result.err.strip()}"))
    return faults


def _timed(world: World, scenario: Scenario) -> float:
    started = time.monotonic()
    world.home.toolpin(*scenario.args)
    return time.monotonic() - started


def _killed_after(world: World, scenario: Scenario, moment_s: float) -> bool:
    """Run the command and kill it after a while; tell whether it was still at work."""
    with subprocess.Popen(
        [*TOOLPIN, *scenario.args],
        cwd=world.home.project,
        env=world.home.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        umask=scenario.umask,
    ) as process:
        try:
            process.wait(timeout=moment_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        return process.wait(timeout=30) == -signal.SIGKILL
