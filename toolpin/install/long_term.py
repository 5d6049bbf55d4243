"""Reads a tool's long-term lines, for sources whose own lists do not state them.

From the npm package that the plugin names, cached with its age; else from the plugin's
own table, which is reported, because it is as old as the plugin.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from toolpin.cache.verified import Cache
from toolpin.errors import NotPublished, ToolpinError, Unreachable
from toolpin.json_text import SHAPELESS, parse_json
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.sources.protocol import read_lines

_KIND = "long-term"

Lines = Mapping[str, str]


class _Kept(NamedTuple):
    """The package's last data, and when it was read, in seconds since 1970."""

    lines: Lines
    time_s: float


class LongTermLines:
    """The long-term lines of all tools, for one process; safe for several threads."""

    def __init__(
        self, cache: Cache, clients: Clients, *, now: Callable[[], float] = time.time
    ) -> None:
        self._cache = cache
        self._clients = clients
        self._now = now
        self._read: dict[str, Lines] = {}
        self._lock = threading.Lock()

    def read(self, tool: Tool, *, max_age_s: float) -> Lines:
        """Return the first version of each line, by the line's name.

        Raises Mismatch for a package that is not the published one.
        """
        with self._lock:
            if tool.name not in self._read:
                self._read[tool.name] = self._current(tool, max_age_s)
            return self._read[tool.name]

    def known(self, tool: Tool) -> Lines:
        """Return what is known without the network: the cached data, or the table."""
        kept = self._kept(tool)
        return kept.lines if kept else tool.channels

    def _current(self, tool: Tool, max_age_s: float) -> Lines:
        kept = self._kept(tool)
        if kept and 0 <= self._now() - kept.time_s < max_age_s:
            return kept.lines
        try:
            return self._download(tool)
        except (NotPublished, Unreachable):
            if kept:
                day = time.strftime("%Y-%m-%d", time.gmtime(kept.time_s))
                self._report(tool, f"the cached answer of {day}")
                return kept.lines
        of = f" of {tool.channels_date}" if tool.channels_date else ""
        self._report(tool, f"the bundled table{of}")
        return tool.channels

    def _report(self, tool: Tool, origin: str) -> None:
        text = f"long-term lines from {origin}; newer ones may be missing"
        self._clients.remark(f"{tool.name}: {text}")

    def _download(self, tool: Tool) -> Lines:
        """Return the lines that the package states, and cache them.

        Raises NotPublished, Unreachable or Mismatch.
        """
        package = tool.long_term.get("package")
        if package is None:
            raise NotPublished(
                f"no package lists the long-term release lines of {tool.name}"
            )
        try:
            text = self._clients.packaged(package, tool.long_term["file"])
            lines = read_lines(text, tool.long_term)
        except SHAPELESS as error:
            raise NotPublished(
                f"{package} on npm lists no long-term release lines",
                [("reason", str(error))],
            ) from error
        note = {"package": package, "time": self._now(), "lines": lines}
        with contextlib.suppress(ToolpinError):
            self._cache.write_note(json.dumps(note).encode(), _KIND, tool.name)
        return lines

    def _kept(self, tool: Tool) -> _Kept | None:
        """Return the cached data of the package that the plugin names."""
        try:
            note = parse_json(self._cache.read_note(_KIND, tool.name) or b"")
            lines = {str(name): str(first) for name, first in note["lines"].items()}
            time_s = float(note["time"])
            time.gmtime(time_s)
            same = note["package"] == tool.long_term.get("package")
        except (ToolpinError, OverflowError, OSError, *SHAPELESS):
            return None
        return _Kept(lines, time_s) if same and lines else None
