"""Files of other managers that an asdf plugin reads: shims and `exec` agree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.shell.store import ROADS, SHELLS
from tests.support.run import Home
from tests.support.scripted import GREET, commit, repository

PARSE = 'sed -n \'s/^greet=//p; s/^1[.]0[.]0$/1.1.0/p\' "$1"; echo asked >>"$TELL"\n'


@pytest.fixture
def greet(home: Home) -> Path:
    """A plugin that reads `.greet-version` and `greetrc`, with two versions."""
    home.env["TELL"] = str(home.root / "told")
    names = {"bin/list-legacy-filenames": "echo .greet-version greetrc ../x a/b\n"}
    plugin = repository(home.root / "greet", {**GREET, **names})
    assert home.toolpin("plugin", "add", "greet", f"file://{plugin}").code == 0
    for version in ("1.0.0", "1.1.0"):
        assert home.toolpin("install", "greet", version).code == 0
    return plugin


@pytest.mark.parametrize("road", ROADS)
def test_a_plugins_files_count_beside_tool_versions(
    road: str, home: Home, greet: Path
) -> None:
    noted = (home.data / "idiomatic/greet").read_text()
    assert noted == ".greet-version\ngreetrc\n"
    below = home.project / "below"
    below.mkdir()
    home.pin("greet 1.0.0\n")
    assert _run(road, home, below).startswith("greet 1.0.0")
    (below / "greetrc").write_text("1.1.0\n")
    assert _run(road, home, below).startswith("greet 1.1.0")
    (below / ".greet-version").write_text("1.0.0 # why\n")
    assert _run(road, home, below).startswith("greet 1.0.0")
    commit(greet, {"bin/parse-legacy-file": PARSE})
    assert home.toolpin("plugin", "update", "greet").code == 0
    assert home.toolpin("reshim").code == 0
    (below / ".greet-version").write_text("# 1.0.0\ngreet=1.1.0\n")
    assert _run(road, home, below).startswith("greet 1.1.0")
    (below / ".greet-version").write_text("1.0.0\n")
    assert _run(road, home, below).startswith("greet 1.1.0"), "as its plugin reads it"
    assert "asked" in (home.root / "told").read_text()
    assert home.toolpin("current", "greet", cwd=below).out.startswith("greet  1.1.0")
    (below / ".greet-version").write_text("nothing of it\n")
    (below / "greetrc").unlink()
    assert _run(road, home, below).startswith("greet 1.0.0")


def test_a_plugin_that_is_removed_reads_nothing_more(home: Home, greet: Path) -> None:
    assert greet.is_dir()
    assert home.toolpin("plugin", "remove", "greet").code == 0
    assert not (home.data / "idiomatic/greet").exists()
    (home.project / ".greet-version").write_text("1.0.0\n")
    assert "1.0.0" not in home.toolpin("current").out


def test_no_script_runs_to_find_the_files_names(home: Home, greet: Path) -> None:
    assert greet.is_dir()
    script = home.data / "plugins/greet/bin/list-legacy-filenames"
    script.write_text(f"touch {home.root}/ran\n")
    os.utime(script, (0, 0))  # one that has changed since is asked
    (home.project / "greetrc").write_text("1.1.0\n")
    assert _run("exec", home, home.project).startswith("greet 1.1.0")
    assert not (home.root / "ran").exists()


def _run(road: str, home: Home, directory: Path) -> str:
    if road == "exec":
        done = home.toolpin("exec", "greet", cwd=directory)
    else:
        done = home.run(*SHELLS[road], home.shim("greet"), cwd=directory)
    return done.out or done.err
