"""One `[[source]]` of a plugin, as a value: shared fields, and those of its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from toolpin.errors import NotPublished
from toolpin.model import Host, Link, Rewrite
from toolpin.versions import is_older, is_prefix, sort_key

_EMPTY: Mapping[str, Any] = MappingProxyType({})


class Companion(NamedTuple):
    """A second package that completes a source's main one."""

    package: str
    table: str
    column: str
    into: str
    links: tuple[Link, ...]


class When(NamedTuple):
    """Fields that differ in a range of versions, on some hosts.

    From one version on and below another; "" for no limit, () for every host. Where it
    `begins` with words, only for versions that begin with one of them.
    """

    since: str
    below: str
    on: tuple[str, ...]
    begins: tuple[str, ...]
    fields: Mapping[str, Any]

    def holds(self, version: str, host: str) -> bool:
        """Return whether a version on a host is in the range."""
        late = not self.since or not is_older(version, self.since)
        early = not self.below or is_older(version, self.below)
        named = not self.begins or version.startswith(self.begins)
        return late and early and named and (not self.on or host in self.on)


class SourceSpec(NamedTuple):
    """One `[[source]]`: a place that has builds of the tool.

    `own` has the fields that its kind alone has, as that kind's own type. The fields
    below `named_only` are those of several kinds, at their defaults in the others.
    """

    id: str
    kind: str
    publisher: str
    hosts: Mapping[str, Mapping[str, str]]
    own: Any
    since: Mapping[str, tuple[str, ...]] = _EMPTY
    optional: bool = False
    releases: str = ""
    strip: int = 0
    only: str = ""
    links: tuple[Link, ...] = ()
    build: bool = False
    named_only: bool = False
    without: tuple[str, ...] = ()
    program: str = ""
    run: tuple[str, ...] = ()
    rewrite: tuple[Rewrite, ...] = ()
    built_for: Mapping[str, str] = _EMPTY
    companions: tuple[Companion, ...] = ()
    words: Mapping[str, str] = _EMPTY
    written: Mapping[str, str] = _EMPTY
    editions: Mapping[str, Mapping[str, str]] = _EMPTY
    when: tuple[When, ...] = ()

    def is_release(self, version: str) -> bool:
        """Return whether a name is a release's, not a branch's or a moving tag's."""
        return not self.releases or bool(re.fullmatch(self.releases, version))

    def values(self, host: object, **more: str) -> dict[str, str]:
        """Return the placeholder values of its texts for a host, with `more`."""
        name = str(host)
        values = {**host_words(name, self.words), **self.hosts[name]}
        if "version" in more:
            edition, version = self.split_edition(more["version"])
            numbers = self._numbers(version)
            more = {**self.editions.get(edition, {}), **numbers, **more}
            more["version"] = version
        return {**values, **more}

    def split_edition(self, version: str) -> tuple[str, str]:
        """Return the edition that a version begins or ends with, and the rest of it."""
        for edition in sorted(self.editions, reverse=True):
            start, _, ending = edition.partition("*")
            if version.startswith(start) and version.endswith(ending):
                return edition, version[len(start) :].removesuffix(ending)
        return "", version

    def names_edition(self, version: str) -> bool:
        """Return whether a version, or a beginning of some, is one of an edition."""
        starts = (edition.rstrip("._-") for edition in self.editions if edition)
        return any(map(version.startswith, starts))

    def in_editions(self, version: str) -> list[str]:
        """Return the versions for a publisher's version: one in every edition."""
        return [in_edition(edition, version) for edition in self.editions or ("",)]

    def _numbers(self, version: str) -> dict[str, str]:
        """Return a version's numbers, and its form in the publisher's names."""
        numbers = re.split(r"[-+]", version)[0].split(".")
        written = version
        for text, other in self.written.items():
            written = written.replace(text, other)
        return {
            "major": numbers[0],
            "minor": ".".join(numbers[:2]),
            "written": written,
            "numbers": re.split(r"(?<=\d)[^\d.]", version)[0],
        }

    def at(self, version: str, host: object) -> SourceSpec:
        """Return the source for one version on one host, without ranges."""
        fields = self._replace(when=())
        _, version = self.split_edition(version)
        for condition in self.when:
            if condition.holds(version, str(host)):
                fields = fields.with_fields(condition.fields)
        return fields

    def with_fields(self, fields: Mapping[str, Any]) -> SourceSpec:
        """Return the source with other fields; words and values of hosts are merged."""
        own = {key: value for key, value in fields.items() if key in self.own._fields}
        shared = {key: value for key, value in fields.items() if key not in own}
        if "words" in shared:
            shared["words"] = {**self.words, **shared["words"]}
        if "hosts" in shared:
            shared["hosts"] = {
                host: {**values, **shared["hosts"].get(host, {})}
                for host, values in self.hosts.items()
            }
        return self._replace(own=self.own._replace(**own), **shared)


def in_edition(edition: str, version: str) -> str:
    """Return the version of an edition: `extended_1.2`, or `3.13.2t` for `*t`."""
    start, _, ending = edition.partition("*")
    return f"{start}{version}{ending}"


def check_since(spec: SourceSpec, version: str, host: Host) -> None:
    """Raise NotPublished for a version that is older than a host's first one."""
    _, base = spec.split_edition(version)
    first = first_build(base, spec.since.get(str(host), ()))
    if first:
        raise NotPublished(f"{spec.id} has builds for {host} only from {first} on")


def first_build(version: str, firsts: Sequence[str]) -> str | None:
    """Return the first version with a build, if `version` is older than that.

    `firsts` has the first version, or the first one of each line of versions; lines are
    identified by their first number.
    """
    same = [first for first in firsts if is_prefix(version.partition(".")[0], first)]
    for first in same or sorted(firsts, key=sort_key)[:1]:
        if is_older(version, first) and not is_prefix(version, first):
            return first
    return None


# Go's names of systems and processors, the most common words.
_WORDS = {
    "linux": "linux",
    "macos": "darwin",
    "x64": "amd64",
    "arm64": "arm64",
    "glibc": "gnu",
    "musl": "musl",
}
_CPUS = {"x64": "x86_64", "arm64": "aarch64"}
HOST_WORDS = ("os", "arch", "triple")


def host_words(host: str, words: Mapping[str, str]) -> dict[str, str]:
    """Return {os}, {arch} and {triple} of a host: the publisher's words, or Go's."""
    system, _, rest = host.partition("-")
    arch, _, libc = rest.partition("-")
    known = {**_WORDS, **words}
    cpu = _CPUS.get(arch, arch)
    ending = f"linux-{known[libc or 'glibc']}" if system == "linux" else "darwin"
    vendor = "unknown" if system == "linux" else "apple"
    return {
        "os": known.get(system, system),
        "arch": known.get(arch, arch),
        "triple": f"{cpu}-{vendor}-{ending}",
    }
