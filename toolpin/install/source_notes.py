"""Caches the artifacts that a source named for a version, for installs without a query.

A note has locators and digests, and the queried address; the steps come from the
plugin's current data each time.
"""

from __future__ import annotations

import contextlib

from toolpin import json_documents
from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import ToolpinError
from toolpin.http import urls
from toolpin.install.planner import assemble, host_for
from toolpin.install.source_choice import allowed_sources, refuse_unnamed
from toolpin.model import Artifact, Host, Pin, Plan
from toolpin.plugins.tool_file import Tool
from toolpin.verification import Level


class Notes:
    """The cached artifacts of plans for one host."""

    def __init__(self, cache: Cache, settings: Settings, host: Host) -> None:
        self._cache = cache
        self._settings = settings
        self._host = host

    def recall(
        self, tool: Tool, pin: Pin, beside: tuple[tuple[str, str], ...] = ()
    ) -> Plan | None:
        """Return a plan for artifacts that were named before and are in the cache.

        The steps come from the plugin's current data. Notes from another mirror are not
        used, nor those for other versions of the tools that run the build.
        """
        wanted, origin = self._settings.sources, self._settings.sources_from
        for spec in allowed_sources(tool, self._host, wanted, must=not origin):
            host = host_for(spec, self._host, beside)
            if str(host) not in spec.hosts:
                continue
            try:
                address, artifacts = self._read(spec.id, pin, host)
                plan = assemble(tool, spec, pin, host, artifacts)
                refuse_unnamed(plan, self._settings.sources)
            except (ToolpinError, ValueError):
                continue
            if address == self._address(plan) and self._cache.has_files(plan.artifacts):
                return plan
        return None

    def keep(self, plan: Plan) -> None:
        """Keep a note for the next time, if the cache can be written.

        Scripted plans have nothing in the cache, and bytes from a bundle are for one
        project.
        """
        if plan.is_scripted or plan.verified == Level.LOCKFILE:
            return
        text = json_documents.render_note(self._address(plan), plan.artifacts)
        with contextlib.suppress(ToolpinError):
            name = self._note_name(plan.source, plan.pin, plan.host)
            self._cache.write_note(text.encode(), "plans", *name)

    def has_reported(self, plan: Plan) -> bool:
        """Return whether the source itself has named, or delivered, these artifacts.

        What only a lockfile has named, and a bundle delivered, is for that project
        alone.
        """
        try:
            return self._read(plan.source, plan.pin, plan.host)[1] == plan.artifacts
        except (ToolpinError, ValueError):
            return False

    def by_mirror(self, plan: Plan) -> str:
        """Return the mirror that replaces the publisher, "" for none."""
        locator = "" if plan.is_scripted else plan.artifacts[0].locator
        address = self._settings.rewrite(locator)
        return "" if address == locator else f" via {urls.host(address)}"

    def _address(self, plan: Plan) -> str:
        """Return the queried address, as in a note: without a mirror's password."""
        return urls.shown(self._settings.rewrite(plan.artifacts[0].locator))

    def _read(
        self, source: str, pin: Pin, host: Host
    ) -> tuple[str, tuple[Artifact, ...]]:
        """Return the address and the artifacts of a note. Raises ValueError."""
        note = self._cache.read_note("plans", *self._note_name(source, pin, host))
        return json_documents.parse_note((note or b"").decode())

    def _note_name(self, source: str, pin: Pin, host: Host) -> tuple[str, ...]:
        beside = [f"-for-{tool}-{version}" for tool, version in host.beside]
        return (pin.tool, pin.version, str(self._host), "".join((source, *beside)))
