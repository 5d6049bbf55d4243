"""A loopback GitHub: releases as its API tells them, and their assets."""

from __future__ import annotations

import hashlib
import json

from tests.support.archives import Entry, compress, tar
from tests.support.run import Home
from tests.support.server import Server

TARGETS = (
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
)


class Releases:
    """What one repository has released, as far as a test has put it there."""

    def __init__(self, server: Server, repo: str) -> None:
        self.server = server
        self.repo = repo
        self._tables: list[dict[str, object]] = []

    def mirror_for(self, home: Home) -> None:
        """Make the machine's toolpin ask this server for all of GitHub."""
        home.env["TOOLPIN_MIRRORS"] = (
            f"https://api.github.com={self.server.url}/api"
            f" https://github.com={self.server.url}/web"
        )

    def publish(
        self, tag: str, assets: dict[str, bytes], *, digests: bool = True
    ) -> None:
        """Publish a release; without digests as GitHub told it before it had them."""
        lines = []
        for name, data in assets.items():
            url = f"/{self.repo}/releases/download/{tag}/{name}"
            self.server.put(f"/web{url}", data)
            digest = f"sha256:{hashlib.sha256(data).hexdigest()}" if digests else None
            lines.append(
                {
                    "name": name,
                    "size": len(data),
                    "digest": digest,
                    "state": "uploaded",
                    "browser_download_url": f"https://evil.example{url}",
                }
            )
        table: dict[str, object] = {
            "tag_name": tag,
            "draft": False,
            "prerelease": False,
            "assets": lines,
        }
        self._tables.insert(0, table)
        api = f"/api/repos/{self.repo}/releases"
        self.server.put(f"{api}/tags/{tag}", json.dumps(table).encode())
        self.server.put(f"{api}/latest", json.dumps(self._tables[0]).encode())
        self.server.put(api, json.dumps(self._tables).encode())


def grep_assets(version: str, *, sums: bool = False) -> dict[str, bytes]:
    """Return a release in ripgrep's shape; its program is at the archive's top."""
    script = f"#!/bin/sh\necho rg {version}\n".encode()
    assets = {}
    for target in TARGETS:
        top = f"ripgrep-{version}-{target}"
        files = tar(
            Entry(f"{top}/README.md", b"search\n"),
            Entry(f"{top}/rg", script, 0o755),
            Entry(f"{top}/doc/rg.1", b".TH\n"),
        )
        assets[f"{top}.tar.gz"] = compress(files, "gz")
    listed = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in assets.items()
    )
    assets[f"ripgrep-{version}-x86_64-pc-windows-msvc.zip"] = b"PK"
    assets[f"ripgrep_{version}-1_amd64.deb"] = b"!<arch>\n"
    if sums:
        assets[f"ripgrep_{version}_SHA256SUMS"] = listed.encode()
    return assets
