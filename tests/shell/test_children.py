"""What a pinned project starts gets the pinned versions, whatever its PATH was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell.store import ROADS, SHELLS, Store
from tests.shell.test_answers import V10, V12
from tests.support.run import Home
from tests.unit.test_env import PATHS
from toolpin.plugins.asdf.script_runner import for_scripts


def bins(store: Store, version: str) -> str:
    return f"{store.paths.install('nodejs', version)}/bin"


@pytest.fixture
def beam(store: Store) -> Store:
    """An elixir whose command runs `node`, beside the two versions of nodejs."""
    store.publish("elixir", "1.18", {"elixir": "#!/bin/sh\nexec node\n"})
    store.refresh()
    store.home.pin("elixir 1.18\nnodejs 10.15.3\n")
    return store


@pytest.mark.parametrize("front", ["{stale}:{shims}", "{shims}:{stale}", "{stale}"])
def test_a_stale_directory_in_front_of_path_wins_over_no_pin(
    beam: Store, road: str, front: str
) -> None:
    directories = front.format(stale=bins(beam, "12.22.0"), shims=beam.paths.shims)
    path = f"{directories}:{beam.home.env['PATH']}"
    assert beam.run(road, "elixir", env={"PATH": path}).out == f"{V10}\n"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("path", "expected"), [row for row in PATHS if row[0]])
def test_a_shim_makes_the_path_that_exec_makes(
    store: Store, shell: str, path: str, expected: str
) -> None:
    store.home.pin("nodejs 10.15.3\n")
    node = Path(bins(store, "10.15.3")) / "node"
    node.write_text('#!/bin/sh\nprintf %s "$PATH"\n')
    for word, real in (
        ("/t/bin", bins(store, "10.15.3")),
        ("/shims", store.paths.shims),
    ):
        path, expected = path.replace(word, real), expected.replace(word, real)
    own = store.home.root / "usual" / SHELLS[shell][0]
    line = store.command(shell, "node")
    done = store.home.run("/usr/bin/env", f"PATH={path}", str(own), *line[1:])
    assert done.out == expected, done.err


def test_exec_gives_any_command_all_pins(beam: Store) -> None:
    beam.script(beam.home.root / "usr/node", "the system's")
    path = f"{beam.home.root}/usr:{beam.home.env['PATH']}"
    done = beam.run("exec", "sh", "-c", 'node; echo "$PATH"', env={"PATH": path})
    elixir = f"{beam.paths.install('elixir', '1.18')}/bin"
    node = bins(beam, "10.15.3")
    assert done.out == f"{V10}\n{elixir}:{node}:{beam.paths.shims}:{path}\n"


def test_exec_gives_the_variables_of_all_pins(store: Store) -> None:
    tree = store.publish(
        "other", "1.2", {"thing": ""}, (("GOROOT", "/go"), ("BOTH", "x"))
    )
    store.publish("nodejs", "14.0.0", {"node": "#!/bin/sh\nenv\n"}, (("BOTH", "js"),))
    store.home.pin("nodejs 14.0.0\nother 1.2\n")
    seen = store.run("exec", "node", env={"GOROOT": "/mine"}).out.splitlines()
    assert "BOTH=js" in seen
    assert "GOROOT=/go" in seen
    store.home.pin("other 1.2\nnodejs 14.0.0\n")
    path = f"PATH={bins(store, '14.0.0')}:{tree}/bin:{store.paths.shims}:"
    seen = store.run("exec", "node").out.splitlines()
    assert "BOTH=js" in seen  # its own tool's, whichever line is first
    assert any(line.startswith(path) for line in seen)


@pytest.mark.parametrize("line", ["erlang 27.0", "erlang@27.0", "erlang ../x"])
def test_what_exec_starts_runs_no_program_of_the_system_for_a_pin(
    home: Home, line: str
) -> None:
    """Also where nothing of the tool was ever installed."""
    store = Store(home)
    store.script(home.root / "usr/erl", "the system's")
    home.pin(f"{line}\n")
    path = f"{home.root}/usr:{home.env['PATH']}"
    done = store.run("exec", "sh", "-c", "erl; echo $?", env={"PATH": path})
    code = 126 if line == "erlang 27.0" else 2
    assert (done.out, done.code) == (f"{code}\n", 0)
    assert ".tool-versions:1" in done.err


@pytest.mark.parametrize("command", ["erl", "escript"])
def test_exec_runs_no_program_of_the_system_for_a_pin(home: Home, command: str) -> None:
    store = Store(home)
    store.script(home.root / "usr" / command, "the system's")
    home.pin("erlang 27.0\n")
    path = f"{home.root}/usr:{home.env['PATH']}"
    for verb in ("exec", "which", "why"):
        done = home.toolpin(verb, command, env={"PATH": path})
        assert "erlang 27.0 is not installed" in done.out + done.err, verb
        assert done.code == (1 if verb == "why" else 126)


def test_exec_is_not_stopped_by_another_tools_pin(beam: Store) -> None:
    beam.home.pin("elixir 1.18\nnodejs 99.0.0\n")
    assert beam.run("exec", "sh", "-c", "echo ran").out == "ran\n"
    done = beam.run("exec", "sh", "-c", "elixir")
    assert (done.code, done.out) == (126, "")
    assert "nodejs 99.0.0 is not installed" in done.err


def test_a_directory_of_the_project_is_on_no_path_of_exec(store: Store) -> None:
    store.script(store.home.home / "own/bin/node", "own")
    store.script(store.home.home / "own/bin/git", "not the system's")
    store.home.pin("nodejs path:~/own\n")
    done = store.run("exec", "sh", "-c", "node; command -v git")
    assert done.out.startswith("own\n")
    assert "own/bin" not in done.out


@pytest.mark.parametrize("road", ROADS)
def test_an_unpinned_command_is_no_version_that_the_caller_has_on_path(
    store: Store, road: str
) -> None:
    usr = store.home.root / "usr"
    path = f"{bins(store, '12.22.0')}:{usr}:{store.home.env['PATH']}"
    assert store.run(road, "node", env={"PATH": path}).code == 126
    store.script(usr / "node", "the system's")
    assert store.run(road, "node", env={"PATH": path}).out == "the system's\n"


def test_in_a_nested_project_other_tools_are_those_of_the_nested_one(
    beam: Store, road: str
) -> None:
    below = beam.home.project / "below"
    below.mkdir()
    (below / ".tool-versions").write_text("nodejs 12.22.0\n")
    tree = Path(beam.paths.install("elixir", "1.18"))
    beam.script(tree / "bin/elixir", f"#!/bin/sh\ncd '{below}' && exec node\n")
    expected = V10 if road == "exec" else V12
    assert beam.run(road, "elixir").out == f"{expected}\n"


def test_a_plugins_scripts_have_the_shims_before_the_system(store: Store) -> None:
    shims, answers = store.paths.shims, store.paths.answers
    for path in ("/usr/bin", f"/old:{shims}:/usr/bin", f"{shims}:{answers}:/usr/bin"):
        env = for_scripts(store.paths, {"PATH": path}, "/")
        rest = path.replace(f"{shims}:", "").replace(f"{answers}:", "")
        assert env["PATH"] == f"{answers}:{shims}:{rest}"
