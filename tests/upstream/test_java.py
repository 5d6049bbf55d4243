"""JDKs of all vendors: asdf-java's lists, of which tests/upstream/java has a part.

Recorded from data/jdk-*-ga.tsv of halcyon/asdf-java on 2026-08-22: versions of each
vendor in every shape, with the rows of musl and the second rows that they have there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with
from tests.support.java import LISTS, NAMES, JavaUpstream, Row, rows_of
from tests.support.server import Server
from toolpin.errors import NotPublished, Refused
from toolpin.install.planner import assemble, make_plan
from toolpin.model import Artifact, Digest, Pin, Plan, Unpack
from toolpin.plugins.registry import read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.verification import Level
from toolpin.versions import newest, sort_key

MACOS = "*/Contents/Home"


@pytest.fixture(scope="module")
def java(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    empty = str(tmp_path_factory.mktemp("empty"))
    return read_registry(Paths(empty, empty)).require("java")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def clients(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Clients:
    upstream = JavaUpstream(server)
    upstream.put_recorded()
    here = any_of("linux-x64")
    return clients_with(upstream.mirrors, here, tmp_path_factory.mktemp("java"))


def plan_of(java: Tool, version: str, host: str, clients: Clients) -> Plan:
    pin = Pin("java", version)
    return make_plan(java, java.sources[0], pin, any_of(host), clients)


def listed(java: Tool, host: str, clients: Clients) -> list[str]:
    source = clients.open(java.sources[0])
    return [release.version for release in source.releases(any_of(host))]


def is_for(row: Row, host: str) -> bool:
    return ("-musl" in row.version) == host.endswith("-musl")


@pytest.mark.parametrize("host", NAMES)
def test_every_version_is_planned_as_its_row_has_it(
    host: str, java: Tool, clients: Clients
) -> None:
    left_out = ("semeru-openj9-_openj9-", "microsoft-17.35.1", "sapmachine-11.28")
    rows = [row for row in rows_of(host) if is_for(row, host)]
    rows = [row for row in rows if row.version not in left_out]
    assert rows
    versions = listed(java, host, clients)
    for row in rows:
        same = [other for other in rows if other.version == row.version]
        tars = [other for other in same if not other.file.endswith(".zip")]
        last = (tars or same)[-1]
        for version in {row.version, row.version.replace("-musl", "")}:
            assert version in versions
            (artifact,) = plan_of(java, version, host, clients).artifacts
            expected = (last.url, f"sha256:{last.sha256}", last.file)
            found = (artifact.locator, str(artifact.digest), artifact.filename)
            assert found == expected, version
    assert set(left_out).isdisjoint(versions)


def test_a_build_for_musl_is_for_no_other_host(java: Tool, clients: Clients) -> None:
    musl = plan_of(java, "temurin-17.0.9+9", "linux-x64-musl", clients)
    glibc = plan_of(java, "temurin-17.0.9+9", "linux-x64", clients)
    assert "_alpine-linux_" in musl.artifacts[0].filename
    assert "_linux_" in glibc.artifacts[0].filename
    with pytest.raises(NotPublished):
        plan_of(java, "temurin-musl-17.0.9+9", "linux-x64", clients)
    with pytest.raises(NotPublished):
        plan_of(java, "openjdk-21.0.2", "linux-x64-musl", clients)


@pytest.mark.parametrize(
    ("prefix", "version"),
    [
        ("temurin", "temurin-25.0.0+36.0.LTS"),
        ("temurin-17", "temurin-17.0.19+10"),
        ("temurin-17.0.9", "temurin-17.0.9+9"),
        ("temurin-8", "temurin-8.0.392+8"),
        # Its package is 21.0.12.1+1.
        ("temurin-21", "temurin-21.0.12+101.0.LTS"),
        ("temurin-jre-17.0.9", "temurin-jre-17.0.9+9"),
        ("zulu-17", "zulu-17.46.19"),
        ("corretto-17", "corretto-17.0.9.8.1"),
        ("corretto-8", "corretto-8.392.08.1"),
        ("liberica-17", "liberica-17.0.9+11"),
        ("liberica-8", "liberica-8u392+9"),
        ("openjdk-21", "openjdk-21.0.2"),
        ("graalvm-22", "graalvm-22.3.1+java17"),
        ("graalvm-community", "graalvm-community-21.0.2"),
        ("openjdk-27", "openjdk-27"),
    ],
)
def test_a_prefix_is_the_newest_of_its_vendor(
    prefix: str, version: str, java: Tool, clients: Clients
) -> None:
    assert newest(prefix, listed(java, "linux-x64", clients)) == version


def test_java_versions_have_their_own_order() -> None:
    ordered = """temurin-8.0.392+8 temurin-11.0.2+7 temurin-17+35 temurin-17.0.9+9
        temurin-17.0.9+11 temurin-17.0.9.1+1 temurin-17.0.10+7 temurin-25.0.0+36.0.LTS
        """.split()
    assert sorted(ordered, key=sort_key) == ordered


@pytest.mark.parametrize(
    ("version", "host", "step"),
    [
        ("temurin-17.0.9+9", "linux-arm64", Unpack(0, strip=1)),
        ("temurin-17.0.9+9", "macos-arm64", Unpack(0, strip=3, only=MACOS)),
        ("corretto-17.0.9.8.1", "macos-x64", Unpack(0, strip=3, only=MACOS)),
        # The directory bin of Zulu's tree is a link to one in its Contents/Home.
        ("zulu-17.46.19", "macos-arm64", Unpack(0, strip=1, only="*")),
        ("liberica-17.0.9+11", "macos-x64", Unpack(0, strip=1, only="*")),
    ],
)
def test_the_home_of_a_jdk_becomes_the_install(
    version: str, host: str, step: Unpack, java: Tool, clients: Clients
) -> None:
    plan = plan_of(java, version, host, clients)
    assert plan.steps == (step,)
    assert plan.variables == (("JAVA_HOME", "{install}"),)


@pytest.mark.parametrize(
    ("version", "level"),
    [
        ("temurin-17.0.9+9", Level.CHECKSUM),
        ("openjdk-21.0.2", Level.CHECKSUM),
        ("graalvm-community-21.0.2", Level.CHECKSUM),
        ("microsoft-17.0.9", Level.CHECKSUM),
        ("zulu-17.46.19", Level.THIRD_PARTY),
        ("liberica-17.0.9+11", Level.THIRD_PARTY),
    ],
)
def test_a_digest_is_the_vendors_own_or_a_third_partys(
    version: str, level: Level, java: Tool, clients: Clients
) -> None:
    assert plan_of(java, version, "linux-x64", clients).verified == level


def test_a_list_that_contradicts_the_vendor_is_refused(
    java: Tool, tmp_path: Path
) -> None:
    row = next(row for row in rows_of("linux-x64") if row.version == "temurin-17.0.9+9")
    with Server() as server:
        upstream = JavaUpstream(server)
        upstream.put_recorded()
        forged = row._replace(sha256="0" * 64)
        text = "\t".join(forged) + "\n"
        path = f"{LISTS}/{NAMES['linux-x64']}".removeprefix("https:/")
        server.put(path, text.encode())
        on = clients_with(upstream.mirrors, any_of("linux-x64"), tmp_path)
        with pytest.raises(Refused, match="has another digest"):
            plan_of(java, row.version, "linux-x64", on)


@pytest.mark.parametrize(
    ("version", "url"),
    [
        ("temurin-17.0.9+9", "https://static.azul.com/zulu/bin/x.tar.gz"),
        ("zulu-17.46.19", "https://github.com/adoptium/x/releases/x.tar.gz"),
        # Oracle owns graalvm's first repository, and none of its later ones.
        ("graalvm-community-21.0.2", "https://github.com/oracle/graal/x.tar.gz"),
        ("xqwzt-17", "https://github.com/adoptium/x/releases/x.tar.gz"),
        # On servers that copy Maven's files, and in a repository's issues, is everyone.
        ("jetbrains-21.0.1", "https://cache-redirector.jetbrains.com/maven/x.tar.gz"),
        ("bisheng-17.0.1", "https://mirrors.huaweicloud.com/repository/x.tar.gz"),
        ("temurin-21.0.1", "https://github.com/adoptium/ci/files/1/x.tar.gz"),
        ("microsoft-21.0.1", "https://aka.ms/x.tar.gz"),
    ],
)
def test_hostile_109_a_vendor_has_no_build_at_anothers_address(
    version: str, url: str, java: Tool, tmp_path: Path
) -> None:
    digest = "a" * 64
    with Server() as server:
        upstream = JavaUpstream(server)
        upstream.put("linux-x64", [Row(version, "x.tar.gz", url, digest)])
        on = clients_with(upstream.mirrors, any_of("linux-x64"), tmp_path)
        assert listed(java, "linux-x64", on) == []
    locked = Artifact(url, Digest("sha256", digest), None, "x.tar.gz")
    pin, here = Pin("java", version), any_of("linux-x64")
    with pytest.raises(NotPublished):
        assemble(java, java.sources[0], pin, here, [locked])
