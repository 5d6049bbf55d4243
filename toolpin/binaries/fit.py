"""Finds which builds run on a host, by their requirements, and which fits best.

No disk and no network: a Host describes the machine, and the tools that will run beside
the build.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from toolpin.model import TOOL_REQUIREMENT, Build, Host
from toolpin.versions import sort_key

Choice = TypeVar("Choice")


def lacks(host: Host, build: Build) -> tuple[str, ...]:
    """Return a requirement of a build that the host lacks: `glibc 2.39`.

    A requirement that cannot be compared is treated as satisfied: glibc of unknown
    version, a tool that is not pinned beside the build.
    """
    return tuple(
        render_need(name, least)
        for name, least in build.requires
        if not _meets(host, name, least)
    )


def render_need(name: str, least: str) -> str:
    """Render a requirement of a build: `glibc 2.39`, or a library's name."""
    named = "" if name == "soname" else f"{name.removeprefix(TOOL_REQUIREMENT)} "
    return f"{named}{least}"


def best(
    fitting_builds: Iterable[Choice], host: Host, build_of: Callable[[Choice], Build]
) -> Choice | None:
    """Return the most demanding build that runs on the host; None without one.

    Unknown is treated as old: for an unknown glibc or tool the least demanding build is
    returned. Of equal ones the first wins.
    """
    fitting = [build for build in fitting_builds if not lacks(host, build_of(build))]
    if host.libc == "glibc" or host.os == "macos":
        choice = max if host.libc_version else min
        fitting = _extreme(fitting, choice, build_of, of_tools=False)
    choice = max if host.beside else min
    fitting = _extreme(fitting, choice, build_of, of_tools=True)
    return fitting[0] if fitting else None


def newer_partner(host: Host, builds: Iterable[Build]) -> str | None:
    """Return the command that pins the oldest tool with which a build runs.

    None if something else is missing.
    """
    alone = host._replace(beside=())
    fitting = [build for build in builds if not lacks(alone, build)]
    if not host.beside or not fitting:
        return None
    oldest = _extreme(fitting, min, lambda build: build, of_tools=True)[0]
    for name, least in oldest.requires:
        tool = name.removeprefix(TOOL_REQUIREMENT)
        if tool != name and not _meets(host, name, least):
            return f"toolpin pin {tool} latest:{least}"
    return None


def _extreme(
    fitting_builds: list[Choice],
    choice: Callable[..., object],
    build_of: Callable[[Choice], Build],
    *,
    of_tools: bool,
) -> list[Choice]:
    """Return all builds as demanding as the most demanding one, or the least."""

    def demand(candidate: Choice) -> tuple[tuple[str, object], ...]:
        return tuple(
            (name, sort_key(least))
            for name, least in build_of(candidate).requires
            if name.startswith(TOOL_REQUIREMENT) == of_tools
        )

    wanted = choice(map(demand, fitting_builds), default=None)
    return [build for build in fitting_builds if demand(build) == wanted]


def _meets(host: Host, name: str, least: str) -> bool:
    if name == "soname":
        return host.libraries is None or least in host.libraries
    if name.startswith(TOOL_REQUIREMENT):
        have = dict(host.beside).get(name.removeprefix(TOOL_REQUIREMENT))
        return have is None or sort_key(least) <= sort_key(have)
    named = host.libc or host.os
    if name != named:
        return name not in ("glibc", "musl", "macos")
    if not host.libc_version:
        return True
    return sort_key(least) <= sort_key(host.libc_version)
