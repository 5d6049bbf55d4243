"""Closed and full streams, odd directories: an error with a reason, no traceback."""

from __future__ import annotations

import pytest

from tests.support.run import TOOLPIN, Home
from tests.support.upstream import Upstream

HOSTILE_80 = [
    pytest.param("version >&-", 0, id="closed stdout"),
    pytest.param("version 2>&-", 0, id="closed stderr"),
    pytest.param("install 2>&-", 0, id="install with closed stderr"),
    pytest.param("help | head -n 1", 0, id="a reader that goes"),
    pytest.param("nonsense 2>/dev/full", 2, id="full stderr"),
]


@pytest.fixture
def ready(home: Home, upstream: Upstream) -> Home:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    assert home.toolpin("install").code == 0
    return home


@pytest.mark.parametrize(("words", "code"), HOSTILE_80)
def test_hostile_80_a_stream_that_is_not_there(
    words: str, code: int, ready: Home
) -> None:
    script = f'"$@" {words}'
    result = ready.run("bash", "-o", "pipefail", "-c", script, "-", *TOOLPIN)
    assert result.code == code
    assert "Traceback" not in result.err
    assert "bug" not in result.err


def test_an_answer_that_cannot_be_written_is_an_error(ready: Home) -> None:
    result = ready.run("bash", "-c", '"$@" list >/dev/full', "-", *TOOLPIN)
    assert result.code == 1
    assert result.err.startswith("toolpin: stdout cannot be written\n")


def test_an_empty_directory_is_no_install(ready: Home) -> None:
    (ready.data / "installs/nodejs/99.0.0").mkdir()
    assert "99.0.0" not in ready.toolpin("list").out
    assert ready.toolpin("where", "nodejs", "99.0.0").code == 1


def test_debug_among_the_childs_words_is_the_childs(ready: Home) -> None:
    ready.pin("nodejs 1.1.1\n")
    result = ready.run(ready.shim("node"), "--debug")
    assert result.code == 126
    assert "nodejs 1.1.1 is not installed" in result.err
    assert "Traceback" not in result.err


def test_what_needs_no_install_needs_no_plugin(ready: Home) -> None:
    (ready.home / "src/elixir").mkdir(parents=True)
    ready.pin("nodejs 10.15.3\nerlang system\nelixir path:~/src/elixir\n")
    result = ready.toolpin("install")
    assert result.code == 0, result.err


def test_a_name_with_a_dot_is_a_tools_name(ready: Home) -> None:
    (ready.data / "installs/foo.bar/1.0/bin").mkdir(parents=True)
    assert "foo.bar\n  1.0\n" in ready.toolpin("list").out
