"""What the commands load that a prompt, a hook or a script waits for.

Modules are counted, not milliseconds: those differ from machine to machine.
"""

from __future__ import annotations

import sys

import pytest

from tests.support.run import REPOSITORY, Home
from tests.support.upstream import Upstream

HEAVY = {
    "filelock",
    "fcntl",
    "importlib.metadata",
    "platformdirs",
    "requests",
    "shutil",
    "subprocess",
    "tqdm",
    "urllib3",
    "toolpin.plugins.tool_file",
    "toolpin.store.publication",
}
# How many of toolpin's own modules each may load, without their packages, which hold
# a line each. A new one is a decision: it costs every prompt that asks.
CEILINGS = {
    "which node": 30,
    "current": 25,
    "current nodejs": 25,
    "list": 25,
    "where nodejs": 25,
    "install": 33,
    "exec node": 27,
    "completion --words tools": 29,
    "completion --words installed-versions nodejs": 29,
    "completion --words commands": 29,
}
# With Python's own, whose number is not the same in each Python; its start is not
# counted. The room above what is loaded now is for a module or two, not for a library.
CEILING_OF_ALL = 72
SCRIPT = """
import atexit, os, sys
at_start = set(sys.modules)
def tell(*_):
    with open(os.environ["LOADED"], "w") as file:
        file.write(" ".join(set(sys.modules) - at_start))
atexit.register(tell)
os.execve = lambda *_: sys.exit()
from toolpin.__main__ import _run, guarded
sys.exit(guarded(sys.argv[1:], _run))
"""


@pytest.fixture
def ready(home: Home, upstream: Upstream) -> Home:
    """A machine with what its project pins, and with a plugin of the user's."""
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    result = home.toolpin("install")
    assert result.code == 0, result.err
    text = (REPOSITORY / "plugins/nodejs.toml").read_text()
    plugins = home.config / "plugins"
    plugins.mkdir()
    mine = text.replace('name = "nodejs"', 'name = "mine"').replace('"node"]', '"my"]')
    (plugins / "mine.toml").write_text(mine)
    return home


def _loaded(home: Home, line: str) -> set[str]:
    place = home.root / "loaded"
    home.env["LOADED"] = str(place)
    words = line.split()
    result = home.run(sys.executable, "-I", "-c", SCRIPT, *words)
    assert result.code == 0, result.err
    return set(place.read_text().split())


@pytest.mark.parametrize("line", CEILINGS)
def test_a_light_command_loads_few_modules_and_no_heavy_one(
    line: str, ready: Home
) -> None:
    loaded = _loaded(ready, line)
    assert "toolpin.plugins.registry" in loaded
    assert not loaded & HEAVY
    assert not loaded & {"json", "tomllib", "toolpin.shell.completion_scripts"}
    own = {name for name in loaded if name.partition(".")[0] == "toolpin"}
    packages = {name.rpartition(".")[0] for name in own}
    assert len(own - packages) <= CEILINGS[line], sorted(own - packages)
    assert len(loaded - packages) <= CEILING_OF_ALL, sorted(loaded - packages)


def test_known_versions_load_no_client_of_a_network(ready: Home) -> None:
    assert ready.toolpin("list-all", "nodejs").code == 0
    loaded = _loaded(ready, "completion --words versions nodejs")
    assert "json" in loaded
    assert not loaded & (HEAVY | {"socket", "ssl", "tomllib"})


def test_a_list_that_was_asked_for_once_is_offered(
    ready: Home, upstream: Upstream
) -> None:
    upstream.publish("22.1.0")
    words = ("completion", "--words", "versions", "node")
    assert ready.toolpin(*words).out.split() == ["10.15.3", "latest"]
    assert ready.toolpin("list-all", "nodejs").code == 0
    assert ready.toolpin(*words).out.split()[:2] == ["22.1.0", "10.15.3"]


@pytest.mark.parametrize(
    "line", ["install", "verify", "ci plan", "uninstall nodejs 10.15.3"]
)
def test_what_asks_nobody_and_draws_no_bar_loads_nothing_for_it(
    line: str, ready: Home
) -> None:
    assert ready.toolpin("lock").code == 0
    if line == "install":  # what is locked, from the cache
        assert ready.toolpin("uninstall", "nodejs", "10.15.3").code == 0
    loaded = _loaded(ready, line)
    assert "toolpin.store.publication" in loaded
    assert not loaded & {"requests", "urllib3", "truststore", "tqdm"}


def test_exec_loads_no_parser_of_command_lines(ready: Home) -> None:
    assert not _loaded(ready, "exec node") & {"argparse", "toolpin.cli"}


def test_an_install_with_nothing_to_do_takes_no_file_lock(ready: Home) -> None:
    locks = ready.data / "locks"
    for file in locks.rglob("*.lock"):
        file.unlink()
    result = ready.toolpin("install")
    assert (result.code, result.err) == (0, "toolpin: 1 already installed\n")
    assert not list(locks.rglob("*.lock"))


def test_an_install_with_nothing_to_fetch_still_makes_a_lost_shim(
    ready: Home,
) -> None:
    for lost in (
        ready.data / "shims/node",
        ready.data / "lib/shim.sh",
        ready.data / "lib/shim-more.sh",
    ):
        lost.unlink()
        result = ready.toolpin("install")
        assert (result.code, result.err) == (0, "toolpin: 1 already installed\n")
        assert ready.run(ready.shim("node"), "--version").out == "v10.15.3\n"


def test_an_install_with_nothing_to_fetch_still_sweeps_what_a_dead_one_left(
    ready: Home,
) -> None:
    remains = ready.data / "staging/nodejs@9.9.9"
    remains.mkdir(parents=True)
    assert ready.toolpin("install").code == 0
    assert not remains.exists()


def test_a_damaged_plugin_stops_its_own_tool_and_no_other(ready: Home) -> None:
    file = ready.config / "plugins/broken.toml"
    file.write_text('[tool]\nname = "broken"\n[[source]\n')
    for line in ("which node", "current", "list", "install", "reshim", "exec node"):
        assert ready.toolpin(*line.split()).code == 0
    result = ready.toolpin("list-all", "broken")
    assert result.code == 2
    assert str(file) in result.err
