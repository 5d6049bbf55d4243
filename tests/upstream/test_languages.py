"""The lists of languages that are data alone, each a part of what its publisher has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with
from tests.support.server import Server
from tests.upstream import page
from toolpin.errors import NotPublished
from toolpin.install.planner import assemble, make_plan
from toolpin.model import Pin
from toolpin.plugins.registry import Registry, read_registry
from toolpin.sources.clients import Clients
from toolpin.sources.spec import SourceSpec
from toolpin.system.host import any_of
from toolpin.system.paths import Paths

HOST = any_of("linux-x64")
GOOGLE = "https://storage.googleapis.com"
FLUTTER = f"{GOOGLE}/flutter_infra_release/releases"
DART = f"{GOOGLE}/dart-archive/channels/stable/release"
JULIA = "https://julialang-s3.julialang.org/bin"
DOTNET = "https://builds.dotnet.microsoft.com/dotnet"
# A list of a bucket has directories: versions, numbers of builds, and `latest`.
DART_LIST = {
    "kind": "storage#objects",
    "prefixes": [
        f"channels/stable/release/{name}/"
        for name in ("29803", "1.11.0", "2.19.4", "3.12.2", "latest")
    ],
}
DART_SUMS = {
    "x64": "28e47b44cf075f36771046c068bb0d174201cf9c7608744aed1cc23204299c2d",
    "arm64": "f82c83ece7d168047550dfd4a664e4071ac7c488bddb72dc43102c22d7e0b518",
}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    empty = str(tmp_path_factory.mktemp("empty"))
    return read_registry(Paths(empty, empty))


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    with Server() as server:
        index = page("dotnet-releases-index.json")
        server.put("/dotnet/release-metadata/releases-index.json", index)
        channel = page("dotnet-8.0-releases.json")
        server.put("/dotnet/release-metadata/8.0/releases.json", channel)
        server.put("/julia/versions.json", page("julia-versions.json"))
        for name in ("linux", "macos"):
            path = f"/google/flutter_infra_release/releases/releases_{name}.json"
            server.put(path, page(f"flutter-releases-{name}.json"))
        listing = "prefix=channels/stable/release/&delimiter=/"
        listed = json.dumps(DART_LIST).encode()
        server.put(f"/google/storage/v1/b/dart-archive/o?{listing}", listed)
        release = "/google/dart-archive/channels/stable/release/3.12.2/sdk"
        for arch, digest in DART_SUMS.items():
            name = f"dartsdk-linux-{arch}-release.zip"
            server.put(f"{release}/{name}.sha256sum", f"{digest} *{name}\n".encode())
        mirrors = (
            (DOTNET, f"{server.url}/dotnet"),
            (JULIA, f"{server.url}/julia"),
            (GOOGLE, f"{server.url}/google"),
        )
        yield clients_with(mirrors, HOST, tmp_path)


def source_for(registry: Registry, tool: str, host: str) -> SourceSpec:
    """Return a tool's first source for a host."""
    sources = registry.require(tool).sources
    return next(spec for spec in sources if host in spec.hosts)


@pytest.mark.parametrize(
    ("tool", "host", "versions"),
    [
        ("dotnet", "linux-x64", "8.0.404"),
        ("dotnet", "macos-arm64", "8.0.404 8.0.111"),
        ("julia", "linux-x64", "0.7.0 1.6.7 1.8.0 1.9.0-rc1"),
        ("julia", "linux-x64-musl", "1.6.7 1.8.0 1.9.0-rc1"),
        ("julia", "macos-x64", "0.7.0 1.6.7 1.8.0 1.9.0-rc1"),
        ("julia", "macos-arm64", "1.8.0 1.9.0-rc1"),
        ("dart", "linux-arm64", "1.11.0 2.19.4 3.12.2"),
        ("dart", "macos-arm64", "2.19.4 3.12.2"),
        ("flutter", "linux-x64", "3.7.7-stable 2.10.5-stable 1.22.6-stable"),
        ("flutter", "macos-x64", "3.7.7-stable 2.10.5-stable 1.22.6-stable"),
        ("flutter", "macos-arm64", "3.7.7-stable"),
    ],
)
def test_a_list_states_what_each_host_has(
    tool: str, host: str, versions: str, registry: Registry, clients: Clients
) -> None:
    spec = source_for(registry, tool, host)
    releases = clients.open(spec).releases(any_of(host))
    listed = [
        release.version for release in releases if spec.is_release(release.version)
    ]
    assert listed == versions.split()


@pytest.mark.parametrize(
    ("build", "url", "digest"),
    [
        (
            ("dotnet", "8.0.404", "linux-arm64-musl"),
            f"{DOTNET}/Sdk/8.0.404/dotnet-sdk-8.0.404-linux-musl-arm64.tar.gz",
            "2c2cbaf17607539d",
        ),
        (
            ("dotnet", "8.0.111", "macos-x64"),
            f"{DOTNET}/Sdk/8.0.111/dotnet-sdk-8.0.111-osx-x64.tar.gz",
            "419f2a65e5714537",
        ),
        (
            ("julia", "1.9.0-rc1", "linux-x64-musl"),
            f"{JULIA}/musl/x64/1.9/julia-1.9.0-rc1-musl-x86_64.tar.gz",
            "5175033c",
        ),
        (
            ("julia", "1.8.0", "macos-arm64"),
            f"{JULIA}/mac/aarch64/1.8/julia-1.8.0-macaarch64.tar.gz",
            "9c911f93",
        ),
        (
            ("dart", "3.12.2", "linux-arm64"),
            f"{DART}/3.12.2/sdk/dartsdk-linux-arm64-release.zip",
            DART_SUMS["arm64"],
        ),
        (
            ("flutter", "2.10.5-stable", "linux-x64"),
            f"{FLUTTER}/stable/linux/flutter_linux_2.10.5-stable.tar.xz",
            "",
        ),
        (
            ("flutter", "3.7.7-stable", "macos-arm64"),
            f"{FLUTTER}/stable/macos/flutter_macos_arm64_3.7.7-stable.zip",
            "",
        ),
    ],
)
def test_a_build_has_its_url_and_its_published_digest(
    build: tuple[str, str, str],
    url: str,
    digest: str,
    registry: Registry,
    clients: Clients,
) -> None:
    tool, version, host = build
    known, spec = registry.require(tool), source_for(registry, tool, host)
    pin = Pin(tool, version)
    plan = make_plan(known, spec, pin, any_of(host), clients)
    (artifact,) = plan.artifacts
    assert artifact.locator == url
    if tool == "flutter":
        listed = json.loads(page(f"flutter-releases-{host.partition('-')[0]}.json"))
        (digest,) = (
            release["sha256"]
            for release in listed["releases"]
            if url.endswith(release["archive"])
        )
    assert artifact.digest.hex.startswith(digest)
    assert assemble(known, spec, pin, any_of(host), [artifact]).source == spec.id


@pytest.mark.parametrize(
    ("tool", "version", "host"),
    [
        ("dotnet", "8.0.111", "linux-x64"),
        ("julia", "1.6.7", "macos-arm64"),
        ("julia", "0.3.0", "macos-x64"),  # a disk image alone
        ("dart", "latest", "linux-x64"),
        ("flutter", "2.10.5-stable", "macos-arm64"),
    ],
)
def test_what_a_host_does_not_have_is_not_guessed(
    tool: str, version: str, host: str, registry: Registry, clients: Clients
) -> None:
    known, spec = registry.require(tool), source_for(registry, tool, host)
    with pytest.raises(NotPublished):
        make_plan(known, spec, Pin(tool, version), any_of(host), clients)
