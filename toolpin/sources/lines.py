"""Builds on a web server that lists them as text, one a line, most with their digests.

A version may be built on several images of systems, and for several versions of a tool
that runs it; each build requires something of the host. Where libraries of a Debian
suite belong to a build, they are unpacked beside it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from toolpin.binaries.fit import best, lacks
from toolpin.digests import HEX_LENGTHS, make_digest
from toolpin.errors import NoChecksum, NotPublished, Refused, Unreachable
from toolpin.model import Artifact, Build, Digest, Host, Patch, Release, Step
from toolpin.sources import fields, protocol
from toolpin.sources.deb_files import RUNTIME, is_package, library_steps
from toolpin.sources.fields import Field
from toolpin.sources.line_shapes import line_shape
from toolpin.sources.shared_fields import ARCHIVE, COMMON, archive_steps, built_for
from toolpin.sources.spec import SourceSpec
from toolpin.verification import Level

if TYPE_CHECKING:  # the HTTP client's libraries are heavy
    from toolpin.cache.first_use import FirstUse
    from toolpin.cache.indexes import Indexes
    from toolpin.sources.apt_client import AptClient

_LIST_BYTES = 16 << 20


class Lines(NamedTuple):
    """The fields that only kind `lines` has."""

    list: str
    line: str
    artifacts: tuple[str, ...]
    publishers: Mapping[str, tuple[str, ...]]
    checksums: str
    musl: str
    images: Mapping[str, Mapping[str, str]]
    suites: Mapping[str, Mapping[str, str]]
    runtime: tuple[str, ...]


FIELDS: dict[str, Field] = {
    "list": Field(
        fields.read_url,
        "an https URL",
        "the list of builds",
        "",
        holds=("image", fields.HOST_VALUES),
    ),
    "line": Field(
        fields.read_line,
        "a line with {version} and {sha256} or {sha512} in it",
        "the format of a line of the list; other lines are ignored. A name matches "
        "text without blanks and commas, and fills itself in `artifacts`. What older "
        "lines lack is at the end, in brackets: `{version}[ {sha256}]`. A build "
        "without a checksum is installed only with --trust-on-first-use",
        "",
    ),
    "artifacts": Field(
        fields.read_line_urls,
        "a list of https URLs",
        "the one build of a line; `{url}` is a column that has its URL",
        (),
        holds=("image", fields.HOST_VALUES, fields.COLUMNS),
    ),
    "publishers": Field(
        fields.read_publishers,
        "a list of https URLs, or a table of them: beginning of a version = list",
        "what a URL in a column may begin with; other lines are no builds. The list is "
        "another party's, and a lockfile says so. In a table the longest beginning "
        'applies: `publishers = { zulu- = ["https://static.azul.com/"] }`',
        {},
    ),
    "checksums": Field(
        fields.read_beside,
        "{url} with an ending",
        "the publisher's own digest of a build, which must be the one in the list: "
        "`{url}.sha256`",
        "",
    ),
    "musl": Field(
        fields.read_text,
        "a text",
        "what the list has in the versions of builds for musl, and in no others: "
        '`musl = "-musl"`. Such a version may be written without it, too',
        "",
    ),
    "images": Field(
        fields.read_tables,
        "a table: image = {glibc = version, soname = library}",
        "the systems that it is built on, and what such a build needs; of those that "
        "run on a host, the build that needs most is used",
        {},
    ),
    "suites": Field(
        fields.read_tables,
        "a table: suite = {}",
        "the one Debian suite that has the packages of `runtime`",
        {},
    ),
    "runtime": Field(
        fields.read_packages,
        "a list of package names",
        "packages whose libraries are unpacked beside the build",
        (),
    ),
}


class _Row(NamedTuple):
    """A line of a list: its image, its columns, and its requirements."""

    image: str
    columns: Mapping[str, str]
    requires: tuple[tuple[str, str], ...]

    @property
    def digest_column(self) -> str:
        """The name of the column with the digest, "" if the line has none."""
        return next((name for name in HEX_LENGTHS if self.columns.get(name)), "")


class LinesSource:
    """A plugin's source of kind `lines`."""

    def __init__(
        self,
        spec: SourceSpec,
        indexes: Indexes,
        apt: AptClient,
        first_use: FirstUse,
    ) -> None:
        self._spec = spec
        self._own: Lines = spec.own
        self._indexes = indexes
        self._apt = apt
        self._first_use = first_use
        # The columns that name a file or a requirement; a line with an invalid word
        # there is skipped.
        templates = "".join((*self._own.artifacts, *spec.built_for.values()))
        columns = set(re.findall(r"\{(\w+)\}", self._own.line))
        self._filled_in = columns.intersection(re.findall(r"\{(\w+)\}", templates))

    def releases(self, host: Host) -> list[Release]:
        """Return every listed version, including those without a build for this host.

        "The version does not exist" and "it does not run here" are different answers;
        `artifacts` gives the second one.
        """
        versions = (
            row.columns["version"]
            for image in self._images()
            for row in self._rows(image, host)
        )
        return [Release(version) for version in dict.fromkeys(versions)]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the best fitting build, preferably with a published digest.

        Raises NoFit with what each build requires, NoChecksum if those that fit are
        published without a digest and none was recorded.
        """
        rows = self._rows_of(version, host)
        fitting = [row for row in rows if not lacks(host, _as_build(row))]
        if not fitting:
            builds = [(row.image or "build", _as_build(row)) for row in rows]
            error = protocol.no_fit(self._spec.publisher, builds, host)
            error.undigested = frozenset(
                row.image for row in rows if not row.digest_column
            )
            raise error
        digested = [row for row in fitting if row.digest_column]
        chosen = best(digested or fitting, host, _as_build) or fitting[0]
        return (self._artifact(chosen, host), *self._libraries(host))

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the build of every image that has a digest, published or recorded.

        Raises NoChecksum if none has.
        """
        results: list[Build] = []
        undigested: dict[str, NoChecksum] = {}
        for row in self._rows_of(version, host):
            try:
                artifact = self._artifact(row, host)
            except NoChecksum as error:
                undigested[row.image] = error
                continue
            results.append(Build((artifact, *self._libraries(host)), row.requires))
        if undigested and not results:
            raise next(iter(undigested.values()))
        if undigested:
            self._first_use.report_left_out(version, host, undigested)
        return results

    def _rows_of(self, version: str, host: Host) -> list[_Row]:
        """Return the lines of a version.

        Raises NotPublished if there are none. If several lines describe the same build,
        the last one is used, or the last one that is not a zip, which has no links.
        """
        rows = [
            row
            for image in self._images()
            for row in self._rows(image, host)
            if row.columns["version"] == version
        ]
        if not rows:
            raise NotPublished(f"{self._spec.id} lists no {version} for {host}")
        rows.sort(key=lambda row: not self._url(row, host).endswith(".zip"))
        return list({row.requires: row for row in rows}.values())

    def _url(self, row: _Row, host: Host) -> str:
        values = {**self._values(row.image, host), **row.columns}
        return protocol.fill(self._own.artifacts[0], values)

    def _artifact(self, row: _Row, host: Host) -> Artifact:
        url = self._url(row, host)
        column = row.digest_column
        if not column:
            return self._first_use.artifact(url, protocol.file_of(url))
        place = self._place(row.image, host)
        digest = make_digest(column, row.columns[column], place)
        beside = self._spec.at(row.columns["version"], host).own.checksums
        if beside:
            self._compare(digest, url, place, protocol.fill(beside, {"url": url}))
        return Artifact(url, digest, None, protocol.file_of(url))

    def _compare(self, digest: Digest, url: str, place: str, beside: str) -> None:
        """Raise Refused for a digest of the list that is not the publisher's."""
        name = protocol.file_of(url)
        published = protocol.stated_digest(self._indexes.read, beside, name, alone=True)
        if published != digest:
            raise Refused(
                f"{name} has another digest in the list than at its publisher",
                [(place, str(digest)), (beside, str(published))],
            )

    def _libraries(self, host: Host) -> tuple[Artifact, ...]:
        """Return the packages of the suite whose libraries are included."""
        suite = next(iter(self._own.suites), "")
        return self._apt.artifacts(suite, self._own.runtime, host) if suite else ()

    def _rows(self, image: str, host: Host) -> Iterator[_Row]:
        """Yield the lines that are builds. A list that does not exist has none."""
        place = self._place(image, host)
        try:
            data = self._indexes.read(place, max_bytes=_LIST_BYTES)
        except NotPublished:
            return
        text = data.decode("utf-8", "replace")
        if text.lstrip()[:1] == "<":
            because = [("reason", "it is a web page, not a list of lines")]
            raise Unreachable(f"{place} is not a list of builds", because)
        shape = line_shape(self._own.line, worded=bool(self._spec.releases))
        for line in text.splitlines():
            match = shape.fullmatch(line.rstrip())
            for columns in self._columns(match.groupdict(""), host) if match else ():
                yield _Row(image, columns, self._requires(image, columns))

    def _columns(self, row: dict[str, str], host: Host) -> Iterator[dict[str, str]]:
        """Yield a line with each form of its version; none that is not for the host."""
        version, mark = row["version"], self._own.musl
        plain = version.replace(mark, "", 1) if mark else version
        if mark and (plain != version) != (host.libc == "musl"):
            return
        for name in filter(self._spec.is_release, dict.fromkeys((version, plain))):
            columns = {**row, "version": name}
            if all(self._is_usable(column, columns) for column in self._filled_in):
                yield columns

    def _is_usable(self, name: str, columns: Mapping[str, str]) -> bool:
        """Return whether a column is safe to fill in: a word, or a publisher's URL."""
        if name == "url":
            return _is_published(self._own, columns["version"], columns["url"])
        return bool(re.fullmatch(protocol.WORD, columns[name]))

    def _requires(
        self, image: str, columns: Mapping[str, str]
    ) -> tuple[tuple[str, str], ...]:
        of_image = self._own.images.get(image, {}).items()
        of_tools = protocol.tool_requirements(self._spec.built_for, columns)
        return tuple(sorted((*of_image, *of_tools)))

    def _place(self, image: str, host: Host) -> str:
        return protocol.fill(self._own.list, self._values(image, host))

    def _values(self, image: str, host: Host) -> dict[str, str]:
        return self._spec.values(host, image=image)

    def _images(self) -> list[str]:
        """Return the images of the plugin; a single nameless one if it has none."""
        return list(self._own.images) or [""]


def _as_build(row: _Row) -> Build:
    return Build((), row.requires)


def may_lack_digests(spec: SourceSpec) -> bool:
    """Return whether some lines of a source's list may have no digest."""
    return isinstance(spec.own, Lines) and "[" in spec.own.line


def completed(
    spec: SourceSpec, other: SourceSpec, images: Collection[str], host: Host
) -> list[str]:
    """Return the images of another source that a source completes for the host.

    They are builds of the same list, with the libraries that the other leaves out.
    """
    own, others = spec.own, other.own
    if not (isinstance(own, Lines) and isinstance(others, Lines)):
        return []
    if own.list != others.list or str(host) not in spec.hosts:
        return []
    if own.suites and shutil.which("apt-get") is None:
        return []  # its libraries come from Debian
    return [
        image
        for image, needs in own.images.items()
        if image in images and not lacks(host, Build((), tuple(needs.items())))
    ]


def _is_published(own: Lines, version: str, url: str) -> bool:
    """Return whether a URL belongs to a publisher of the version."""
    # Decoded too: an HTTP client makes a step up of `%2e%2e`.
    plain = re.fullmatch(r"https://[\w.%+~:/@-]+", url) and "/." not in unquote(url)
    start = max(filter(version.startswith, own.publishers), key=len, default="")
    return bool(plain) and url.startswith(own.publishers.get(start, ()))


def _names(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str, host: Host
) -> bool:
    own: Lines = spec.own
    if own.artifacts == ("{url}",):
        url = artifacts[0].locator if len(artifacts) == 1 else ""
        published = _is_published(own, version, url)
        return published and artifacts[0].filename == protocol.file_of(url)
    shapes = [
        protocol.shape_of(
            own.artifacts[0], spec.values(host, image=image, version=version)
        )
        for image in list(own.images) or [""]
    ]
    return (
        bool(artifacts)
        and any(re.fullmatch(shape, artifacts[0].locator) for shape in shapes)
        and artifacts[0].filename == protocol.file_of(artifacts[0].locator)
        and all(is_package(artifact, own.runtime) for artifact in artifacts[1:])
    )


def _steps(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str, host: Host
) -> list[Step]:
    """Return the steps for one build, and for libraries beside it."""
    own: Lines = spec.own
    triplet = spec.values(host).get("triplet", "")
    libraries = library_steps(own.runtime, triplet, artifacts)
    patch = [Patch(RUNTIME, "")] if libraries else []
    return [*archive_steps(spec, artifacts[:1], version, host), *libraries, *patch]


def _faults(spec: SourceSpec) -> Iterator[protocol.Fault]:
    if ("{url}" in spec.own.artifacts) != bool(spec.own.publishers):
        facts = (
            ("expected", "`publishers` with a `{url}` of a column, and only then"),
        )
        yield protocol.Fault("artifacts", f"source {spec.id} is not complete", facts)


def _level(spec: SourceSpec) -> Level:
    """Return how the digests of one version are verified, of a source at it."""
    own: Lines = spec.own
    is_foreign = own.publishers and not own.checksums
    return Level.THIRD_PARTY if is_foreign else Level.CHECKSUM


KIND = protocol.Kind(
    own=Lines,
    fields={**COMMON, **ARCHIVE, **built_for(fields.COLUMNS), **FIELDS},
    needs=("list", "line", "artifacts"),
    open=lambda spec, on: LinesSource(spec, on.indexes, on.apt, on.first_use),
    address=lambda spec, _: str(spec.own.list),
    names=_names,
    steps=_steps,
    level=_level,
    groups=lambda spec: {fields.COLUMNS: fields.PLACEHOLDER.findall(spec.own.line)},
    faults=_faults,
)
