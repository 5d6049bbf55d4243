"""One `[[source]]` of a plugin, as a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from toolpin.model import Link, Rewrite


class Companion(NamedTuple):
    """A second package that completes a source's main one."""

    package: str
    table: str
    column: str
    into: str
    links: tuple[Link, ...]


class SourceSpec(NamedTuple):
    """One `[[source]]`: a place that has builds of the tool."""

    id: str
    kind: str
    publisher: str
    hosts: Mapping[str, Mapping[str, str]]
    since: Mapping[str, tuple[str, ...]]
    optional: bool
    catalogue: Mapping[str, str]
    artifacts: tuple[str, ...]
    checksums: str
    repo: str
    tag: str
    assets: tuple[str, ...]
    checksums_asset: str
    package: str
    numbers: int
    strip: int
    only: str
    without: tuple[str, ...]
    links: tuple[Link, ...]
    suites: Mapping[str, Mapping[str, str]]
    packages: tuple[str, ...]
    shared: Mapping[str, str]
    runtime: tuple[str, ...]
    rewrite: tuple[Rewrite, ...]
    list: str
    line: str
    images: Mapping[str, Mapping[str, str]]
    releases: str
    built_for: Mapping[str, str]
    variants: str
    program: str
    run: tuple[str, ...]
    build: bool
    named_only: bool
    companions: tuple[Companion, ...]

    def is_release(self, version: str) -> bool:
        """Say whether a name is a release's, and not a branch's or a moving tag's."""
        return not self.releases or bool(re.fullmatch(self.releases, version))
