"""A loopback copy of nodejs.org's layout: index, checksum files, small tarballs."""

from __future__ import annotations

import hashlib
import json

from tests.support.archives import node_tarball
from tests.support.run import REPOSITORY, Home
from tests.support.server import Fault, Server


class Upstream:
    """What nodejs.org publishes, as far as a test has put it there."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._releases: list[dict[str, object]] = []

    def mirror_for(self, home: Home) -> None:
        """Make the machine's toolpin ask this copy, and no other source."""
        home.env["TOOLPIN_MIRRORS"] = f"https://nodejs.org/dist={self.server.url}/dist"
        home.env["TOOLPIN_SOURCES"] = "upstream"

    def publish(
        self,
        version: str,
        *,
        contents: str = "",
        folder: str = "dist",
        fault: Fault | None = None,
    ) -> bytes:
        """Publish a version and return its tarball, which is sent with the fault.

        `contents` is the version inside, when that is to be another one.
        """
        tarball = node_tarball(contents or version)
        path = self.tarball_path(version, folder)
        listed = f"{hashlib.sha256(tarball).hexdigest()}  {path.rpartition('/')[2]}\n"
        self.server.put(f"/{folder}/v{version}/SHASUMS256.txt", listed.encode())
        self.server.put(path, tarball, fault=fault)
        self._releases.insert(0, {"version": f"v{version}", "files": ["linux-x64"]})
        index = json.dumps(self._releases).encode()
        self.server.put(f"/{folder}/index.json", index)
        return tarball

    def tarball_path(self, version: str, folder: str = "dist") -> str:
        """Return where the tarball of a version lies on the server."""
        return f"/{folder}/v{version}/node-v{version}-linux-x64.tar.xz"

    def add_second_source(self, home: Home) -> None:
        """Give the machine's nodejs a second source: `/second/` of the same server."""
        bundled = (REPOSITORY / "plugins/nodejs.toml").read_text()
        head, first, *_ = bundled.split("[[source]]\n")
        first = first.partition("# The wheel")[0]
        second = (
            first.replace("/dist/", "/second/")
            .replace('"upstream"', '"second"')
            .replace('"nodejs.org"', '"the second publisher"')
        )
        plugins = home.config / "plugins"
        plugins.mkdir()
        text = "[[source]]\n".join((head, first, second))
        (plugins / "nodejs.toml").write_text(text)
        url = self.server.url
        home.env["TOOLPIN_MIRRORS"] += f" https://nodejs.org/second={url}/second"
        home.env["TOOLPIN_SOURCES"] = "upstream,second"
