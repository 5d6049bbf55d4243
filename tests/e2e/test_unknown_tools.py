"""Tools in a file that no plugin knows: named once, with the command that adds them."""

from __future__ import annotations

import json

import pytest

from tests.support.run import TOOLPIN, Home
from tests.support.scripted import GREET, repository
from tests.support.upstream import Upstream

ADD_FIRST = "try: toolpin plugin add xqwzr"
ADD_OTHER = "try: toolpin plugin add xqwzt"


@pytest.fixture
def mixed(home: Home, upstream: Upstream) -> Home:
    """A project with a tool that is installed, between two that nobody knows."""
    upstream.publish("10.15.3")
    assert home.toolpin("install", "nodejs", "10.15.3").code == 0
    home.pin("xqwzr 3.3.10\nnodejs 10.15.3\nxqwzt 3.13.0\n")
    return home


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("install", 1),
        ("install --dry-run", 1),
        ("lock --source upstream", 1),
        ("current", 1),
        ("env", 0),
        ("env --format systemd", 0),
        ("ci plan", 0),
        ("outdated", 1),
        ("upgrade --latest", 1),
        ("doctor", 1),
    ],
)
def test_a_command_names_each_once_with_the_command_that_adds_it(
    line: str, code: int, mixed: Home
) -> None:
    result = mixed.toolpin(*line.split())
    output = result.out + result.err
    assert output.count(ADD_FIRST) == output.count(ADD_OTHER) == 1
    assert output.count(".tool-versions:1") == output.count(".tool-versions:3") == 1
    assert result.code == code


def test_a_locked_project_checks_upgrades_and_pins_the_others(
    mixed: Home, upstream: Upstream
) -> None:
    mixed.pin("xqwzr 3.3.10\nnodejs 10\n")
    assert mixed.toolpin("lock", "--source", "upstream").code == 1
    upstream.publish("10.16.0")
    for words, code in (
        (("lock", "--check"), 0),
        (("upgrade",), 1),
        (("pin", "nodejs", "10"), 0),
    ):
        result = mixed.toolpin(*words)
        assert (result.code, result.err.count(ADD_FIRST)) == (code, 1), result.err
    assert '"nodejs 10" = "10.16.0"' in (mixed.project / "toolpin.lock").read_text()


def test_an_upgrade_keeps_what_is_locked_of_a_tool_that_is_unknown_here(
    mixed: Home, upstream: Upstream
) -> None:
    greet = repository(mixed.root / "upstream/greet", GREET)
    assert mixed.toolpin("plugin", "add", "greet", f"file://{greet}").code == 0
    mixed.pin("nodejs 10\ngreet 1.1.0\n")
    assert mixed.toolpin("lock").code == 0
    upstream.publish("10.16.0")
    assert mixed.toolpin("plugin", "remove", "greet").code == 0
    assert mixed.toolpin("upgrade").code == 1
    text = (mixed.project / "toolpin.lock").read_text()
    assert '"nodejs 10" = "10.16.0"' in text
    assert f'"git:file://{greet}@' in text


@pytest.mark.parametrize(
    "words", [("env", "xqwzr"), ("where", "xqwzr"), ("latest", "xqwzr")]
)
def test_the_one_that_is_meant_is_an_error(words: tuple[str, ...], mixed: Home) -> None:
    result = mixed.toolpin(*words)
    assert result.code == 1
    assert result.err.startswith("toolpin: no plugin provides xqwzr\n")
    assert ADD_FIRST in result.err


@pytest.mark.parametrize(("word", "code"), [("exec", 126), ("which", 126), ("why", 1)])
def test_a_command_of_its_name_is_answered_with_the_command_that_adds_it(
    word: str, code: int, mixed: Home
) -> None:
    result = mixed.toolpin(word, "xqwzt")
    assert result.code == code
    assert f"{mixed.project}/.tool-versions:3" in result.out + result.err
    assert ADD_OTHER in result.err


def test_json_says_which_tools_are_known(mixed: Home) -> None:
    rows = json.loads(mixed.toolpin("current", "--json").out)["result"]
    assert [row["known"] for row in rows] == [False, True, False]


def test_one_that_is_spelt_almost_like_a_tool_is_told_which(mixed: Home) -> None:
    mixed.pin("nodjs 10.15.3\n")
    result = mixed.toolpin("install")
    assert "similar" in result.err
    assert "try: toolpin plugin show nodejs" in result.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_an_activated_shell_names_each_once_a_session(shell: str, mixed: Home) -> None:
    line = " ".join((*TOOLPIN, "activate", shell))
    start = f"{line} | source" if shell == "fish" else f'eval "$({line})"'
    visits = f"cd /; cd {mixed.project}; cd /; cd {mixed.project}; {shell} -c 'cd /'"
    env = {"PATH": f"{mixed.data}/shims:{mixed.env['PATH']}"}
    result = mixed.run(shell, "-c", f"{start}; {visits}", env=env)
    lines = result.err.splitlines()
    assert len([line for line in lines if line.endswith(ADD_FIRST)]) == 1
    assert len([line for line in lines if line.endswith(ADD_OTHER)]) == 1
    assert "toolpin install" not in result.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_coming_back_does_not_repeat_what_is_not_installed(
    shell: str, mixed: Home
) -> None:
    line = " ".join((*TOOLPIN, "activate", shell))
    start = f"{line} | source" if shell == "fish" else f'eval "$({line})"'
    mixed.pin("nodejs 10.16.0\n")
    other = mixed.root / "other"
    other.mkdir()
    (other / ".tool-versions").write_text("nodejs 10.17.0\n")
    visits = f"cd /; cd {mixed.project}; cd /; cd {other}; cd /; cd {other}"
    result = mixed.run(shell, "-c", f"{start}; {visits}")
    reported = [text for text in result.err.splitlines() if "is not installed" in text]
    assert [text.split()[2] for text in reported] == ["10.16.0", "10.17.0"]


def test_a_shell_names_one_that_another_project_adds_to_those_named(
    mixed: Home,
) -> None:
    other = mixed.root / "other"
    other.mkdir()
    (other / ".tool-versions").write_text("xqwzt 1.0\nxqwzv 2.1\n")
    start = f'eval "$({" ".join((*TOOLPIN, "activate", "bash"))})"'
    result = mixed.run("bash", "-c", f"{start}; cd {other}; cd /; cd {other}")
    added = [line.partition("try: ")[2] for line in result.err.splitlines()]
    assert added == [
        f"toolpin plugin add {name}" for name in ("xqwzr", "xqwzt", "xqwzv")
    ]


def test_a_dry_run_has_a_code_for_what_would_be_installed(
    mixed: Home, upstream: Upstream
) -> None:
    upstream.publish("10.16.0")
    mixed.pin("nodejs 10.15.3\n")
    done = mixed.toolpin("install", "--dry-run")
    assert (done.code, done.out) == (0, "")
    mixed.pin("nodejs 10.15.3 10.16.0\n")
    would = mixed.toolpin("install", "--dry-run", "--json")
    assert would.code == 5
    plans = json.loads(would.out)["result"]["plans"]
    assert [plan["version"] for plan in plans] == ["10.16.0"]
    mixed.pin("nodejs 10.16.0\nxqwzt 1.0\n")
    assert mixed.toolpin("install", "--dry-run").code == 1
    assert mixed.toolpin("list").out.split() == ["nodejs", "10.15.3"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("nodejs 10.15.3", 0),
        ("nodejs 10", 0),
        ("nodejs 10.99.0 10.15.3", 0),
        ("nodejs system", 0),
        ("nodejs 10.99.0", 1),
        ("nodejs 10.15.3\ngolang 1.22.1", 1),
        ("golang path:/nowhere", 1),
    ],
)
def test_current_alone_exits_with_1_where_something_is_missing(
    line: str, code: int, mixed: Home
) -> None:
    mixed.pin(f"{line}\n")
    assert mixed.toolpin("current").code == code
    assert mixed.toolpin("current", "--json").code == code
