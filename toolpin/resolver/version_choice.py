"""Chooses the exact version for a request from the available ones. Pure.

A version literally named so wins over a channel, and a channel over a prefix.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from toolpin.model import Release, Wanted
from toolpin.versions import (
    ending_word,
    is_exact,
    is_pre_release,
    newest,
    split_words,
)

_OF_DAY = re.compile(r"-\d{4}-\d\d-\d\d$")


class Seen(NamedTuple):
    """What lists state of one version: its channels, and the hosts that have it."""

    channels: set[str]
    hosts: set[str]


def looks_exact(wanted: Wanted) -> bool:
    """Return whether a request is tried as written before any list is read.

    So is a build of one day, `nightly-2026-08-01`: some lists are days behind.
    """
    exact = is_exact(wanted.value) or bool(_OF_DAY.search(wanted.value))
    return wanted.kind == "version" and exact


def choose(wanted: Wanted, releases: Sequence[Release]) -> str | None:
    """Return the version for an alternative from the available ones."""
    versions = [release.version for release in releases]
    if wanted.kind == "latest":
        return newest(wanted.value, versions)
    if wanted.kind != "version":
        return None
    if wanted.value in versions:
        return wanted.value
    in_channel = [
        release.version for release in releases if wanted.value in release.channels
    ]
    return newest("", in_channel) or newest(wanted.value, versions)


def for_most_hosts(wanted: Wanted, seen: Mapping[str, Seen]) -> str | None:
    """Return the newest match for a request that most hosts have.

    A version that is published for a single host so far is not for a project with other
    hosts. A literal name is accepted wherever it is published, and so is a version line
    that most hosts never had.
    """
    if wanted.kind == "version" and wanted.value in seen:
        return wanted.value
    hosts = {host for version in seen.values() for host in version.hosts}
    # More than half of the hosts must have a version, then ever fewer.
    for least in range(len(hosts) // 2 + 1, 0, -1):
        releases = [
            Release(version, tuple(sorted(value.channels)))
            for version, value in sorted(seen.items())
            if len(value.hosts) >= least
        ]
        if version := choose(wanted, releases):
            return version
    return None


def of_variant(version: str, known: Iterable[str]) -> list[str]:
    """Return the versions with the variant of this version: `-otp-27`, `t`, or none.

    A pre-release is not a variant: the release follows it. The words that a version
    begins with are one: `temurin-`.
    """
    start, numbers = split_words(version)
    words = numbers.split("-")[1:]
    suffix = "".join(f"-{word}" for word in words if not is_pre_release(word))
    suffix = suffix or ending_word(version)
    return [
        version
        for version in known
        if split_words(version)[0] == start and version.endswith(suffix)
    ]
