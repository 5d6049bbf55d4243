"""Builds on a web server: a JSON list of releases, with their digests or beside them.

Where each release has a checksum file, a pinned version needs that alone: a stale list
of releases on a mirror keeps nobody from installing it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from toolpin.errors import NotPublished, Unreachable
from toolpin.json_text import parse_json
from toolpin.model import Artifact, Build, Host, Release
from toolpin.sources.contract import Fault, Kind, fill, line_channels
from toolpin.sources.fields import (
    HOST_VALUES,
    NO_CHECKSUMS,
    Field,
    read_catalogue,
    read_checksums,
    read_urls,
)
from toolpin.sources.shared import ARCHIVE, COMMON, WITH, archive_steps
from toolpin.sources.spec import SourceSpec
from toolpin.verify import make_digest, parse_checksums

if TYPE_CHECKING:  # the HTTP client's libraries are heavy
    from toolpin.cache.first_use import FirstUse
    from toolpin.cache.indexes import Indexes

_CATALOGUE_BYTES = 64 << 20
_CHECKSUMS_BYTES = 1 << 20

# What reading an answer of another shape can raise.
_SHAPELESS = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


class Http(NamedTuple):
    """The fields that only kind `http` has."""

    artifacts: tuple[str, ...]
    checksums: str
    catalogue: Mapping[str, str]


FIELDS: dict[str, Field] = {
    "artifacts": Field(
        read_urls,
        "a list of https URLs",
        "the builds of a version: the first that is listed is used",
        (),
        holds=("version", HOST_VALUES),
    ),
    "checksums": Field(
        read_checksums,
        "an https URL, or none",
        "the SHA-256 list of a release; not needed where `catalogue` "
        "has `sha256`. `none` "
        "where no digest is published: an install then requires "
        "--trust-on-first-use, which records the digest that it had",
        "",
        holds=("version", HOST_VALUES),
    ),
    "catalogue": Field(
        read_catalogue,
        "a table: url, version, and if need be prefix, files, file, name, sha256, "
        "size, channel",
        "a JSON list of releases; the keys of version and files in each, the prefix "
        "before a version, and what `files` holds for this host: the text `file`, or a "
        "table with the file's `name`, its `sha256` and `size`; the key whose text is "
        "a channel, such as a long-term line's codename",
        {},
        holds=(HOST_VALUES,),
        filled=lambda catalogue: catalogue.get("file", ""),
    ),
}


class HttpSource:
    """A plugin's source of kind `http`."""

    def __init__(
        self,
        spec: SourceSpec,
        indexes: Indexes,
        first_use: FirstUse,
    ) -> None:
        self._spec = spec
        self._first_use = first_use
        self._indexes = indexes
        self._own: Http = spec.own
        self._shape = self._own.catalogue

    def releases(self, host: Host) -> list[Release]:
        """Return the listed versions that name a file for the host."""
        try:
            return [
                Release(version, self._channels(table))
                for version, table in self._listed()
                if self._is_for(table, version, host)
            ]
        except _SHAPELESS as error:
            raise self._no_list(error) from error

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the one build there is, in a list."""
        return [Build((self.artifact(version, host),))]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the one artifact there is."""
        return (self.artifact(version, host),)

    def artifact(self, version: str, host: Host) -> Artifact:
        """Return the first of the plugin's artifacts that has a published digest."""
        if self._shape["sha256"]:
            return self._catalogued(version, host)
        if self._own.checksums == NO_CHECKSUMS:
            return self._first_use.artifact(*self._files(version, host)[0])
        values = self._spec.values(host, version=version)
        place = fill(self._own.checksums, values)
        text = self._indexes.read(place, max_bytes=_CHECKSUMS_BYTES)
        checksums = text.decode("utf-8", "replace")
        missing: NotPublished | None = None
        for url, filename in self._files(version, host):
            try:
                digest = parse_checksums(checksums, filename, "sha256", place)
            except NotPublished as error:
                missing = missing or error
                continue
            return Artifact(url, digest, None, filename)
        raise missing or NotPublished(f"{place} lists no build for {host}")

    def _catalogued(self, version: str, host: Host) -> Artifact:
        """Return the artifact whose digest and size the list itself has.

        Raises NoChecksum for one that is listed without a digest.
        """
        shape, place = self._shape, self._shape["url"]
        try:
            for table in (one for listed, one in self._listed() if listed == version):
                files = {file[shape["name"]]: file for file in table[shape["files"]]}
                for url, filename in self._files(version, host):
                    if file := files.get(filename):
                        if not file[shape["sha256"]]:
                            return self._first_use.artifact(url, filename)
                        digest = make_digest("sha256", file[shape["sha256"]], place)
                        size = int(file[shape["size"]]) if shape["size"] else None
                        return Artifact(url, digest, size, filename)
        except _SHAPELESS as error:
            raise self._no_list(error) from error
        raise NotPublished(f"{place} lists no {version} for {host}")

    def _listed(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield each release's version and table."""
        shape = self._shape
        text = self._indexes.read(shape["url"], max_bytes=_CATALOGUE_BYTES)
        releases = parse_json(text)
        if not isinstance(releases, list):
            raise TypeError("a list was expected")
        for table in releases:
            yield table[shape["version"]].removeprefix(shape["prefix"]), table

    def _is_for(self, table: Mapping[str, Any], version: str, host: Host) -> bool:
        shape = self._shape
        if not shape["files"]:
            return True
        files = table[shape["files"]]
        if not shape["name"]:
            return fill(shape["file"], self._spec.hosts[str(host)]) in files
        names = {file[shape["name"]] for file in files}
        return any(name in names for _, name in self._files(version, host))

    def _channels(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the channels of a long-term release: `lts`, `iron`, `lts-iron`."""
        named = table.get(self._shape["channel"]) if self._shape["channel"] else None
        return line_channels(named.lower()) if isinstance(named, str) else ()

    def _files(self, version: str, host: Host) -> list[tuple[str, str]]:
        """Return the URL and the file name of each artifact that there may be."""
        return [
            (url, url.rpartition("/")[2]) for url in _urls(self._spec, version, host)
        ]

    def _no_list(self, error: Exception) -> Unreachable:
        return Unreachable(
            f"{self._shape['url']} is not a list of releases",
            [("reason", str(error))],
        )


def _urls(spec: SourceSpec, version: str, host: Host) -> list[str]:
    own: Http = spec.own
    values = spec.values(host, version=version)
    return [fill(template, values) for template in own.artifacts]


def _names(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str, host: Host
) -> bool:
    if len(artifacts) != 1:
        return False
    (artifact,) = artifacts
    urls = _urls(spec, version, host)
    return artifact.locator in urls and artifact.filename in artifact.locator


def _verified_by(spec: SourceSpec, build: Build | None) -> tuple[str, ...]:  # noqa: ARG001
    own: Http = spec.own
    return ("catalogue" if own.catalogue["sha256"] else "checksum file",)


def _faults(spec: SourceSpec) -> Iterator[Fault]:
    own: Http = spec.own
    if not own.catalogue["sha256"] and not own.checksums:
        facts = (("missing", "checksums, or `sha256` in `catalogue`"),)
        yield Fault("", f"source {spec.id} is not complete", facts)
    digested = own.catalogue["sha256"] or len(own.artifacts) > 1
    if own.checksums == NO_CHECKSUMS and digested:
        facts = (("expected", "one artifact, no digest"),)
        what = f"source {spec.id} cannot have `checksums` none"
        yield Fault("checksums", what, facts)


KIND = Kind(
    own=Http,
    fields={**COMMON, **ARCHIVE, **WITH, **FIELDS},
    needs=("artifacts", "catalogue"),
    open=lambda spec, on: HttpSource(spec, on.indexes, on.first_use),
    address=lambda spec, _: str(spec.own.catalogue["url"]),
    names=_names,
    steps=archive_steps,
    verified_by=_verified_by,
    faults=_faults,
    states_channels=lambda spec: bool(spec.own.catalogue["channel"]),
)
