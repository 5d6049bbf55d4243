"""Pages of releases that are no listings of directories: their links are URLs.

The form of the page of 1Password's command line is that which install scripts read.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.clients import clients_with
from tests.support.server import Server
from toolpin.plugins.registry import read_registry
from toolpin.system.host import any_of
from toolpin.system.paths import Paths

HOST = any_of("macos-arm64")
LISTED = """
[tool]
name = "xqwzt"
description = "a tool in a directory"
homepage = "https://a.example/"
commands = ["xqwzt"]
proof = ["xqwzt"]

[[source]]
id = "upstream"
kind = "http"
publisher = "a.example"
versions = "https://a.example/dist/tool/"
artifacts = ["https://a.example/dist/tool/{version}/xqwzt.tar.gz"]
checksums = "{url}.sha256"
hosts = ["macos-arm64"]
"""
PAGE = """<!DOCTYPE html><html><body><h1>1Password CLI</h1>
<a href="/product_history">All products</a> <a href="https://1password.com/">Home</a>
<h3>2.31.1</h3><a href="{place}/v2.31.1/op_linux_amd64_v2.31.1.zip">amd64</a>
<a href="{place}/v2.31.1/op_linux_arm64_v2.31.1.zip">arm64</a>
<a href="{place}/v2.31.1/op_apple_universal_v2.31.1.pkg">macOS</a>
<h3>2.31.0</h3><a href="{place}/v2.31.0/op_linux_amd64_v2.31.0.zip">amd64</a>
</body></html>
"""


def test_a_listing_has_its_entries_and_no_directory_elsewhere(tmp_path: Path) -> None:
    listing = """<html><a href="/dist/">Parent Directory</a> <a href="?C=N">Name</a>
<a href="1.0/">1.0/</a> <a href="2.0%2Bb/">2.0+b/</a>
<a href="https://httpd.apache.org/">Apache</a> <a href="https://example.org">us</a>"""
    plugins = tmp_path / "config/plugins"
    plugins.mkdir(parents=True)
    (plugins / "xqwzt.toml").write_text(LISTED)
    tool = read_registry(Paths(str(tmp_path), str(tmp_path / "config"))).require(
        "xqwzt"
    )
    with Server() as server:
        server.put("/dist/tool/", listing.encode())
        clients = clients_with((("https://a.example", server.url),), HOST, tmp_path)
        releases = clients.open(tool.sources[0]).releases(HOST)
    assert [release.version for release in releases] == ["1.0", "2.0+b"]


def test_the_versions_are_those_of_the_files_that_a_page_links_to(
    tmp_path: Path,
) -> None:
    place = "https://cache.agilebits.com/dist/1P/op2/pkg"
    with Server() as server:
        server.put("/product_history/CLI2", PAGE.format(place=place).encode())
        mirrors = (("https://app-updates.agilebits.com", server.url),)
        empty = str(tmp_path / "empty")
        tool = read_registry(Paths(empty, empty)).require("op")
        clients = clients_with(mirrors, HOST, tmp_path)
        releases = clients.open(tool.sources[0]).releases(HOST)
    assert [release.version for release in releases] == ["2.31.1", "2.31.0"]
