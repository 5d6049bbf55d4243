"""python-build-standalone's list of its releases, a part of it.

The lines have fewer artifacts than the real ones, which have some eighty, and are in
the order of the real list. Some are of other systems and of other variants.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with, source
from tests.support.server import Server
from tests.support.triples import TRIPLES
from tests.upstream import page
from toolpin.errors import NotPublished
from toolpin.install.planner import assemble, locked_builds, make_plan
from toolpin.model import Pin
from toolpin.plugins.registry import read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.system.host import any_of
from toolpin.system.paths import Paths

LIST = "python-build-standalone.ndjson"
ROWS = [
    (release["version"], artifact)
    for release in map(json.loads, page(LIST).decode().splitlines())
    for artifact in release["artifacts"]
]
# The newest build of each version for each host, by its date.
NEWEST = [
    (version, host, artifact)
    for host, triple in TRIPLES.items()
    for name, artifact in ROWS
    if (artifact["platform"], artifact["variant"]) == (triple, "install_only_stripped")
    and (version := name.partition("+")[0])
    and name
    == max(
        other
        for other, row in ROWS
        if row["platform"] == triple and other.startswith(f"{version}+")
    )
]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    empty = str(tmp_path_factory.mktemp("empty"))
    return read_registry(Paths(empty, empty)).require("python")


@pytest.fixture
def on(tmp_path: Path) -> Iterator[Clients]:
    with Server() as server:
        server.put(f"/list/github/versions/main/v1/{LIST}", page(LIST))
        mirrors = (
            ("https://releases.astral.sh", f"{server.url}/list"),
            ("https://github.com", f"{server.url}/files"),
        )
        yield clients_with(mirrors, any_of("linux-x64"), tmp_path)


def listed(python: Tool, on: Clients, name: str, host: str) -> list[str]:
    releases = on.open(source(python, name)).releases(any_of(host))
    return [release.version for release in releases]


@pytest.mark.parametrize(
    ("host", "versions"),
    [
        ("linux-x64", "3.15.0rc1 3.11.13 3.10.16 3.12.7 3.9.10"),
        ("linux-arm64", "3.15.0rc1 3.15.0a7 3.11.13 3.10.16 3.9.21 3.12.7 3.9.10"),
        ("linux-x64-musl", "3.15.0rc1 3.11.13 3.9.23 3.10.16"),
        ("linux-arm64-musl", "3.15.0rc1 3.15.0a7 3.11.13"),
        ("macos-x64", "3.15.0rc1 3.11.13 3.10.16 3.12.7 3.9.10"),
        ("macos-arm64", "3.15.0rc1 3.15.0a7 3.11.13 3.10.16 3.9.21 3.12.7 3.9.10"),
    ],
)
def test_a_version_is_listed_for_the_hosts_that_have_an_archive_to_install(
    host: str, versions: str, python: Tool, on: Clients
) -> None:
    assert listed(python, on, "standalone", host) == versions.split()


@pytest.mark.parametrize(
    ("version", "host", "artifact"),
    NEWEST,
    ids=[f"{row[0]}-{row[1]}" for row in NEWEST],
)
def test_the_newest_build_of_a_version_is_planned_and_locked(
    version: str, host: str, artifact: dict[str, str], python: Tool, on: Clients
) -> None:
    pin, spec, target = Pin("python", version), python.sources[0], any_of(host)
    plan = make_plan(python, spec, pin, target, on)
    (planned,) = plan.artifacts
    assert planned.locator == artifact["url"]
    assert planned.digest.hex == artifact["sha256"]
    (build,) = locked_builds(python, spec, pin, target, on)
    assert assemble(python, spec, pin, target, build.artifacts) == plan


def test_an_older_build_of_a_version_stays_what_it_is(
    python: Tool, on: Clients
) -> None:
    pin, spec, host = Pin("python", "3.11.13"), python.sources[0], any_of("macos-arm64")
    plan = make_plan(python, spec, pin, host, on)
    assert "/20251007/" in plan.artifacts[0].locator
    url = plan.artifacts[0].locator.replace("20251007", "20250612")
    older = plan.artifacts[0]._replace(locator=url, filename=url.rpartition("/")[2])
    assert assemble(python, spec, pin, host, [older]).artifacts == (older,)


def test_what_was_published_in_full_alone_is_not_taken(
    python: Tool, on: Clients
) -> None:
    for version in ("3.9.7", "3.12.7"):  # of 3.12.7 no build for musl is recorded
        host = any_of("linux-x64-musl" if version == "3.12.7" else "linux-x64")
        with pytest.raises(NotPublished):
            make_plan(python, python.sources[0], Pin("python", version), host, on)


@pytest.mark.parametrize(
    ("host", "option"),
    [
        ("linux-arm64", "pgo%2Blto"),
        ("linux-arm64-musl", "lto"),
        ("macos-arm64", "pgo%2Blto"),
    ],
)
def test_a_free_threaded_version_ends_in_t(
    host: str, option: str, python: Tool, on: Clients
) -> None:
    spec = source(python, "standalone-full")
    assert listed(python, on, "standalone-full", host) == ["3.15.0a7t"]
    plan = make_plan(python, spec, Pin("python", "3.15.0a7t"), any_of(host), on)
    ending = f"-{TRIPLES[host]}-freethreaded%2B{option}-full.tar.zst"
    assert plan.artifacts[0].filename == f"cpython-3.15.0a7%2B20260310{ending}"
    assert plan.proof[-1] == "3.15.0a7t"
