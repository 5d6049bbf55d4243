"""Builds on a web server: a JSON list of releases, and a checksum file for each.

A pinned version needs the checksum file alone: a stale list of releases on a mirror
keeps nobody from installing it.
"""

from __future__ import annotations

import json

from toolpin.errors import NotPublished, Unreachable
from toolpin.fetch import Fetcher
from toolpin.model import Artifact, Build, Host, Release
from toolpin.plugin.contract import SourceSpec
from toolpin.sources.contract import fill
from toolpin.verify import parse_checksums

_CATALOGUE_BYTES = 64 << 20
_CHECKSUMS_BYTES = 1 << 20

# What reading an answer of another shape can raise.
_SHAPELESS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


class HttpSource:
    """A plugin's source of kind `http`."""

    def __init__(self, spec: SourceSpec, fetcher: Fetcher) -> None:
        self._spec = spec
        self._fetcher = fetcher

    def releases(self, host: Host) -> list[Release]:
        """Return the listed versions that name a file for the host."""
        shape = self._spec.catalogue
        url = shape["url"]
        text = self._fetcher.document(url, max_bytes=_CATALOGUE_BYTES)
        wanted = fill(shape["file"], self._spec.hosts[str(host)])
        try:
            releases = json.loads(text)
            if not isinstance(releases, list):
                raise TypeError("a list was expected")
            return [
                Release(release[shape["version"]].removeprefix(shape["prefix"]))
                for release in releases
                if not shape["files"] or wanted in release[shape["files"]]
            ]
        except _SHAPELESS as error:
            raise Unreachable(
                f"{url} is not a list of releases", [("because", str(error))]
            ) from error

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the one build there is, in a list."""
        return [Build((self.artifact(version, host),))]

    def artifact(self, version: str, host: Host) -> Artifact:
        """Return the first of the plugin's artifacts that the checksum file lists."""
        values = {**self._spec.hosts[str(host)], "version": version}
        place = fill(self._spec.checksums, values)
        text = self._fetcher.document(place, max_bytes=_CHECKSUMS_BYTES)
        checksums = text.decode("utf-8", "replace")
        missing: NotPublished | None = None
        for template in self._spec.artifacts:
            url = fill(template, values)
            filename = url.rpartition("/")[2]
            try:
                digest = parse_checksums(checksums, filename, "sha256", place)
            except NotPublished as error:
                missing = missing or error
                continue
            return Artifact(url, digest, None, filename)
        raise missing or NotPublished(f"{place} lists no build for {host}")
