"""Turns a source into its version list, fetched now or cached with its age.

The lists are in the cache, one per source, host and address. `resolver` decides which
release a request means.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import ToolpinError, Unreachable
from toolpin.http import urls
from toolpin.install.long_term import LongTermLines
from toolpin.install.planner import complete_releases
from toolpin.json_text import parse_json
from toolpin.model import Host, Release
from toolpin.plugins.tool_file import Tool
from toolpin.project.validation import VERSION, fits
from toolpin.sources.clients import Clients
from toolpin.sources.kinds import KINDS
from toolpin.sources.protocol import with_channels
from toolpin.sources.spec import SourceSpec

DAY_S = 24 * 3600.0

_KIND = "catalogues"


class Catalog(NamedTuple):
    """The version list of a source for a host. `stale` states why a refresh failed."""

    releases: tuple[Release, ...]
    age_s: float = 0.0
    stale: Unreachable | None = None


class Catalogs:
    """The version lists of all sources, for one machine and one user."""

    def __init__(
        self,
        cache: Cache,
        clients: Clients,
        settings: Settings,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._cache = cache
        self._clients = clients
        self._settings = settings
        self._now = now
        self._lines = LongTermLines(cache, clients, now=now)

    def read(
        self, tool: Tool, spec: SourceSpec, host: Host, *, max_age_s: float = 0.0
    ) -> Catalog:
        """Return the list, from the cache if it is recent enough.

        If the source gives no answer an older list is returned, with the reason. Raises
        Unreachable without one.
        """
        known = self._remembered(tool, spec, host)
        if known and known.age_s < max_age_s:
            return known
        try:
            listed = self._clients.open(spec).releases(host)
        except Unreachable as error:
            if known is None:
                raise
            return known._replace(stale=error)
        releases = tuple(
            release
            for release in listed
            if fits(release.version, VERSION) and spec.is_release(release.version)
        )
        self._remember(tool, spec, host, releases)
        return Catalog(complete_releases(tool, spec, releases))

    def kept(self, tool: Tool, spec: SourceSpec, host: Host) -> Catalog:
        """Return the cached list without a request; an empty one if there is none."""
        return self._remembered(tool, spec, host) or Catalog(())

    def in_lines(
        self,
        tool: Tool,
        spec: SourceSpec,
        releases: Sequence[Release],
        wanted: str,
        *,
        max_age_s: float = 0.0,
        kept: bool = False,
    ) -> Sequence[Release]:
        """Return a source's releases with the long-term lines that they belong to.

        The lines are read if the source's own list does not state them and `wanted` may
        be the name of one; with `kept` without a request.
        """
        may_be_line = tool.channels and wanted and not wanted[0].isdigit()
        if has_channels(spec) or not may_be_line:
            return releases
        read = self._lines.read
        lines = self._lines.known(tool) if kept else read(tool, max_age_s=max_age_s)
        return [with_channels(release, lines) for release in releases]

    def _remembered(self, tool: Tool, spec: SourceSpec, host: Host) -> Catalog | None:
        """Return the cached list, if it is valid and from the same address."""
        try:
            note = self._cache.read_note(_KIND, tool.name, f"{spec.id}@{host}")
            table = parse_json(note or b"")
            listed = [
                Release(str(version), tuple(channels) if has_channels(spec) else ())
                for version, channels in table["releases"]
            ]
            releases = complete_releases(tool, spec, listed)
            age_s = self._now() - float(table["time"])
            same = table["address"] == self._address(spec, host)
        except (ToolpinError, ValueError, LookupError, TypeError, RecursionError):
            return None
        # A list from the future was written with a wrong clock: it is treated as old.
        return Catalog(releases, age_s if age_s >= 0 else DAY_S) if same else None

    def _remember(
        self, tool: Tool, spec: SourceSpec, host: Host, releases: tuple[Release, ...]
    ) -> None:
        lines = self._lines.known(tool)
        table = {
            "address": self._address(spec, host),
            "time": self._now(),
            # With all channels that are known here: completion offers them.
            "releases": [
                list(release if has_channels(spec) else with_channels(release, lines))
                for release in releases
            ],
        }
        with contextlib.suppress(ToolpinError):
            data = json.dumps(table).encode()
            self._cache.write_note(data, _KIND, tool.name, f"{spec.id}@{host}")

    def _address(self, spec: SourceSpec, host: Host) -> str:
        """Return the address queried: another mirror's list does not apply.

        As stored in the cache, without the mirror's password.
        """
        address = KINDS[spec.kind].address(spec, host)
        return urls.shown(self._settings.rewrite(address))


def has_channels(spec: SourceSpec) -> bool:
    """Return whether a source's own list states the channels of its releases."""
    return KINDS[spec.kind].states_channels(spec)


def describe_age(age_s: float) -> str:
    """Return an age in words: `3 hours`."""
    for size_s, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if age_s >= size_s:
            count = int(age_s // size_s)
            return f"{count} {unit}{'s' * (count > 1)}"
    return "a moment"
