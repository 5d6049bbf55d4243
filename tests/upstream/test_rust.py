"""What static.rust-lang.org has: its list of manifests, and the digests of archives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with, source
from tests.support.rust import COMPONENTS
from tests.support.server import Server
from tests.support.tags import serve_tags
from tests.support.triples import TRIPLES
from tests.upstream import page
from toolpin.errors import NotPublished
from toolpin.install.planner import assemble, make_plan
from toolpin.model import Pin, Release, Unpack
from toolpin.plugins.registry import read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.system.host import any_of
from toolpin.system.paths import Paths

HOST = any_of("linux-x64")
DIGESTS = [line.split("  ") for line in page("rust-sha256.txt").decode().splitlines()]
TAGS = ["0.12.0", "1.0.0-alpha.2", "1.47.0", "1.48.0", "1.84.0", "release-0.7"]


@pytest.fixture
def rust(tmp_path: Path) -> Tool:
    return read_registry(Paths(str(tmp_path), str(tmp_path))).require("rust")


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    with Server() as server:
        server.put("/rust/manifests.txt", page("rust-manifests.txt"))
        for digest, path in DIGESTS:
            name = path.rpartition("/")[2]
            server.put(f"/rust/dist/{path}.sha256", f"{digest}  {name}\n".encode())
        serve_tags(server, "/github/rust-lang/rust", TAGS)
        mirrors = (
            ("https://static.rust-lang.org", f"{server.url}/rust"),
            ("https://github.com", f"{server.url}/github"),
        )
        yield clients_with(mirrors, HOST, tmp_path)


@pytest.mark.parametrize(
    ("name", "host", "versions"),
    [
        ("stable", "linux-arm64-musl", "1.48.0 1.84.0"),
        ("stable", "macos-arm64", "1.84.0"),
        ("beta", "linux-x64", "beta-2025-04-30"),
        ("nightly", "macos-x64", "nightly-2025-11-24 nightly-2026-08-01"),
    ],
)
def test_each_channel_lists_its_own_versions(
    name: str, host: str, versions: str, rust: Tool, clients: Clients
) -> None:
    spec = source(rust, name)
    releases = clients.open(spec).releases(any_of(host))
    listed = [release for release in releases if spec.is_release(release.version)]
    assert listed == [Release(version) for version in versions.split()]


@pytest.mark.parametrize(
    ("name", "version", "host"),
    [
        *(("stable", "1.84.0", host) for host in TRIPLES),
        ("stable", "1.48.0", "linux-x64"),
        ("stable", "1.48.0", "linux-arm64-musl"),
        ("beta", "beta-2025-04-30", "linux-x64"),
        ("nightly", "nightly-2026-08-01", "linux-arm64-musl"),
    ],
)
def test_all_components_have_the_published_digest(
    name: str, version: str, host: str, rust: Tool, clients: Clients
) -> None:
    spec, pin = source(rust, name), Pin("rust", version)
    plan = make_plan(rust, spec, pin, any_of(host), clients)
    published = {
        f"https://static.rust-lang.org/dist/{path}": digest for digest, path in DIGESTS
    }
    assert len(plan.artifacts) == len(COMPONENTS)
    for artifact, component in zip(plan.artifacts, COMPONENTS, strict=True):
        assert artifact.filename.startswith(f"{component}-")
        assert TRIPLES[host] in artifact.filename
        assert artifact.digest.hex == published[artifact.locator]
    assert plan.steps == tuple(
        Unpack(at, strip=2, only="*/*", without=("manifest.in",)) for at in range(5)
    )
    assert assemble(rust, spec, pin, any_of(host), plan.artifacts).source == name
    with pytest.raises(NotPublished):
        assemble(rust, spec, pin, any_of(host), plan.artifacts[:4])


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("1.84", ["stable"]),
        ("", ["stable"]),
        ("nightly", ["nightly"]),
        ("nightly-2026", ["nightly"]),
        ("beta-2025-04-30", ["beta"]),
    ],
)
def test_a_request_queries_the_source_of_its_channel(
    version: str, names: list[str], rust: Tool
) -> None:
    assert [spec.id for spec in rust.for_version(version).sources] == names
