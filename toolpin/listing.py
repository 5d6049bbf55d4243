"""Turns a tool into the versions that its sources list for this machine.

All sources are asked at once; one that gives no answer is named and does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import Offline, ToolpinError
from toolpin.install.catalogue import (
    Catalogue,
    Catalogues,
    has_channels,
    spoken_age,
)
from toolpin.install.choice import allowed_sources
from toolpin.model import Host
from toolpin.plugin.contract import Tool
from toolpin.plugin.script import is_scripted
from toolpin.sources.spec import SourceSpec
from toolpin.versions import is_pre_release, is_prefix, newest, sort_key


class Listing(NamedTuple):
    """The versions below a prefix or of a channel, oldest first.

    `silent` are the sources that did not answer, and why; an older list may be there.
    """

    versions: tuple[str, ...]
    silent: tuple[tuple[str, ToolpinError], ...]


def list_versions(
    tool: Tool, prefix: str, app: App, *, sources: Sequence[str]
) -> Listing:
    """Ask the sources, or those named; warn of each that does not answer.

    `prefix` may be a channel. Raises ToolpinError when none lists such a version.
    """
    catalogues = Catalogues(app.cache, app.clients, app.settings)
    here = app.host
    specs = [
        spec
        for spec in allowed_sources(tool, here, sources or app.settings.sources)
        if str(here) in spec.hosts
    ]
    with ThreadPoolExecutor(len(specs) or 1) as pool:
        answers = list(pool.map(lambda spec: _ask(tool, spec, here, catalogues), specs))
    answered = [
        spec
        for spec, answer in zip(specs, answers, strict=True)
        if isinstance(answer, Catalogue)
    ]
    asked_lines = "" if any(map(has_channels, answered)) else prefix
    known: dict[str, set[str]] = {}
    silent: list[tuple[str, ToolpinError]] = []
    for spec, answer in zip(specs, answers, strict=True):
        if isinstance(answer, ToolpinError):
            silent.append((spec.id, answer))
            continue
        if answer.stale:
            silent.append((spec.id, answer.stale))
        for release in catalogues.in_lines(tool, spec, answer.releases, asked_lines):
            known.setdefault(release.version, set()).update(release.channels)
    _warn_of(specs, answers, app)
    matching = [
        version
        for version, channels in known.items()
        if not prefix or is_prefix(prefix, version) or prefix in channels
    ]
    if not matching:
        raise ToolpinError(
            f"no source lists {tool.name} {prefix}".rstrip(),
            [("sources", ", ".join(spec.id for spec in specs) or "none")],
            f"toolpin list-all {tool.name}" if prefix and known else None,
        )
    if not is_scripted(tool):  # a plugin's own order is newest last, too
        matching.sort(key=sort_key)
    return Listing(tuple(matching), tuple(silent))


def newest_listed(tool: Tool, prefix: str, app: App, *, sources: Sequence[str]) -> str:
    """Return the newest release below a prefix, as the plugin itself says if it does.

    Raises ToolpinError where there is none.
    """
    if is_scripted(tool) and (version := app.clients.latest(tool.sources[0], prefix)):
        return version
    listing = list_versions(tool, prefix, app, sources=sources)
    # What a channel lists does not begin with its name.
    version = newest(prefix, listing.versions) or newest("", listing.versions)
    if version is None or (is_pre_release(version) and not is_pre_release(prefix)):
        raise ToolpinError(
            f"{tool.name} {prefix} has no release yet",
            [("pre-releases", ", ".join(listing.versions[-4:]))],
            f"toolpin list-all {tool.name} {prefix}".rstrip(),
        )
    return version


def _warn_of(
    specs: Sequence[SourceSpec],
    answers: Sequence[Catalogue | ToolpinError],
    app: App,
) -> None:
    """Report the sources without a current list; that toolpin is offline, once."""
    is_offline, offline = False, ""
    for spec, answer in zip(specs, answers, strict=True):
        error = answer.stale if isinstance(answer, Catalogue) else answer
        if isinstance(error, Offline):
            age = spoken_age(answer.age_s) if isinstance(answer, Catalogue) else ""
            offline = offline or (f"using version lists from {age} ago" if age else "")
            is_offline = True
        elif isinstance(answer, Catalogue) and error:
            when = f"using its list from {spoken_age(answer.age_s)} ago"
            app.report.warn(f"{spec.id}: {error.what}; {when}")
        elif error:
            app.report.warn(f"{spec.id}: no version list: {error.what}")
    if is_offline:
        app.report.warn(f"toolpin is offline: {offline or 'no version list is cached'}")


def _ask(
    tool: Tool, spec: SourceSpec, here: Host, catalogues: Catalogues
) -> Catalogue | ToolpinError:
    try:
        return catalogues.read(tool, spec, here)
    except ToolpinError as error:
        return error
