"""Moving on: outdated, upgrade, and a pin that writes both files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.run import TOOLPIN, Home
from tests.support.server import Server
from tests.support.upstream import HOSTS, Upstream


@pytest.fixture
def project(home: Home, upstream: Upstream) -> Home:
    """A project on Node 22, locked before 22.21.0 and 24.1.0 were published."""
    upstream.publish("22.20.0", hosts=HOSTS)
    home.pin("# ours\nnodejs 22 system\n")
    assert home.toolpin("lock").code == 0
    upstream.publish("22.21.0", hosts=HOSTS)
    upstream.publish("24.1.0", hosts=HOSTS)
    upstream.publish("25.0.0-rc.1", hosts=HOSTS)
    return home


def texts(home: Home) -> tuple[str, str]:
    return (
        (home.project / ".tool-versions").read_text(),
        (home.project / "toolpin.lock").read_text(),
    )


def test_outdated_tells_what_is_newer_within_the_request_and_beyond(
    project: Home,
) -> None:
    result = project.toolpin("outdated")
    assert result.code == 0
    rows = [line.split() for line in result.out.splitlines()]
    origin = f"{project.project}/.tool-versions:2"
    assert rows[1] == ["nodejs", "22", "22.20.0", "22.21.0", "24.1.0", origin]
    found = json.loads(project.toolpin("outdated", "--json").out)["result"]
    assert found[0]["within"] == "22.21.0"
    assert found[0]["latest"] == "24.1.0"


def test_upgrade_moves_the_lock_within_the_request(project: Home) -> None:
    result = project.toolpin("upgrade", "node")
    assert result.code == 0, result.err
    assert result.out.split() == ["nodejs", "22", "22.20.0", "->", "22.21.0"]
    file, lock = texts(project)
    assert file == "# ours\nnodejs 22 system\n"
    assert '"nodejs 22" = "22.21.0"' in lock


def test_upgrade_to_the_latest_rewrites_the_request_as_exactly_as_it_was(
    project: Home,
) -> None:
    result = project.toolpin("upgrade", "--latest")
    assert result.code == 0, result.err
    file, lock = texts(project)
    assert file == "# ours\nnodejs 24 system\n"
    assert '"nodejs 24" = "24.1.0"' in lock
    assert "22" not in lock.partition("\n\n")[0]
    answer = json.loads(project.toolpin("upgrade", "--latest", "--json").out)
    assert answer["changed"] is False


def test_what_is_newer_is_asked_of_the_source_that_is_locked(
    project: Home, upstream: Upstream
) -> None:
    upstream.add_second_source(project)
    for version in ("22.20.0", "22.21.0", "24.1.0", "24.2.0"):
        upstream.publish(version, directory="second", hosts=HOSTS)
    assert project.toolpin("lock", "--source", "second").code == 0
    assert project.toolpin("upgrade", "--latest").code == 0
    assert '"nodejs 24" = "24.2.0"' in texts(project)[1]


def test_an_exact_request_moves_with_latest_alone(project: Home) -> None:
    project.pin("nodejs 22.20.0\n")
    assert project.toolpin("lock").code == 0
    assert "stays 22.20.0" in project.toolpin("upgrade").out
    assert project.toolpin("upgrade", "--latest").code == 0
    assert texts(project)[0] == "nodejs 24.1.0\n"


@pytest.mark.parametrize(
    ("request_line", "command"),
    [
        ("nodejs 22", ("upgrade",)),
        ("nodejs 22", ("lock", "--refresh", "nodejs")),
        ("nodejs latest:22", ("upgrade", "nodejs")),
        ("nodejs jod", ("upgrade", "--latest")),
    ],
)
def test_hostile_104_a_list_that_ends_below_what_is_locked_moves_nothing(
    home: Home, upstream: Upstream, request_line: str, command: tuple[str, ...]
) -> None:
    for version in ("22.20.0", "22.21.0"):
        upstream.publish(version, hosts=HOSTS, lts="Jod")
    home.pin(f"{request_line}\n")
    assert home.toolpin("lock").code == 0
    before = texts(home)
    upstream.roll_back("22.20.0")
    output = "the newest version listed is 22.20.0, older than the locked 22.21.0"
    result = home.toolpin(*command)
    assert result.code == 0, result.err
    assert output in result.err
    assert texts(home) == before
    hint = result.err.partition("to update it: toolpin ")[2].splitlines()[0].split()
    moved = home.toolpin(*hint)
    assert (moved.code, output in moved.err) == (0, False), moved
    assert f'"{request_line}" = "22.20.0"' in texts(home)[1]


def test_hostile_104_a_host_is_added_to_what_a_rolled_back_list_lacks(
    home: Home, upstream: Upstream
) -> None:
    for version in ("22.20.0", "22.21.0"):
        upstream.publish(version, hosts=HOSTS)
    home.pin("nodejs 22\n")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    upstream.roll_back("22.20.0")
    hosts = ("--host", "linux-x64", "--host", "linux-arm64")
    assert home.toolpin("lock", "--refresh", "nodejs", *hosts).code == 0
    lock = texts(home)[1]
    assert '"nodejs 22" = "22.21.0"' in lock
    assert "node-v22.21.0-linux-arm64" in lock


def test_outdated_reports_a_list_that_ends_below_what_is_locked(
    project: Home, upstream: Upstream
) -> None:
    upstream.roll_back("22.20.0")
    upstream.publish("22.11.0", hosts=HOSTS)
    upstream.roll_back("22.11.0")
    result = project.toolpin("outdated")
    assert "nodejs 22: the newest version listed is 22.11.0, older than" in result.err
    assert result.code == 0


def test_upgrade_needs_a_lockfile_to_move(home: Home, upstream: Upstream) -> None:
    upstream.publish("22.20.0", hosts=HOSTS)
    upstream.publish("24.1.0", hosts=HOSTS)
    home.pin("nodejs 22.20.0\n")
    result = home.toolpin("upgrade")
    assert result.code == 4
    assert "try: toolpin lock" in result.err
    assert home.toolpin("upgrade", "--latest").code == 0
    assert (home.project / ".tool-versions").read_text() == "nodejs 24.1.0\n"
    assert not (home.project / "toolpin.lock").exists()


def test_an_upgrade_that_fails_leaves_both_files_as_they_were(
    project: Home, upstream: Upstream
) -> None:
    before = texts(project)
    upstream.server.close()
    result = project.toolpin("upgrade", "--latest")
    assert result.code == 1
    assert texts(project) == before


def test_a_tool_that_is_not_here_is_named(project: Home) -> None:
    result = project.toolpin("upgrade", "golang")
    assert result.code == 1
    assert "golang is not pinned here" in result.err


def test_pin_writes_both_files(project: Home) -> None:
    result = project.toolpin("pin", "nodejs", "24.1.0")
    assert result.code == 0, result.err
    file, lock = texts(project)
    assert file == "# ours\nnodejs 24.1.0\n"
    assert '"nodejs 24.1.0" = "24.1.0"' in lock
    assert lock.count("[[build]]") == 6
    assert lock.count('source = "none"') == 2  # musl
    assert project.toolpin("lock", "--check").code == 0


def test_a_pin_of_nothing_published_changes_neither_file(project: Home) -> None:
    before = texts(project)
    assert project.toolpin("pin", "nodejs", "99.0.0").code == 1
    assert texts(project) == before


@pytest.mark.parametrize("what", ["installed", "cached"])
def test_with_every_index_down_a_known_version_is_pinned_and_locked_for_here(
    what: str, project: Home, upstream: Upstream
) -> None:
    assert project.toolpin("install", "nodejs", "24.1.0").code == 0
    if what == "cached":
        assert project.toolpin("uninstall", "nodejs", "24.1.0").code == 0
    upstream.server.close()
    result = project.toolpin("pin", "nodejs", "24.1.0")
    assert result.code == 0, result.err
    assert "locked for linux-x64 only" in result.err
    assert project.toolpin("install", "--locked").code == 0
    assert project.run(project.shim("node"), "--version").out == "v24.1.0\n"
    check = project.toolpin("lock", "--check")
    assert check.code == 4
    hosts = "linux-arm64, linux-x64-musl, macos-arm64, macos-x64"
    assert f"24.1.0 for {hosts}" in check.err
    assert project.toolpin("pin", "nodejs", "24.0.0").code == 1


def _get_others(home: Home) -> None:
    """Install other bytes as a version, through a mirror of another address."""
    with Server() as server:
        Upstream(server).publish("24.1.0", extra="# other\n")
        env = {"TOOLPIN_MIRRORS": f"https://nodejs.org/dist={server.url}/dist"}
        done = home.toolpin("install", "nodejs", "24.1.0", env=env)
        assert done.code == 0, done.err


def test_what_another_mirror_gave_once_is_no_pin(
    project: Home, upstream: Upstream
) -> None:
    _get_others(project)
    assert project.toolpin("uninstall", "nodejs", "24.1.0").code == 0
    upstream.server.close()
    before = texts(project)
    assert project.toolpin("pin", "nodejs", "24.1.0").code == 1
    assert texts(project) == before


def test_what_is_locked_as_it_was_here_is_asked_for_by_the_next_lock(
    project: Home,
) -> None:
    _get_others(project)
    nowhere = {"TOOLPIN_MIRRORS": "https://nodejs.org/dist=http://127.0.0.1:9"}
    assert project.toolpin("pin", "nodejs", "24.1.0", env=nowhere).code == 0
    assert 'verified = "here"' in texts(project)[1]
    before = texts(project)
    result = project.toolpin("lock")
    assert result.code == 1
    assert "differ from those of upstream" in result.err
    assert "try: toolpin lock --refresh nodejs" in result.err
    assert texts(project) == before
    assert project.toolpin("lock", "--refresh", "nodejs").code == 0
    assert "here" not in texts(project)[1]


def test_what_is_published_as_it_was_here_is_the_publishers(project: Home) -> None:
    assert project.toolpin("install", "nodejs", "24.1.0").code == 0
    nowhere = {"TOOLPIN_MIRRORS": "https://nodejs.org/dist=http://127.0.0.1:9"}
    assert project.toolpin("pin", "nodejs", "24.1.0", env=nowhere).code == 0
    assert project.toolpin("lock", "--host", "linux-x64").code == 0
    assert 'verified = "checksum"' in texts(project)[1]
    assert "here" not in texts(project)[1]


def test_without_a_lockfile_pin_writes_none(home: Home, upstream: Upstream) -> None:
    asked = len(upstream.server.requests)
    assert home.toolpin("pin", "nodejs", "24.1.0").code == 0
    assert sorted(Path(home.project).iterdir()) == [home.project / ".tool-versions"]
    assert len(upstream.server.requests) == asked


def test_a_second_pin_with_every_index_down_keeps_what_the_first_has_locked(
    project: Home, upstream: Upstream
) -> None:
    upstream.publish("20.9.0", hosts=HOSTS)
    for version in ("24.1.0", "20.9.0"):
        assert project.toolpin("install", "nodejs", version).code == 0
    upstream.server.close()
    assert project.toolpin("pin", "nodejs", "24.1.0").code == 0
    first = texts(project)
    assert project.toolpin("pin", "nodejs", "24.1.0").code == 0
    assert texts(project) == first
    assert project.toolpin("pin", "nodejs", "20.9.0", "24.1.0").code == 0
    for build in first[1].split("[[build]]")[1:]:
        assert build.strip() in texts(project)[1]
    assert project.toolpin("lock").code == 1  # which has to have every host


def test_nothing_is_said_to_be_locked_of_a_pin_that_fails(
    project: Home, upstream: Upstream
) -> None:
    assert project.toolpin("install", "nodejs", "24.1.0").code == 0
    upstream.server.close()
    result = project.toolpin("pin", "nodejs", "latest:24.1.0")
    assert result.code == 1
    assert "is locked" not in result.err


def test_an_upgrade_to_the_version_that_is_locked_keeps_its_bytes(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS)
    home.pin("nodejs 22\n")
    assert home.toolpin("lock").code == 0
    before = texts(home)
    upstream.publish("22.20.0", hosts=HOSTS, contents="22.20.0-rebuilt")
    result = home.toolpin("upgrade")
    assert "stays 22.20.0" in result.out
    assert "no change" in result.err
    assert texts(home) == before


def test_an_upgrade_finds_the_builds_that_a_version_had_not_yet(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=("linux-x64",))
    home.pin("nodejs 22.20.0\n")
    assert home.toolpin("lock").code == 0
    upstream.publish("22.20.0", hosts=HOSTS)
    assert home.toolpin("lock").code == 0
    assert texts(home)[1].count('"none"') == 5
    assert home.toolpin("upgrade").code == 0
    assert texts(home)[1].count('"none"') == 2  # musl


def test_what_is_older_than_the_lock_is_not_called_newer(
    project: Home, upstream: Upstream
) -> None:
    project.pin("nodejs 25.0.0-rc.1\n")
    assert project.toolpin("lock").code == 0
    assert "everything is up to date" in project.toolpin("outdated").err
    assert "stays 25.0.0-rc.1" in project.toolpin("upgrade", "--latest").out
    upstream.publish("25.0.0", hosts=HOSTS)
    row = project.toolpin("outdated").out.splitlines()[-1].split()
    assert row[:-1] == ["nodejs", *["25.0.0-rc.1"] * 3, "25.0.0"]
    assert project.toolpin("upgrade", "--latest").code == 0
    assert texts(project)[0] == "nodejs 25.0.0\n"


@pytest.mark.parametrize("large", [".tool-versions", "toolpin.lock"])
@pytest.mark.parametrize(
    "args", [("pin", "nodejs", "24.1.0"), ("upgrade", "--latest")], ids=["pin", "up"]
)
def test_where_one_of_the_two_files_cannot_be_written_neither_is(
    args: tuple[str, ...], large: str, project: Home
) -> None:
    if large == ".tool-versions":
        project.pin("nodejs 22\n" + "# a long story\n" * 4000)
    before = texts(project)
    blocks = 40 if large == ".tool-versions" else 1  # of 512 bytes, for any file
    words = " ".join([*TOOLPIN, *args])
    result = project.run("dash", "-c", f"ulimit -f {blocks}; {words}")
    assert result.code == 1, result.err
    assert f"{large} cannot be written" in result.err
    assert texts(project) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_lockfile_of_a_stranger_is_no_ground_to_lock_on(project: Home) -> None:
    project.project.chmod(0o1777)
    os.chown(project.project / "toolpin.lock", 12345, 12345)
    for args in (("lock",), ("upgrade",), ("pin", "nodejs", "24.1.0"), ("outdated",)):
        result = project.toolpin(*args)
        assert result.code == 1, args
        assert "it belongs to another user" in result.err


def test_what_is_locked_for_here_alone_stops_no_other_pin_while_nobody_answers(
    project: Home,
) -> None:
    assert project.toolpin("install", "nodejs", "24.1.0").code == 0
    assert project.toolpin("--offline", "pin", "nodejs", "24.1.0").code == 0
    before = texts(project)
    again = project.toolpin("--offline", "pin", "nodejs", "24.1.0")
    assert again.code == 0, again.err
    assert texts(project) == before
    assert project.toolpin("--offline", "lock").code == 1  # it is not whole


def test_both_files_that_are_written_are_named(project: Home) -> None:
    lockfile = f"{project.project}/toolpin.lock: written"
    assert lockfile in project.toolpin("pin", "nodejs", "22.20.0").err
    assert lockfile not in project.toolpin("pin", "nodejs", "22.20.0").err
    result = project.toolpin("upgrade", "--latest")
    assert lockfile in result.err
    assert f"{project.project}/.tool-versions: written" in result.err
    within = project.toolpin("upgrade")
    assert "no change" in within.err


def test_a_loose_pin_whose_version_is_installed_lacks_nothing(project: Home) -> None:
    assert project.toolpin("install").code == 0
    assert "not installed" not in project.toolpin("pin", "nodejs", "22").err
    assert "nodejs 24 is not installed" in project.toolpin("pin", "nodejs", "24").err
