"""Tries a tool's sources in order until one has a build, and reports the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from toolpin.config.settings import Settings
from toolpin.errors import Mismatch, NotPublished, Offline, ToolpinError, Unreachable
from toolpin.install.catalogs import Catalogs
from toolpin.install.first_builds import Failure, with_reason
from toolpin.install.jobs import Job
from toolpin.install.planner import publisher
from toolpin.install.source_choice import (
    allowed_sources,
    no_source_error,
    not_published_bytes,
    own_sources_line,
)
from toolpin.model import Host
from toolpin.plugins.refused import refuse_version
from toolpin.plugins.tool_file import Tool
from toolpin.sources.spec import SourceSpec
from toolpin.system.progress import Board, Row

Served = TypeVar("Served")


class SourceOrder:
    """The sources that the settings allow, for one host."""

    def __init__(
        self, settings: Settings, host: Host, catalogs: Catalogs, board: Board
    ) -> None:
        self._settings = settings
        self._host = host
        self._catalogs = catalogs
        self._board = board

    def first(
        self, tool: Tool, job: Job, row: Row, serve: Callable[[SourceSpec], Served]
    ) -> Served:
        """Try the sources in order.

        A source that fails is reported, with the next one.
        """
        version = job.pin.version.removeprefix("latest:")
        refuse_version(tool, version, job.origin)
        tool = tool.for_version(version)
        self.report_own(tool)
        wanted, origin = self._settings.sources, self._settings.sources_from
        specs = allowed_sources(tool, self._host, wanted, must=not origin)
        failures: list[Failure] = []
        for spec, following in zip(specs, [*specs[1:], None], strict=True):
            try:
                return serve(spec)
            except (NotPublished, Unreachable) as error:
                reason = with_reason(spec, job.pin, self._host, error)
                failures.append(Failure(spec, reason))
                if following:
                    self._report_next(reason, following, row)
            except Mismatch as error:
                raise not_published_bytes(job, error, following) from error
        raise no_source_error(tool, job, failures, self._host, self._catalogs)

    def report_own(self, tool: Tool) -> None:
        """Report once that a tool has none of the sources that the settings name."""
        wanted, origin = self._settings.sources, self._settings.sources_from
        if line := own_sources_line(tool, wanted, origin):
            self._board.remark_once(line)

    def _report_next(
        self, error: ToolpinError, following: SourceSpec, row: Row
    ) -> None:
        """Report the next source; an unreachable host only once for all tools."""
        if isinstance(error, Offline):  # already reported where nothing was found
            return
        missing = ", ".join(value for name, value in error.facts if name == "missing")
        lacks = f", because of missing {missing}" if missing else ""
        what = error.what.removeprefix(f"{row.label} ")
        text = f"{what}{lacks}; next: {publisher(following, self._host)}"
        if isinstance(error, NotPublished):
            row.remark(text)
        else:
            self._board.remark_once(text, error.what)
