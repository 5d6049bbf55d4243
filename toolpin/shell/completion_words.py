"""Lists the words that a shell offers for a Tab, from this machine's data.

File names pass the allow-lists before they are offered. It uses no network, reads no
project files, and loads nothing heavy: a user is waiting.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.json_text import parse_json
from toolpin.project.validation import COMMAND, NAME, VERSION, fits
from toolpin.store import installs
from toolpin.system import host
from toolpin.system.paths import names_in
from toolpin.versions import sort_key

# The longest list of a source has 100 KB.
_MOST_BYTES = 4 * 1024 * 1024


def known_words(kind: str, tool: str, app: App) -> list[str]:
    """Return the words of one of KINDS, in display order; [] for an unknown kind.

    `tool` applies to versions and sources only; "" has all sources. If something cannot
    be read there are fewer.
    """
    find = _FINDERS.get(kind)
    return find(app.registry.canonical(tool), app) if find else []


def _tools(_tool: str, app: App) -> list[str]:
    known = {*app.registry.aliases.values(), *installs.tools(app.paths)}
    return sorted(name for name in known if fits(name, NAME))


def _versions(tool: str, app: App) -> list[str]:
    """Return the listed or installed versions, newest first, and then the channels."""
    if not fits(tool, NAME):
        return []
    releases: set[str] = set(installs.versions(app.paths, tool))
    channels = {"latest"}
    for version, named in listed_versions(tool, app.env):
        releases.add(version)
        channels.update(named)
    return [*_newest_first(releases), *sorted(channels)]


def _sources(tool: str, app: App) -> list[str]:
    """Return the sources of a tool, or of every one, each tool's best first."""
    names = [tool] if tool else sorted(set(app.registry.aliases.values()))
    results: dict[str, None] = {}
    for name in names:
        with contextlib.suppress(ToolpinError):
            known = app.registry.get(name)
            results.update((spec.id, None) for spec in (known.sources if known else ()))
    return [name for name in results if fits(name, NAME)]


def _newest_first(versions: Iterable[str]) -> list[str]:
    return sorted(versions, key=sort_key, reverse=True)


def listed_versions(tool: str, env: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Return versions and their channels, from the lists that `catalogs` caches.

    Those of every source for this host, whatever their age.
    """
    from toolpin.cache.cache_location import cache_directory

    try:
        directory = f"{cache_directory(env)}/catalogues/{tool}"
        here = host.detect()
        names = os.listdir(directory)
    except (ToolpinError, OSError):
        return []
    versions: list[tuple[str, list[str]]] = []
    for name in names:
        if name.endswith(f"@{here}"):
            versions += _releases(f"{directory}/{name}")
    return versions


def _releases(path: str) -> list[tuple[str, list[str]]]:

    try:
        with open(path, "rb") as file:
            releases = parse_json(file.read(_MOST_BYTES))["releases"]
        return [
            (version, [channel for channel in channels if fits(channel, VERSION)])
            for version, channels in releases
            if fits(version, VERSION)
        ]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return []


_FINDERS: dict[str, Callable[[str, App], list[str]]] = {
    "tools": _tools,
    "installed-tools": lambda _, app: list(installs.tools(app.paths)),
    "versions": _versions,
    "installed-versions": lambda tool, app: _newest_first(
        installs.versions(app.paths, tool)
    ),
    "commands": lambda _tool, app: [
        name for name in names_in(app.paths.shims) if fits(name, COMMAND)
    ],
    "sources": _sources,
}
KINDS = tuple(_FINDERS)
