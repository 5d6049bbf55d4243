"""What plugins/nodejs.toml assumes of its upstreams, on parts of their real pages.

node/index.json: rows of https://nodejs.org/dist/index.json, of every shape that it has.
node/SHASUMS256-24.21.0.txt: that release's SHASUMS256.txt, whole; those of 14.21.3 and
0.10.48: their .tar.gz lines.
unofficial/: rows of index.json in
https://unofficial-builds.nodejs.org/download/release/, and lines of SHASUMS256.txt of
releases there. node-releases/envs.json: a part of data/processed/envs.json of
node-releases 2.0.66.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.clients import clients_with, source
from tests.support.server import Server
from toolpin.errors import NotPublished
from toolpin.install.first_builds import Failure, first_for, too_old, with_reason
from toolpin.model import Artifact, Pin
from toolpin.plugins.registry import read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.project.validation import VERSION, fits
from toolpin.sources.clients import Clients
from toolpin.sources.protocol import read_lines
from toolpin.sources.spec import SourceSpec
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.versions import sort_key

HERE = Path(__file__).parent
PAGES = {"https://nodejs.org/dist": "node"}
PAGES["https://unofficial-builds.nodejs.org/download/release"] = "unofficial"
HOSTS = ("linux-x64", "linux-arm64", "macos-x64", "macos-arm64")
MUSL = ("linux-x64-musl", "linux-arm64-musl")


@pytest.fixture(scope="module")
def nodejs() -> Tool:
    return read_registry(Paths(data="/nowhere", config="/nowhere")).require("nodejs")


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[Clients]:
    """The clients of a machine for which the recorded pages are the mirrors."""
    with Server() as server:
        for directory in PAGES.values():
            server.put(f"/{directory}/index.json", HERE / directory / "index.json")
            for page in (HERE / directory).glob("SHASUMS256-*.txt"):
                version = page.stem.partition("-")[2]
                server.put(f"/{directory}/v{version}/SHASUMS256.txt", page)
        mirrors = tuple(
            (upstream, f"{server.url}/{directory}")
            for upstream, directory in PAGES.items()
        )
        yield clients_with(mirrors, any_of("linux-x64"), tmp_path)


def rows(page: str) -> list[dict[str, Any]]:
    return list(json.loads((HERE / page).read_text()))


def artifact(clients: Clients, spec: SourceSpec, version: str, host: str) -> Artifact:
    return clients.open(spec).artifacts(version, any_of(host))[0]


def versions(clients: Clients, spec: SourceSpec, host: str) -> list[str]:
    return [release.version for release in clients.open(spec).releases(any_of(host))]


@pytest.mark.parametrize("page", ["node/index.json", "unofficial/index.json"])
def test_every_row_has_a_version_with_a_v_files_and_lts(page: str) -> None:
    for row in rows(page):
        assert row["version"].startswith("v")
        assert fits(row["version"].removeprefix("v"), VERSION)
        assert all(isinstance(file, str) for file in row["files"])
        assert row["lts"] is False or row["lts"].isalpha()


def test_old_rows_lack_keys_and_are_listed_all_the_same(
    nodejs: Tool, clients: Clients
) -> None:
    shapes = {tuple(row) for row in rows("node/index.json")}
    assert len(shapes) == 6
    lacking = [row["version"] for row in rows("node/index.json") if "npm" not in row]
    assert "v0.6.2" in lacking
    assert versions(clients, source(nodejs, "upstream"), "linux-x64")[-1] == "0.8.6"


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_is_listed_from_the_version_that_the_plugin_states(
    host: str, nodejs: Tool, clients: Clients
) -> None:
    spec = source(nodejs, "upstream")
    (first,) = spec.since[host]
    listed = versions(clients, spec, host)
    assert min(listed, key=sort_key) == first
    # The row just before it in the whole index is recorded, too.
    before = {"16.0.0": "v15.14.0", "4.0.0": "v0.12.18", "0.8.6": "v0.8.5"}[first]
    assert before in [row["version"] for row in rows("node/index.json")]


def test_a_codename_is_a_channel_and_false_is_none(
    nodejs: Tool, clients: Clients
) -> None:
    spec = source(nodejs, "upstream")
    releases = clients.open(spec).releases(any_of("linux-x64"))
    channels = {release.version: release.channels for release in releases}
    assert channels["24.21.0"] == ("krypton", "lts", "lts-krypton")
    assert channels["24.10.0"] == channels["26.9.0"] == ()


def test_the_index_and_the_bundled_table_state_the_same_lines(nodejs: Tool) -> None:
    for row in rows("node/index.json"):
        version = row["version"].removeprefix("v")
        of_line = [
            name
            for name, first in nodejs.channels.items()
            if first.partition(".")[0] == version.partition(".")[0]
            and sort_key(first) <= sort_key(version)
        ]
        assert of_line == ([row["lts"].lower()] if row["lts"] else [])


@pytest.mark.parametrize("host", HOSTS)
def test_a_release_has_a_tar_xz_for_every_host(
    host: str, nodejs: Tool, clients: Clients
) -> None:
    target = host.replace("macos", "darwin")
    result = artifact(clients, source(nodejs, "upstream"), "24.21.0", host)
    assert result.filename == f"node-v24.21.0-{target}.tar.xz"
    text = (HERE / "node/SHASUMS256-24.21.0.txt").read_text()
    assert f"{result.digest.hex}  {result.filename}\n" in text


def test_an_old_release_has_only_a_tar_gz(nodejs: Tool, clients: Clients) -> None:
    result = artifact(clients, source(nodejs, "upstream"), "0.10.48", "linux-x64")
    assert result.filename == "node-v0.10.48-linux-x64.tar.gz"
    assert result.digest.hex.startswith("82f5fe186349ca69")


def test_nodejs_org_itself_builds_for_musl_on_x64(
    nodejs: Tool, clients: Clients
) -> None:
    spec = source(nodejs, "upstream")
    result = artifact(clients, spec, "24.21.0", "linux-x64-musl")
    assert result.locator == (
        "https://nodejs.org/dist/v24.21.0/node-v24.21.0-linux-x64-musl.tar.xz"
    )
    assert result.digest.hex.startswith("34ab095af8efe901")
    assert versions(clients, spec, "linux-x64-musl") == ["26.9.0", "24.21.0"]
    assert "linux-arm64-musl" not in spec.hosts


def test_the_unofficial_index_has_the_same_shape(
    nodejs: Tool, clients: Clients
) -> None:
    spec = source(nodejs, "unofficial")
    assert versions(clients, spec, "linux-x64-musl") == ["20.6.1", "20.3.1"]
    assert versions(clients, spec, "linux-arm64-musl") == []


@pytest.mark.parametrize(
    ("version", "host", "digest"),
    [
        ("24.19.0", "linux-x64-musl", "ebcb19941bf6a34a"),
        ("22.23.2", "linux-x64-musl", "2d18b5731055f7ef"),
        ("24.21.0", "linux-arm64-musl", "4008018adb2b06d3"),
    ],
)
def test_the_unofficial_builds_have_checksums_and_the_same_names(
    version: str, host: str, digest: str, nodejs: Tool, clients: Clients
) -> None:
    result = artifact(clients, source(nodejs, "unofficial"), version, host)
    assert result.locator == (
        "https://unofficial-builds.nodejs.org/download/release/"
        f"v{version}/node-v{version}-{host}.tar.xz"
    )
    assert result.digest.hex.startswith(digest)


def test_the_package_states_the_lines_of_the_bundled_table(nodejs: Tool) -> None:
    text = (HERE / "node-releases/envs.json").read_bytes()
    assert read_lines(text, nodejs.long_term) == nodejs.channels


def test_a_mac_with_arm64_has_no_build_of_a_release_before_16(
    nodejs: Tool, clients: Clients
) -> None:
    spec, host = source(nodejs, "upstream"), any_of("macos-arm64")
    pin = Pin("nodejs", "14.21.3")
    with pytest.raises(NotPublished) as caught:
        artifact(clients, spec, pin.version, "macos-arm64")
    error = with_reason(spec, pin, host, caught.value)
    assert error.what == "nodejs.org has builds for macos-arm64 only from 16.0.0 on"
    assert first_for([Failure(spec, error)], pin, host) == "16.0.0"


@pytest.mark.parametrize(
    ("version", "host", "first"),
    [
        ("3.9.9", "linux-arm64", "4.0.0"),
        ("0.8.5", "linux-x64", "0.8.6"),
        ("15.14.0", "macos-arm64", "16.0.0"),
        ("16.0.0", "macos-arm64", None),
        ("99.0.0", "macos-arm64", None),
        ("8.15.1", "linux-x64-musl", "8.16.0"),
        # nodejs.org begins with 24.20.0; what it lacks may be among the others.
        ("24.1.0", "linux-x64-musl", None),
        ("22.21.0", "linux-arm64-musl", "22.21.1"),
        ("24.10.0", "linux-arm64-musl", "24.11.0"),
        ("18.20.8", "linux-arm64-musl", "20.19.6"),
        # A line that ended before arm64 was built, and no older than the first build.
        ("23.11.1", "linux-arm64-musl", None),
    ],
)
def test_the_first_build_explains_a_version_that_is_older(
    version: str, host: str, first: str | None, nodejs: Tool
) -> None:
    pin, error = Pin("nodejs", version), NotPublished("none")
    failures = [Failure(spec, error) for spec in nodejs.sources]
    assert first_for(failures, pin, any_of(host)) == first
    reasons = [too_old(spec, pin, any_of(host)) for spec in nodejs.sources]
    assert any(reasons) or first is None
