"""PostgreSQL and Redis: source code, and the two kinds of list that have its versions.

postgres-source.html has the form of ftp.postgresql.org/pub/source, with a
few of its directories; digests are those that docker-library/postgres pins.
redis-hashes.txt has lines of github.com/redis/redis-hashes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with
from tests.support.server import Server
from tests.upstream import page
from toolpin.errors import NotPublished, Unreachable
from toolpin.install.planner import make_plan
from toolpin.install.source_build_plan import recipe_for
from toolpin.model import Pin
from toolpin.plugins.registry import Registry, read_registry
from toolpin.sources.clients import Clients
from toolpin.steps.preflight import applies
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.versions import newest

HOSTS = (
    *("linux-x64", "linux-arm64", "linux-x64-musl", "linux-arm64-musl"),
    *("macos-x64", "macos-arm64"),
)
X64 = any_of("linux-x64")
FTP = "https://ftp.postgresql.org/pub/source"
TARBALLS = {
    "14.22": "f57938ad30067077720277f6d7db05aafc07d1545efd2ed82f199ba828a7ad34",
    "15.17": "ae14f24c14727e0b2ded1c5553031666099bd1054db3ef44bfa6e2bd6d554a56",
    "16.13": "dc2ddbbd245c0265a689408e3d2f2f3f9ba2da96bd19318214b313cdd9797287",
    "17.9": "3b9a62538a8da151e807a3ddb1198e8605f2032544d78f403ae883d27ecf1ee4",
    "18.3": "d95663fbbf3a80f81a9d98d895266bdcb74ba274bcc04ef6d76630a72dee016f",
}
REDIS = {
    words[1].removeprefix("redis-").removesuffix(".tar.gz"): words[3]
    for words in map(str.split, page("redis-hashes.txt").decode().splitlines())
    if words[:1] == ["hash"] and words[2] == "sha256" and "-rc" not in words[1]
}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return read_registry(Paths(str(tmp_path), str(tmp_path)))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        server.put("/source/", page("postgres-source.html"))
        for version, digest in TARBALLS.items():
            name = f"postgresql-{version}.tar.bz2"
            listed = f"{digest}  {name}\n".encode()
            server.put(f"/source/v{version}/{name}.sha256", listed)
        server.put("/hashes/README", page("redis-hashes.txt"))
        yield server


@pytest.fixture
def clients(server: Server, tmp_path: Path) -> Clients:
    hashes = "https://raw.githubusercontent.com/redis/redis-hashes/master"
    mirrors = ((FTP, f"{server.url}/source"), (hashes, f"{server.url}/hashes"))
    return clients_with(mirrors, X64, tmp_path)


@pytest.mark.parametrize("host", HOSTS)
def test_each_tarball_of_postgres_is_planned_with_the_digest_beside_it(
    host: str, registry: Registry, clients: Clients
) -> None:
    postgres, at = registry.require("postgresql"), any_of(host)
    for version, digest in TARBALLS.items():
        pin = Pin("postgres", version)
        (artifact,) = make_plan(
            postgres, postgres.sources[0], pin, at, clients
        ).artifacts
        assert artifact.locator == f"{FTP}/v{version}/postgresql-{version}.tar.bz2"
        assert str(artifact.digest) == f"sha256:{digest}"
    with pytest.raises(NotPublished):
        make_plan(postgres, postgres.sources[0], Pin("postgres", "18.99"), at, clients)


def test_a_directory_lists_the_versions_of_postgres(
    registry: Registry, clients: Clients
) -> None:
    listed = clients.open(registry.require("postgres").sources[0]).releases(X64)
    versions = [release.version for release in listed]
    assert versions[:4] == ["1.08", "7.4.30", "8.4.22", "9.6.24"]
    assert len(versions) == 13
    assert newest("", versions) == "18.4"
    assert newest("9.6", versions) == "9.6.24"
    assert newest("17", versions) == "17.9"


def test_a_page_that_is_no_listing_is_an_error(
    registry: Registry, clients: Clients, server: Server
) -> None:
    server.put("/source/", b"<html><body><h1>Please sign in</h1></body></html>")
    with pytest.raises(Unreachable, match="is not the listing of a directory"):
        clients.open(registry.require("postgres").sources[0]).releases(X64)


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("9.6.24", set()),
        ("15.17", set()),
        ("16.13", {"ICU", "pkg-config"}),
        ("17beta1", {"ICU", "pkg-config", "bison", "flex", "perl"}),
        ("18.3", {"ICU", "pkg-config", "bison", "flex", "perl"}),
    ],
)
def test_a_build_of_postgres_needs_what_its_version_does(
    version: str, wanted: set[str], registry: Registry
) -> None:
    postgres = registry.require("postgres")
    recipe = recipe_for(postgres, postgres.sources[0], X64)
    assert recipe is not None
    needs = {
        need.what.partition(",")[0] for need in recipe.needs if applies(need, version)
    }
    always = {"a C compiler", "make", "zlib", "readline", "OpenSSL", "libuuid"}
    assert needs == always | wanted


@pytest.mark.parametrize("host", HOSTS)
def test_each_release_of_redis_with_a_sha256_is_planned(
    host: str, registry: Registry, clients: Clients
) -> None:
    redis, at = registry.require("redis"), any_of(host)
    listed = clients.open(redis.sources[0]).releases(at)
    assert [release.version for release in listed] == list(REDIS)
    for version, digest in REDIS.items():
        pin = Pin("redis", version)
        (artifact,) = make_plan(redis, redis.sources[0], pin, at, clients).artifacts
        place = "https://download.redis.io/releases"
        assert artifact.locator == f"{place}/redis-{version}.tar.gz"
        assert str(artifact.digest) == f"sha256:{digest}"
