"""Builds among the packages of the npm registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from toolpin.errors import Unreachable
from toolpin.model import Artifact, Build, Host, Release
from toolpin.sources.fields import HOST_VALUES, Field, read_text
from toolpin.sources.protocol import Client, Kind, Services
from toolpin.sources.shared_fields import (
    ARCHIVE,
    COMMON,
    WITH,
    archive_steps,
    package_of,
    package_releases,
)
from toolpin.sources.spec import SourceSpec
from toolpin.verification import Level

if TYPE_CHECKING:
    from toolpin.sources.npm_client import NpmClient


class Npm(NamedTuple):
    """The fields that only kind `npm` has."""

    package: str


FIELDS: dict[str, Field] = {
    "package": Field(
        read_text, "a package name", "the package", "", holds=(HOST_VALUES,)
    ),
}


class NpmSource:
    """A plugin's source of kind `npm`."""

    def __init__(self, spec: SourceSpec, client: NpmClient) -> None:
        self._spec = spec
        self._client = client

    def releases(self, host: Host) -> list[Release]:
        """Return the versions of the host's package."""
        return package_releases(self._spec, host, self._client.versions)

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the tarball of a version."""
        package = package_of(self._spec.at(version, host), host)
        _, packaged = self._spec.split_edition(version)
        return (self._client.artifact(package, packaged),)

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the single build, in a list."""
        return [Build(self.artifacts(version, host))]


def _names(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str, host: Host
) -> bool:
    expected = f"npm:{package_of(spec, host)}@{spec.split_edition(version)[1]}"
    return [artifact.locator for artifact in artifacts] == [expected]


def _configured(services: Services) -> str:
    if not services.npm_finder.is_here():
        raise Unreachable("npm is not installed on this machine")
    return services.npm.registry()


KIND = Kind(
    own=Npm,
    fields={**COMMON, **ARCHIVE, **WITH, **FIELDS},
    needs=("package",),
    open=lambda spec, on: NpmSource(spec, on.npm),
    address=lambda spec, host: f"npm:{package_of(spec, host)}",
    names=_names,
    steps=archive_steps,
    level=lambda _: Level.REGISTRY,
    client=Client("npm", _configured),
)
