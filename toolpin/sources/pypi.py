"""Builds among the wheels of the Python package indexes that pip is configured for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from toolpin.model import Artifact, Build, Host, Release
from toolpin.sources.fields import HOST_VALUES, Field, read_count, read_text
from toolpin.sources.protocol import Client, Kind
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
from toolpin.versions import sort_key

if TYPE_CHECKING:
    from toolpin.sources.pypi_client import PypiClient


class Pypi(NamedTuple):
    """The fields that only kind `pypi` has."""

    package: str
    numbers: int


FIELDS: dict[str, Field] = {
    "package": Field(
        read_text, "a package name", "the package", "", holds=(HOST_VALUES,)
    ),
    "numbers": Field(
        read_count,
        "a number from 0 to 9",
        "how many numbers of the package's version are the tool's version; the next "
        "number is that of the packager's build",
        0,
    ),
}


class PypiSource:
    """A plugin's source of kind `pypi`."""

    def __init__(self, spec: SourceSpec, client: PypiClient) -> None:
        self._spec = spec
        self._own: Pypi = spec.own
        self._client = client

    def releases(self, host: Host) -> list[Release]:
        """Return the tool's versions with a wheel for the host."""

        def versions_of(package: str) -> Iterable[str]:
            known = self._client.versions(package, host)
            return dict.fromkeys(_cut(version, self._own.numbers) for version in known)

        return package_releases(self._spec, host, versions_of)

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the best wheel that runs on the host."""
        package, packaged = self._packaged(version, host)
        return (self._client.artifact(package, packaged, host),)

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the wheels for hosts of this kind."""
        package, packaged = self._packaged(version, host)
        return self._client.builds(package, packaged, host)

    def _packaged(self, version: str, host: Host) -> tuple[str, str]:
        """Return the package, and its newest version for the tool's version."""
        package = package_of(self._spec.at(version, host), host)
        _, version = self._spec.split_edition(version)
        numbers = self._own.numbers
        if not numbers:
            return package, version
        known = self._client.versions(package, host)
        same = [release for release in known if _cut(release, numbers) == version]
        return package, max(same, key=sort_key, default=version)


def _cut(version: str, numbers: int) -> str:
    """Return a package's version without the packager's extra numbers."""
    return ".".join(version.split(".")[:numbers]) if numbers else version


def _names(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str, host: Host
) -> bool:
    own: Pypi = spec.own
    if len(artifacts) != 1:
        return False
    head, _, packaged = artifacts[0].locator.partition("==")
    packaged, _, filename = packaged.partition("#")
    return (
        head == f"pypi:{package_of(spec, host)}"
        and filename == artifacts[0].filename
        and filename.split("-")[1:2] == [packaged]
        and _cut(packaged, own.numbers) == spec.split_edition(version)[1]
    )


KIND = Kind(
    own=Pypi,
    fields={**COMMON, **ARCHIVE, **WITH, **FIELDS},
    needs=("package",),
    open=lambda spec, on: PypiSource(spec, on.pypi),
    address=lambda spec, host: f"pypi:{package_of(spec, host)}",
    names=_names,
    steps=archive_steps,
    level=lambda _: Level.REGISTRY,
    client=Client("pip", lambda services: services.pypi.index()),
)
