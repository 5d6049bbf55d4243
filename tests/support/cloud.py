"""Loopback copies of HashiCorp's releases of Terraform and of Kubernetes' kubectl."""

from __future__ import annotations

import hashlib
import json

from tests.support.archives import ZipEntry, zip_of
from tests.support.server import Server
from tests.support.tags import serve_tags

_TARGETS = [
    (system, arch) for system in ("linux", "darwin") for arch in ("amd64", "arm64")
]


class CloudUpstream:
    """What both publish, as far as a test has put it there."""

    def __init__(self, server: Server) -> None:
        self.server = server

    @property
    def mirrors(self) -> tuple[tuple[str, str], ...]:
        """The publishers' addresses, each with that of this copy."""
        return (
            ("https://releases.hashicorp.com", f"{self.server.url}/hashicorp"),
            ("https://dl.k8s.io", f"{self.server.url}/k8s"),
            (
                "https://github.com/kubernetes",
                f"{self.server.url}/tags/kubernetes",
            ),
        )

    def terraform(self, version: str) -> None:
        """Publish a Terraform: archives, their checksums, and the list of releases."""
        place = f"terraform/{version}"
        sums, builds = "", []
        for system, arch in _TARGETS:
            name = f"terraform_{version}_{system}_{arch}.zip"
            data = zip_of(
                ZipEntry("LICENSE.txt", b"License text copyright (c) 2020 MariaDB\n"),
                ZipEntry("terraform", _program(f"Terraform v{version}"), 0o100755),
            )
            self.server.put(f"/hashicorp/{place}/{name}", data)
            sums += f"{hashlib.sha256(data).hexdigest()}  {name}\n"
            builds.append(
                {
                    "name": "terraform",
                    "version": version,
                    "os": system,
                    "arch": arch,
                    "filename": name,
                    "url": f"https://releases.hashicorp.com/{place}/{name}",
                }
            )
        listed = f"terraform_{version}_SHA256SUMS"
        self.server.put(f"/hashicorp/{place}/{listed}", sums.encode())
        release = {
            "name": "terraform",
            "version": version,
            "shasums": listed,
            "shasums_signature": f"{listed}.sig",
            "shasums_signatures": [f"{listed}.72D7468F.sig", f"{listed}.sig"],
            "builds": builds,
        }
        index = {"name": "terraform", "versions": {version: release}}
        self.server.put("/hashicorp/terraform/index.json", json.dumps(index).encode())

    def kubectl(self, version: str) -> None:
        """Publish a kubectl: a program for each host, with its checksum beside it."""
        data = _program(f"Client Version: v{version}")
        for system, arch in _TARGETS:
            path = f"/k8s/release/v{version}/bin/{system}/{arch}/kubectl"
            self.server.put(path, data)
            self.server.put(f"{path}.sha256", hashlib.sha256(data).hexdigest().encode())
        tags = [f"v{version}", "v1.99.0-alpha.1"]
        serve_tags(self.server, "/tags/kubernetes/kubernetes", tags)


def _program(answer: str) -> bytes:
    return f'#!/bin/sh\necho "{answer}"\n'.encode()
