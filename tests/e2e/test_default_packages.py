"""What a user lists in ~/.default-mix-commands runs once for each new install."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.beam import BeamUpstream
from tests.support.run import Home
from tests.support.server import Server
from tests.support.upstream import Upstream

IMAGES = ("ubuntu-20.04", "ubuntu-22.04", "ubuntu-24.04")
# The Mix of these tests runs its words as a command, and so this is what a line says.
RECORD = """#!/bin/sh
mkdir -p "$MIX_HOME"
echo "$* $(erl) ${MIX_HOME##*/} ${PWD##*/}" >>%s
echo "the output of $1"
"""


class User:
    """A user with such a list, and what its commands have recorded."""

    def __init__(self, home: Home) -> None:
        self._file = home.home / ".default-mix-commands"
        self._record = home.root / "record"
        self.command = home.root / "command"
        self.command.write_text(RECORD % self._record)
        self.command.chmod(0o755)

    def lists(self, *lines: str) -> None:
        """Write the file; a word COMMAND is the command that records."""
        text = "".join(f"{line}\n" for line in lines)
        self._file.write_text(text.replace("COMMAND", str(self.command)))

    @property
    def recorded(self) -> list[str]:
        """What ran, each with its OTP, the name of MIX_HOME and of its directory."""
        return self._record.read_text().splitlines() if self._record.exists() else []


@pytest.fixture
def beam(home: Home) -> Iterator[BeamUpstream]:
    with Server() as server:
        copy = BeamUpstream(server)
        copy.mirror_for(home)
        Upstream(server).publish("20.1.0")
        home.env["TOOLPIN_MIRRORS"] += f" https://nodejs.org/dist={server.url}/dist"
        for otp in ("21.3", "22.2"):
            copy.otp(otp, IMAGES)
        copy.elixir("1.9.4")
        yield copy


@pytest.fixture
def user(home: Home) -> User:
    return User(home)


def log_of(home: Home, version: str) -> Path:
    """Return the log of an install of Elixir."""
    return home.data / f"logs/elixir@{version}.log"


@pytest.mark.usefixtures("beam")
def test_a_new_pair_gets_the_commands_of_the_list_once(home: Home, user: User) -> None:
    user.lists("COMMAND hex", "", "  # archives", "  COMMAND\tarchive  'a b'  ")
    home.pin("elixir 1.9.4\nerlang 22.2\n")
    first = home.toolpin("install")
    assert first.code == 0, first.err
    expected = [
        "hex --force 22.2 1.9-otp-22 1.9.4",
        "archive 'a b' --force 22.2 1.9-otp-22 1.9.4",
    ]
    assert user.recorded == expected
    log = log_of(home, "1.9.4")
    line = f"elixir 1.9.4: running 2 commands of {home.home}/.default-mix-commands"
    assert f"{line} (log: {log})\n" in first.err
    assert "the output of" not in first.err + first.out
    assert log.read_text().count("the output of") == 2
    again = home.toolpin("install")
    assert (again.code, user.recorded) == (0, expected)
    assert "running" not in again.err


@pytest.mark.usefixtures("beam")
def test_an_old_elixir_on_another_otp_is_a_new_pair(home: Home, user: User) -> None:
    home.pin("erlang 22.2\nelixir 1.9.4\n")
    assert home.toolpin("install").code == 0
    assert home.toolpin("install", "erlang", "21.3").code == 0
    user.lists("COMMAND hex")
    home.pin("erlang 21.3\nelixir 1.9.4\n")
    done = home.toolpin("install")
    assert done.code == 0, done.err
    assert user.recorded == ["hex --force 21.3 1.9-otp-21 1.9.4"]


@pytest.mark.usefixtures("beam")
def test_a_command_that_fails_is_reported_with_the_one_that_repeats_it(
    home: Home, user: User
) -> None:
    user.lists("false", "COMMAND 'it''s' $(id) ; `id` && id >x", "./a\0b", "COMMAND z")
    home.pin("erlang 22.2\nelixir 1.9.4\n")
    done = home.toolpin("install")
    assert done.code == 0, done.err
    assert "toolpin: 2 installed\n" in done.err
    assert "toolpin: elixir 1.9.4: `mix false --force` ended with 1\n" in done.err
    assert f"  log  {log_of(home, '1.9.4')}\n" in done.err
    hint = "try: TOOLPIN_ELIXIR_VERSION=1.9.4 toolpin exec mix false --force\n"
    assert hint in done.err
    assert ".default-mix-commands:3 holds a control character" in done.err
    words, last = (line.partition(" --force")[0] for line in user.recorded)
    assert (words, last) == ("'it''s' $(id) ; `id` && id >x", "z")
    assert not list(home.data.glob("installs/elixir/1.9.4/x"))


@pytest.mark.parametrize(
    ("env", "runs"),
    [
        ({"TOOLPIN_DEFAULT_PACKAGES": "false"}, False),
        ({"CI": "true"}, False),
        ({"CI": "true", "TOOLPIN_DEFAULT_PACKAGES": "true"}, True),
    ],
    ids=["setting", "CI", "CI that wants it"],
)
@pytest.mark.usefixtures("beam")
def test_the_commands_run_where_they_are_wanted(
    env: dict[str, str], runs: bool, home: Home, user: User
) -> None:
    user.lists("COMMAND hex")
    home.pin("erlang 22.2\nelixir 1.9.4\n")
    assert home.toolpin("install", env=env).code == 0
    assert bool(user.recorded) is runs


@pytest.mark.usefixtures("beam")
def test_offline_the_commands_wait_for_the_next_install(home: Home, user: User) -> None:
    home.pin("erlang 22.2\nelixir 1.9.4\n")
    assert home.toolpin("install").code == 0
    user.lists("COMMAND hex")
    done = home.toolpin("--offline", "install")
    assert (done.code, user.recorded) == (0, [])
    assert f"{home.home}/.default-mix-commands were not run: offline" in done.err
    assert home.toolpin("install").code == 0
    assert len(user.recorded) == 1


@pytest.mark.usefixtures("beam")
def test_a_list_that_cannot_be_read_fails_no_install(home: Home) -> None:
    (home.home / ".default-mix-commands").mkdir()
    home.pin("erlang 22.2\nelixir 1.9.4\n")
    done = home.toolpin("install")
    assert done.code == 0, done.err
    assert f"toolpin: {home.home}/.default-mix-commands " in done.err


@pytest.mark.usefixtures("beam")
def test_the_project_here_has_no_say_in_the_commands(home: Home, user: User) -> None:
    """Mix and npm read the files of the directory that they are started in."""
    user.lists("COMMAND hex")
    named = home.toolpin("install", "elixir", "1.9.4")
    assert named.code == 0, named.err
    assert user.recorded == ["hex --force  1.9-otp- 1.9.4"]


@pytest.mark.usefixtures("beam")
def test_each_new_node_gets_the_packages_of_the_list(home: Home) -> None:
    packages = home.home / ".default-npm-packages"
    packages.write_text("# tools\nzx --registry=https://registry.example.org/\n")
    done = home.toolpin("install", "nodejs", "20.1.0")
    assert done.code == 0, done.err
    log = (home.data / "logs/nodejs@20.1.0.log").read_text()
    line = "== npm install -g zx --registry=https://registry.example.org/\n"
    assert log.startswith(line)
    assert home.toolpin("install", "nodejs", "20.1.0").code == 0
    assert (home.data / "logs/nodejs@20.1.0.log").read_text() == log
