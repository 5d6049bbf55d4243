"""Builds on a web server that lists them as text, one a line, with their digests.

A version may be built on several images of systems; each asks something of the host.
Where libraries of a Debian suite belong to it, they are unpacked beside the build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain

from toolpin.binaries.fit import best, lacks
from toolpin.cache.indexes import Indexes
from toolpin.errors import NoFit, NotPublished, Unreachable
from toolpin.model import Artifact, Build, Host, Release
from toolpin.plugin.contract import SourceSpec
from toolpin.sources.apt_client import AptClient
from toolpin.sources.contract import fill
from toolpin.verify import HEX_LENGTHS, make_digest

_LIST_BYTES = 16 << 20
_SHAPES = {
    "version": r"\d[0-9A-Za-z.+_-]*",
    **{name: f"[0-9A-Fa-f]{{{length}}}" for name, length in HEX_LENGTHS.items()},
}


class LinesSource:
    """A plugin's source of kind `lines`."""

    def __init__(self, spec: SourceSpec, indexes: Indexes, apt: AptClient) -> None:
        self._spec = spec
        self._indexes = indexes
        self._apt = apt

    def releases(self, host: Host) -> list[Release]:
        """Return every version that is listed, also where no build runs here.

        That a version is there and does not run is another answer than that there is
        none, and `artifacts` gives it.
        """
        listed = (self._listed(image, host) for image in self._images())
        return [Release(version) for version in dict.fromkeys(chain(*listed))]

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the build that fits best. Raises NoFit with what each asks."""
        builds = self._built(version, host)
        fitting = best(builds.items(), host, lambda item: item[1])
        if fitting is not None:
            return fitting[1].artifacts
        facts = [
            (image, f"needs {' and '.join(lacks(host, build))}")
            for image, build in builds.items()
        ]
        raise NoFit(f"none of {self._spec.publisher} runs on this machine", facts)

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return the build of every image."""
        return list(self._built(version, host).values())

    def _built(self, version: str, host: Host) -> dict[str, Build]:
        """Return the builds of a version by image. Raises NotPublished for none."""
        found = {}
        for image in self._images():
            columns = self._listed(image, host).get(version)
            if columns:
                artifact = self._artifact(version, host, image, columns)
                more = self._libraries(host)
                found[image] = Build((artifact, *more), self._requires(image))
        if not found:
            raise NotPublished(f"{self._spec.id} lists no {version} for {host}")
        return found

    def _artifact(
        self, version: str, host: Host, image: str, columns: Mapping[str, str]
    ) -> Artifact:
        place = self._place(image, host)
        values = {**self._values(image, host), **columns, "version": version}
        url = fill(self._spec.artifacts[0], values)
        algorithm = next(name for name in HEX_LENGTHS if name in columns)
        digest = make_digest(algorithm, columns[algorithm], place)
        return Artifact(url, digest, None, url.rpartition("/")[2])

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

    def _listed(self, image: str, host: Host) -> dict[str, dict[str, str]]:
        """Return the columns of each version. A list that is not there is empty."""
        place = self._place(image, host)
        try:
            data = self._indexes.read(place, max_bytes=_LIST_BYTES)
        except NotPublished:
            return {}
        text = data.decode("utf-8", "replace")
        if text.lstrip()[:1] == "<":
            because = [("because", "it is a page, not a list of lines")]
            raise Unreachable(f"{place} is not a list of builds", because)
        shape = line_shape(self._spec.line)
        rows = (shape.fullmatch(line.rstrip()) for line in text.splitlines())
        return {row["version"]: row.groupdict() for row in rows if row}

    def _place(self, image: str, host: Host) -> str:
        return fill(self._spec.list, self._values(image, host))

    def _values(self, image: str, host: Host) -> dict[str, str]:
        return {**self._spec.hosts[str(host)], "image": image}

    def _images(self) -> list[str]:
        """Return the images of the plugin; one without a name where it has none."""
        return list(self._spec.images) or [""]

    def _requires(self, image: str) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(self._spec.images.get(image, {}).items()))


def line_shape(line: str) -> re.Pattern[str]:
    """Return the pattern of a list's lines: `OTP-{version} {commit} {time} {sha256}`.

    A name stands for what has no blank and no comma in it.
    """
    parts = re.split(r"\{(\w+)\}", line)
    pattern = ""
    for text, name in zip(parts[::2], [*parts[1::2], ""], strict=True):
        shape = _SHAPES.get(name, "[^ ,]+")
        pattern += re.escape(text) + (f"(?P<{name}>{shape})" if name else "")
    return re.compile(pattern)


def names_build(spec: SourceSpec, artifact: Artifact, version: str, host: Host) -> bool:
    """Tell whether the source would name this artifact for a version."""
    for image in list(spec.images) or [""]:
        values = {**spec.hosts[str(host)], "image": image, "version": version}
        shape = _url_shape(spec.artifacts[0], values)
        if re.fullmatch(shape, artifact.locator):
            return artifact.filename == artifact.locator.rpartition("/")[2]
    return False


def _url_shape(template: str, values: Mapping[str, str]) -> str:
    """Return the pattern of a URL; what a line of the list fills in is one word."""
    parts = re.split(r"\{(\w+)\}", template)
    parts[1::2] = [
        re.escape(values[name]) if name in values else r"(?!\.)[\w.+-]+"
        for name in parts[1::2]
    ]
    parts[::2] = [re.escape(text) for text in parts[::2]]
    return "".join(parts)
