"""What every kind of source can do, and how the text of a plugin is filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from toolpin.json_text import parse_json
from toolpin.model import TOOL_REQUIREMENT, Artifact, Build, Host, Release
from toolpin.project.words import VERSION, fits
from toolpin.versions import is_prefix, sort_key

Progress = Callable[[int, int | None], None]


class Source(Protocol):
    """One place with builds of one tool.

    All methods raise Unreachable when the place gives no answer.
    """

    def releases(self, host: Host) -> list[Release]:
        """Return the versions that have a build for the host, in no order."""

    def artifacts(self, version: str, host: Host) -> tuple[Artifact, ...]:
        """Return what to fetch for one version on this very host, the main one first.

        Raises NotPublished.
        """

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return every build of a version for hosts of this kind. Raises NotPublished.

        A host without a libc_version stands for one of any version.
        """


def fill(template: str, values: Mapping[str, str]) -> str:
    """Replace each `{name}` by its value; a name without one is a KeyError."""
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], template)


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
    """Return what a release of a long-term line may be asked for by."""
    return (codename, "lts", f"lts-{codename}")


def with_channels(release: Release, lines: Mapping[str, str]) -> Release:
    """Return the release with the channels of the lines that it belongs to.

    `lines` has the first version of each: later ones with the same first number follow.
    """
    for codename, first in lines.items():
        same = release.version.partition(".")[0] == first.partition(".")[0]
        if same and not sort_key(release.version) < sort_key(first):
            found = {*release.channels, *line_channels(codename)}
            return Release(release.version, tuple(sorted(found)))
    return release


def read_lines(text: bytes, shape: Mapping[str, str]) -> dict[str, str]:
    """Return the first version of each long-term line that a JSON list states.

    `shape` names the keys of a release's `version` and of its line's name, the
    `channel`, which is no text for a release of no line. Raises ValueError, LookupError
    or TypeError for a document of another shape.
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


def first_build(version: str, firsts: Sequence[str]) -> str | None:
    """Return the first version with a build, where `version` is older than that.

    `firsts` has the first one of all, or the first one of each line of versions; lines
    are told apart by their first number.
    """
    same = [one for one in firsts if is_prefix(version.partition(".")[0], one)]
    for first in same or sorted(firsts, key=sort_key)[:1]:
        if sort_key(version) < sort_key(first) and not is_prefix(version, first):
            return first
    return None
