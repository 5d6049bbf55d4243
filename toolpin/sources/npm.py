"""Builds among the packages of the npm registry."""

from __future__ import annotations

from toolpin.model import Artifact, Build, Host, Release
from toolpin.sources.contract import fill
from toolpin.sources.npm_client import NpmClient
from toolpin.sources.spec import SourceSpec


class NpmSource:
    """A plugin's source of kind `npm`."""

    def __init__(self, spec: SourceSpec, client: NpmClient) -> None:
        self._spec = spec
        self._client = client

    def releases(self, host: Host) -> list[Release]:
        """Return the versions of the host's package."""
        found = self._client.versions(self._package(host))
        return [Release(version) for version in found]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the one tarball of a version."""
        return (self._client.artifact(self._package(host), version),)

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the one build there is, in a list."""
        return [Build(self.artifacts(version, host))]

    def _package(self, host: Host) -> str:
        return fill(self._spec.package, self._spec.hosts[str(host)])
