"""Plans every listed version of a plugin's sources, for every host that they state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from toolpin.errors import NoChecksum, ToolpinError, Unreachable
from toolpin.install.planner import make_plan
from toolpin.model import Pin
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.sources.spec import SourceSpec
from toolpin.system.host import any_of

_SHOWN = 3


class Tried(NamedTuple):
    """The result for a source's versions on one host; `failed` has (version, why).

    `note` states why no version was tried.
    """

    source: str
    host: str
    listed: int
    planned: int
    undigested: int
    failed: tuple[tuple[str, str], ...]
    note: str = ""

    def row(self) -> tuple[str, str, str]:
        """Return the row of a table: source, host, and the result."""
        lines = [self.note or f"{self.planned} of {self.listed} planned"]
        if self.undigested:
            lines.append(f"{self.undigested} without a checksum")
        lines += [f"{version}: {why}" for version, why in self.failed[:_SHOWN]]
        if len(self.failed) > _SHOWN:
            lines.append(f"{len(self.failed) - _SHOWN} more fail")
        return self.source, self.host, "; ".join(lines)


def try_plans(tool: Tool, clients: Clients) -> Iterator[Tried]:
    """Yield the result for each source and host.

    Only lists and checksum files are downloaded. A source whose list or checksum file
    cannot be downloaded is not tried further.
    """
    for spec in tool.sources:
        for host in spec.hosts:
            try:
                yield _try(tool, spec, host, clients)
            except ToolpinError as error:
                yield Tried(spec.id, host, 0, 0, 0, (), f"not tried: {error.what}")


def _try(tool: Tool, spec: SourceSpec, host: str, clients: Clients) -> Tried:
    target = any_of(host)
    listed = [release.version for release in clients.open(spec).releases(target)]
    versions = [version for version in listed if spec.is_release(version)]
    if not versions:
        names = f"{len(listed)} names, but no release"
        note = names if listed else "no version for this host"
        return Tried(spec.id, host, 0, 0, 0, (), f"lists {note}")
    undigested, failed = 0, []
    for version in versions:
        try:
            make_plan(tool, spec, Pin(tool.name, version), target, clients)
        except NoChecksum:
            undigested += 1
        except Unreachable:
            raise
        except ToolpinError as error:
            failed.append((version, error.what))
    planned = len(versions) - undigested - len(failed)
    return Tried(spec.id, host, len(versions), planned, undigested, tuple(failed))
