"""What is shown of an update of a plugin: every line of it, and what moved it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.run import Home
from tests.support.scripted import GREET, commit, git, repository, write


@pytest.fixture
def greet(home: Home) -> Path:
    """A plugin's repository, as it would lie on a server."""
    return repository(home.root / "upstream" / "asdf-greet", GREET)


def test_a_diff_shows_what_a_terminal_would_obey(home: Home, greet: Path) -> None:
    hidden = "echo \033[8mrm -rf ~\033[0m\033[2K\necho a\r+echo b\n\techo c\n"
    help_ = "printf 'of \\033[8m itself'\n"
    commit(greet, {".gitattributes": "bin/* -diff\n", "bin/help.overview": help_})
    home.toolpin("plugin", "add", "greet", f"file://{greet}")
    commit(greet, {"bin/list-all": hidden})
    diff = home.toolpin("plugin", "diff", "greet").out
    for line in (
        r"+echo \x1b[8mrm -rf ~\x1b[0m\x1b[2K",
        r"+echo a\r+echo b",
        "+\techo c",
    ):
        assert line in diff.splitlines()
    shown = home.toolpin("plugin", "show", "greet").out
    assert r"of \x1b[8m itself" in shown


def test_a_plugin_of_a_directory_is_what_its_directory_has(home: Home) -> None:
    directory = write(home.root / "tools/greet", GREET)
    home.toolpin("plugin", "add", "greet", str(directory))
    same = home.toolpin("plugin", "diff", "greet")
    assert (same.out, same.code) == ("", 0)
    assert "greet is up to date with its publisher" in same.err
    (directory / "more").write_text("more\n")
    assert "+more" in home.toolpin("plugin", "diff", "greet").out


def test_a_plugin_that_a_lockfile_moves_is_told_from_and_to(
    home: Home, greet: Path
) -> None:
    first = git(greet, "rev-parse", "HEAD")
    home.toolpin("plugin", "add", "greet", f"file://{greet}")
    home.pin("greet 1.1.0\n")
    assert home.toolpin("lock").code == 0
    second = commit(greet, {"LICENSE": "as others like"})
    home.toolpin("plugin", "update", "greet")
    moved = home.toolpin("install", "--allow-plugins")
    assert moved.code == 0, moved.err
    text = f"at {first[:12]}, as locked, and was at {second[:12]} for all projects"
    assert text in moved.err
