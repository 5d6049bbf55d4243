"""A project that came with `.nvmrc`: installed, locked, judged, switched off."""

from __future__ import annotations

import json

import pytest

from tests.support.run import Home
from tests.support.upstream import Upstream


@pytest.fixture
def project(home: Home, upstream: Upstream) -> Home:
    """Another manager's project; upstream has two versions."""
    for version in ("10.15.3", "10.24.1"):
        upstream.publish(version)
    (home.project / ".nvmrc").write_text("v10.15.3\n")
    return home


def test_install_reads_it_and_the_shim_runs_it(project: Home) -> None:
    done = project.toolpin("install")
    assert done.code == 0, done.err
    assert project.run(project.shim("node"), "--version").out == "v10.15.3\n"
    row = project.toolpin("current").out
    assert ".nvmrc:1" in row


def test_it_is_locked_beside_itself(project: Home) -> None:
    (project.project / ".nvmrc").write_text("v10\n")
    done = project.toolpin("lock", "--host", "linux-x64")
    assert done.code == 0, done.err
    lock = (project.project / "toolpin.lock").read_text()
    assert '"nodejs 10" = "10.24.1"' in lock
    assert not (project.project / ".tool-versions").exists()
    assert project.toolpin("lock", "--check").code == 0
    assert project.toolpin("install", "--locked").code == 0
    assert project.run(project.shim("node"), "--version").out == "v10.24.1\n"


def test_an_upgrade_leaves_it_as_it_is_and_says_so(project: Home) -> None:
    project.toolpin("lock", "--host", "linux-x64")
    done = project.toolpin("upgrade", "--latest")
    assert done.code == 0, done.err
    assert ".nvmrc:1 still requests nodejs 10.15.3" in done.err
    assert (project.project / ".nvmrc").read_text() == "v10.15.3\n"
    assert not (project.project / ".tool-versions").exists()


def test_a_disagreement_is_said_and_refused_where_that_is_wanted(
    project: Home,
) -> None:
    project.pin("nodejs 10.24.1\n")
    done = project.toolpin("install")
    assert done.code == 0
    assert ".tool-versions:1 has nodejs 10.24.1" in done.err
    assert ".nvmrc:1 has 10.15.3" in done.err
    for command in ("install", "lock", "current"):
        strict = project.toolpin(command, "--strict")
        assert strict.code == 2, strict.err
        assert ".nvmrc:1" in strict.err
    project.toolpin("config", "set", "strict", "true")
    assert project.toolpin("current").code == 2


def test_all_projects_are_found_by_it_too(project: Home) -> None:
    done = project.toolpin("install", "--all-projects", ".")
    assert done.code == 0, done.err
    assert "10.15.3" in project.toolpin("list").out


def test_switched_off_it_is_read_by_no_road(project: Home) -> None:
    project.toolpin("install")
    done = project.toolpin("config", "set", "idiomatic", "none")
    assert done.code == 0, done.err
    # The machine may have a node of its own.
    assert project.run(project.shim("node"), "--version").out != "v10.15.3\n"
    assert project.toolpin("exec", "node", "--version").out != "v10.15.3\n"
    assert project.toolpin("install").code == 2
    project.toolpin("config", "set", "idiomatic", "plain")
    assert project.run(project.shim("node"), "--version").out == "v10.15.3\n"


def test_a_manifest_counts_where_it_is_switched_on(project: Home) -> None:
    (project.project / ".nvmrc").unlink()
    (project.project / "package.json").write_text(
        json.dumps({"engines": {"node": "10.15.x"}})
    )
    assert project.toolpin("install").code == 2
    assert project.toolpin("config", "set", "idiomatic", "all").code == 0
    done = project.toolpin("install")
    assert done.code == 0, done.err
    assert project.run(project.shim("node"), "--version").out == "v10.15.3\n"
