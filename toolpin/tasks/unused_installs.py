"""Finds the installs that no known file requests: the candidates for removal.

Known files are those effective in one directory, including the home and config
directories, and the override variables. Pins of other projects are not considered.
"""

from __future__ import annotations

from collections.abc import Iterator

from toolpin.app import App
from toolpin.model import Pin, Request
from toolpin.store import installs
from toolpin.versions import newest, sort_key


def unused_pins(app: App, tools: tuple[str, ...]) -> list[Pin]:
    """Return the installed versions of the tools that may go, oldest first.

    The newest installed version of each tool always stays.
    """
    kept = {
        resolution.pin
        for request in requests_here(app)
        for resolution in app.resolve(request)
    }
    pins: list[Pin] = []
    for tool in tools:
        have = installs.versions(app.paths.alone, tool)
        spared = {*kept, Pin(tool, newest("", have) or "")}
        ordered = [Pin(tool, version) for version in sorted(have, key=sort_key)]
        pins += [pin for pin in ordered if pin not in spared]
    return pins


def requests_here(app: App) -> Iterator[Request]:
    """Yield the requests of every file, also those that a nearer one overrides."""
    stated = tuple(app.stated())
    yield from stated
    yield from app.effective(stated)
