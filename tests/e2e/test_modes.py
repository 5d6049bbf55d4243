"""What toolpin creates has its modes under any umask, and an open store is reported."""

from __future__ import annotations

import os
import re
import shlex
import stat
from pathlib import Path

import pytest

from tests.support.run import REPOSITORY, TOOLPIN, Home, Result
from tests.support.upstream import HOSTS, Upstream
from toolpin.store.writable_paths import open_error
from toolpin.system.paths import Paths


def under(umask: str, home: Home, *words: str) -> Result:
    return home.run("sh", "-c", f'umask {umask}; exec "$@"', "-", *words)


def open_paths(*tops: Path) -> list[str]:
    """Return what everybody may write below some directories."""
    return [
        str(path)
        for top in tops
        for path in (top, *top.rglob("*"))
        if not path.is_symlink() and path.stat().st_mode & stat.S_IWOTH
    ]


@pytest.fixture
def project(home: Home, upstream: Upstream) -> Home:
    upstream.publish("10.15.3", hosts=HOSTS)
    home.pin("nodejs 10\n")
    return home


@pytest.mark.parametrize("umask", ["000", "002"])
def test_hostile_100_nothing_of_a_store_is_open_under_a_wide_umask(
    project: Home, umask: str, tmp_path: Path
) -> None:
    plugin = tmp_path / "other.toml"
    text = (REPOSITORY / "plugins/rebar.toml").read_text()
    text = re.sub(r"(?m)^also = .*\n", "", text)
    plugin.write_text(text.replace('name = "rebar"', 'name = "other"'))
    for words in (
        ("lock",),
        ("install",),
        ("pin", "--home", "nodejs", "10.15.3"),
        ("plugin", "add", "other", str(plugin)),
        ("config", "set", "jobs", "2"),
        ("verify", "--repair"),
        ("list-all", "nodejs"),
        ("ci", "install"),
        ("reshim",),
    ):
        done = under(umask, project, *TOOLPIN, *words)
        assert done.code == 0, (words, done)
    created = [project.data, project.cache, project.config, project.project]
    assert open_paths(*created) == []


@pytest.mark.parametrize("umask", ["000", "077"])
def test_hostile_100_a_store_can_be_read_under_any_umask(
    project: Home, umask: str
) -> None:
    assert under(umask, project, *TOOLPIN, "lock").code == 0
    assert under(umask, project, *TOOLPIN, "install").code == 0
    assert stat.S_IMODE(project.data.stat().st_mode) == 0o755
    assert stat.S_IMODE((project.data / "projects").stat().st_mode) == 0o644
    for file_lock in (project.data / "locks").rglob("*"):
        assert file_lock.is_dir() or stat.S_IMODE(file_lock.stat().st_mode) == 0o600
    # A project's file is the user's own.
    wanted = 0o644 & ~int(umask, 8)
    lock = project.project / "toolpin.lock"
    assert stat.S_IMODE(lock.stat().st_mode) == wanted


def test_hostile_100_a_directory_that_existed_keeps_its_mode(project: Home) -> None:
    project.data.mkdir(parents=True)
    project.data.chmod(0o700)
    assert under("000", project, *TOOLPIN, "install", "nodejs", "10.15.3").code == 0
    assert stat.S_IMODE(project.data.stat().st_mode) == 0o700


@pytest.mark.parametrize("module", ["toolpin", "toolpin.asdf_cli"])
def test_a_program_gets_the_umask_of_its_user(project: Home, module: str) -> None:
    assert project.toolpin("install", "nodejs", "10.15.3").code == 0
    project.pin("nodejs 10.15.3\n")
    program = project.data / "installs/nodejs/10.15.3/bin/node"
    program.write_text("#!/bin/sh\numask\n")
    words = (*TOOLPIN[:-1], module, "exec", "node")
    assert under("027", project, *words).out.strip() == "0027"


@pytest.mark.parametrize(
    "name", ["data", "data/installs/nodejs", "data/locks", "config/plugins"]
)
@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_hostile_100_an_open_store_is_reported_with_what_closes_it(
    project: Home, name: str, mode: int
) -> None:
    assert project.toolpin("install", "nodejs", "10.15.3").code == 0
    (project.config / "plugins").mkdir(parents=True)
    top = {"data": project.data, "config": project.config}
    first, _, rest = name.partition("/")
    place = top[first] / rest
    place.chmod(mode)
    doctor = project.toolpin("doctor")
    verify = project.toolpin("verify")
    assert verify.code == 1
    for item in (doctor.out, verify.err):
        assert "everyone can write to this store" in item
        assert str(place) in item
    command = verify.err.partition("try: ")[2].splitlines()[0]
    assert f"try: {command}" in doctor.out
    assert project.run(*shlex.split(command)).code == 0
    assert project.toolpin("verify").code == 0
    assert "everyone can write to" not in project.toolpin("doctor").out
    assert not place.stat().st_mode & stat.S_IWOTH


def test_what_a_link_leads_to_is_no_place_of_the_store(tmp_path: Path) -> None:
    paths = Paths(str(tmp_path / "data"), str(tmp_path / "config"))
    (tmp_path / "config/plugins").mkdir(parents=True)
    mine = tmp_path / "mine.toml"
    mine.touch()
    mine.chmod(0o666)
    os.symlink(mine, tmp_path / "config/plugins/mine.toml")
    assert open_error(paths) is None
