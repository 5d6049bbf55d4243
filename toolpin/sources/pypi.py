"""Builds among the wheels of the Python package index."""

from __future__ import annotations

from toolpin.model import Artifact, Build, Host, Release
from toolpin.sources.contract import fill
from toolpin.sources.pypi_client import PypiClient
from toolpin.sources.spec import SourceSpec
from toolpin.versions import sort_key


class PypiSource:
    """A plugin's source of kind `pypi`."""

    def __init__(self, spec: SourceSpec, client: PypiClient) -> None:
        self._spec = spec
        self._client = client

    def releases(self, host: Host) -> list[Release]:
        """Return the tool's versions with a wheel for the host."""
        known = self._client.versions(self._package(host), host)
        versions = dict.fromkeys(cut(one, self._spec.numbers) for one in known)
        return [Release(version) for version in versions]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the wheel that pip takes on the host."""
        packaged = self._packaged(version, host)
        return (self._client.artifact(self._package(host), packaged, host),)

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the wheels for hosts of this kind."""
        packaged = self._packaged(version, host)
        return self._client.builds(self._package(host), packaged, host)

    def _packaged(self, version: str, host: Host) -> str:
        """Return the packager's newest version of the tool's."""
        numbers = self._spec.numbers
        if not numbers:
            return version
        known = self._client.versions(self._package(host), host)
        same = [one for one in known if cut(one, numbers) == version]
        return max(same, key=sort_key, default=version)

    def _package(self, host: Host) -> str:
        return fill(self._spec.package, self._spec.hosts[str(host)])


def cut(version: str, numbers: int) -> str:
    """Return a package's version without the packager's own numbers."""
    return ".".join(version.split(".")[:numbers]) if numbers else version
