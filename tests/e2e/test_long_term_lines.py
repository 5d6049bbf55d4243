"""Where a source's own list states no long-term lines: `lts` and codenames from npm."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator

import pytest

from tests.support.archives import npm_package
from tests.support.registry import Registry
from tests.support.run import REPOSITORY, Home
from tests.support.server import Server, Status
from tests.support.upstream import Upstream
from toolpin.system.host import detect

TABLE = (
    "nodejs: long-term lines from the bundled table of 2026-11-30; "
    "newer ones may be missing"
)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def machine(home: Home, server: Server) -> Home:
    """A machine whose npm knows Node, and a plugin whose table ends with Krypton."""
    (home.home / ".npmrc").write_text(f"registry={server.url}/\n")
    home.env["TOOLPIN_SOURCES"] = "npm"
    bundled = (REPOSITORY / "plugins/nodejs.toml").read_text()
    assert 'lithium = "26.13.0"\n' in bundled
    plugins = home.config / "plugins"
    plugins.mkdir()
    aged = bundled.replace('lithium = "26.13.0"\n', "")
    (plugins / "nodejs.toml").write_text(aged)
    table = (REPOSITORY / "plugins/nodejs.npm.tsv").read_text()
    newer = "26.13.0\t11.20.0\t-\n27.0.0\t12.0.0\t-\n"
    (plugins / "nodejs.npm.tsv").write_text(table + newer)
    target = str(detect()).replace("macos", "darwin")
    names = ["24.10.0", "24.11.0", "26.12.0", "26.13.0", "27.0.0"]
    package = npm_package([("bin/node", b"", 0o755)])
    Registry(server).publish(f"node-{target}", dict.fromkeys(names, package))
    return home


def publish_releases(server: Server) -> None:
    """Publish node-releases with a part of its real list of releases."""
    releases = (REPOSITORY / "tests/upstream/node-releases/envs.json").read_bytes()
    files = [("data/processed/envs.json", releases, 0o644)]
    Registry(server).publish("node-releases", {"2.0.66": npm_package(files)})


def test_a_line_that_is_newer_than_toolpin_is_known_from_npm(
    machine: Home, server: Server
) -> None:
    publish_releases(server)
    result = machine.toolpin("list-all", "nodejs", "lts")
    assert result.out.split() == ["24.11.0", "26.13.0"]
    assert "bundled table" not in result.err
    assert machine.toolpin("list-all", "nodejs", "lithium").out == "26.13.0\n"


def test_one_answer_serves_for_a_day(machine: Home, server: Server) -> None:
    publish_releases(server)
    machine.pin("nodejs lts\n")
    asked = []
    for _ in range(2):
        result = machine.toolpin("install", "--dry-run")
        assert "nodejs lts is 26.13.0 today" in result.err
        asked.append(server.count("/node-releases"))
    assert asked[0] == asked[1] > 0
    note = machine.cache / "long-term" / "nodejs"
    kept = json.loads(note.read_text())
    note.write_text(json.dumps(kept | {"time": kept["time"] - 25 * 3600}))
    machine.toolpin("install", "--dry-run")
    assert server.count("/node-releases") > asked[1]
    assert server.count("/node-releases/-/node-releases-2.0.66.tgz") == 1


def test_without_an_answer_the_date_of_the_bundled_table_is_reported(
    machine: Home,
) -> None:
    result = machine.toolpin("list-all", "nodejs", "lts")
    assert result.out == "24.11.0\n"
    assert result.err.splitlines() == [TABLE]


def test_a_file_of_another_shape_is_no_answer(machine: Home, server: Server) -> None:
    for text in (b"[]", b"{}", b"[1]", b'[{"version": 1, "lts": "Jod"}]', b"\0"):
        files = [("data/processed/envs.json", text, 0o644)]
        Registry(server).publish("node-releases", {"1.0.0": npm_package(files)})
        assert TABLE in machine.toolpin("list-all", "nodejs", "lts").err
    files = [("data/other.json", b"[]", 0o644)]
    Registry(server).publish("node-releases", {"1.0.0": npm_package(files)})
    assert TABLE in machine.toolpin("list-all", "nodejs", "lts").err


def test_an_older_answer_is_used_and_its_date_reported(
    machine: Home, server: Server
) -> None:
    publish_releases(server)
    machine.toolpin("list-all", "nodejs", "lts")
    server.put("/node-releases", fault=Status(404))
    result = machine.toolpin("list-all", "nodejs", "lts")
    assert result.out.split() == ["24.11.0", "26.13.0"]
    today = datetime.datetime.now(datetime.UTC).date()
    assert f"from the cached answer of {today}" in result.err


@pytest.mark.parametrize("text", ["", "{}", '{"lines": {}}', "[]", "\0", '{"time": 1}'])
def test_a_damaged_note_is_no_answer(text: str, machine: Home) -> None:
    (machine.cache / "long-term").mkdir(parents=True)
    (machine.cache / "long-term" / "nodejs").write_text(text)
    assert TABLE in machine.toolpin("list-all", "nodejs", "lts").err


def test_a_numeric_request_reads_no_lines(machine: Home, server: Server) -> None:
    result = machine.toolpin("list-all", "nodejs", "24")
    assert result.out.split() == ["24.10.0", "24.11.0"]
    assert result.err == ""
    assert server.count("/node-releases") == 0


def test_an_index_that_states_the_lines_needs_no_package(
    machine: Home, server: Server
) -> None:
    publish_releases(server)
    upstream = Upstream(server)
    upstream.mirror_for(machine)
    upstream.publish("24.11.0", lts="Krypton", hosts=(str(detect()),))
    upstream.publish("28.0.0", lts="Magnesium", hosts=(str(detect()),))
    machine.env["TOOLPIN_SOURCES"] = "upstream,npm"
    result = machine.toolpin("list-all", "nodejs", "magnesium")
    assert result.out == "28.0.0\n"
    machine.pin("nodejs lts\n")
    assert "lts is 28.0.0" in machine.toolpin("install", "--dry-run").err
    assert machine.toolpin("lock").code == 0
    assert machine.toolpin("install").code == 0
    assert server.count("/node-releases") == 0


def test_the_cache_command_removes_the_answer(machine: Home, server: Server) -> None:
    publish_releases(server)
    machine.toolpin("list-all", "nodejs", "lts")
    assert (machine.cache / "long-term" / "nodejs").exists()
    assert machine.toolpin("cache", "clean").code == 0
    assert not (machine.cache / "long-term" / "nodejs").exists()
