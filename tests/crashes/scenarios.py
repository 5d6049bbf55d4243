"""What is interrupted: commands, each from a saved state, and what holds after it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import NamedTuple

from tests.crashes.world import INTO, NEW, OLD, PINS, PINS_OLD, Version, World
from toolpin.cli import VERBS

_OLD = frozenset(OLD.items())
_ALL = _OLD | frozenset(NEW.items())
BUNDLE = "tools.bundle"


class Scenario(NamedTuple):
    """A command and the state it starts from; `keeps` is what it must not touch.

    `ends` is what is installed once it has been run again and `install` after it;
    `trees` is what is in INTO then, without a store. Where `back` names a state, the
    project's files are put back to that one's before the command is run again. `step`
    names all of its points; `umask` is that of the killed command. `bound` versions did
    not run before the command: they have the path of another place in them.
    """

    name: str
    state: str
    args: tuple[str, ...]
    keeps: frozenset[Version] = _OLD
    ends: frozenset[Version] = _ALL
    trees: frozenset[Version] = frozenset()
    back: str = ""
    step: str = ""
    umask: int = 0o022
    bound: frozenset[Version] = frozenset()


# All but what the project pins: the older ones.
_INTO = ("install", "--into", INTO)
_PRUNE = ("prune", "--yes", "--keep-days", "0", "--no-previous")
SCENARIOS = (
    Scenario("install", "old", ("install",)),
    Scenario("install lts", "lts", ("install",), ends=_OLD | {("nodejs", "24.11.1")}),
    Scenario("lock", "loose", ("lock",), keeps=_ALL),
    Scenario("pin", "pin", ("pin", "nodejs", NEW["nodejs"], OLD["nodejs"]), keeps=_ALL),
    Scenario("bundle create", "locked", ("bundle", "create", BUNDLE)),
    Scenario("bundle install", "bundle", ("bundle", "install", BUNDLE)),
    Scenario("reshim", "shimless", ("reshim",), keeps=frozenset()),
    Scenario("uninstall", "new", ("uninstall", "nodejs", NEW["nodejs"])),
    Scenario("uninstall bound", "new", ("uninstall", "boxed", NEW["boxed"])),
    Scenario("prune", "newer", _PRUNE, keeps=_ALL - _OLD, ends=_ALL - _OLD),
    Scenario("upgrade", "loose", ("upgrade", "--latest", "nodejs"), keeps=_ALL),
    Scenario("upgrade locked", "behind", ("upgrade",), keeps=_ALL),
    Scenario("install, umask 000", "old", ("install",), step="umask 000", umask=0),
    Scenario(
        "lock, umask 000", "loose", ("lock",), keeps=_ALL, step="umask 000", umask=0
    ),
    Scenario(
        "moved store",
        "moved",
        ("install",),
        keeps=frozenset(),
        ends=_OLD,
        step="moved store",
        bound=frozenset({("boxed", OLD["boxed"])}),
    ),
    Scenario("install --into", "into", _INTO, trees=_ALL - _OLD),
    Scenario("back --into", "into", _INTO, ends=_OLD, trees=_OLD, back="into-old"),
)


def known() -> list[Scenario]:
    """Return the scenarios whose command this toolpin has."""
    return [scenario for scenario in SCENARIOS if scenario.args[0] in VERBS]


def make_states(world: World) -> None:
    """Make and save each state that a scenario starts from."""
    home = world.home

    def state(name: str, pins: str, *commands: tuple[str, ...]) -> None:
        world.restore("old-only")
        home.project.mkdir(exist_ok=True)
        for command in commands:
            world.must(*command)
        home.pin(pins)
        world.save(name)

    home.pin(PINS_OLD)
    world.must("install")
    world.save("old-only")
    every = [("install", tool, version) for tool, version in NEW.items()]
    loose = "nodejs 24 10.15.3\n"
    state("old", PINS)
    state("lts", "nodejs lts 10.15.3\nboxed 1.0.0\nbuilt 1.0.0\n")
    state("new", PINS, *every)
    state("loose", loose, *every)
    newer = "".join(f"{tool} {version}\n" for tool, version in NEW.items())
    state("newer", newer, *every)
    state("pin", "nodejs 10.15.3\n", *every)
    _save(world, "new", "shimless", lambda: _drop(world, "data/shims"))
    _save(world, "old", "locked", lambda: world.must("lock"))

    def filled() -> None:
        home.pin(PINS_OLD)
        world.must("lock")
        world.must(*_INTO)

    def repinned() -> None:
        home.pin(newer)
        world.must("lock")

    _save(world, "old", "into-old", filled)
    _save(world, "into-old", "into", repinned)

    def bundled() -> None:
        world.must("bundle", "create", BUNDLE)
        _drop(world, "cache")

    _save(world, "locked", "bundle", bundled)

    def behind() -> None:
        """Lock a release that is no longer the newest."""
        world.upstream.publish("24.9.0")
        world.upstream.roll_back("24.9.0", OLD["nodejs"])
        world.must("lock")
        world.upstream.publish(NEW["nodejs"], lts="Krypton")

    _save(world, "loose", "behind", behind)
    _save(world, "old-only", "moved", lambda: _moved(world))


def _moved(world: World) -> None:
    """Install into another directory, and move that to where the store is."""
    home, usual = world.home, world.home.data
    shutil.rmtree(usual)
    home.data = world.root / "elsewhere"
    home.env["TOOLPIN_DATA_DIR"] = str(home.data)
    world.must("install")
    home.data.rename(usual)
    home.data = usual
    home.env["TOOLPIN_DATA_DIR"] = str(usual)


def _save(world: World, base: str, name: str, change: Callable[[], None]) -> None:
    world.restore(base)
    change()
    world.save(name)


def _drop(world: World, directory: str) -> None:
    shutil.rmtree(world.root / directory)
