"""A plugin's file that cannot be read, beside tools that have nothing to do with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.run import Home
from tests.support.upstream import Upstream

GOOD = """
[tool]
name = "bad"
description = "good by now"
homepage = "https://bad.example/"
commands = ["bad"]
[[source]]
id = "upstream"
kind = "github"
publisher = "bad.example"
repo = "bad/bad"
assets = ["bad-{target}.tar.gz"]
hosts.linux-x64 = { target = "linux-x64" }
"""


@pytest.fixture
def damaged(home: Home, upstream: Upstream) -> Path:
    """A project with Node.js, and a plugin of another tool that is no TOML."""
    upstream.publish("24.11.1")
    home.pin("nodejs 24.11.1\n")
    file = home.config / "plugins/bad.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("[tool]\nname = 'bad'\nalso = [\n")
    return file


@pytest.mark.usefixtures("damaged")
def test_other_tools_are_installed_run_and_removed_beside_a_damaged_plugin(
    home: Home,
) -> None:
    for words in (
        ("install",),
        ("exec", "node", "--version"),
        ("current",),
        ("which", "node"),
        ("list",),
        ("lock", "--host", "linux-x64"),
        ("activate", "bash"),
        ("env",),
        ("reshim",),
        ("verify",),
        ("prune",),
        ("install", "--into", "out", "--host", "linux-x64"),
        ("uninstall", "nodejs", "24.11.1"),
    ):
        result = home.toolpin(*words, env={"TOOLPIN_IDIOMATIC": "all"})
        assert result.code == 0, (words, result.err)
        assert "bad.toml" not in result.err


def test_a_project_gets_its_other_tools_where_one_has_a_damaged_plugin(
    home: Home, damaged: Path
) -> None:
    home.pin("bad 1.0\nnodejs 24.11.1\n")
    result = home.toolpin("install")
    assert result.code in (1, 2)
    assert f"{damaged} is not TOML" in result.err
    assert home.run(home.shim("node"), "--version").out == "v24.11.1\n"


def test_doctor_and_plugin_list_name_a_damaged_plugin(
    home: Home, damaged: Path
) -> None:
    (damaged.parent / "My Tool.toml").write_text(damaged.read_text())
    assert f"{damaged} is not TOML" in home.toolpin("doctor").out
    listed = home.toolpin("plugin", "list")
    assert listed.code == 2
    assert "nodejs" in listed.out
    for name in ("bad", "My Tool"):
        assert f"{damaged.parent}/{name}.toml is not TOML" in listed.err


def test_a_damaged_plugin_is_removed_and_replaced_as_any_other(
    home: Home, damaged: Path
) -> None:
    good = home.root / "bad.toml"
    good.write_text(GOOD)
    added = home.toolpin("plugin", "add", "bad", str(good), "--force")
    assert added.code == 0, added.err
    assert damaged.read_text() == GOOD
    damaged.write_text("[")
    other = damaged.parent / "My Tool.toml"
    other.write_text("[")
    for name, file in (("bad", damaged), ("My Tool", other)):
        removed = home.toolpin("plugin", "remove", name)
        assert removed.code == 0, removed.err
        assert not file.exists()


def test_the_shims_of_a_tool_stay_while_its_plugin_is_damaged(
    home: Home, damaged: Path
) -> None:
    assert home.toolpin("install").code == 0
    kept = {path.name: path.read_text() for path in (home.data / "shims").iterdir()}
    (damaged.parent / "nodejs.toml").write_text("[")
    result = home.toolpin("reshim")
    assert result.code == 0, result.err
    now = {path.name: path.read_text() for path in (home.data / "shims").iterdir()}
    assert now == kept
    assert home.run(home.shim("node"), "--version").out == "v24.11.1\n"
