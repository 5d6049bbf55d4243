"""Says which builds run on a host, by what they require, and which fits it best.

No disk: what the host has, it tells itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from toolpin.model import Build, Host
from toolpin.versions import sort_key

Found = TypeVar("Found")


def lacks(host: Host, build: Build) -> tuple[str, ...]:
    """Return what a build requires and the host has not: `glibc 2.39`.

    A requirement that the host cannot judge, such as glibc where its version is not
    known, is none.
    """
    return tuple(
        least if name == "soname" else f"{name} {least}"
        for name, least in build.requires
        if not _meets(host, name, least)
    )


def best(
    found: Iterable[Found], host: Host, build_of: Callable[[Found], Build]
) -> Found | None:
    """Return what asks most of the host and still runs on it; None where nothing does.

    For a host of unknown version that which asks least. Between equals the first wins.
    """
    fitting = [one for one in found if not lacks(host, build_of(one))]
    if host.libc == "glibc" or host.os == "macos":
        choice = max if host.libc_version else min
        return choice(fitting, key=lambda one: _demand(build_of(one)), default=None)
    return fitting[0] if fitting else None


def _meets(host: Host, name: str, least: str) -> bool:
    if name == "soname":
        return host.libraries is None or least in host.libraries
    named = host.libc or host.os
    if name != named:
        return name not in ("glibc", "musl", "macos")
    if not host.libc_version:
        return True
    return sort_key(least) <= sort_key(host.libc_version)


def _demand(build: Build) -> tuple[tuple[str, object], ...]:
    return tuple((name, sort_key(least)) for name, least in build.requires)
