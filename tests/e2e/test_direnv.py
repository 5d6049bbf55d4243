"""direnv with the functions that the guide shows, for `use toolpin` and `use asdf`."""

from __future__ import annotations

import re
import shutil
import sys

import pytest

from tests.support.run import REPOSITORY, Home
from tests.support.scripted import GREET, repository

PAGES = {"toolpin": "recipes.md", "asdf": "asdf.md"}


@pytest.fixture
def reader(home: Home) -> Home:
    """A user with direnv, toolpin and two versions of `greet`; one is pinned."""
    program = shutil.which("direnv")
    if program is None:
        pytest.skip("direnv is not installed: apt-get install direnv")
    place = home.root / "bin"
    place.mkdir()
    (place / "direnv").symlink_to(program)
    (place / "toolpin").write_text(
        f'#!/bin/sh\nexec {sys.executable} -I -m toolpin "$@"\n'
    )
    (place / "toolpin").chmod(0o755)
    home.env["PATH"] = f"{place}:{home.env['PATH']}"
    repository(home.root / "asdf-greet", GREET)
    home.toolpin("plugin", "add", "greet", f"{home.root}/asdf-greet")
    assert home.toolpin("install", "greet", "1.0.0", "1.1.0").code == 0
    home.pin("greet 1.0.0\n")
    return home


def _follow(reader: Home, word: str) -> None:
    """Write what a page of the guide says, and allow it."""
    page = (REPOSITORY / "docs/guide" / PAGES[word]).read_text()
    function = re.search(rf"^use_{word}\(\) {{\n.*?^}}\n", page, re.DOTALL | re.M)
    assert function, "the page has the function"
    file = reader.home / ".config/direnv/direnvrc"
    file.parent.mkdir(parents=True)
    file.write_text(function[0])
    (reader.project / ".envrc").write_text(f"use {word}\n")
    allowed = reader.run("direnv", "allow")
    assert allowed.code == 0, allowed.err


# A prompt's hook, and what the shell then finds.
PROMPT = 'eval "$(direnv export bash)"\ncommand -v greet || echo none\n'


@pytest.mark.parametrize("word", PAGES)
def test_direnv_follows_the_pins_of_a_project(word: str, reader: Home) -> None:
    _follow(reader, word)
    later = "touch -d '+5 sec' .tool-versions"
    script = (
        f"{PROMPT} greet you\n"
        f"echo greet 1.1.0 >.tool-versions; {later}; {PROMPT}"
        f"cd ..; {PROMPT} cd project; {PROMPT}"
    )
    done = reader.run("bash", "--norc", "-c", script)
    bins = [
        f"{reader.data}/installs/greet/{number}/bin" for number in ("1.0.0", "1.1.0")
    ]
    assert done.out.splitlines() == [
        f"{bins[0]}/greet",
        "greet 1.0.0 says hello to you",
        f"{bins[1]}/greet",
        "none",
        f"{bins[1]}/greet",
    ], done.err


@pytest.mark.parametrize("word", PAGES)
def test_direnv_shows_which_version_is_missing(word: str, reader: Home) -> None:
    _follow(reader, word)
    reader.pin("greet 2.0.0\n")
    done = reader.run("bash", "--norc", "-c", PROMPT)
    assert done.out == "none\n"
    assert "greet 2.0.0 is not installed" in done.err
    assert "toolpin install" in done.err
