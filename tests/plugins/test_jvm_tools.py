"""Build tools and languages on Java: which files they are, and how they are checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with, source
from tests.support.server import Server
from toolpin.errors import NoChecksum, NotPublished
from toolpin.install.planner import make_plan
from toolpin.model import Artifact, Digest, Pin
from toolpin.plugins.registry import Registry, read_registry
from toolpin.sources.clients import Clients
from toolpin.sources.kinds import KINDS
from toolpin.system.host import any_of
from toolpin.system.paths import Paths

HERE = any_of("linux-x64")
GRADLE = "https://services.gradle.org/distributions/gradle-{}-bin.zip"
MAVEN = "https://archive.apache.org/dist/maven/maven-3/3.9.16/binaries"
ANT = "https://archive.apache.org/dist/ant/binaries/apache-ant-1.10.17-bin.tar.xz"
LEIN = "https://raw.githubusercontent.com/technomancy/leiningen/2.9.1/bin/lein"
SCALA2 = "https://downloads.lightbend.com/scala/2.13.16/scala-2.13.16.tgz"
GITHUB = "https://github.com/{}/releases/download/{}"
# One that exists of each: package managers have them (aqua-registry, hermit-packages,
# scoop's and Homebrew's formulas).
EXISTING = [
    ("gradle", "upstream", "8.0-rc-2", GRADLE.format("8.0-rc-2")),
    ("ant", "upstream", "1.10.17", ANT),
    ("maven", "upstream", "3.9.16", f"{MAVEN}/apache-maven-3.9.16-bin.tar.gz"),
    ("leiningen", "upstream", "2.9.1", LEIN),
    ("scala", "scala2", "2.13.16", SCALA2),
    (
        *("scala", "github", "3.5.2"),
        GITHUB.format("scala/scala3", "3.5.2/scala3-3.5.2.tar.gz"),
    ),
    ("sbt", "github", "1.5.4", GITHUB.format("sbt/sbt", "v1.5.4/sbt-1.5.4.tgz")),
    (
        *("kotlin", "github", "2.1.0"),
        GITHUB.format("JetBrains/kotlin", "v2.1.0/kotlin-compiler-2.1.0.zip"),
    ),
    (
        *("clojure", "github", "1.12.2.1565"),
        GITHUB.format(
            "clojure/brew-install", "1.12.2.1565/clojure-tools-1.12.2.1565.tar.gz"
        ),
    ),
]
VERSIONS = [
    {"version": "9.8.0-20260801001122+0000", "nightly": True},
    {"version": "9.7.0", "current": True},
    {"version": "9.7.0-rc-1", "rcFor": "9.7.0"},
    {"version": "9.0.0-milestone-9"},
    {"version": "8.11"},
    {"version": "8.5-branch-x-20231101000000+0000", "snapshot": True},
]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    empty = str(tmp_path_factory.mktemp("empty"))
    return read_registry(Paths(empty, empty))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def on(server: Server, tmp_path: Path) -> Clients:
    hosts = ("services.gradle.org", "archive.apache.org", "raw.githubusercontent.com")
    mirrors = tuple((f"https://{host}", f"{server.url}/{host}") for host in hosts)
    return clients_with(mirrors, HERE, tmp_path)


@pytest.mark.parametrize(("tool", "source_id", "version", "url"), EXISTING)
def test_a_plugin_names_the_file_that_exists(
    tool: str, source_id: str, version: str, url: str, registry: Registry
) -> None:
    spec = source(registry.require(tool), source_id)
    artifact = Artifact(url, Digest("sha256", "0" * 64), None, url.rpartition("/")[2])
    kind = KINDS[spec.kind]
    assert kind.names(spec.at(version, str(HERE)), (artifact,), version, HERE)


@pytest.mark.parametrize("tool", sorted({row[0] for row in EXISTING}))
def test_a_tool_on_java_runs_with_the_pinned_one(tool: str, registry: Registry) -> None:
    assert registry.require(tool).requires == ("java",)


def test_gradle_has_releases_and_no_nightly_builds(
    server: Server, on: Clients, registry: Registry
) -> None:
    server.put("/services.gradle.org/versions/all", json.dumps(VERSIONS).encode())
    digest = hashlib.sha256(b"gradle").hexdigest()
    url = GRADLE.format("8.11")
    # Without a name and without an end of its line, as it is there.
    server.put(f"/{url.removeprefix('https://')}.sha256", digest.encode())
    gradle = registry.require("gradle")
    spec = gradle.sources[0]
    releases = on.open(spec).releases(HERE)
    ready = [value.version for value in releases if spec.is_release(value.version)]
    assert ready == ["9.7.0", "9.7.0-rc-1", "9.0.0-milestone-9", "8.11"]
    plan = make_plan(gradle, spec, Pin("gradle", "8.11"), HERE, on)
    assert (plan.artifacts[0].locator, plan.artifacts[0].digest.hex) == (url, digest)


def test_ant_has_a_checksum_from_its_first_version_on(
    server: Server, on: Clients, registry: Registry
) -> None:
    ant = registry.require("ant")
    digest = hashlib.sha512(b"ant").hexdigest()
    text = f"{digest}  apache-ant-1.10.17-bin.tar.xz\n"
    server.put(f"/{ANT.removeprefix('https://')}.sha512", text.encode())
    plan = make_plan(ant, ant.sources[0], Pin("ant", "1.10.17"), HERE, on)
    assert str(plan.artifacts[0].digest) == f"sha512:{digest}"
    with pytest.raises(NotPublished):
        make_plan(ant, ant.sources[0], Pin("ant", "1.9.7"), HERE, on)


def test_leiningen_needs_trust_on_first_use(on: Clients, registry: Registry) -> None:
    lein = registry.require("lein")
    with pytest.raises(NoChecksum):
        make_plan(lein, lein.sources[0], Pin("leiningen", "2.9.1"), HERE, on)
