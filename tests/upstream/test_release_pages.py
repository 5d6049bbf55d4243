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

PAGE = """<!DOCTYPE html><html><body><h1>1Password CLI</h1>
<a href="/product_history">All products</a> <a href="https://1password.com/">Home</a>
<h3>2.31.1</h3><a href="{place}/v2.31.1/op_linux_amd64_v2.31.1.zip">amd64</a>
<a href="{place}/v2.31.1/op_linux_arm64_v2.31.1.zip">arm64</a>
<a href="{place}/v2.31.1/op_apple_universal_v2.31.1.pkg">macOS</a>
<h3>2.31.0</h3><a href="{place}/v2.31.0/op_linux_amd64_v2.31.0.zip">amd64</a>
</body></html>
"""


def test_the_versions_are_those_of_the_files_that_a_page_links_to(
    tmp_path: Path,
) -> None:
    place = "https://cache.agilebits.com/dist/1P/op2/pkg"
    host = any_of("macos-arm64")
    with Server() as server:
        server.put("/product_history/CLI2", PAGE.format(place=place).encode())
        mirrors = (("https://app-updates.agilebits.com", server.url),)
        empty = str(tmp_path / "empty")
        tool = read_registry(Paths(empty, empty)).require("op")
        clients = clients_with(mirrors, host, tmp_path)
        releases = clients.open(tool.sources[0]).releases(host)
    assert [release.version for release in releases] == ["2.31.1", "2.31.0"]
