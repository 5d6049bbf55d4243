"""go.dev's list of releases: go.dev/dl/?mode=json&include=all, a part of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with
from tests.support.server import Server
from tests.upstream import page
from toolpin.errors import NoChecksum, NotPublished
from toolpin.install.planner import make_plan
from toolpin.model import Pin
from toolpin.plugins.registry import read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.versions import is_pre_release, newest

HOST = any_of("linux-x64")


@pytest.fixture
def golang(tmp_path: Path) -> Tool:
    return read_registry(Paths(str(tmp_path), str(tmp_path))).require("golang")


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    with Server() as server:
        server.put("/go/?mode=json&include=all", page("go-dl.json"))
        yield clients_with((("https://go.dev/dl", f"{server.url}/go"),), HOST, tmp_path)


@pytest.mark.parametrize(
    ("host", "versions"),
    [
        ("linux-x64", "1.13.7 1.13 1.8.4 1.4.2 1.2.2 1.14rc1"),
        ("linux-arm64", "1.13.7 1.13 1.14rc1"),
        ("macos-x64", "1.13.7 1.13 1.8.4 1.14rc1"),  # osx10.8 was in older names
        ("macos-arm64", ""),
    ],
)
def test_a_release_is_listed_for_the_hosts_that_it_has_an_archive_for(
    host: str, versions: str, golang: Tool, clients: Clients
) -> None:
    releases = clients.open(golang.sources[0]).releases(any_of(host))
    assert [release.version for release in releases] == versions.split()


def test_the_release_with_two_files_is_for_no_host(
    golang: Tool, clients: Clients
) -> None:
    with pytest.raises(NotPublished):
        make_plan(golang, golang.sources[0], Pin("golang", "1"), HOST, clients)


@pytest.mark.parametrize("version", ["1.13.7", "1.13", "1.8.4", "1.14rc1"])
def test_digest_and_size_are_those_of_the_archive(
    version: str, golang: Tool, clients: Clients
) -> None:
    plan = make_plan(golang, golang.sources[0], Pin("golang", version), HOST, clients)
    (artifact,) = plan.artifacts
    name = f"go{version}.linux-amd64.tar.gz"
    releases = json.loads(page("go-dl.json"))
    (row,) = (
        file
        for release in releases
        for file in release["files"]
        if file["filename"] == name
    )
    assert artifact.locator == f"https://go.dev/dl/{name}"
    assert str(artifact.digest) == f"sha256:{row['sha256']}"
    assert artifact.size_bytes == row["size"]


@pytest.mark.parametrize("version", ["1.4.2", "1.2.2"])
def test_an_old_release_is_listed_with_an_empty_digest(
    version: str, golang: Tool, clients: Clients
) -> None:
    pin = Pin("golang", version)
    with pytest.raises(NoChecksum) as caught:
        make_plan(golang, golang.sources[0], pin, HOST, clients)
    name = f"go{version}.linux-amd64.tar.gz"
    assert caught.value.facts == (("file", f"https://go.dev/dl/{name}"),)


def test_a_release_candidate_is_no_release(golang: Tool, clients: Clients) -> None:
    releases = clients.open(golang.sources[0]).releases(HOST)
    assert is_pre_release("1.14rc1")
    assert newest("", [release.version for release in releases]) == "1.13.7"
