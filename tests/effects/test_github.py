"""Releases as GitHub tells them: versions, digests, and answers that are none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.releases import Releases, grep_assets
from tests.support.server import Server, Status
from toolpin.cache.first_use import FirstUse
from toolpin.cache.indexes import Indexes
from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import (
    NoChecksum,
    NoFit,
    NotPublished,
    Refused,
    ToolpinError,
    Unreachable,
)
from toolpin.http.fetch import Fetcher, Limits
from toolpin.model import Host, Release
from toolpin.plugins.tool_file import parse_tool
from toolpin.sources.github import KIND, GithubSource

HOST = Host("linux", "x64", "glibc", "2.36")
MACOS = Host("macos", "x64", "", "14.5")
PLUGIN = """
[tool]
name = "ripgrep"
description = "search"
homepage = "https://demo.example/"
commands = ["rg"]
[[source]]
id = "github"
kind = "github"
publisher = "demo.example"
repo = "demo/rg"
tag = "v{version}"
assets = ["ripgrep-{version}-{target}.tar.xz", "ripgrep-{version}-{target}.tar.gz"]
hosts.linux-x64 = { target = "x86_64-unknown-linux-musl" }
hosts.macos-x64 = { target = "powerpc-apple-darwin" }
"""
NAME = "ripgrep-14.1.1-x86_64-unknown-linux-musl.tar.gz"
SUMS = 'checksums_asset = "ripgrep_{version}_SHA256SUMS"\nhosts.linux-x64'


@pytest.fixture
def releases() -> Iterator[Releases]:
    """A loopback GitHub with one repository."""
    with Server() as server:
        yield Releases(server, "demo/rg")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path / "cache"))


def _source(
    releases: Releases,
    *,
    sums: bool = False,
    cache: Cache | None = None,
    trusts: bool = False,
    text: str = PLUGIN,
) -> GithubSource:
    url = releases.server.url
    mirrors = (
        ("https://api.github.com", f"{url}/api"),
        ("https://github.com", f"{url}/web"),
    )
    text = text.replace("hosts.linux-x64", SUMS) if sums else text
    rewrite = Settings(mirrors=mirrors).rewrite
    fetcher = Fetcher(rewrite, Limits(attempts=1))
    cache = cache or Cache("/dev/null")
    indexes = Indexes(fetcher, cache, rewrite)
    first_use = FirstUse(cache, fetcher, print, allowed=trusts)
    spec = parse_tool(text, "ripgrep.toml").sources[0]
    return GithubSource(spec, indexes, first_use)


@pytest.mark.parametrize("sums", [False, True])
def test_an_artifact_has_the_canonical_url_and_the_published_digest(
    sums: bool, releases: Releases
) -> None:
    assets = grep_assets("14.1.1", sums=sums)
    releases.publish("v14.1.1", assets, digests=not sums)
    artifact = _source(releases, sums=sums).artifacts("14.1.1", HOST)[0]
    assert artifact.filename == NAME
    assert artifact.digest.hex == hashlib.sha256(assets[NAME]).hexdigest()
    assert artifact.locator == (
        f"https://github.com/demo/rg/releases/download/v14.1.1/{NAME}"
    )


def test_with_a_sums_file_the_api_is_not_asked(releases: Releases) -> None:
    releases.publish("v14.1.1", grep_assets("14.1.1", sums=True))
    _source(releases, sums=True).artifacts("14.1.1", HOST)[0]
    assert not [
        request for request in releases.server.requests if "/api" in request.path
    ]


def test_only_tags_and_assets_that_fit_are_versions(releases: Releases) -> None:
    releases.publish("v14.1.1", grep_assets("14.1.1"))
    releases.publish("nightly", grep_assets("nightly"))
    releases.publish("v14.2.0", {"ripgrep-14.2.0-other.tar.gz": b"x"})
    source = _source(releases)
    assert source.releases(HOST) == [Release("14.1.1")]
    assert source.releases(MACOS) == []


@pytest.mark.parametrize("sums", [False, True])
def test_a_version_without_a_release_or_build_is_not_published(
    sums: bool, releases: Releases
) -> None:
    releases.publish("v14.1.2", grep_assets("14.1.2", sums=sums), digests=False)
    source = _source(releases, sums=sums)
    for version, host in (("14.1.2", MACOS), ("1.0", HOST)):
        with pytest.raises(NotPublished) as caught:
            source.artifacts(version, host)[0]
        assert not isinstance(caught.value, NoChecksum)


@pytest.mark.parametrize("is_there", [False, True])
def test_what_the_sums_file_does_not_list_has_the_digest_of_the_api(
    is_there: bool, releases: Releases
) -> None:
    assets = grep_assets("14.1.1")
    if is_there:
        other = f"{'0' * 64}  ripgrep-14.1.1-other.tar.gz\n".encode()
        assets["ripgrep_14.1.1_SHA256SUMS"] = other
    releases.publish("v14.1.1", assets)
    artifact = _source(releases, sums=True).artifacts("14.1.1", HOST)[0]
    assert artifact.digest.hex == hashlib.sha256(assets[NAME]).hexdigest()
    assert artifact.size_bytes


def test_the_sums_file_counts_before_the_api(releases: Releases) -> None:
    assets = grep_assets("14.1.1")
    assets["ripgrep_14.1.1_SHA256SUMS"] = f"{'0' * 64}  {NAME}\n".encode()
    releases.publish("v14.1.1", assets)
    artifact = _source(releases, sums=True).artifacts("14.1.1", HOST)[0]
    assert artifact.digest.hex == "0" * 64
    assert artifact.size_bytes is None


@pytest.mark.parametrize("sums", [False, True])
def test_an_asset_without_any_digest_is_trusted_once_and_held_to(
    sums: bool, releases: Releases, cache: Cache
) -> None:
    assets = grep_assets("14.1.1")
    releases.publish("v14.1.1", assets, digests=False)
    place = f"/web/demo/rg/releases/download/v14.1.1/{NAME}"
    with pytest.raises(NoChecksum) as caught:
        _source(releases, sums=sums, cache=cache).artifacts("14.1.1", HOST)[0]
    assert f"{NAME} is published without a checksum" in caught.value.what
    assert releases.server.count(place) == 0

    trusting = _source(releases, sums=sums, cache=cache, trusts=True)
    artifact = trusting.artifacts("14.1.1", HOST)[0]
    assert artifact.digest.hex == hashlib.sha256(assets[NAME]).hexdigest()
    releases.server.put(place, b"something else")
    for trusts in (False, True):
        again = _source(releases, sums=sums, cache=cache, trusts=trusts)
        assert again.artifacts("14.1.1", HOST)[0] == artifact
    assert releases.server.count(place) == 1


@pytest.mark.parametrize("digest", ["md5:" + "0" * 32, "sha256:sha256:00", "sha256:zz"])
def test_hostile_39_a_digest_that_is_none_is_refused(
    digest: str, releases: Releases
) -> None:
    name = "ripgrep-1.0-x86_64-unknown-linux-musl.tar.gz"
    asset = {"name": name, "size": 1, "digest": digest}
    table = {"tag_name": "v1.0", "draft": False, "assets": [asset]}
    path = "/api/repos/demo/rg/releases/tags/v1.0"
    releases.server.put(path, json.dumps(table).encode())
    with pytest.raises(Refused):
        _source(releases).artifacts("1.0", HOST)[0]


@pytest.mark.parametrize("answer", [b"<html>", b"{}", b"[1]", b'[{"tag_name": 1}]'])
def test_hostile_43_an_answer_that_is_no_list_is_no_answer(
    answer: bytes, releases: Releases
) -> None:
    releases.server.put("/api/repos/demo/rg/releases", answer)
    with pytest.raises(Unreachable):
        _source(releases).releases(HOST)
    releases.server.put("/api/repos/demo/rg/releases/tags/v1.0", answer)
    with pytest.raises(Unreachable):
        _source(releases).artifacts("1.0", HOST)[0]


def test_all_pages_are_read_and_drafts_left_out(releases: Releases) -> None:
    def page(start: int, count: int) -> bytes:
        tables = [
            {
                "tag_name": f"v1.{number}",
                "draft": number == 3,
                "assets": [
                    {
                        "name": f"ripgrep-1.{number}-x86_64-unknown-linux-musl.tar.gz",
                        "size": 1,
                        "digest": None,
                    }
                ],
            }
            for number in range(start, start + count)
        ]
        return json.dumps(tables).encode()

    path = "/api/repos/demo/rg/releases?per_page=100&page="
    releases.server.put(f"{path}1", page(0, 100))
    releases.server.put(f"{path}2", page(100, 5))
    result = _source(releases).releases(HOST)
    assert len(result) == 104
    assert Release("1.3") not in result
    assert sum("/api/" in request.path for request in releases.server.requests) == 2


def test_a_used_up_allowance_names_github(releases: Releases) -> None:
    path = "/api/repos/demo/rg/releases/tags/v1.0"
    releases.server.put(path, fault=Status(403))
    with pytest.raises(ToolpinError) as caught:
        _source(releases).artifacts("1.0", HOST)[0]
    assert "403" in caught.value.render()


def test_a_variant_is_found_in_a_name_with_the_version_and_the_host(
    releases: Releases,
) -> None:
    text = PLUGIN.replace(
        "{version}-{target}.tar.xz", "{version}-{target}-v{variant}.xz"
    ).replace(
        'tag = "v{version}"', 'variants = "-v"\nbuilt_for = { otp = "{variant}" }'
    )
    names = [
        f"ripgrep-14.1.1-x86_64-unknown-linux-musl-v{item}.xz" for item in (25, 26)
    ]
    others = ["ripgrep-14.1.1-powerpc-apple-darwin-v27.xz"]
    releases.publish("v14.1.1", dict.fromkeys([*names, *others], b"x"))
    source = _source(releases, text=text)
    versions = {release.version for release in source.releases(HOST)}
    assert versions == {"14.1.1", "14.1.1-v25", "14.1.1-v26"}
    beside = HOST._replace(beside=(("otp", "25.1"),))
    (artifact,) = source.artifacts("14.1.1", beside)
    assert artifact.filename == names[0]
    spec = parse_tool(text, "ripgrep.toml").sources[0]
    assert KIND.names(spec, (artifact,), "14.1.1", HOST)
    assert not KIND.names(spec, (artifact,), "14.1.1", MACOS)
    with pytest.raises(NoFit) as caught:
        source.artifacts("14.1.1", HOST._replace(beside=(("otp", "24"),)))
    assert caught.value.hint == "toolpin pin otp latest:25"
