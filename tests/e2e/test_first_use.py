"""What nobody publishes a digest for: refused, or trusted once and held to that."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.support.archives import node_tarball
from tests.support.run import Home
from tests.support.server import Server, Status
from tests.support.upstream import Upstream
from toolpin.system.host import detect

PLUGIN = """
[tool]
name = "thing"
description = "a tool whose publisher has no checksums"
homepage = "https://thing.example/"
commands = ["node"]

[[source]]
id = "upstream"
kind = "http"
publisher = "thing.example"
checksums = "none"
catalogue = { url = "https://thing.example/index.json", version = "version" }
artifacts = ["https://thing.example/thing-{version}-{target}.tar.xz"]
hosts.linux-x64 = { target = "linux" }
hosts.linux-arm64 = { target = "linux" }
hosts.macos-x64 = { target = "mac" }
hosts.macos-arm64 = { target = "mac" }
strip = 1
"""
FLAG = "--trust-on-first-use"


@pytest.fixture
def place(home: Home, upstream: Upstream) -> Server:
    """The publisher's server, which has thing 1.0 and tells no digest."""
    plugins = home.config / "plugins"
    plugins.mkdir()
    (plugins / "thing.toml").write_text(PLUGIN)
    server = upstream.server
    home.env["TOOLPIN_MIRRORS"] += f" https://thing.example={server.url}"
    server.put("/index.json", json.dumps([{"version": "1.0"}]).encode())
    for target in ("linux", "mac"):
        server.put(f"/thing-1.0-{target}.tar.xz", node_tarball("1.0"))
    home.pin("thing 1.0\n")
    return server


def receipt(home: Home) -> dict[str, object]:
    file = home.data / "installs/thing/1.0/.toolpin/receipt.json"
    table: dict[str, object] = json.loads(file.read_text())
    return table


def test_what_has_no_digest_is_refused_and_never_fetched(
    home: Home, place: Server
) -> None:
    done = home.toolpin("install")
    assert done.code == 1
    assert "thing 1.0 is published without a checksum" in done.err
    assert f"try: toolpin install thing 1.0 {FLAG}" in done.err
    assert place.count("/thing-1.0-linux.tar.xz") == 0
    assert home.toolpin("list").out == ""
    assert home.toolpin("install", "--dry-run", FLAG).code == 1
    assert place.count("/thing-1.0-linux.tar.xz") == 0


@pytest.mark.usefixtures("place")
def test_what_is_trusted_is_printed_recorded_and_held_to(home: Home) -> None:
    done = home.toolpin("install", FLAG)
    assert done.code == 0, done.err
    digest = hashlib.sha256(node_tarball("1.0")).hexdigest()
    text = f"trusted on first use: sha256:{digest} https://thing.example/thing-1.0-"
    assert text in done.err
    assert receipt(home)["verified"] == "first-use"
    assert digest in json.dumps(receipt(home)["artifacts"])
    # From the cache, and from the server too, with nobody asked to trust again.
    for emptied in (False, True):
        assert home.toolpin("uninstall", "thing", "1.0").code == 0
        if emptied:
            assert home.toolpin("cache", "clean").code == 0
        again = home.toolpin("install")
        assert again.code == 0, again.err
        assert "trusted on" not in again.err
        assert receipt(home)["verified"] == "first-use"


@pytest.mark.parametrize("flags", [[], [FLAG]])
def test_other_bytes_than_those_trusted_are_refused_flag_or_not(
    home: Home, place: Server, flags: list[str]
) -> None:
    assert home.toolpin("install", FLAG).code == 0
    assert home.toolpin("uninstall", "thing", "1.0").code == 0
    assert home.toolpin("cache", "clean").code == 0
    for target in ("linux", "mac"):
        place.put(f"/thing-1.0-{target}.tar.xz", node_tarball("6.6.6"))
    done = home.toolpin("install", *flags)
    assert done.code == 1
    assert "differs from the published file" in done.err
    assert home.toolpin("list").out == ""


def test_a_lockfile_carries_the_trust_to_another_machine(
    home: Home, place: Server
) -> None:
    done = home.toolpin("lock")
    assert done.code == 1
    assert "thing 1.0 is published without a checksum" in done.err
    assert f"try: toolpin lock {FLAG}" in done.err
    assert not (home.project / "toolpin.lock").exists()
    assert home.toolpin("lock", FLAG).code == 0
    lockfile = (home.project / "toolpin.lock").read_text()
    assert 'verified = "first-use"' in lockfile
    other = {
        "TOOLPIN_DATA_DIR": str(home.root / "data2"),
        "TOOLPIN_CACHE_DIR": str(home.root / "cache2"),
    }
    assert home.toolpin("install", "--locked", env=other).code == 0
    file = home.root / "data2/installs/thing/1.0/.toolpin/receipt.json"
    assert json.loads(file.read_text())["verified"] == "first-use"
    for target in ("linux", "mac"):
        place.put(f"/thing-1.0-{target}.tar.xz", node_tarball("6.6.6"))
    third = {name: value.replace("2", "3") for name, value in other.items()}
    assert home.toolpin("install", "--locked", env=third).code == 1


def test_a_locked_version_is_not_moved_to_a_source_that_proves_less(
    home: Home, place: Server
) -> None:
    """The second source's file was trusted before; the first one has it no more."""
    head, first = PLUGIN.split("[[source]]")
    named = first.replace('"none"', '"{url}.sha256"')
    second = first.replace('"upstream"', '"second"').replace("/index", "/second")
    second = second.replace("/thing-", "/second-")
    plugin = home.config / "plugins/thing.toml"
    plugin.write_text("[[source]]".join((head, named, second)))
    place.put("/second.json", json.dumps([{"version": "1.0"}]).encode())
    data = node_tarball("1.0")
    for target in ("linux", "mac"):
        digest = hashlib.sha256(data).hexdigest()
        place.put(f"/thing-1.0-{target}.tar.xz.sha256", digest.encode())
        place.put(f"/second-1.0-{target}.tar.xz", data)
    home.env["TOOLPIN_SOURCES"] = "upstream,second"
    here = str(detect())
    assert home.toolpin("lock", "--host", here).code == 0
    text = (home.project / "toolpin.lock").read_text()
    assert 'verified = "checksum"' in text
    assert home.toolpin("install", "--source", "second", FLAG).code == 0
    place.put("/index.json", json.dumps([{"version": "2.0"}]).encode())
    for target in ("linux", "mac"):
        gone = f"/thing-1.0-{target}.tar.xz.sha256"
        place.put(gone, b"", fault=Status(404))
    refused = home.toolpin("lock", "--refresh", "thing")
    assert refused.code == 1
    what = "thing 1.0 was locked at the level checksum, and second has first-use"
    assert what in refused.err
    command = "lock", "--refresh", "thing", "--source", "second"
    assert f"  try: toolpin {' '.join(command)}\n" in refused.err
    assert (home.project / "toolpin.lock").read_text() == text
    done = home.toolpin(*command)
    assert done.code == 0, done.err
    assert 'verified = "first-use"' in (home.project / "toolpin.lock").read_text()


def test_no_file_and_no_variable_can_switch_it_on(home: Home, place: Server) -> None:
    on = {"TOOLPIN_TRUST_ON_FIRST_USE": "1"}
    assert home.toolpin("install", env=on).code == 1
    (home.config / "config.toml").write_text("trust_on_first_use = true\n")
    assert home.toolpin("install").code == 2
    assert place.count("/thing-1.0-linux.tar.xz") == 0


@pytest.mark.usefixtures("place")
def test_a_record_that_is_damaged_trusts_nothing(home: Home) -> None:
    assert home.toolpin("install", FLAG).code == 0
    assert home.toolpin("uninstall", "thing", "1.0").code == 0
    assert home.toolpin("cache", "clean").code == 0
    (note,) = (home.cache / "first-use").iterdir()
    note.write_text("{")
    done = home.toolpin("install", FLAG)
    assert done.code == 1
    assert "the recorded digest of https://thing.example/" in done.err
    assert home.toolpin("list").out == ""


@pytest.mark.parametrize(
    "change",
    [
        ("artifacts = [", 'artifacts = ["https://thing.example/other", '),
        (
            'kind = "http"',
            'kind = "lines"\nlist = "https://a/b"\nline = "{version},{sha256}"',
        ),
        (
            'version = "version" }',
            'version = "version", files = "f", name = "n", sha256 = "x" }',
        ),
    ],
)
def test_a_plugin_says_plainly_what_is_trusted(
    home: Home, place: Server, change: tuple[str, str]
) -> None:
    assert place.url
    file = Path(home.config / "plugins/thing.toml")
    file.write_text(PLUGIN.replace(*change))
    done = home.toolpin("install", FLAG)
    assert done.code != 0
    assert "checksums" in done.err or "is not complete" in done.err
