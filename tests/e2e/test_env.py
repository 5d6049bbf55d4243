"""What `toolpin env` prints, as a shell takes it; and names that are nearly right."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    assert two_tools.toolpin("env", "one").out == ""
    assert f"'{two_tools.home}/two/bin'" in two_tools.toolpin("env").out


def test_a_missing_version_prints_no_half_of_it(two_tools: Home) -> None:
    two_tools.pin("one 1.0\ntwo 3.0\n")
    result = two_tools.toolpin("env")
    assert (result.code, result.out) == (126, "")
    assert "two 3.0 is not installed" in result.err
    assert f"{two_tools.project}/.tool-versions:2" in result.err


@pytest.mark.parametrize("form", ["sh", "fish", "systemd", "json"])
def test_a_folder_of_the_users_own_is_in_env_and_one_that_a_project_names_is_not(
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
    assert "near it      nodejs\n" in result.err


@pytest.mark.parametrize("verb", ["which", "exec"])
def test_a_misspelt_command_is_answered_with_those_near_it(
    verb: str, two_tools: Home
) -> None:
    assert two_tools.toolpin("reshim").code == 0
    result = two_tools.toolpin(verb, "run-noe")
    assert result.code == 127
    assert "near it  run-one" in result.err
    assert "try: toolpin which run-one\n" in result.err
    result = two_tools.toolpin(verb, "quite-another")
    assert "try: toolpin list\n" in result.err


def test_a_misspelt_version_is_answered_with_those_near_it(home: Home) -> None:
    for version in ("1.0", "9.1", "10.2", "10.10"):
        _install(home, "one", version)
    for command in ("where", "uninstall"):
        result = home.toolpin(command, "one", "10.3")
        assert result.code == 1
        assert "installed  10.2, 10.10, 9.1, 1.0\n" in result.err


def test_a_folder_may_have_the_name_of_a_command(home: Home) -> None:
    (home.project / "list").mkdir()
    (home.project / "list/.tool-versions").write_text("one 1.0\n")
    assert "one  1.0" in home.toolpin("-C", "list", "current").out
