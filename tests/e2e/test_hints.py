"""What is told to try can be pasted: the name of a folder in it is one word."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.support.run import REPOSITORY, Home, Result

ODD = "it's; touch ran; #"


def paste(home: Home, told: Result) -> str:
    """Run the line that an error ends in; return it."""
    _, _, line = told.err.partition("  try: ")
    assert line, told.err
    done = home.run("sh", "-c", line, cwd=home.root)
    assert not (home.root / "ran").exists()
    assert done.code == 0, done.err
    return line


@pytest.fixture
def folder(home: Home) -> Path:
    folder = home.project / ODD
    folder.mkdir()
    return folder


def test_the_file_that_disagrees_is_removed_by_its_name(
    home: Home, folder: Path
) -> None:
    (folder / ".tool-versions").write_text("nodejs 24.1.0\n")
    (folder / ".nvmrc").write_text("22.20.0\n")
    paste(home, home.toolpin("--strict", "current", cwd=folder))
    assert not (folder / ".nvmrc").exists()


def test_the_link_to_a_file_of_another_kind_is_removed_by_its_name(
    home: Home, folder: Path
) -> None:
    (home.root / "notes").write_text("nodejs 24.1.0\n")
    (folder / ".tool-versions").symlink_to(home.root / "notes")
    paste(home, home.toolpin("current", cwd=folder))
    assert not (folder / ".tool-versions").is_symlink()


def test_a_plugin_is_added_by_its_file_s_name(home: Home, folder: Path) -> None:
    bundled = (REPOSITORY / "plugins/rebar.toml").read_text()
    for text in (bundled, f"{bundled}# more\n"):
        (folder / "rebar.toml").write_text(text)
        told = home.toolpin("plugin", "add", "rebar", str(folder / "rebar.toml"))
    _, _, line = told.err.partition("  try: toolpin ")
    assert home.toolpin(*shlex.split(line)).code == 0


@pytest.mark.parametrize("name", ["none.bundle", "no/folder/none.bundle"])
def test_a_bundle_that_is_not_there_is_looked_for_where_it_was_named(
    name: str, home: Home, folder: Path
) -> None:
    line = paste(home, home.toolpin("bundle", "install", str(folder / name)))
    assert shlex.split(line)[:2] == ["ls", "-l"]
