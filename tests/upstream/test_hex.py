"""Hex's lists of Erlang, Elixir and rebar3 builds, and erlef's of Erlang for macOS.

Recorded from builds.hex.pm/builds/otp/amd64/*/builds.txt, builds/elixir/builds.txt and
installs/*.csv, and from the csv files of erlef/otp_builds, each a part of its lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.beam import BeamUpstream
from tests.support.clients import clients_with, source
from tests.support.server import Server
from tests.upstream import page
from toolpin.binaries.fit import best
from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import NoChecksum, NoFit, NotPublished
from toolpin.install.catalogs import Catalogs
from toolpin.install.planner import make_plan
from toolpin.model import Host, Pin
from toolpin.plugins.registry import Registry, read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.versions import newest

OPENSSL_1 = frozenset({"libcrypto.so.1.1"})
OPENSSL_3 = frozenset({"libcrypto.so.3"})
DEBIAN_12 = Host("linux", "x64", "glibc", "2.36", OPENSSL_3)
UBUNTU_20 = Host("linux", "x64", "glibc", "2.31", OPENSSL_1)
UBUNTU_18 = Host("linux", "x64", "glibc", "2.27", OPENSSL_1)
UBUNTU_26 = Host("linux", "x64", "glibc", "2.43", OPENSSL_3)
AMD64 = "https://builds.hex.pm/builds/otp/amd64"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return read_registry(Paths(str(tmp_path), str(tmp_path)))


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    with Server() as server:
        upstream = BeamUpstream(server)
        upstream.put_recorded()
        yield clients_with(upstream.mirrors, DEBIAN_12, tmp_path)


def listed(tool: Tool, name: str, clients: Clients, tmp_path: Path) -> list[str]:
    """Return what `list-all` has of a source."""
    catalogs = Catalogs(Cache(str(tmp_path / "cache")), clients, Settings())
    text = catalogs.read(tool, source(tool, name), DEBIAN_12)
    return [release.version for release in text.releases]


def test_lines_with_and_without_a_checksum_are_versions_and_branches_are_not(
    registry: Registry, clients: Clients, tmp_path: Path
) -> None:
    versions = listed(registry.require("erlang"), "hex", clients, tmp_path)
    for version in (
        "17.0",
        "17.5.6.10",
        "22.0-rc1",
        "22.2",
        "25.3",
        "27.0-rc3",
        "29.0",
    ):
        assert version in versions
    assert len(versions) == len(set(versions))
    assert [version for version in versions if not version[0].isdigit()] == []


@pytest.mark.parametrize(
    ("version", "host", "image"),
    [
        ("26.2.5", UBUNTU_26, "ubuntu-26.04"),
        ("28.1", UBUNTU_26, "ubuntu-26.04"),
    ],
)
def test_a_line_with_a_checksum_is_taken_with_it(
    version: str, host: Host, image: str, registry: Registry, clients: Clients
) -> None:
    result = clients.open(source(registry.require("erlang"), "hex"))
    (artifact,) = result.artifacts(version, host)
    assert artifact.locator == f"{AMD64}/{image}/OTP-{version}.tar.gz"
    line = next(
        line
        for line in page(f"hex-otp-{image}.txt").decode().splitlines()
        if line.startswith(f"OTP-{version} ")
    )
    assert str(artifact.digest) == f"sha256:{line.split()[3]}"


@pytest.mark.parametrize(
    ("version", "host", "image"),
    [
        ("22.2", UBUNTU_20, "ubuntu-20.04"),
        ("22.2", UBUNTU_18, "ubuntu-18.04"),
        ("24.2", DEBIAN_12, "ubuntu-22.04"),
        ("25.3", DEBIAN_12, "ubuntu-22.04"),
        ("26.2.5", DEBIAN_12, "ubuntu-22.04"),
        ("17.0", UBUNTU_20, "ubuntu-18.04"),
    ],
)
def test_a_line_without_a_checksum_is_a_build_without_a_checksum(
    version: str, host: Host, image: str, registry: Registry, clients: Clients
) -> None:
    result = clients.open(source(registry.require("erlang"), "hex"))
    with pytest.raises(NoChecksum) as caught:
        result.artifacts(version, host)
    url = f"{AMD64}/{image}/OTP-{version}.tar.gz"
    assert caught.value.facts == (("file", url),)


def test_a_build_that_fits_and_has_a_checksum_goes_before_one_that_fits_better(
    registry: Registry, clients: Clients
) -> None:
    """26.2 has a checksum on Ubuntu 26.04 alone."""
    result = clients.open(source(registry.require("erlang"), "hex"))
    (artifact,) = result.artifacts("26.2", UBUNTU_26)
    assert "ubuntu-26.04" in artifact.locator
    (build,) = result.builds("26.2", any_of("linux-x64"))
    assert build.requires == (("glibc", "2.43"), ("soname", "libcrypto.so.3"))


def test_what_runs_nowhere_here_states_what_each_image_needs(
    registry: Registry, clients: Clients
) -> None:
    result = clients.open(source(registry.require("erlang"), "hex"))
    with pytest.raises(NoFit) as caught:
        result.artifacts("22.2", DEBIAN_12)
    assert caught.value.facts == (
        ("ubuntu-20.04", "needs libcrypto.so.1.1"),
        ("ubuntu-18.04", "needs libcrypto.so.1.1"),
    )
    assert caught.value.undigested == {"ubuntu-18.04", "ubuntu-20.04"}


@pytest.mark.parametrize("branch", ["maint", "maint-27", "master"])
@pytest.mark.parametrize("name", ["hex", "hex-openssl"])
def test_a_branch_of_erlang_is_no_version(
    name: str, branch: str, registry: Registry, clients: Clients
) -> None:
    result = clients.open(source(registry.require("erlang"), name))
    with pytest.raises(NotPublished) as caught:
        result.artifacts(branch, DEBIAN_12)
    assert not isinstance(caught.value, NoChecksum)


def test_macos_builds_are_listed_with_their_checksums(
    registry: Registry, clients: Clients
) -> None:
    erlang = registry.require("erlang")
    mac = Host("macos", "arm64", "", "14.5")
    result = clients.open(source(erlang, "erlef"))
    versions = [release.version for release in result.releases(mac)]
    assert sorted(versions) == [
        "25.2",
        "25.3",
        "26.2",
        "26.2.5",
        "27.0-rc3",
        "27.3",
        "28.1",
    ]
    (artifact,) = result.artifacts("25.3", mac)
    assert str(artifact.digest).endswith("d02cbf57")


def test_releases_of_elixir_have_three_numbers_and_branches_are_no_versions(
    registry: Registry, clients: Clients, tmp_path: Path
) -> None:
    elixir = registry.require("elixir")
    versions = listed(elixir, "hex", clients, tmp_path)
    for version in ("0.12.4", "1.0.0-rc1", "1.9.4", "1.9.4-otp-22", "1.15.0-rc.2"):
        assert version in versions
    for branch in ("1.0", "1.9", "1.9-otp-22", "1.15", "1.15-otp-26", "main", "master"):
        assert branch not in versions
    assert newest("1.15", versions) == "1.15.7"
    with pytest.raises(NotPublished, match=r"has no release 1\.15"):
        make(elixir, "1.15", clients)


def make(tool: Tool, version: str, clients: Clients, host: Host = DEBIAN_12) -> str:
    plan = make_plan(tool, source(tool, "hex"), Pin(tool.name, version), host, clients)
    return plan.artifacts[0].locator


@pytest.mark.parametrize(
    ("version", "has_checksum"),
    [("1.9.4", True), ("1.15.7-otp-26", True), ("1.0.0", False), ("0.15.1", False)],
)
def test_an_elixir_line_may_end_in_a_blank_or_before_its_checksum(
    version: str, has_checksum: bool, registry: Registry, clients: Clients
) -> None:
    elixir = registry.require("elixir")
    if has_checksum:
        expected = f"https://builds.hex.pm/builds/elixir/v{version}.zip"
        assert make(elixir, version, clients) == expected
        return
    with pytest.raises(NoChecksum):
        make(elixir, version, clients)


@pytest.mark.parametrize(
    ("version", "otp", "built_for"),
    [
        ("3.25.1", "28.1", "28"),
        ("3.25.1", "29.0", "28"),
        ("3.24.0", "27.3.4.1", "27"),
        ("3.24.0", "", "27"),
    ],
)
def test_rebar_is_taken_as_built_for_the_pinned_otp(
    version: str, otp: str, built_for: str, registry: Registry, clients: Clients
) -> None:
    rebar = registry.require("rebar")
    host = DEBIAN_12._replace(beside=(("erlang", otp),) if otp else ())
    locator = make(rebar, version, clients, host)
    assert locator.endswith(f"/rebar3-{version}-otp-{built_for}")
    with pytest.raises(NoFit) as caught:
        make(rebar, version, clients, host._replace(beside=(("erlang", "26.2"),)))
    assert caught.value.facts == (("build", f"needs erlang {built_for}"),)


def test_every_build_of_a_rebar_is_locked_and_an_otp_finds_its_own(
    registry: Registry, clients: Clients
) -> None:
    result = clients.open(source(registry.require("rebar"), "hex"))
    builds = result.builds("3.25.1", any_of("macos-arm64"))
    assert [build.requires for build in builds] == [(("tool-erlang", "28"),)]
    here = Host("macos", "arm64", "", "14.5", beside=(("erlang", "28.0"),))
    assert best(builds, here, lambda build: build) == builds[0]


def test_an_old_rebar_has_one_build_for_every_otp(
    registry: Registry, clients: Clients
) -> None:
    result = clients.open(source(registry.require("rebar"), "hex-1.x"))
    (artifact,) = result.artifacts("3.5.1", DEBIAN_12)
    assert artifact.locator == "https://builds.hex.pm/installs/1.0.0/rebar3-3.5.1"
    assert artifact.digest.algorithm == "sha512"
