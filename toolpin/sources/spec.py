"""One `[[source]]` of a plugin, as a value: shared fields, and those of its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from toolpin.model import Link

_EMPTY: Mapping[str, Any] = MappingProxyType({})


class Companion(NamedTuple):
    """A second package that completes a source's main one."""

    package: str
    table: str
    column: str
    into: str
    links: tuple[Link, ...]


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
    built_for: Mapping[str, str] = _EMPTY
    companions: tuple[Companion, ...] = ()

    def is_release(self, version: str) -> bool:
        """Say whether a name is a release's, and not a branch's or a moving tag's."""
        return not self.releases or bool(re.fullmatch(self.releases, version))

    def values(self, host: object, **more: str) -> dict[str, str]:
        """Return what fills the placeholders of its texts for a host, with `more`."""
        return {**self.hosts[str(host)], **more}
