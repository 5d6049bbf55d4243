"""What `toolpin env` prints, as a shell takes it; and names that are nearly right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shell.scenario import TOOLPIN
from tests.support.run import Home


def _install(home: Home, tool: str, version: str, record: str = "") -> Path:
    """Put an adopted install in place, or one with a record."""
    tree = home.data / "installs" / tool / version
    (tree / "bin").mkdir(parents=True)
    program = tree / "bin" / f"run-{tool}"
    program.write_text(f"#!/bin/sh\necho {tool} {version}\n")
    program.chmod(0o755)
    if record:
        (tree / ".toolpin").mkdir()
        text = f"toolpin_bins='{tree}/bin'\n{record}"
        (tree / ".toolpin/record.sh").write_text(text)
    return tree


@pytest.fixture
def two_tools(home: Home) -> Home:
    """Two tools that set the same variable, with a quote in its value."""
    _install(home, "one", "1.0", "export SHARED='one'\\''s'\nexport OWN='1'\n")
    _install(home, "two", "2.0", "export SHARED='two'\n")
    home.pin("one 1.0\ntwo 3.0 2.0\n")
    return home


def test_a_shell_takes_what_env_prints(two_tools: Home) -> None:
    shown = two_tools.toolpin("env")
    assert shown.code == 0, shown.err
    script = f'{shown.out}\nrun-one; run-two; echo "$SHARED $OWN"; command -v sh'
    done = two_tools.run("sh", "-c", script)
    assert done.out.splitlines()[:3] == ["one 1.0", "two 2.0", "one's 1"]
    assert done.out.splitlines()[3].endswith("/sh")


def test_env_of_a_tool_is_its_own_alone(two_tools: Home) -> None:
    text = two_tools.toolpin("env", "two").out
    assert text.startswith("export SHARED='two'\nexport PATH=")
    assert "/one/" not in text


def test_the_machines_own_sets_nothing(two_tools: Home) -> None:
    two_tools.pin("one system\n")
    (two_tools.home / ".tool-versions").write_text("two path:~/two\n")
    (two_tools.home / "two/bin").mkdir(parents=True)
    shims = f"export PATH='{two_tools.data}/shims':"
    assert two_tools.toolpin("env", "one").out.startswith(shims)
    file = two_tools.toolpin("env", "one", "--format", "docker").out
    assert str(two_tools.data) not in file  # its programs need no store
    assert f"'{two_tools.home}/two/bin:" in two_tools.toolpin("env").out


def test_a_missing_version_prints_no_half_of_it(two_tools: Home) -> None:
    two_tools.pin("one 1.0\nnodejs 3.0\n")
    result = two_tools.toolpin("env")
    assert result.code == 126
    assert "/one/1.0" not in result.out
    assert "nodejs 3.0 is not installed" in result.err
    assert f"{two_tools.project}/.tool-versions:2" in result.err


@pytest.mark.parametrize(
    ("pins", "words"),
    [("golang 9.9.9", ""), ("one 1.0\nnodejs /x", ""), ("one 1.0", " elixir")],
)
@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh", "fish --no-config"])
def test_what_env_prints_on_failure_ends_a_script(
    two_tools: Home, shell: str, pins: str, words: str
) -> None:
    two_tools.pin(f"{pins}\n")
    line = f'eval "$({TOOLPIN} env{words})"; echo went on'
    if shell.startswith("fish"):
        line = f"eval ({TOOLPIN} env{words} --format fish | string collect); echo on"
    elif shell == "bash":
        line = f"set -euo pipefail; {line}"
    done = two_tools.run(*shell.split(), "-c", line)
    assert (done.code, done.out) == (126, "")
    assert done.err.startswith("toolpin: ")


def test_what_env_prints_on_failure_leaves_an_interactive_shell_open(
    two_tools: Home,
) -> None:
    two_tools.pin("nodejs 3.0\n")
    line = f'eval "$({TOOLPIN} env)"\necho status $?\n'
    done = two_tools.run("bash", "--norc", "-i", stdin=line)
    assert done.out == "status 126\n"


@pytest.mark.parametrize("form", ["dotenv", "systemd", "docker", "github", "json"])
def test_a_file_gets_nothing_on_failure(two_tools: Home, form: str) -> None:
    two_tools.pin("one 1.0\nnodejs 3.0\n")
    result = two_tools.toolpin("env", "--format", form)
    assert (result.code, result.out) == (126, "")


def test_env_in_a_deleted_directory_fails_when_evaluated(two_tools: Home) -> None:
    line = f'mkdir d; cd d; rmdir ../d; eval "$({TOOLPIN} env)"; echo went on'
    done = two_tools.run("dash", "-c", line)
    assert (done.code, done.out) == (126, "")


@pytest.mark.parametrize("form", ["sh", "fish", "systemd", "json"])
def test_a_tool_that_no_plugin_knows_is_left_out_with_a_warning(
    two_tools: Home, form: str
) -> None:
    two_tools.pin("one 1.0\nunheard-of 3.0\n")
    result = two_tools.toolpin("env", "--format", form)
    assert result.code == 0
    assert "/one/1.0/bin" in result.out
    assert f"{two_tools.project}/.tool-versions:2: unheard-of" in result.err
    assert "try: toolpin plugin add unheard-of\n" in result.err


@pytest.mark.parametrize("form", ["sh", "fish", "systemd", "json"])
def test_a_directory_of_the_users_own_is_in_env_and_one_that_a_project_names_is_not(
    form: str, two_tools: Home
) -> None:
    own = two_tools.home / "two"
    (own / "bin").mkdir(parents=True)
    words = ["--json", "env"] if form == "json" else ["env", "--format", form]
    two_tools.pin("one 1.0\ntwo path:~/two\n")
    result = two_tools.toolpin(*words)
    assert result.code == 0, result.err
    assert "/one/1.0/bin" in result.out
    assert f"{own}/bin" not in result.out
    assert "two path:~/two" in result.err
    variable = {"TOOLPIN_TWO_VERSION": "path:~/two"}
    assert f"{own}/bin" in two_tools.toolpin(*words, env=variable).out
    two_tools.pin("one 1.0\n")
    (two_tools.home / ".tool-versions").write_text("two path:~/two\n")
    assert f"{own}/bin" in two_tools.toolpin(*words).out


@pytest.mark.parametrize("command", ["list", "current", "where", "env", "uninstall"])
def test_a_misspelt_tool_is_answered_with_those_near_it(
    command: str, home: Home
) -> None:
    more = ["--all"] if command == "uninstall" else []
    result = home.toolpin(command, "nodesj", *more)
    assert result.code == 1
    assert "similar      nodejs\n" in result.err


@pytest.mark.parametrize("verb", ["which", "exec"])
def test_a_misspelt_command_is_answered_with_those_near_it(
    verb: str, two_tools: Home
) -> None:
    assert two_tools.toolpin("reshim").code == 0
    result = two_tools.toolpin(verb, "run-noe")
    assert result.code == 127
    assert "similar  run-one" in result.err
    assert "try: toolpin which run-one\n" in result.err
    result = two_tools.toolpin(verb, "quite-another")
    assert "try: toolpin list\n" in result.err


def test_a_misspelt_version_is_answered_with_those_near_it(home: Home) -> None:
    for version in ("1.0", "9.1", "10.2", "10.10"):
        _install(home, "one", version)
    for command in ("where", "uninstall"):
        result = home.toolpin(command, "one", "10.3")
        assert result.code == 1
        assert "  10.2, 10.10\n" in result.err


def test_a_directory_may_have_the_name_of_a_command(home: Home) -> None:
    (home.project / "list").mkdir()
    (home.project / "list/.tool-versions").write_text("one 1.0\n")
    assert "one  1.0" in home.toolpin("-C", "list", "current").out
