"""The protocol of a kind of source, and how plugin templates are filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from toolpin.binaries.fit import lacks, newer_partner
from toolpin.digests import parse_checksums
from toolpin.errors import NoFit
from toolpin.json_text import parse_json
from toolpin.model import TOOL_REQUIREMENT, Artifact, Build, Digest, Host, Release, Step
from toolpin.project.validation import VERSION, fits
from toolpin.sources.fields import PLACEHOLDER, Field
from toolpin.sources.spec import SourceSpec
from toolpin.verification import Level
from toolpin.versions import sort_key

if TYPE_CHECKING:  # a plugin is read without them, and they are heavy
    from toolpin.cache.first_use import FirstUse
    from toolpin.cache.indexes import Indexes
    from toolpin.sources.apt_client import AptClient
    from toolpin.sources.npm_client import NpmClient
    from toolpin.sources.npm_finder import NpmFinder
    from toolpin.sources.pypi_client import PypiClient
    from toolpin.sources.script import ScriptSource
# A valid value from a response for a placeholder: one word, without a path.
WORD = r"(?!\.)[\w.+-]+"

CHECKSUMS_BYTES = 1 << 20

Progress = Callable[[int, int | None], None]
# The members of the placeholder groups in `Field.holds`.
Groups = Mapping[str, Collection[str]]


class Source(Protocol):
    """One place with builds of one tool.

    All methods raise Unreachable if the place gives no answer.
    """

    def releases(self, host: Host) -> list[Release]:
        """Return the versions that have a build for the host, in no order."""

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return the artifacts of one version on exactly this host, the main one first.

        Raises NotPublished.
        """

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return every build of a version for hosts of this kind. Raises NotPublished.

        A host without a libc_version matches any version.
        """


class Read(Protocol):
    """A function that returns a document: `Fetcher.document`, `Indexes.read`."""

    def __call__(self, url: str, *, max_bytes: int) -> bytes:
        """Return the document at a URL."""


class Services(NamedTuple):
    """The services that sources use: cached indexes, and the clients of others.

    `scripts` returns the asdf plugin of a name, as a source.
    """

    indexes: Indexes
    first_use: FirstUse
    pypi: PypiClient
    npm: NpmClient
    npm_finder: NpmFinder
    apt: AptClient
    scripts: Callable[[str], ScriptSource]


class Client(NamedTuple):
    """An external program that queries a place, and how it is configured.

    `configured` returns the index that it uses, "" for its default. It raises
    Unreachable without such a program, and downloads nothing.
    """

    name: str
    configured: Callable[[Services], str]


class Fault(NamedTuple):
    """A fault of a source whose fields are valid one by one."""

    field: str
    what: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Kind:
    """One kind of place that has builds: its fields, and how its sources are used.

    `fields` are all fields that a `[[source]]` of this kind may have, `own` the type of
    those that are in `SourceSpec.own`, `needs` those of `own` that must not be empty. A
    kind without `fields` is in no file. `groups` returns the members of the groups in
    `Field.holds`, except HOST_VALUES. The other functions:

    - `open` returns the version list and the artifacts, read with the services. -
    `address` returns the address of the list: a URL with placeholders, or
    `npm:PACKAGE`; "" for a list on disk. - `names` returns whether a source would name
    these artifacts for a version, so that a lockfile cannot make it fetch others.
    Companions are not among them. - `steps` returns the steps that turn such artifacts
    into a tree.

    `level` returns how the digests of one version are verified, of a source at it.
    """

    own: type[Any]
    fields: Mapping[str, Field]
    needs: tuple[str, ...]
    open: Callable[[SourceSpec, Services], Source]
    address: Callable[[SourceSpec, Host], str]
    names: Callable[[SourceSpec, tuple[Artifact, ...], str, Host], bool]
    steps: Callable[[SourceSpec, tuple[Artifact, ...], str, Host], list[Step]]
    level: Callable[[SourceSpec], Level]
    groups: Callable[[SourceSpec], Groups] = lambda _: {}
    faults: Callable[[SourceSpec], Iterator[Fault]] = lambda _: iter(())
    states_channels: Callable[[SourceSpec], bool] = lambda _: False
    client: Client | None = None
    is_local: bool = False


def fill(template: str, values: Mapping[str, str]) -> str:
    """Replace each `{name}` by its value; a name without a value is a KeyError."""
    return PLACEHOLDER.sub(lambda match: values[match[1]], template)


def file_of(url: str) -> str:
    """Return the name of the file at a URL."""
    return url.rpartition("/")[2]


def stated_digest(read: Read, place: str, name: str, *, alone: bool) -> Digest:
    """Return the digest that the checksum file at `place` states of a file.

    Raises what `parse_checksums` raises.
    """
    text = read(place, max_bytes=CHECKSUMS_BYTES).decode("utf-8", "replace")
    return parse_checksums(text, name, place, alone=alone)


def no_fit(publisher: str, builds: Collection[tuple[str, Build]], host: Host) -> NoFit:
    """Return the error for labeled builds of which none runs on the host."""
    facts = [
        (label, f"needs {' and '.join(lacks(host, build))}") for label, build in builds
    ]
    newer = newer_partner(host, [build for _, build in builds])
    return NoFit(f"no build of {publisher} runs on this machine", facts, newer)


def shape_of(template: str, values: Mapping[str, str], word: str = WORD) -> str:
    """Return the pattern that matches a filled-in template.

    A name without a value becomes a group that matches one word.
    """
    parts = re.split(r"\{(\w+)\}", template)
    parts[::2] = map(re.escape, parts[::2])
    seen: set[str] = set()
    for at, name in enumerate(parts[1::2]):
        group = f"(?P={name})" if name in seen else f"(?P<{name}>{word})"
        parts[2 * at + 1] = re.escape(values[name]) if name in values else group
        seen.add(name)
    return "".join(parts)


def tool_requirements(
    built_for: Mapping[str, str], values: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return what a build requires of other tools: `("tool-erlang", "27")`.

    `built_for` has a template for each tool, such as `{otp}`.
    """
    return tuple(
        (f"{TOOL_REQUIREMENT}{tool}", fill(version, values))
        for tool, version in sorted(built_for.items())
    )


def line_channels(codename: str) -> tuple[str, ...]:
    """Return the channel names of a release in a long-term line."""
    return (codename, "lts", f"lts-{codename}")


def with_channels(release: Release, lines: Mapping[str, str]) -> Release:
    """Return the release with the channels of the lines that it belongs to.

    `lines` has the first version of each: later ones with the same first number follow.
    """
    for codename, first in lines.items():
        same = release.version.partition(".")[0] == first.partition(".")[0]
        if same and not sort_key(release.version) < sort_key(first):
            results = {*release.channels, *line_channels(codename)}
            return Release(release.version, tuple(sorted(results)))
    return release


def read_lines(text: bytes, shape: Mapping[str, str]) -> dict[str, str]:
    """Return the first version of each long-term line that a JSON list states.

    `shape` names the keys of a release's `version` and of its line's name, the
    `channel`, which is not a string for a release outside of these lines. Raises
    ValueError, LookupError or TypeError for a document of another shape.
    """
    first: dict[str, str] = {}
    for release in parse_json(text):
        version, name = release[shape["version"]], release[shape["channel"]]
        if isinstance(name, str) and fits(name, VERSION) and fits(version, VERSION):
            before = first.setdefault(name.lower(), version)
            first[name.lower()] = min(before, version, key=sort_key)
    if not first:
        raise ValueError("it names no long-term line")
    return first
