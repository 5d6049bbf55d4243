"""How often a machine's apt is asked for the lists of Debian's suites, and when.

The archive is a server on this machine. Its packages are rows of Debian's own lists of
bookworm, trixie and sid for amd64; a key of these tests has signed them, in
`tests/upstream/apt`.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.effects.test_apt_mirror import machine, needs_apt
from tests.support.server import Gather, Server, Status
from toolpin.errors import NotPublished, Unreachable
from toolpin.plugins.registry import read_registry
from toolpin.sources.apt_client import AptClient
from toolpin.sources.apt_lists import read_packages
from toolpin.sources.debian import DebianSource
from toolpin.system.host import any_of
from toolpin.system.paths import Paths

ARCHIVE = Path(__file__).parents[1] / "upstream/apt"
SUITES = ("bookworm", "trixie", "sid")
HOST = any_of("linux-x64")


def packages_of(suite: str) -> str:
    return f"/debian/dists/{suite}/main/binary-amd64/Packages"


def release_of(suite: str) -> str:
    return f"/debian/dists/{suite}/InRelease"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        for suite in SUITES:
            server.put(release_of(suite), ARCHIVE / suite / "InRelease")
            server.put(packages_of(suite), ARCHIVE / suite / "Packages")
        yield server


@pytest.fixture
def client(server: Server, tmp_path: Path) -> AptClient:
    env = machine(tmp_path / "machine", f"deb {server.url}/debian bookworm main\n")
    return AptClient(env, str(tmp_path / "apt"), keyring=str(ARCHIVE / "keyring.gpg"))


@pytest.fixture
def source(client: AptClient, tmp_path: Path) -> DebianSource:
    registry = read_registry(Paths(str(tmp_path), str(tmp_path)))
    sources = registry.require("erlang").sources
    return DebianSource(next(item for item in sources if item.id == "debian"), client)


@needs_apt
def test_a_version_that_no_suite_has_costs_one_fetch_a_suite_all_at_once(
    server: Server, source: DebianSource
) -> None:
    barrier = threading.Barrier(len(SUITES), timeout=60)
    for suite in SUITES:
        data = ARCHIVE / suite / "Packages"
        server.put(packages_of(suite), data, fault=Gather(barrier))
    with pytest.raises(NotPublished, match=r"no erlang-base 99\.0 in bookworm"):
        source.artifacts("99.0", HOST)
    versions = [release.version for release in source.releases(HOST)]
    assert versions == ["25.2.3", "27.3.4.1", "29.1.2"]
    assert [server.count(packages_of(suite)) for suite in SUITES] == [1, 1, 1]
    assert [server.count(release_of(suite)) for suite in SUITES] == [1, 1, 1]


@needs_apt
def test_a_suite_that_gives_no_answer_is_asked_once_and_hides_no_earlier_one(
    server: Server, source: DebianSource
) -> None:
    server.put(release_of("sid"), fault=Status(404))
    artifacts = source.artifacts("25.2.3", HOST)
    assert artifacts[0].filename == "erlang-base_25.2.3+dfsg-1+deb12u4_amd64.deb"
    asked = server.count(release_of("sid"))
    for _ in range(2):
        with pytest.raises(Unreachable, match="did not answer about Debian sid"):
            source.artifacts("99.0", HOST)
    assert server.count(release_of("sid")) == asked


@needs_apt
@pytest.mark.parametrize("name", ["InRelease", "Packages"])
def test_a_list_that_the_key_has_not_signed_counts_for_nothing(
    name: str, server: Server, client: AptClient
) -> None:
    data = (ARCHIVE / "trixie" / name).read_bytes()
    path = release_of("trixie") if name == "InRelease" else packages_of("trixie")
    server.put(
        path,
        data.replace(b": erlang\n", b": erlanG\n").replace(b"Codename", b"codename"),
    )
    with pytest.raises(Unreachable, match="did not answer about Debian trixie"):
        client.packages("trixie", ["erlang-base"], HOST)


@needs_apt
def test_lists_of_a_day_are_fetched_again(
    server: Server, client: AptClient, tmp_path: Path
) -> None:
    assert client.packages("sid", ["erlang-base"], HOST)
    os.utime(tmp_path / "apt/sid-amd64/fetched", (1, 1))
    assert client.packages("sid", ["erlang-crypto"], HOST)
    assert server.count(release_of("sid")) == 2
    assert server.count(packages_of("sid")) == 1


def test_of_two_versions_in_a_list_the_newer_counts(tmp_path: Path) -> None:
    """As sid has them while a package for all machines is newer than a machine's."""
    for suite in ("trixie", "bookworm"):
        text = (ARCHIVE / suite / "Packages").read_text()
        with (tmp_path / "archive_dists_sid_main_binary-amd64_Packages").open("a") as f:
            f.write(text)
    shutil.copy(ARCHIVE / "sid/InRelease", tmp_path / "archive_dists_sid_InRelease")
    packages = read_packages(str(tmp_path), ["erlang-base", "erlang-cry", "no-such"])
    assert [(name, package.version) for name, package in packages.items()] == [
        ("erlang-base", "1:27.3.4.1+dfsg-1+deb13u4")
    ]
    assert read_packages(str(tmp_path), []) == {}
