"""Derives lockfile entries from what this machine has of a version.

From the receipt of an install, or from the cached artifacts of a source, so that a pin
can be locked while every index is down. Only this host's build is known this way, and
its digest is unconfirmed until a source is queried.
"""

from __future__ import annotations

from collections.abc import Callable

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.http import urls
from toolpin.install.planner import assemble
from toolpin.json_documents import parse_note
from toolpin.lockfile.document import Entry
from toolpin.model import Artifact, Build, Pin
from toolpin.plugins.tool_file import Tool
from toolpin.sources.spec import SourceSpec
from toolpin.store import publication
from toolpin.verification import Level


def known_here(app: App) -> Callable[[Tool, Pin], tuple[Entry, ...]]:
    """Return the function that finds this host's entry of a version, if unique."""

    def known(tool: Tool, pin: Pin) -> tuple[Entry, ...]:
        entries = _entries(tool, pin, app)
        for entry in entries:
            app.report.warn(
                f"{pin} is locked for {entry.host} only: no source answered; "
                "later: toolpin lock"
            )
        return entries

    return known


def _entries(tool: Tool, pin: Pin, app: App) -> tuple[Entry, ...]:
    """Return this host's entry of a version; () without one."""
    here = app.host
    for spec in tool.sources:
        for artifacts in (_received(pin, spec, app), _noted(pin, spec, app)):
            try:
                plan = assemble(tool, spec, pin, here, artifacts)
            except (ToolpinError, LookupError):
                continue
            build = Build(artifacts, plan.requires)
            # The digest of a plugin's scripts is computed here, even offline.
            level = min(plan.verified, Level.HERE)
            return (Entry(pin, str(here), spec.id, level, build),)
    return ()


def _received(pin: Pin, spec: SourceSpec, app: App) -> tuple[Artifact, ...]:
    try:
        receipt = publication.read_receipt(app.paths, pin)
    except ToolpinError:
        return ()
    if receipt is None or receipt.source != spec.id:
        return ()
    # Bytes from a bundle are known only by the lockfile in it.
    return () if receipt.verified == Level.LOCKFILE else receipt.artifacts


def _noted(pin: Pin, spec: SourceSpec, app: App) -> tuple[Artifact, ...]:
    """Return the cached artifacts of a source, if the cache still has all of them.

    Artifacts named through another mirror are not used, as in an install.
    """
    cache = app.cache
    rewrite = app.settings.rewrite
    try:
        note = cache.read_note("plans", *pin, str(app.host), spec.id)
        queried, artifacts = parse_note((note or b"").decode())
        address = rewrite(artifacts[0].locator)
    except (ToolpinError, ValueError, IndexError):
        return ()
    same = urls.shown(queried) == urls.shown(address)
    return artifacts if same and cache.has_files(artifacts) else ()
