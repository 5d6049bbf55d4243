"""Ruby: rows of its own index of source code, and releases of the portable builds.

ruby-index.txt has lines of cache.ruby-lang.org/pub/ruby/index.txt, as a copy of it in
github.com/moritzheiber/ruby-version-checker-rs has them. The releases of jdx/ruby have
the shape of GitHub's API; digests are those that others pin of these assets.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with, source
from tests.support.server import Server
from tests.upstream import page
from toolpin.errors import NotPublished
from toolpin.install.planner import make_plan
from toolpin.install.source_build_plan import recipe_for
from toolpin.model import Pin
from toolpin.plugins.registry import read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.steps.preflight import applies
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.versions import newest

HOSTS = (
    *("linux-x64", "linux-arm64", "linux-x64-musl", "linux-arm64-musl"),
    *("macos-x64", "macos-arm64"),
)
PORTABLE = {
    ("4.0.7", "linux-x64"): "4.0.7-2/ruby-4.0.7.x86_64_linux.tar.gz",
    ("4.0.7", "linux-arm64"): "4.0.7-2/ruby-4.0.7.arm64_linux.tar.gz",
    ("4.0.7", "macos-arm64"): "4.0.7-2/ruby-4.0.7.macos.tar.gz",
    ("3.3.11", "linux-x64"): "3.3.11-1/ruby-3.3.11.x86_64_linux.tar.gz",
}
SOURCES = [
    line.split("\t")
    for line in page("ruby-index.txt").decode().splitlines()
    if line.split("\t")[1].endswith(".tar.gz")
]
VERSIONS = [row[0].removeprefix("ruby-") for row in SOURCES]
BUILT = [version for version in VERSIONS if version[0] >= "2"]


@pytest.fixture
def ruby(tmp_path: Path) -> Tool:
    return read_registry(Paths(str(tmp_path), str(tmp_path))).require("ruby")


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    with Server() as server:
        answer = page("github-ruby-releases.json")
        place = "/api/repos/jdx/ruby/releases"
        server.put(f"{place}?per_page=100&page=1", answer)
        for release in json.loads(answer):
            data = json.dumps(release).encode()
            server.put(f"{place}/tags/{release['tag_name']}", data)
        server.put("/ruby/index.txt", page("ruby-index.txt"))
        mirrors = (
            ("https://api.github.com", f"{server.url}/api"),
            ("https://github.com", f"{server.url}/web"),
            ("https://cache.ruby-lang.org/pub/ruby", f"{server.url}/ruby"),
        )
        yield clients_with(mirrors, any_of("linux-x64"), tmp_path)


@pytest.mark.parametrize("host", HOSTS)
def test_each_build_of_the_newest_revision_is_planned(
    host: str, ruby: Tool, clients: Clients
) -> None:
    spec, at = source(ruby, "portable"), any_of(host)
    for version in ("4.0.7", "3.3.11"):
        wanted = PORTABLE.get((version, host))
        if wanted is None:
            with pytest.raises(NotPublished):
                make_plan(ruby, spec, Pin("ruby", version), at, clients)
            continue
        (artifact,) = make_plan(ruby, spec, Pin("ruby", version), at, clients).artifacts
        place = "https://github.com/jdx/ruby/releases/download"
        assert artifact.locator == f"{place}/{wanted}"


def test_only_revisions_are_versions(ruby: Tool, clients: Clients) -> None:
    listed = clients.open(source(ruby, "portable")).releases(any_of("linux-x64"))
    assert [release.version for release in listed] == ["4.0.7", "3.3.11"]


@pytest.mark.parametrize("host", HOSTS)
def test_each_tarball_from_2_0_on_is_planned_with_its_digest(
    host: str, ruby: Tool, clients: Clients
) -> None:
    spec, at = source(ruby, "ruby-source"), any_of(host)
    listed = [release.version for release in clients.open(spec).releases(at)]
    assert listed == BUILT
    assert newest("", listed) == "4.0.5"
    assert newest("3.4", listed) == "3.4.1"
    for name, url, _, digest, _ in SOURCES:
        pin = Pin("ruby", name.removeprefix("ruby-"))
        if pin.version in BUILT:
            (artifact,) = make_plan(ruby, spec, pin, at, clients).artifacts
            assert artifact.locator == url
            assert str(artifact.digest) == f"sha256:{digest}"
        else:
            with pytest.raises(NotPublished):
                make_plan(ruby, spec, pin, at, clients)


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("2.3.8", {"OpenSSL 1.0", "readline"}),
        ("2.4.10", {"OpenSSL 1.1", "readline"}),
        ("2.7.8", {"OpenSSL 1.1"}),
        ("3.0.7", {"OpenSSL 1.1"}),
        ("3.1.2", set()),
        ("3.2.0-preview1", {"libyaml"}),
        ("3.3.0", {"libyaml"}),
        ("4.0.5", {"libyaml"}),
    ],
)
def test_a_build_needs_what_its_version_does(
    version: str, wanted: set[str], ruby: Tool
) -> None:
    recipe = recipe_for(ruby, source(ruby, "ruby-source"), any_of("linux-x64"))
    assert recipe is not None
    needs = {
        need.what.partition(":")[0].partition(",")[0]
        for need in recipe.needs
        if applies(need, version)
    }
    always = {"a C compiler", "make", "zlib", "OpenSSL", "libffi"}
    assert needs == always | wanted
