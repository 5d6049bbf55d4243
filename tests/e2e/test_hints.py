"""What is told to try can be pasted: the name of a directory in it is one word."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.run import REPOSITORY, TOOLPIN, Home, Result
from tests.support.upstream import HOSTS, Upstream

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
def directory(home: Home) -> Path:
    directory = home.project / ODD
    directory.mkdir()
    return directory


def test_the_file_that_disagrees_is_removed_by_its_name(
    home: Home, directory: Path
) -> None:
    (directory / ".tool-versions").write_text("nodejs 24.1.0\n")
    (directory / ".nvmrc").write_text("22.20.0\n")
    paste(home, home.toolpin("--strict", "current", cwd=directory))
    assert not (directory / ".nvmrc").exists()


def test_the_link_to_a_file_of_another_kind_is_removed_by_its_name(
    home: Home, directory: Path
) -> None:
    (home.root / "notes").write_text("nodejs 24.1.0\n")
    (directory / ".tool-versions").symlink_to(home.root / "notes")
    paste(home, home.toolpin("current", cwd=directory))
    assert not (directory / ".tool-versions").is_symlink()


def test_a_plugin_is_added_by_its_file_s_name(home: Home, directory: Path) -> None:
    bundled = (REPOSITORY / "plugins/rebar.toml").read_text()
    for text in (bundled, f"{bundled}# more\n"):
        (directory / "rebar.toml").write_text(text)
        result = home.toolpin("plugin", "add", "rebar", str(directory / "rebar.toml"))
    _, _, line = result.err.partition("  try: toolpin ")
    assert home.toolpin(*shlex.split(line)).code == 0


@pytest.mark.parametrize("name", ["none.bundle", "no/directory/none.bundle"])
def test_a_bundle_that_is_not_there_is_looked_for_where_it_was_named(
    name: str, home: Home, directory: Path
) -> None:
    line = paste(home, home.toolpin("bundle", "install", str(directory / name)))
    assert shlex.split(line)[:2] == ["ls", "-l"]


class Situation(NamedTuple):
    """Lines that a user types, the last of which ends in advice.

    After the advice `then` succeeds, by itself the line that failed.
    """

    lines: tuple[str, ...]
    advice: str
    then: str = ""


SITUATIONS = {
    "a pin that is not installed": Situation(
        ("toolpin pin nodejs 10.15.3", "toolpin exec node"), "toolpin install --missing"
    ),
    "why of what is not installed": Situation(
        ("toolpin pin nodejs 10.15.3", "toolpin why node"),
        "toolpin install --missing",
        "toolpin exec node",
    ),
    "doctor of what is not installed": Situation(
        ("toolpin pin nodejs 10.15.3", 'eval "$(toolpin env)"; toolpin doctor'),
        "toolpin install --missing",
        "toolpin exec node",
    ),
    "a tree that was changed": Situation(
        (
            "toolpin install nodejs 10.15.3",
            "echo >> $TOOLPIN_DATA_DIR/installs/nodejs/10.15.3/bin/node",
            "toolpin verify",
        ),
        "toolpin verify nodejs 10.15.3 --repair",
    ),
    "no lockfile where one is required": Situation(
        ("echo nodejs 10.15.3 > .tool-versions", "toolpin install --locked"),
        "toolpin lock",
    ),
    "no lockfile to check": Situation(
        ("echo nodejs 10 > .tool-versions", "toolpin lock --check"), "toolpin lock"
    ),
    "no lockfile to move": Situation(
        ("echo nodejs 10 > .tool-versions", "toolpin upgrade"), "toolpin lock"
    ),
    "a stale lockfile": Situation(
        (
            "echo nodejs 10 > .tool-versions; toolpin lock",
            "echo nodejs 12 > .tool-versions; toolpin lock --check",
        ),
        "toolpin lock",
    ),
    "nothing to lock": Situation(("toolpin lock",), "toolpin pin nodejs latest"),
    "a version that does not exist": Situation(
        ("toolpin install nodejs 10.99.0",), "toolpin list-all nodejs 10", "true"
    ),
    "a request that nothing answers": Situation(
        ("echo nodejs 99 > .tool-versions; toolpin lock",),
        "toolpin list-all nodejs",
        "true",
    ),
    "a version that is not installed": Situation(
        ("toolpin where nodejs 10.15.3",), "toolpin install nodejs 10.15.3"
    ),
    "a tool of another name": Situation(
        ("echo nodjs 10.15.3 > .tool-versions; toolpin install",),
        "toolpin plugin show nodejs",
        "true",
    ),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_what_is_advised_has_been_typed(
    name: str, home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3", hosts=HOSTS)
    upstream.publish("12.22.0", hosts=HOSTS)
    programs = home.root / "programs"
    programs.mkdir()
    (programs / "toolpin").write_text(f'#!/bin/sh\nexec {shlex.join(TOOLPIN)} "$@"\n')
    (programs / "toolpin").chmod(0o755)
    home.env["PATH"] = f"{programs}:{home.env['PATH']}"

    def type_line(line: str) -> Result:
        return home.run("sh", "-c", line, cwd=home.project)

    situation = SITUATIONS[name]
    *before, last = situation.lines
    for line in before:
        type_line(line)
    output = type_line(last)
    assert output.code != 0
    advice = re.findall(r"^  try: (.*)$", output.out + output.err, re.MULTILINE)
    assert advice[-1:] == [situation.advice], output
    done = type_line(advice[-1])
    assert done.code == 0, done.err
    assert type_line(situation.then or last).code == 0
