"""What is in an asdf plugin's directory beside its commit, and who shares it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.support.run import TOOLPIN, Home
from tests.support.scripted import GREET, commit, git, repository, write


@pytest.fixture
def greet(home: Home) -> Path:
    """A plugin's repository, from which it was added."""
    place = repository(home.root / "upstream" / "asdf-greet", GREET)
    assert home.toolpin("plugin", "add", "greet", f"file://{place}").code == 0
    return place


@pytest.mark.parametrize(
    "script", ["bin/exec-path", "lib/more.sh", "lib/commands/command.sh", "shims/x"]
)
@pytest.mark.usefixtures("greet")
def test_a_script_that_no_commit_has_is_not_what_is_locked(
    script: str, home: Home
) -> None:
    """However the plugin's own `.gitignore` calls it."""
    home.pin("greet 1.1.0\n")
    assert home.toolpin("lock").code == 0
    plugin = home.data / "plugins/greet"
    (plugin / ".git/info").mkdir(exist_ok=True)
    (plugin / ".git/info/exclude").write_text("*\n")
    (plugin / "cache").write_text("its own")
    assert home.toolpin("install", "--locked").code == 0
    home.toolpin("uninstall", "greet", "1.1.0")
    write(plugin, {script: "#!/bin/sh\nexit 9\n"})
    shown = home.toolpin("plugin", "diff", "greet").out.splitlines()
    assert [f"--- a/{script}", "+++ /dev/null"] == shown[-5:-3]
    assert shown[-1] == "-exit 9"
    refused = home.toolpin("install", "--locked")
    assert refused.code == 1
    assert "a plugin is not installed as locked" in refused.err
    assert "--force" in refused.err
    for words in (("lock", "--refresh", "greet"), ("plugin", "update", "greet")):
        result = home.toolpin(*words)
        assert result.code == 1
        assert f"uncommitted  {script}\n" in result.err
    assert home.toolpin("plugin", "update", "greet", "--force").code == 0
    assert not (plugin / script).exists()
    assert (plugin / "cache").read_text() == "its own"
    assert home.toolpin("install", "--locked").code == 0


@pytest.mark.parametrize(
    "name",
    ["lib/__pycache__/a.cpython-311.pyc", "bin/.DS_Store", "bin/._x", "lib/.x.swp"],
)
@pytest.mark.usefixtures("greet")
def test_what_python_and_desktops_leave_beside_scripts_is_no_change(
    name: str, home: Home
) -> None:
    home.pin("greet 1.1.0\n")
    plugin = home.data / "plugins/greet"
    write(plugin, {name: "left"})
    assert home.toolpin("lock").code == 0
    (plugin / name).write_text("another")
    for words in (("install", "--locked"), ("plugin", "update", "greet")):
        result = home.toolpin(*words)
        assert result.code == 0, result.err
    assert home.toolpin("plugin", "diff", "greet").out == ""


def test_a_script_that_no_commit_has_is_found_behind_a_directories_link(
    home: Home,
) -> None:
    place = repository(
        home.root / "linked", {k.replace("bin/", "run/"): v for k, v in GREET.items()}
    )
    (place / "run/install").chmod(0o755)
    (place / "run/list-all").chmod(0o755)
    (place / "bin").symlink_to("run")
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "link")
    added = home.toolpin("plugin", "add", "linked", f"file://{place}")
    assert added.code == 0, added.err
    assert home.toolpin("install", "linked", "1.0.0").code == 0
    write(home.data / "plugins/linked", {"run/exec-path": "exit 9\n"})
    refused = home.toolpin("plugin", "update", "linked")
    assert refused.code == 1
    assert "run/exec-path" in refused.err


def test_hostile_81_what_another_process_added_meanwhile_is_only_chosen(
    home: Home,
) -> None:
    place = repository(home.root / "upstream" / "asdf-greet", GREET)
    meanwhile(home, "pre_asdf_plugin_add", f"plugin add greet file://{place}")
    added = home.toolpin("plugin", "add", "greet", f"file://{place}")
    assert added.code == 0, added.err
    assert home.toolpin("install", "greet", "1.0.0").code == 0


def test_hostile_81_what_another_process_added_meanwhile_is_not_replaced(
    home: Home,
) -> None:
    place = repository(home.root / "upstream" / "asdf-greet", GREET)
    other = repository(home.root / "upstream" / "other", {**GREET, "more": "x"})
    meanwhile(home, "pre_asdf_plugin_add", f"plugin add greet file://{other}")
    refused = home.toolpin("plugin", "add", "greet", f"file://{place}")
    assert refused.code == 1
    assert "a plugin greet is already installed" in refused.err
    assert (home.data / "plugins/greet/more").exists()


@pytest.mark.usefixtures("greet")
@pytest.mark.parametrize("verb", ["remove", "update"])
def test_hostile_81_what_another_process_removed_meanwhile_is_not_there(
    verb: str, home: Home
) -> None:
    meanwhile(home, f"pre_asdf_plugin_{verb}", "plugin remove greet")
    result = home.toolpin("plugin", verb, "greet")
    assert result.code == 1
    assert "no asdf plugin is installed as greet" in result.err


def test_hostile_81_an_update_tells_of_the_move_that_it_made_itself(
    home: Home, greet: Path
) -> None:
    first = git(greet, "rev-parse", "HEAD")
    second = commit(greet, {"more": "x"})
    meanwhile(home, "pre_asdf_plugin_update", "plugin update greet")
    result = home.toolpin("plugin", "update", "greet", "--json")
    assert result.code == 0, result.err
    (move,) = json.loads(result.out)["result"]["moves"]
    assert first != second
    assert (move["before"], move["after"]) == (second, second)


def meanwhile(home: Home, hook: str, words: str) -> None:
    """Let another process do that once, when the next one has looked already."""
    once = f"mkdir {home.root}/once 2>/dev/null && {shlex.join(TOOLPIN)} {words}"
    (home.home / ".asdfrc").write_text(f"{hook} = {once} >&2 || :\n")


@pytest.mark.parametrize("place", ["staging", "plugins", "chosen", "idiomatic"])
def test_hostile_73_a_directory_of_the_store_that_is_none_ends_no_verb_as_a_bug(
    place: str, home: Home, greet: Path
) -> None:
    directory = home.data / place
    if directory.exists():
        directory.rename(home.root / "aside")
    for make in (lambda: directory.write_text(""), lambda: directory.symlink_to(place)):
        make()
        for words in (("add", "more", f"file://{greet}"), ("update", "greet")):
            result = home.toolpin("plugin", *words)
            assert result.code in (0, 1), result.err
            assert "bug" not in result.err
        result = home.toolpin("plugin", "remove", "more")
        assert result.code in (0, 1), result.err
        directory.unlink()
