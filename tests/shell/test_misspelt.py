"""A line that means a tool and cannot be read stops the commands of that tool alone."""

from __future__ import annotations

import pytest

from tests.shell.scenario import activate, play, same
from tests.shell.store import Store
from tests.shell.test_answers import FILE1, FILE2, V10
from tests.shell.world import World
from tests.support.run import Home

MISSPELT = (
    "nodejs@10.15.3",
    "nodejs: 10.15.3",
    "nodejs=10.15.3",
    "nodejs:",
    "NodeJS 10.15.3",
    "NODE 10.15.3",
    "  Node@10.15.3  # why",
    "nodejs@v10=x",
)
# No name of a tool, when it is cut and in lower case.
OTHERS = (
    "nodejs-x@1",
    "Nodejs.x 1",
    "https://nodejs.org",
    "@nodejs 1",
    "=node",
    "Ruby=3",
)


@pytest.fixture
def with_system(store: Store) -> Store:
    """A node of the system's, which must not run."""
    store.script(store.home.root / "usual/node", "the system's")
    return store


@pytest.mark.parametrize("line", MISSPELT)
def test_a_misspelt_line_stops_the_tools_commands(
    with_system: Store, road: str, line: str
) -> None:
    with_system.home.pin(f"# x\n{line}\n")
    done = with_system.run(road, "node")
    assert (done.code, done.out) == (2, "")
    assert FILE2 in done.err


@pytest.mark.parametrize("line", OTHERS)
def test_a_line_that_means_another_tool_stops_nothing(
    with_system: Store, road: str, line: str
) -> None:
    with_system.home.pin(f"{line}\nnodejs 10.15.3\n")
    assert with_system.run(road, "node").out == f"{V10}\n"


@pytest.mark.parametrize(
    ("near", "above", "code"),
    [
        ("nodejs 10.15.3\nnodejs@12.22.0\n", "other 1\n", 0),
        ("nodejs@12.22.0\nnodejs 10.15.3\n", "other 1\n", 2),
        ("nodejs@12.22.0\n", "nodejs 10.15.3\n", 2),
        ("nodejs 10.15.3\n", "nodejs@12.22.0\n", 0),
    ],
)
def test_a_correct_line_counts_where_it_is_before(
    with_system: Store, road: str, near: str, above: str, code: int
) -> None:
    below = with_system.home.project / "below"
    below.mkdir()
    (below / ".tool-versions").write_text(near)
    with_system.home.pin(above)
    done = with_system.run(road, "node", cwd=below)
    assert (done.code, done.out) == (code, "" if code else f"{V10}\n"), done.err
    override = {"TOOLPIN_NODEJS_VERSION": "v10.15.3"}
    assert with_system.run(road, "node", env=override, cwd=below).out == f"{V10}\n"


@pytest.mark.parametrize("line", MISSPELT)
def test_other_tools_run(with_system: Store, road: str, line: str) -> None:
    with_system.publish("other", "1.0", {"thing": ""})
    with_system.publish("another", "1.0", {"thing": ""})
    with_system.refresh()
    with_system.home.pin(f"{line}\nother 1.0\n")
    assert with_system.run(road, "thing").out == "other 1.0\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [("install", 2), ("current", 2), ("lock", 2), ("doctor", 1), ("env", 2)],
)
@pytest.mark.parametrize("text", ["golang@1.26\n", "golang 1.26\nGoLang 1.25\n"])
def test_commands_always_report_it(
    home: Home, words: str, code: int, text: str
) -> None:
    home.pin(text)
    done = home.toolpin(words)
    assert (FILE1 if "@" in text else FILE2) in done.out + done.err
    assert done.code == code


def test_which_and_why_agree(with_system: Store) -> None:
    with_system.home.pin("Node@10\n")
    for verb in ("which", "why"):
        done = with_system.home.toolpin(verb, "node")
        assert (done.code, done.out) == (2, "")
        assert FILE1 in done.err


def test_an_activated_shell_runs_no_program_of_the_system(
    world: World, shell: str
) -> None:
    """Also of a tool of which nothing was ever installed; other tools run."""
    store = world.store
    store.script(store.home.root / "usual/erl", "the system's")
    store.home.pin("erlang@27.0\nnodejs 10.15.3\n")
    done = play(store, shell, activate(), same("node"), same("erl"))
    assert done.out == f"{V10}\n"
    assert done.err.count(FILE1) == 2
