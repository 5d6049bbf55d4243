"""Builds on a web server: a JSON list of releases, or versions listed elsewhere.

If each release has a checksum file, a pinned version needs only that: a mirror with a
stale list of releases still serves it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

from toolpin.errors import NotPublished, Refused, Unreachable
from toolpin.json_text import SHAPELESS
from toolpin.model import Artifact, Build, Digest, Host, Release
from toolpin.sources import fields, json_index, version_lists
from toolpin.sources.fields import Field
from toolpin.sources.protocol import (
    Fault,
    Kind,
    Services,
    file_of,
    fill,
    line_channels,
    shape_of,
    stated_digest,
)
from toolpin.sources.shared_fields import (
    ARCHIVE,
    COMMON,
    TAG,
    WITH,
    archive_steps,
)
from toolpin.sources.spec import SourceSpec, check_since, first_build
from toolpin.verification import Level
from toolpin.versions import sort_key

_CATALOG_BYTES = 64 << 20
_FILLED = (*fields.VERSION_WORDS, fields.HOST_VALUES, fields.REVISION)


class Http(NamedTuple):
    """The fields that only kind `http` has."""

    artifacts: tuple[str, ...]
    parts: tuple[str, ...]
    checksums: str
    catalogue: Mapping[str, str]
    versions: str
    tag: str
    revisions: Mapping[str, str]


FIELDS: dict[str, Field] = {
    "artifacts": Field(
        fields.read_urls,
        "a list of https URLs",
        "the builds of a version: the first that is listed is used",
        (),
        holds=_FILLED,
    ),
    "parts": Field(
        fields.read_urls,
        "a list of https URLs",
        "further archives of a version, unpacked over the first in the same way: "
        '`parts = ["https://demo.example/cargo-{version}-{triple}.tar.xz"]`',
        (),
        holds=_FILLED,
    ),
    "checksums": Field(
        fields.read_checksums,
        "an https URL, {url} with an ending, or none",
        "the SHA-256 or SHA-512 list of a release, or of one file alone: "
        "`{url}.sha256`. Not needed where `catalogue` has `sha256` or `sha512`: with "
        "both, and if the file exists, the two checksums must be equal. `none` where "
        "no checksum is published: an install then requires --trust-on-first-use, "
        "which records the checksum that it had",
        "",
        holds=("url", "asset", *_FILLED),
    ),
    "versions": Field(
        fields.read_versions,
        "github:OWNER/NAME, npm:PACKAGE, pypi:PACKAGE or an https URL",
        "where versions are listed, if not in a `catalogue`: Git tags, as `tag` writes "
        "them, the versions of a package, or the words of a text or the links of a "
        "page, such as a directory's, as `tag` writes them: `github:helm/helm`",
        "",
    ),
    "tag": TAG,
    "revisions": Field(
        fields.read_revisions,
        "a table: host = number",
        "the first {revision} that is for the host; older ones do not count: "
        '`revisions = { linux-x64-musl = "20250311" }`',
        {},
    ),
    "catalogue": Field(
        fields.read_catalog,
        "a table: url, and if need be list, next, then, version, prefix, files, file, "
        "name, sha256 or sha512, size, channel",
        "a JSON list of releases. Values are keys, or paths of keys such as "
        "`sdk/version`, in which `*` is every entry of a list: `list` of the list in "
        "the document, `version` of a release's version, without it the key of an "
        "object or the text of a list; `next` of the URL of another document, with its "
        "list at `then`. `prefix` is what is before "
        "a version. `files` has what is for this host: the text `file`, or a table, or "
        "one of several, with the file's `name` or URL, checksum and `size`; `.` is "
        "the release itself. `channel` is the key whose text is a channel, such as a "
        "LTS series' code name. A URL that ends in .ndjson has a release a line",
        {},
        holds=(fields.HOST_VALUES,),
        filled=lambda catalog: (
            catalog.get("file", ""),
            catalog.get("files", ""),
        ),
    ),
}


class HttpSource:
    """A plugin's source of kind `http`."""

    def __init__(self, spec: SourceSpec, services: Services) -> None:
        self._spec = spec
        self._services = services
        self._own: Http = spec.own
        self._shape = self._own.catalogue

    def releases(self, host: Host) -> list[Release]:
        """Return the listed versions that name a file for the host."""
        if self._own.versions:
            names = version_lists.listed_names(self._services, self._own.versions, host)
            return version_lists.listed_releases(self._spec, names, host)
        try:
            channelses = {
                edition: self._channels(entry)
                for version, revision, entry in self._listed(host)
                for edition in self._spec.in_editions(version)
                if self._is_for(entry, edition, revision, host)
            }
        except SHAPELESS as error:
            raise self._no_list(error) from error
        return [Release(version, channels) for version, channels in channelses.items()]

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the single build, in a list."""
        return [Build(self.artifacts(version, host))]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the first of the plugin's artifacts that is published, and its parts.

        Raises NotPublished, and NoChecksum for one that is listed without a digest.
        """
        spec = self._spec.at(version, host)
        if self._own.versions:
            check_since(spec, version, host)
        revision, listed = self._revision(spec, version, host)
        values = spec.values(host, version=version, revision=revision)
        urls = [fill(template, values) for template in spec.own.artifacts]
        wanted = [urls, *([fill(part, values)] for part in spec.own.parts)]
        if not self._has_digests:
            return tuple(self._summed(spec, values, some, host) for some in wanted)
        return tuple(self._cataloged(spec, values, some, listed) for some in wanted)

    @property
    def _has_digests(self) -> bool:
        return bool(self._shape) and bool(json_index.digest_key(self._shape))

    def _revision(
        self, spec: SourceSpec, version: str, host: Host
    ) -> tuple[str, dict[str, Mapping[str, Any]]]:
        """Return the newest revision of a version, and its files if they have digests.

        The revision is "" if the list has none.
        """
        _, base = spec.split_edition(version)
        if not self._own.versions:
            if self._has_digests or "{revision}" in spec.own.tag:
                return self._newest(base, version, host)
        elif "{revision}" in spec.own.tag:
            names = version_lists.listed_names(self._services, self._own.versions, host)
            revisions = version_lists.versions_in(self._spec, names, host)
            if base not in revisions:
                raise NotPublished(f"{spec.id} lists no {version} for {host}")
            return revisions[base], {}
        return "", {}

    def _newest(
        self, base: str, version: str, host: Host
    ) -> tuple[str, dict[str, Mapping[str, Any]]]:
        """Return the newest revision with a build for the host, and its files."""
        builds: dict[str, dict[str, Mapping[str, Any]]] = {}
        shape, values = self._shape, self._spec.values(host)
        try:
            for listed, revision, entry in self._listed(host):
                if listed == base and self._is_for(entry, version, revision, host):
                    has_files = bool(shape["name"])
                    files = json_index.files(shape, entry, values) if has_files else {}
                    builds[revision] = {**files, **builds.get(revision, {})}
        except SHAPELESS as error:
            raise self._no_list(error) from error
        if not builds:
            raise NotPublished(f"{shape['url']} lists no {version} for {host}")
        newest = max(builds, key=sort_key)
        return newest, builds[newest]

    def _summed(
        self,
        spec: SourceSpec,
        values: Mapping[str, str],
        urls: Sequence[str],
        host: Host,
    ) -> Artifact:
        """Return the first of these files that a checksum file lists."""
        if spec.own.checksums == fields.NO_CHECKSUMS:
            return self._services.first_use.artifact(urls[0], file_of(urls[0]))
        missing: NotPublished | None = None
        for url in urls:
            try:
                digest = self._stated(spec, values, url)
            except NotPublished as error:
                missing = missing or error
                continue
            return Artifact(url, digest, None, file_of(url))
        raise missing or NotPublished(f"{spec.id} lists no build for {host}")

    def _stated(self, spec: SourceSpec, values: Mapping[str, str], url: str) -> Digest:
        """Return what the checksum file states of a file. Raises NotPublished."""
        template, name = spec.own.checksums, unquote(file_of(url))  # `%2B` is a plus
        if not template:
            raise NotPublished(f"{spec.id} has no checksum file")
        place = fill(template, {**values, "url": url, "asset": name})
        alone = "{url}" in template or "{asset}" in template
        return stated_digest(self._services.indexes.read, place, name, alone=alone)

    def _cataloged(
        self,
        spec: SourceSpec,
        values: Mapping[str, str],
        urls: Sequence[str],
        listed: Mapping[str, Mapping[str, Any]],
    ) -> Artifact:
        """Return the first of these files that the list itself has, with its digest."""
        url = next((url for url in urls if file_of(url) in listed), "")
        if not url:
            raise NotPublished(f"{self._shape['url']} lists no {file_of(urls[0])}")
        try:
            artifact = self._artifact(url, listed[file_of(url)])
        except SHAPELESS as error:
            raise self._no_list(error) from error
        self._compare(spec, values, artifact)
        return artifact

    def _compare(
        self, spec: SourceSpec, values: Mapping[str, str], artifact: Artifact
    ) -> None:
        """Raise Refused if the release's own checksum file states another digest."""
        digest = artifact.digest
        try:
            stated = self._stated(spec, values, artifact.locator)
        except NotPublished:  # old releases may have no such file
            return
        if stated.algorithm == digest.algorithm and stated != digest:
            facts = [("list", f"{digest} in {self._shape['url']}")]
            facts.append(("release", f"{stated} in its checksum file"))
            raise Refused(f"{artifact.filename} has two different digests", facts)

    def _artifact(self, url: str, file: Mapping[str, Any]) -> Artifact:
        digest = json_index.digest_of(self._shape, file)
        if digest is None:
            return self._services.first_use.artifact(url, file_of(url))
        size = int(file[self._shape["size"]]) if self._shape["size"] else None
        return Artifact(url, digest, size, file_of(url))

    def _listed(self, host: Host) -> Iterator[tuple[str, str, Any]]:
        """Yield each release's version, its revision, and its data in the list."""
        for name, entry in json_index.entries(self._shape, self._read):
            if self._own.tag == "{version}":
                yield name, "", entry
                continue
            for version, revision in version_lists.versions_in(
                self._spec, [name], host
            ).items():
                yield version, revision, entry

    def _read(self, url: str) -> bytes:
        return self._services.indexes.read(url, max_bytes=_CATALOG_BYTES)

    def _is_for(self, entry: Any, version: str, revision: str, host: Host) -> bool:  # noqa: ANN401 - JSON
        shape, spec = self._shape, self._spec.at(version, host)
        if sort_key(revision) < sort_key(self._own.revisions.get(str(host), "")):
            return False
        if not shape["files"]:
            return not first_build(version, spec.since.get(str(host), ()))
        if not shape["name"]:
            return json_index.has_file(shape, entry, spec.values(host))
        values = spec.values(host, version=version, revision=revision)
        names = {file_of(fill(template, values)) for template in spec.own.artifacts}
        return not names.isdisjoint(json_index.files(shape, entry, spec.values(host)))

    def _channels(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the channels of a long-term release: `lts`, `iron`, `lts-iron`."""
        named = table.get(self._shape["channel"]) if self._shape["channel"] else None
        return line_channels(named.lower()) if isinstance(named, str) else ()

    def _no_list(self, error: Exception) -> Unreachable:
        return Unreachable(
            f"{self._shape['url']} is not a list of releases",
            [("reason", str(error))],
        )


def _names(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str, host: Host
) -> bool:
    """Return whether a source would name these artifacts, of any single revision."""
    own: Http = spec.own
    if len(artifacts) != 1 + len(own.parts):
        return False
    fixed = {} if "{revision}" in own.tag else {"revision": ""}
    values = spec.values(host, version=version, **fixed)
    for template in own.artifacts:
        match = re.fullmatch(shape_of(template, values), artifacts[0].locator)
        if match:
            values = {**values, **match.groupdict()}
            urls = [fill(name, values) for name in (template, *spec.own.parts)]
            named = [(artifact.locator, artifact.filename) for artifact in artifacts]
            return named == [(url, file_of(url)) for url in urls]
    return False


def _faults(spec: SourceSpec) -> Iterator[Fault]:
    own: Http = spec.own
    has_digests = bool(own.catalogue) and bool(json_index.digest_key(own.catalogue))
    if bool(own.catalogue) == bool(own.versions):
        facts = (("expected", "either `catalogue` or `versions`"),)
        yield Fault("", f"source {spec.id} is not complete", facts)
    if not has_digests and not own.checksums:
        facts = (("missing", "checksums, or `sha256` in `catalogue`"),)
        yield Fault("", f"source {spec.id} is not complete", facts)
    if own.checksums == fields.NO_CHECKSUMS and (has_digests or len(own.artifacts) > 1):
        facts = (("expected", "one artifact, no digest"),)
        what = f"source {spec.id} cannot have `checksums` none"
        yield Fault("checksums", what, facts)


def _address(spec: SourceSpec, _: Host) -> str:
    own: Http = spec.own
    if own.versions.startswith("github:"):
        return f"https://github.com/{own.versions.removeprefix('github:')}"
    return own.versions or str(own.catalogue["url"])


KIND = Kind(
    own=Http,
    fields={**COMMON, **ARCHIVE, **WITH, **FIELDS},
    needs=("artifacts",),
    open=HttpSource,
    address=_address,
    names=_names,
    steps=archive_steps,
    level=lambda _: Level.CHECKSUM,
    groups=lambda spec: {
        fields.REVISION: ("revision",) if "{revision}" in spec.own.tag else ()
    },
    faults=_faults,
    states_channels=lambda spec: bool(spec.own.catalogue.get("channel")),
)
