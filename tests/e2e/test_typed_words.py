"""What people type and write is understood, or answered with a line that works."""

from __future__ import annotations

import shlex

import pytest

from tests.support.run import Home, Result
from tests.support.upstream import Upstream


def tried(home: Home, told: Result) -> Result:
    """Run the line that an error ends in, as its reader would."""
    assert told.code != 0, told.out
    _, _, line = told.err.rpartition("  try: toolpin ")
    assert line, told.err
    return home.toolpin(*shlex.split(line.partition("\n")[0]))


def test_a_tool_and_its_version_may_be_one_word(home: Home, upstream: Upstream) -> None:
    upstream.publish("22.20.0")
    for words in (
        ("install", "nodejs@22.20.0"),
        ("pin", "node@22.20.0"),
        ("where", "nodejs@22.20.0"),
        ("verify", "nodejs@22.20.0"),
        ("list", "nodejs@22"),
        ("list-all", "nodejs@22"),
        ("latest", "nodejs@22"),
        ("uninstall", "nodejs@22.20.0"),
    ):
        result = home.toolpin(*words)
        assert result.code == 0, (words, result.err)
    assert (home.project / ".tool-versions").read_text() == "node 22.20.0\n"
    assert home.toolpin("list").out == ""


def test_a_word_that_ends_in_an_at_names_no_version(home: Home) -> None:
    assert "nodejs@" in home.toolpin("install", "nodejs@").err


def test_pin_without_a_version_says_what_to_type(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0")
    result = home.toolpin("pin", "nodejs")
    assert result.code == 2
    assert tried(home, result).code == 0
    assert (home.project / ".tool-versions").read_text() == "nodejs latest\n"


def test_what_is_not_pinned_is_installed_by_the_line_that_is_told(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0")
    done = tried(home, home.toolpin("install", "nodejs"))
    assert done.code == 0, done.err
    assert home.toolpin("list").out.split() == ["nodejs", "22.20.0"]


@pytest.mark.parametrize("words", [("current",), ("where",), ("env",)])
def test_what_is_not_pinned_is_pinned_by_the_line_that_is_told(
    words: tuple[str, ...], home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0")
    assert tried(home, home.toolpin(*words, "nodejs")).code == 0
    assert (home.project / ".tool-versions").read_text() == "nodejs latest\n"


@pytest.mark.parametrize("line", ["nodejs", "nodejs=22", "nodejs@22", "nodejs >=22"])
def test_a_broken_line_is_fixed_by_the_line_that_is_told(line: str, home: Home) -> None:
    home.pin(f"# ours\n{line}  # why\ngolang 1.26.1\n")
    below = home.project / "below"
    below.mkdir()
    result = home.toolpin("current", cwd=below)
    done = tried(home, result)
    assert done.code == 0, done.err
    version = "22" if "22" in line else "latest"
    assert (home.project / ".tool-versions").read_text() == (
        f"# ours\nnodejs {version}  # why\ngolang 1.26.1\n"
    )


def test_pin_still_refuses_a_file_with_another_broken_line(home: Home) -> None:
    file = home.pin("golang\nnodejs 22\n")
    result = home.toolpin("pin", "nodejs", "24")
    assert result.code == 2
    assert f"{file}:1" in result.err
    assert file.read_text() == "golang\nnodejs 22\n"


def test_a_line_of_versions_that_is_not_there_lists_the_others(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0")
    home.pin("nodejs 99.1.0\n")
    done = tried(home, home.toolpin("install"))
    assert (done.code, done.out) == (0, "22.20.0\n")


def test_pin_leaves_out_the_v_of_a_tag_and_says_so(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0")
    result = home.toolpin("pin", "nodejs", "v22.20.0", "v20")
    assert result.code == 0
    assert "nodejs 22.20.0 20" in result.err
    assert "without the leading v" in result.err
    assert (home.project / ".tool-versions").read_text() == "nodejs 22.20.0 20\n"


def test_a_version_with_a_v_in_a_file_is_the_version_without_it(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0")
    home.pin("nodejs v22.20.0\n")
    below = home.project / "below"
    below.mkdir()
    assert home.toolpin("install", cwd=below).code == 0
    assert (home.project / ".tool-versions").read_text() == "nodejs v22.20.0\n"
    assert home.toolpin("list").out.split() == ["nodejs", "*", "22.20.0"]
    assert home.run(home.shim("node"), "--version").out == "v22.20.0\n"


@pytest.mark.parametrize("word", ["v22.20.0", "22.x", "v22.20.x", "lts/22", "stable"])
def test_a_version_means_the_same_on_the_command_line(
    word: str, home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0")
    for verb in ("install", "pin", "where"):
        done = home.toolpin(verb, "node", word)
        assert done.code == 0, (verb, done.err)
    assert home.toolpin("list").out.split() == ["nodejs", "*", "22.20.0"]
    exact = {"22.x": "22", "v22.20.x": "22.20", "lts/22": "22", "stable": "latest"}
    assert (home.project / ".tool-versions").read_text() == (
        f"node {exact.get(word, '22.20.0')}\n"
    )
    env = {"TOOLPIN_NODEJS_VERSION": word}
    assert home.toolpin("exec", "node", "--version", env=env).out == "v22.20.0\n"


@pytest.mark.parametrize("words", [("install",), ("current",), ("pin",)])
def test_a_misspelt_tool_is_told_once_with_a_line_that_works(
    words: tuple[str, ...], home: Home
) -> None:
    result = home.toolpin(*words, "nodejss", *(("22",) if words == ("pin",) else ()))
    assert "similar" in result.err
    assert "nodejs, node" not in result.err
    assert tried(home, result).code == 0


def test_pin_of_what_is_no_version_tells_the_one_that_was_meant(home: Home) -> None:
    assert tried(home, home.toolpin("pin", "nodejs", ">=22")).code == 0
    assert (home.project / ".tool-versions").read_text() == "nodejs 22\n"
