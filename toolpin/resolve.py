"""Turns what was asked for, and what there is, into an exact version. Pure.

A version literally named so wins over a channel, and a channel over a prefix.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from toolpin.model import Release, Request, Wanted
from toolpin.versions import newest

_NOT_INSTALLED = ("system", "path")
_NUMBERS = re.compile(r"[0-9.]+")
_EXACT = re.compile(r"[vV]?[0-9]+(\.[0-9]+){2}.*")


class Seen(NamedTuple):
    """What the lists say of one version: its channels, and the hosts that have it."""

    channels: set[str]
    hosts: set[str]


def to_provide(request: Request) -> tuple[Wanted, ...]:
    """Return the alternatives that `install` and `lock` deal with, in their order.

    `system` and `path:` name what is there already.
    """
    return tuple(one for one in request.wanted if one.kind not in _NOT_INSTALLED)


def looks_exact(wanted: Wanted) -> bool:
    """Say whether a request is to be tried as it stands before any list is read.

    Three numbers name one release nearly always; `1.21` and `26.2` may be both, a
    release and the beginning of others.
    """
    return wanted.kind == "version" and bool(_EXACT.fullmatch(wanted.value))


def choose(wanted: Wanted, releases: Sequence[Release]) -> str | None:
    """Return the version that an alternative means among those that there are."""
    versions = [release.version for release in releases]
    if wanted.kind == "latest":
        return newest(wanted.value, versions)
    if wanted.kind != "version":
        return None
    if wanted.value in versions:
        return wanted.value
    return newest("", _in_channel(wanted.value, releases)) or newest(
        wanted.value, versions
    )


def for_most_hosts(wanted: Wanted, seen: Mapping[str, Seen]) -> str | None:
    """Return what a request means: of the versions that most hosts have, the newest.

    One that is out for a single host so far is for no project that has others. What is
    literally named so counts wherever it is.
    """
    if wanted.kind == "version" and wanted.value in seen:
        return wanted.value
    for count in sorted({len(one.hosts) for one in seen.values()}, reverse=True):
        releases = [
            Release(version, tuple(sorted(one.channels)))
            for version, one in sorted(seen.items())
            if len(one.hosts) >= count
        ]
        if version := choose(wanted, releases):
            return version
    return None


def can_mean(wanted: Wanted, version: str) -> bool:
    """Say whether an alternative can mean a version, as far as their texts tell.

    What a channel such as `lts` means, only a list tells: it can mean any.
    """
    tells = wanted.kind != "version" or looks_exact(wanted)
    if not (tells or _NUMBERS.fullmatch(wanted.value)):
        return True
    return choose(wanted, [Release(version)]) is not None


def _in_channel(channel: str, releases: Iterable[Release]) -> list[str]:
    return [one.version for one in releases if channel in one.channels]
