"""Builds that want a version of another tool, in a store that projects share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.beam import BeamUpstream
from tests.support.run import Home, Result
from tests.support.server import Server

IMAGES = ("ubuntu-20.04", "ubuntu-22.04", "ubuntu-24.04")
REBAR = "rebar 3.24.0"


@pytest.fixture
def beam(home: Home) -> Iterator[BeamUpstream]:
    """A rebar for three versions of OTP, and two versions of OTP."""
    with Server() as server:
        copy = BeamUpstream(server)
        copy.mirror_for(home)
        for otp in ("25.3", "28.1"):
            copy.otp(otp, IMAGES)
        yield copy


def rebar(home: Home) -> str:
    """Return what the installed rebar says that it was built for."""
    return (home.data / "installs/rebar/3.24.0/bin/rebar3").read_text()


def pasted(home: Home, result: Result) -> None:
    """Run the commands of an error's `try:` line; each must succeed."""
    hint = result.err.partition("  try: ")[2].partition("\n")[0]
    for command in hint.split(" && "):
        done = home.toolpin(*command.split()[1:])
        assert done.code == 0, done.err


@pytest.mark.parametrize("locked", [False, True], ids=["unlocked", "locked"])
def test_an_install_that_the_pinned_otp_cannot_run_is_refused_with_the_fix(
    locked: bool, home: Home, beam: BeamUpstream
) -> None:
    beam.rebar("3.24.0", otps=("25", "26", "27"))
    home.pin(f"{REBAR}\nerlang 28.1\n")
    assert home.toolpin("install").code == 0
    home.pin(f"{REBAR}\nerlang 25.3\n")
    assert home.toolpin("install", "erlang", "25.3").code == 0
    if locked:
        assert home.toolpin("lock", "--host", "linux-x64").code == 0
    result = home.toolpin("install")
    assert result.code == 1
    what = "rebar 3.24.0 is installed as a build that erlang 25.3 does not run\n"
    assert what in result.err
    assert "the build for erlang 27 and newer" in result.err
    pasted(home, result)
    assert "for 25" in rebar(home)
    # What was built for an older OTP serves the other project, too.
    assert home.toolpin("install").code == 0
    home.pin(f"{REBAR}\nerlang 28.1\n")
    assert home.toolpin("install", env={"TOOLPIN_OFFLINE": "1"}).code == 0


def test_a_tool_installed_by_name_is_compared_with_the_otp_of_the_project(
    home: Home, beam: BeamUpstream
) -> None:
    beam.rebar("3.24.0", otps=("25", "27"))
    home.pin("erlang 28.1\n")
    assert home.toolpin("install", "rebar", "3.24.0").code == 0
    assert home.toolpin("install", "rebar", "3.24.0").code == 0
    home.pin("erlang 25.3\n")
    result = home.toolpin("install", "rebar", "3.24.0")
    assert result.code == 1
    pasted(home, result)
    assert "for 25" in rebar(home)


def test_no_locked_build_for_the_pinned_otp_is_an_error_that_names_both(
    home: Home, beam: BeamUpstream
) -> None:
    beam.rebar("3.24.0", otps=("26", "27"))
    beam.otp("26.2", IMAGES)
    home.pin(f"{REBAR}\nerlang 25.3\n")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    result = home.toolpin("install")
    assert result.code == 4
    assert (
        "needs erlang 26 or erlang 27, and this machine has erlang 25.3\n" in result.err
    )
    assert "try: toolpin pin erlang latest:26\n" in result.err
    pasted(home, result)
    assert home.toolpin("install").code == 0
    assert "for 26" in rebar(home)


def test_no_published_build_for_the_pinned_otp_is_solved_by_another_pin(
    home: Home, beam: BeamUpstream
) -> None:
    beam.rebar("3.24.0", otps=("26", "27"))
    home.pin(f"{REBAR}\nerlang 25.3\n")
    result = home.toolpin("install", "--source", "hex")
    assert result.code == 1
    assert "needs erlang 26" in result.err
    assert "try: toolpin pin erlang latest:26\n" in result.err


@pytest.mark.parametrize("locked", [False, True], ids=["unlocked", "locked"])
def test_two_projects_get_the_build_that_the_otp_of_each_runs(
    locked: bool, home: Home, beam: BeamUpstream
) -> None:
    beam.rebar("3.24.0", otps=("25", "26", "27"))
    for name, otp in (("a", "28.1"), ("b", "25.3")):
        project = home.root / "all" / name
        project.mkdir(parents=True)
        (project / ".tool-versions").write_text(f"{REBAR}\nerlang {otp}\n")
        if locked:
            lock = home.toolpin("-C", str(project), "lock", "--host", "linux-x64")
            assert lock.code == 0
    result = home.toolpin("install", "--all-projects", str(home.root / "all"))
    assert result.code == 0, result.err
    assert "for 25" in rebar(home)


@pytest.mark.parametrize("erlang", ["system 28.1", "path:/nowhere 28.1"])
def test_an_otp_of_unknown_version_gets_the_build_for_the_oldest(
    erlang: str, home: Home, beam: BeamUpstream
) -> None:
    beam.rebar("3.24.0", otps=("25", "26", "27"))
    home.pin(f"{REBAR}\nerlang {erlang}\n")
    assert home.toolpin("install").code == 0
    assert "for 25" in rebar(home)


def test_what_is_locked_offline_keeps_the_otp_that_it_was_built_for(
    home: Home, beam: BeamUpstream
) -> None:
    beam.rebar("3.24.0", otps=("25", "26", "27"))
    file = home.pin(f"{REBAR}\nerlang 28.1\n")
    assert home.toolpin("install").code == 0
    home.pin("erlang 28.1\n")
    assert home.toolpin("lock").code == 0
    assert home.toolpin("--offline", "pin", "rebar", "3.24.0").code == 0
    text = file.with_name("toolpin.lock").read_text()
    assert 'requires.tool-erlang = "27"' in text
    assert home.toolpin("lock").code == 0
    text = file.with_name("toolpin.lock").read_text()
    assert 'requires.tool-erlang = "25"' in text


def test_a_line_that_can_name_no_file_hides_no_other_build(
    home: Home, beam: BeamUpstream
) -> None:
    beam.rebar("3.24.0", otps=("25", "26"))
    for otp in ('27"', "../..", "%2e", "27\x1b[31m", ".."):
        line = f"3.24.0,{'0' * 128},1.18.3,{otp}"
        beam.add_line("/hex/installs/rebar.csv", line)
    home.pin(f"{REBAR}\nerlang 28.1\n")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    assert home.toolpin("install", "--locked").code == 0
    assert "for 26" in rebar(home)


def test_a_rebar_that_is_built_for_no_otp_alone_is_locked_as_it_is_installed(
    home: Home, beam: BeamUpstream
) -> None:
    beam.rebar("3.24.0", otps=("25", "26"))
    beam.rebar("3.14.0")
    file = home.pin("rebar 3.14.0\nerlang 25.3\n")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    assert 'source = "hex-1.x"' in file.with_name("toolpin.lock").read_text()
    file.with_name("toolpin.lock").unlink()
    home.pin("rebar 3.24.0\nerlang 25.3\n")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    assert home.toolpin("pin", "rebar", "3.14.0").code == 0
    assert home.toolpin("install", "--locked").code == 0
    assert "3.14.0" in file.read_text()


def test_builds_that_were_left_out_are_taken_once_that_is_allowed(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("26.2", ["ubuntu-22.04"], has_checksum=False)
    beam.otp("26.2", ["ubuntu-26.04"])
    lockfile = home.pin("erlang 26.2\n").with_name("toolpin.lock")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    before = lockfile.read_text()
    result = home.toolpin("lock", "--trust-on-first-use")
    assert result.code == 0
    assert "trusted on first use: sha256:" in result.err
    assert 'verified = "first-use"' in lockfile.read_text()
    assert before.count("[[build]]") == 1
    assert lockfile.read_text().count("[[build]]") == 2
    assert home.toolpin("install", "--locked").code == 0


def test_a_pin_without_a_checksum_is_written_by_the_command_of_the_hint(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("25.2", IMAGES, has_checksum=False)
    file = home.pin("erlang 25.3\n")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    result = home.toolpin("pin", "erlang", "25.2")
    assert result.code == 1
    assert "try: toolpin pin erlang 25.2 --trust-on-first-use\n" in result.err
    assert file.read_text() == "erlang 25.3\n"
    pasted(home, result)
    assert file.read_text() == "erlang 25.2\n"
    assert 'verified = "first-use"' in file.with_name("toolpin.lock").read_text()


def test_a_lock_without_a_checksum_is_done_as_it_was_asked_for(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("25.2", IMAGES, has_checksum=False)
    file = home.pin("erlang 25.3\n")
    also = ("--also", "erlang@25.2", "--host", "linux-x64")
    result = home.toolpin("lock", *also)
    assert result.code == 1
    pasted(home, result)
    text = file.with_name("toolpin.lock").read_text()
    assert '"erlang 25.2" = "25.2"' in text
    assert "linux-arm64" not in text


def test_an_upgrade_without_a_checksum_is_done_by_the_command_of_the_hint(
    home: Home, beam: BeamUpstream
) -> None:
    file = home.pin("erlang 28.1\n")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    beam.otp("28.2", IMAGES, has_checksum=False)
    result = home.toolpin("upgrade", "--latest", "erlang")
    assert result.code == 1
    hint = "toolpin upgrade --latest erlang --trust-on-first-use\n"
    assert f"try: {hint}" in result.err
    pasted(home, result)
    assert file.read_text() == "erlang 28.2\n"


def test_a_record_of_first_use_that_cannot_be_read_names_its_file(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("25.2", IMAGES, has_checksum=False)
    home.pin("erlang 25.2\n")
    assert home.toolpin("lock", "--trust-on-first-use").code == 0
    notes = list((home.root / "cache/first-use").iterdir())
    for note in notes:
        note.write_text("{")
    result = home.toolpin("install", "--source", "hex")
    assert result.code == 1
    assert "cannot be read" in result.err
    hint = result.err.partition("try: rm ")[2].partition("\n")[0]
    assert hint in map(str, notes)
