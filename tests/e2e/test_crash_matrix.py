"""The short form of `python -m tests.crashes`: few kills, and every race."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator

import pytest

from tests.crashes.matrix import Tried, kill_at_moments, kill_at_steps
from tests.crashes.races import eight_installers, everybody, killed_owners
from tests.crashes.scenarios import SCENARIOS, make_states
from tests.crashes.world import World
from tests.support.server import Server

_STEPS = ("unpack", "rewrite", "build", "publish", "shim")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One machine for all: each kill starts from a saved state."""
    with Server() as server:
        world = World(tmp_path_factory.mktemp("crashes") / "w", server)
        make_states(world)
        yield world


def _faults(tried: Iterable[Tried]) -> tuple[int, list[str]]:
    """Return how many points were tried, and what was wrong after them."""
    every = list(tried)
    return len(every), [
        f"{fault.kind} {item.point}: {fault.what}"
        for item in every
        for fault in item.faults
    ]


@pytest.mark.skipif(not shutil.which("strace"), reason="strace belongs to Linux")
def test_hostile_78_a_kill_at_a_step_spoils_nothing(world: World) -> None:
    install = [scenario for scenario in SCENARIOS if scenario.name == "install"]
    kills = kill_at_steps(world, 1, 7, _STEPS, install)
    assert _faults(kills) == (len(_STEPS), [])


def test_hostile_78_a_kill_at_a_random_moment_spoils_nothing(world: World) -> None:
    assert _faults(kill_at_moments(world, 2, 7)) == (2, [])


def test_hostile_81_eight_installers_need_one_download(world: World) -> None:
    assert _faults(eight_installers(world, 1)) == (1, [])


def test_hostile_81_shims_run_while_all_else_comes_and_goes(world: World) -> None:
    count, faults = _faults(everybody(world, 1))
    assert faults == []
    assert count > 3


def test_hostile_78_a_killed_owner_delays_the_next_by_a_second_at_most(
    world: World,
) -> None:
    assert _faults(killed_owners(world, 1)) == (1, [])
