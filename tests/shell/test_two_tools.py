"""A command of two tools, and a command that is a package inside another tool."""

from __future__ import annotations

import sys

import pytest

from tests.shell.scenario import activate, play, same
from tests.shell.store import KNOWN, SHELLS, Store
from tests.shell.world import World
from toolpin.shims.shim_directory import refresh

TOOLS = {
    **KNOWN,
    "nodejs": KNOWN["nodejs"]._replace(commands=("node", "npm")),
}


def refreshed(store: Store, python: str = sys.executable) -> Store:
    """Write the shims; with another Python they can run the plain case alone."""
    refresh(store.paths, TOOLS, python)
    return store


@pytest.fixture
def packages(store: Store) -> Store:
    """A nodejs into which npm has put yarn and jq, and another without them."""
    store.publish("nodejs", "20.1.0", {"node": "", "yarn": "", "jq": ""})
    store.publish("nodejs", "22.1.0", {"node": ""})
    return refreshed(store)


@pytest.mark.parametrize("text", ["yarn 1.22.19\n{}", "{}yarn 1.22.19\n", "{}"])
def test_a_pinned_tool_wins_over_a_package(
    packages: Store, road: str, text: str
) -> None:
    """Nothing of it is installed."""
    below = packages.home.project / "below"
    below.mkdir()
    (below / ".tool-versions").write_text(text.format("nodejs 20.1.0\n"))
    packages.home.pin("yarn 1.22.18\n")
    done = packages.run(road, "yarn", cwd=below)
    assert (done.code, done.out) == (126, "")
    assert "is not installed" in done.err
    assert "toolpin install --missing" in done.err


def test_a_variable_that_pins_it_wins_over_a_package(
    packages: Store, road: str
) -> None:
    packages.home.pin("nodejs 20.1.0\n")
    done = packages.run(road, "yarn", env={"TOOLPIN_YARN_VERSION": "1.22.19"})
    assert (done.code, done.out) == (126, "")


@pytest.mark.parametrize("text", ["nodejs 20.1.0\n{}", "{}nodejs 20.1.0\n"])
@pytest.mark.parametrize("pins_yarn", [True, False])
@pytest.mark.parametrize("shell", SHELLS)
def test_an_installed_tool_and_a_package_are_told_apart_without_python(
    packages: Store, shell: str, text: str, pins_yarn: bool
) -> None:
    packages.publish("yarn", "1.22.19", {"yarn": ""})
    refreshed(packages, "/gone/python")
    packages.home.pin(text.format("yarn 1.22.19\n" if pins_yarn else ""))
    expected = "yarn 1.22.19" if pins_yarn else "nodejs 20.1.0"
    assert packages.run(shell, "yarn") == (0, f"{expected}\n", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_package_runs_without_python(packages: Store, shell: str) -> None:
    refreshed(packages, "/gone/python")
    packages.home.pin("nodejs v20.1.0\n")
    assert packages.run(shell, "yarn", "a b") == (0, "nodejs 20.1.0 <a b>\n", "")


@pytest.mark.parametrize("first", ["bun", "nodejs"])
@pytest.mark.parametrize("place", ["project", "above", "home", "variable"])
@pytest.mark.parametrize("shell", SHELLS)
def test_of_two_tools_the_one_that_is_pinned_runs_without_python(
    store: Store, shell: str, first: str, place: str
) -> None:
    store.publish("bun", "1.0.0", {"npx": ""}, (("BUN_X", "1"),))
    store.publish("nodejs", "14.0.0", {"npx": ""}, (("NODE_X", "1"),))
    refreshed(store, "/gone/python")
    version = {"bun": "1.0.0", "nodejs": "14.0.0"}[first]
    below = store.home.project / "below"
    below.mkdir()
    (below / ".tool-versions").write_text("other 1.0\n")
    env = {}
    if place == "variable":
        env[f"TOOLPIN_{first.upper()}_VERSION"] = version
    else:
        directories = {"project": below, "above": store.home.project}
        directory = directories.get(place, store.home.home)
        with (directory / ".tool-versions").open("a") as file:
            file.write(f"{first} {version}\n")
    done = store.run(shell, "npx", "x", cwd=below, env=env)
    assert done == (0, f"{first} {version} <x>\n", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_what_the_pinned_one_requires_is_its_own(store: Store, shell: str) -> None:
    """Of two tools each has its own partner."""
    store.publish("elixir", "1.18", {"run": "#!/bin/sh\nexec erl\n"})
    store.publish("other", "1.0", {"run": ""})
    refreshed(store, "/gone/python")
    store.home.pin("elixir 1.18\nerlang OTP-27.0.1\n")
    assert store.run(shell, "run").out == "erlang 27.0.1\n"
    store.home.pin("other 1.0\nerlang 99\n")
    assert store.run(shell, "run") == (0, "other 1.0\n", "")


def test_a_package_that_a_version_lacks_is_the_systems(
    packages: Store, road: str
) -> None:
    packages.home.pin("nodejs 22.1.0\n")
    missing = packages.run(road, "jq")
    assert missing.code == 126
    assert "20.1.0" in missing.err
    packages.script(packages.home.root / "usual/jq", "the system's")
    stale = f"{packages.paths.install('nodejs', '20.1.0')}/bin"
    for front in ("", f"{stale}:", f"{packages.paths.shims}:{stale}:"):
        path = f"{front}{packages.home.env['PATH']}"
        assert packages.run(road, "jq", env={"PATH": path}).out == "the system's\n"


def test_a_package_of_a_version_that_is_missing_is_not_the_systems(
    packages: Store, road: str
) -> None:
    packages.home.pin("nodejs 99.1.0\n")
    packages.script(packages.home.root / "usual/jq", "the system's")
    assert packages.run(road, "jq").code == 126


def test_an_own_command_that_a_version_lacks_is_not_the_systems(
    packages: Store, road: str
) -> None:
    packages.home.pin("nodejs 12.22.0\n")
    packages.script(packages.home.root / "usual/npm", "the system's")
    done = packages.run(road, "npm")
    assert (done.code, done.out) == (126, "")


@pytest.mark.parametrize("command", ["jq", "yarn"])
def test_which_and_why_say_what_runs(packages: Store, command: str) -> None:
    home = packages.home
    home.pin("nodejs 22.1.0\nyarn 1.22.19\n")
    packages.script(home.root / "usual" / command, "the system's")
    path = f"{packages.paths.shims}:{home.env['PATH']}"
    which = home.toolpin("which", command, env={"PATH": path})
    why = home.toolpin("why", command, env={"PATH": path})
    if command == "jq":
        program = f"{home.root}/usual/jq"
        assert which.out == f"{program}\n"
        assert why.out.startswith(f"jq runs {program}; it is not pinned here\n")
        assert why.code == 0
    else:
        assert which.code == 126
        assert why.out.startswith("yarn cannot run: yarn 1.22.19 is not installed\n")
        assert ".tool-versions:2" in why.out


def test_a_package_that_a_version_lacks_is_the_systems_in_an_activated_shell(
    world: World, shell: str
) -> None:
    store = world.store
    store.publish("nodejs", "20.1.0", {"node": "", "jq": ""})
    refreshed(store)
    store.script(store.home.root / "usual/jq", "the system's")
    other = world.cd(world.outside)
    (world.outside / ".tool-versions").write_text("nodejs 20.1.0\n")
    done = play(store, shell, activate(), same("jq"), same(other), same("jq"))
    assert done.out == "the system's\nnodejs 20.1.0\n"
