"""An npm registry on a loopback server, for the real npm to ask."""

from __future__ import annotations

import base64
import hashlib
import json

from tests.support.server import Server


class Registry:
    """Packages on a loopback server, in the registry's shape."""

    def __init__(self, server: Server, prefix: str = "") -> None:
        self._server = server
        self._prefix = prefix

    def publish(self, name: str, versions: dict[str, bytes]) -> None:
        """Publish tarballs; the newest is `latest`."""
        documents = {}
        for version, tarball in versions.items():
            path = f"{self._prefix}/{name}/-/{name}-{version}.tgz"
            self._server.put(path, tarball)
            digest = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
            documents[version] = {
                "name": name,
                "version": version,
                "dist": {
                    "integrity": f"sha512-{digest}",
                    "shasum": hashlib.sha1(tarball).hexdigest(),
                    "tarball": f"{self._server.url}{path}",
                },
            }
        packument = {
            "name": name,
            "dist-tags": {"latest": list(versions)[-1]},
            "versions": documents,
        }
        data = json.dumps(packument).encode()
        headers = {"Content-Type": "application/json"}
        self._server.put(f"{self._prefix}/{name}", data, headers=headers)
