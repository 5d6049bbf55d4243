"""GitHub's releases of Erlang/OTP and rebar3: answers of its API, a part of them.

Recorded from api.github.com/repos/erlang/{otp,rebar3}/releases. Assets from before June
2025 have no digest there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with, source
from tests.support.server import Server
from tests.upstream import page
from toolpin.errors import NoChecksum, NotPublished, Unreachable
from toolpin.install.planner import make_plan
from toolpin.model import Pin
from toolpin.plugins.registry import Registry, read_registry
from toolpin.sources.clients import Clients
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.versions import newest

HOST = any_of("linux-x64")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return read_registry(Paths(str(tmp_path), str(tmp_path)))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        for name in ("otp", "rebar3"):
            answer = page(f"github-{name}-releases.json")
            place = f"/api/repos/erlang/{name}/releases"
            server.put(f"{place}?per_page=100&page=1", answer)
            for release in json.loads(answer):
                data = json.dumps(release).encode()
                server.put(f"{place}/tags/{release['tag_name']}", data)
        yield server


@pytest.fixture
def clients(server: Server, tmp_path: Path) -> Clients:
    mirrors = (
        ("https://api.github.com", f"{server.url}/api"),
        ("https://github.com", f"{server.url}/web"),
    )
    return clients_with(mirrors, HOST, tmp_path)


def test_every_release_of_otp_with_a_tarball_is_a_version(
    registry: Registry, clients: Clients
) -> None:
    releases = clients.open(source(registry.require("erlang"), "source")).releases(HOST)
    assert [release.version for release in releases] == [
        "26.2.5",
        "27.0-rc2",
        "22.3.4.27",
        "26.2.3",
        "23.2.7.5",
        "24.3",
    ]


@pytest.mark.parametrize("version", ["26.2.3", "27.0-rc2", "23.2.7.5"])
def test_an_otp_without_a_checksum_file_and_digest_has_no_checksum(
    version: str, registry: Registry, clients: Clients
) -> None:
    result = clients.open(source(registry.require("erlang"), "source"))
    with pytest.raises(NoChecksum):
        result.artifacts(version, HOST)


def test_a_checksum_file_that_cannot_be_downloaded_is_no_missing_checksum(
    registry: Registry, clients: Clients
) -> None:
    """26.2.5 has a SHA256.txt among its assets, which this server does not have."""
    result = clients.open(source(registry.require("erlang"), "source"))
    with pytest.raises(Unreachable, match=r"though SHA256\.txt is listed"):
        result.artifacts("26.2.5", HOST)


def test_a_tag_that_is_not_a_release_does_not_exist(
    registry: Registry, clients: Clients
) -> None:
    result = clients.open(source(registry.require("erlang"), "source"))
    with pytest.raises(NotPublished) as caught:
        result.artifacts("26.2.99", HOST)
    assert not isinstance(caught.value, NoChecksum)


def test_a_release_of_rebar_has_one_program_or_nothing(
    registry: Registry, clients: Clients
) -> None:
    releases = clients.open(source(registry.require("rebar"), "github")).releases(HOST)
    versions = [release.version for release in releases]
    assert versions == ["3.27.0", "3.25.1", "3.25.0", "3.14.0-rc2"]
    assert newest("3.14", versions) == "3.14.0-rc2"
    assert newest("", versions) == "3.27.0"


@pytest.mark.parametrize(("version", "digested"), [("3.27.0", True), ("3.25.0", False)])
def test_the_digest_of_a_rebar_is_the_one_of_the_api(
    version: str, digested: bool, registry: Registry, clients: Clients
) -> None:
    rebar = registry.require("rebar")
    spec, pin = source(rebar, "github"), Pin("rebar", version)
    if not digested:
        with pytest.raises(NoChecksum):
            make_plan(rebar, spec, pin, HOST, clients)
        return
    (artifact,) = make_plan(rebar, spec, pin, HOST, clients).artifacts
    (row,) = (
        load
        for load in json.loads(page("github-rebar3-releases.json"))
        if load["tag_name"] == version
    )
    assert str(artifact.digest) == row["assets"][0]["digest"]
    assert artifact.locator == (
        f"https://github.com/erlang/rebar3/releases/download/{version}/rebar3"
    )
