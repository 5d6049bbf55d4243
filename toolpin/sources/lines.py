"""Builds on a web server that lists them as text, one a line, most with their digests.

A version may be built on several images of systems, and for several versions of a tool
that runs it; each build requires something of the host. Where libraries of a Debian
suite belong to a build, they are unpacked beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from toolpin.binaries.fit import best, lacks, newer_partner
from toolpin.cache.first_use import FirstUse
from toolpin.cache.indexes import Indexes
from toolpin.errors import NoChecksum, NoFit, NotPublished, Unreachable
from toolpin.model import Artifact, Build, Host, Release
from toolpin.plugin.contract import SourceSpec
from toolpin.sources.apt_client import AptClient
from toolpin.sources.contract import WORD, fill, shape_of, tool_requirements
from toolpin.verify import HEX_LENGTHS, make_digest

_LIST_BYTES = 16 << 20
_SHAPES = {
    "version": r"\d[0-9A-Za-z.+_-]*",
    **{name: f"[0-9A-Fa-f]{{{length}}}" for name, length in HEX_LENGTHS.items()},
}


class _Row(NamedTuple):
    """A line of a list: the image that it is of, its columns, and what it requires."""

    image: str
    columns: Mapping[str, str]
    requires: tuple[tuple[str, str], ...]

    @property
    def digest_column(self) -> str:
        """Return the name of the column with the digest, "" where the line has none."""
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
        self._indexes = indexes
        self._apt = apt
        self._first_use = first_use
        # The columns that name a file or a requirement; of a line with another word
        # there, nothing can be named.
        templates = "".join((*spec.artifacts, *spec.built_for.values()))
        columns = set(re.findall(r"\{(\w+)\}", spec.line))
        self._filled_in = columns.intersection(re.findall(r"\{(\w+)\}", templates))

    def releases(self, host: Host) -> list[Release]:
        """Return every version that is listed, also where no build runs here.

        That a version exists and does not run here is another answer than that it does
        not exist, and `artifacts` gives it.
        """
        versions = (
            row.columns["version"]
            for image in self._images()
            for row in self._rows(image, host)
        )
        return [Release(version) for version in dict.fromkeys(versions)]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the build that fits best, one with a published digest before others.

        Raises NoFit with what each build requires, NoChecksum where those that fit are
        published without a digest and none was recorded.
        """
        rows = self._rows_of(version, host)
        fitting = [row for row in rows if not lacks(host, _as_build(row))]
        if not fitting:
            lacking = [(row.image, lacks(host, _as_build(row))) for row in rows]
            facts = [
                (image or "build", f"needs {' and '.join(missing)}")
                for image, missing in lacking
            ]
            error = NoFit(
                f"none of {self._spec.publisher} runs on this machine",
                facts,
                newer_partner(host, map(_as_build, rows)),
            )
            error.undigested = frozenset(
                row.image for row in rows if not row.digest_column
            )
            raise error
        digested = [row for row in fitting if row.digest_column]
        chosen = best(digested or fitting, host, _as_build) or fitting[0]
        return (self._artifact(chosen, host), *self._libraries(host))

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the build of every image that has a digest, published or recorded.

        Raises NoChecksum where none has.
        """
        found: list[Build] = []
        undigested: dict[str, NoChecksum] = {}
        for row in self._rows_of(version, host):
            try:
                artifact = self._artifact(row, host)
            except NoChecksum as error:
                undigested[row.image] = error
                continue
            found.append(Build((artifact, *self._libraries(host)), row.requires))
        if undigested and not found:
            raise next(iter(undigested.values()))
        if undigested:
            self._first_use.report_left_out(version, host, undigested)
        return found

    def _rows_of(self, version: str, host: Host) -> list[_Row]:
        """Return the lines of a version. Raises NotPublished for none.

        Where several lines describe the same build, the last one counts.
        """
        found = {
            row.requires: row
            for image in self._images()
            for row in self._rows(image, host)
            if row.columns["version"] == version
        }
        if not found:
            raise NotPublished(f"{self._spec.id} lists no {version} for {host}")
        return list(found.values())

    def _artifact(self, row: _Row, host: Host) -> Artifact:
        values = {**self._values(row.image, host), **row.columns}
        url = fill(self._spec.artifacts[0], values)
        filename = url.rpartition("/")[2]
        column = row.digest_column
        if not column:
            return self._first_use.artifact(url, filename)
        place = self._place(row.image, host)
        digest = make_digest(column, row.columns[column], place)
        return Artifact(url, digest, None, filename)

    def _libraries(self, host: Host) -> tuple[Artifact, ...]:
        """Return the packages of the suite whose libraries come along."""
        for suite in self._spec.suites:
            packages = self._apt.packages(suite, self._spec.runtime, host)
            missing = set(self._spec.runtime) - set(packages)
            if missing:
                names = ", ".join(sorted(missing))
                raise NotPublished(f"Debian {suite} has no {names} for {host}")
            return tuple(one.artifact() for one in packages.values())
        return ()

    def _rows(self, image: str, host: Host) -> Iterator[_Row]:
        """Yield the lines that are builds. A list that does not exist has none."""
        place = self._place(image, host)
        try:
            data = self._indexes.read(place, max_bytes=_LIST_BYTES)
        except NotPublished:
            return
        text = data.decode("utf-8", "replace")
        if text.lstrip()[:1] == "<":
            because = [("because", "it is a page, not a list of lines")]
            raise Unreachable(f"{place} is not a list of builds", because)
        shape = line_shape(self._spec.line)
        for line in text.splitlines():
            match = shape.fullmatch(line.rstrip())
            if match and self._spec.is_release(match["version"]):
                columns = {name: one or "" for name, one in match.groupdict().items()}
                if all(re.fullmatch(WORD, columns[one]) for one in self._filled_in):
                    yield _Row(image, columns, self._requires(image, columns))

    def _requires(
        self, image: str, columns: Mapping[str, str]
    ) -> tuple[tuple[str, str], ...]:
        of_image = self._spec.images.get(image, {}).items()
        of_tools = tool_requirements(self._spec.built_for, columns)
        return tuple(sorted((*of_image, *of_tools)))

    def _place(self, image: str, host: Host) -> str:
        return fill(self._spec.list, self._values(image, host))

    def _values(self, image: str, host: Host) -> dict[str, str]:
        return {**self._spec.hosts[str(host)], "image": image}

    def _images(self) -> list[str]:
        """Return the images of the plugin; one without a name where it has none."""
        return list(self._spec.images) or [""]


def _as_build(row: _Row) -> Build:
    return Build((), row.requires)


def line_shape(line: str) -> re.Pattern[str]:
    """Return the pattern of a list's lines: `OTP-{version} {commit} {time}[ {sha256}]`.

    A name stands for what has no blank and no comma in it. Older lines may end before
    what is in brackets.
    """
    needed, _, optional = line.removesuffix("]").partition("[")
    pattern = "".join(_line_parts(needed))
    return re.compile(pattern + (f"(?:{''.join(_line_parts(optional))})?"))


def _line_parts(line: str) -> Iterable[str]:
    parts = re.split(r"\{(\w+)\}", line)
    for text, name in zip(parts[::2], [*parts[1::2], ""], strict=True):
        shape = _SHAPES.get(name, "[^ ,]+")
        yield re.escape(text) + (f"(?P<{name}>{shape})" if name else "")


def names_build(spec: SourceSpec, artifact: Artifact, version: str, host: Host) -> bool:
    """Tell whether the source would name this artifact for a version."""
    for image in list(spec.images) or [""]:
        values = {**spec.hosts[str(host)], "image": image, "version": version}
        shape = shape_of(spec.artifacts[0], values)
        if re.fullmatch(shape, artifact.locator):
            return artifact.filename == artifact.locator.rpartition("/")[2]
    return False
