"""Finds the installs that nothing known here asks for: the candidates for removal.

Known are the files that count in one directory, those of the home and config
directories among them, and the override variables. What other projects pin it cannot
know.
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
    """Yield what every file asks for, also where a nearer one asks for another."""
    stated = tuple(app.stated())
    yield from stated
    yield from app.effective(stated)
