"""A loopback copy of go.dev's downloads: the JSON list with digests, small tarballs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from tests.support.archives import Entry, compress, directory, tar
from tests.support.run import Home
from tests.support.server import Server

TARGETS = {
    "linux-x64": ("linux", "amd64"),
    "linux-arm64": ("linux", "arm64"),
    "macos-x64": ("darwin", "amd64"),
    "macos-arm64": ("darwin", "arm64"),
}


class GoUpstream:
    """What go.dev publishes, as far as a test has put it there."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._releases: list[dict[str, object]] = []

    def mirror_for(self, home: Home) -> None:
        """Make the machine's toolpin ask this copy too."""
        mirrors = home.env.get("TOOLPIN_MIRRORS", "")
        ours = f"https://go.dev/dl={self.server.url}/go"
        home.env["TOOLPIN_MIRRORS"] = f"{mirrors} {ours}".strip()
        home.env["TOOLPIN_SOURCES"] = "upstream"

    def publish(self, version: str, hosts: Sequence[str] = tuple(TARGETS)) -> None:
        """Publish a version for these hosts."""
        data = _tarball(version)
        files = []
        for system, arch in (TARGETS[host] for host in hosts):
            name = f"go{version}.{system}-{arch}.tar.gz"
            self.server.put(f"/go/{name}", data)
            files.append(_file(name, system, arch, data))
        stable = "rc" not in version
        release: dict[str, object] = {"version": f"go{version}", "stable": stable}
        self._releases.insert(0, {**release, "files": files})
        self.server.put("/go/", json.dumps(self._releases).encode())


def _file(name: str, system: str, arch: str, data: bytes) -> dict[str, object]:
    return {
        "filename": name,
        "os": system,
        "arch": arch,
        "version": name.partition(".")[0],
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "kind": "archive",
    }


def _tarball(version: str) -> bytes:
    script = f"""#!/bin/sh
case $1 in
  env) echo go{version} ;;
  install)
    to=${{GOBIN:-${{GOPATH:-$HOME/go}}/bin}}
    mkdir -p "$to"
    printf '#!/bin/sh\\necho built by {version}\\n' >"$to/$2"
    chmod +x "$to/$2" ;;
  toolchain) echo "$GOTOOLCHAIN" ;;
  *) echo "go $*" ;;
esac
"""
    return compress(
        tar(
            directory("go/"),
            directory("go/bin/"),
            Entry("go/bin/go", script.encode(), 0o755),
            Entry("go/bin/gofmt", b"#!/bin/sh\n", 0o755),
        ),
        "gz",
    )
