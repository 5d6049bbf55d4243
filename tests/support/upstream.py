"""A loopback copy of nodejs.org's layout: index, checksum files, small tarballs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from tests.support.archives import node_tarball
from tests.support.run import REPOSITORY, Home
from tests.support.server import Fault, Server

HOSTS = ("linux-x64", "linux-arm64", "macos-x64", "macos-arm64")
LISTED = {"macos-x64": "osx-x64-tar", "macos-arm64": "osx-arm64-tar"}


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
        directory: str = "dist",
        fault: Fault | None = None,
        hosts: Sequence[str] = ("linux-x64",),
        lts: str = "",
        extra: str = "",
    ) -> bytes:
        """Publish a version and return its tarball, which is sent with the fault.

        `contents` is the version inside, when that is to be another one. `hosts` are
        toolpin's names for them, `lts` is the codename of a long-term release. `extra`
        are more lines of its program.
        """
        tarball = node_tarball(contents or version, extra=extra)
        digest = hashlib.sha256(tarball).hexdigest()
        paths = [self.tarball_path(version, directory, host) for host in hosts]
        listed = "".join(f"{digest}  {path.rpartition('/')[2]}\n" for path in paths)
        self.server.put(f"/{directory}/v{version}/SHASUMS256.txt", listed.encode())
        for path in paths:
            self.server.put(path, tarball, fault=fault)
        files = [LISTED.get(host, host) for host in hosts]
        release: dict[str, object]
        release = {"version": f"v{version}", "files": files, "lts": lts or False}
        old = [
            release for release in self._releases if release["version"] != f"v{version}"
        ]
        self._releases = [release, *old]
        self._put_index(directory)
        return tarball

    def roll_back(self, *versions: str) -> None:
        """List these versions alone, as a stale copy does; files stay."""
        names = [f"v{version}" for version in versions]
        self._releases = [
            release for release in self._releases if release["version"] in names
        ]
        self._put_index("dist")

    def _put_index(self, directory: str) -> None:
        self.server.put(f"/{directory}/index.json", json.dumps(self._releases).encode())

    def tarball_path(
        self, version: str, directory: str = "dist", host: str = "linux-x64"
    ) -> str:
        """Return where the tarball of a version lies on the server."""
        target = host.replace("macos", "darwin")
        return f"/{directory}/v{version}/node-v{version}-{target}.tar.xz"

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
