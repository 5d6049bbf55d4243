"""Checks whether versions that run together were made for each other. No network.

It uses the suffix of a version, and the table that its publisher keeps.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from toolpin.app import App
from toolpin.errors import ToolpinError, UsageError
from toolpin.model import Origin, Pin, Request
from toolpin.versions import is_prefix, sort_key

if TYPE_CHECKING:
    from toolpin.plugins.tool_file import Tool

LocatedPin = tuple[Pin, Origin]

_MINOR = 2  # numbers of a minor version; a full version has more


def check_pairs(
    located_pins: Iterable[LocatedPin], tool_of: Callable[[str], Tool | None]
) -> list[str]:
    """Return a warning for each two versions that may not work together.

    All requests are from one location: the first version of a tool is the one that
    runs. Raises ToolpinError for the first two that do not work together.
    """
    first: dict[str, LocatedPin] = {}
    for pin, origin in located_pins:
        first.setdefault(pin.tool, (pin, origin))
    warnings = []
    for located in first.values():
        tool = tool_of(located[0].tool)
        other = first.get(tool.pairs.get("tool", "")) if tool else None
        if tool and other and (warning := _check(tool, located, other)):
            warnings.append(warning)
    return warnings


def refuse_pairs(located_pins: Sequence[LocatedPin], app: App) -> None:
    """Raise what `check_pairs` raises, or warn of it where the settings allow it.

    Its warnings are printed.
    """
    registry = app.registry
    if registry.paired.isdisjoint(pin.tool for pin, _ in located_pins):
        return
    try:
        for warning in check_pairs(located_pins, registry.get):
            app.report.warn(warning)
    except ToolpinError as error:
        if app.settings.check_pairs:
            raise
        app.report.warn(error.what)


def warn_of_pairs(requests: Iterable[Request], app: App) -> None:
    """Warn of what `check_pairs` would raise for a file's lines, with the fix."""
    registry = app.registry
    located_pins = [
        (pin._replace(tool=registry.canonical(pin.tool)), request.origin)
        for request in requests
        for pin in request.stated
    ]
    try:
        for warning in check_pairs(located_pins, registry.get):
            app.report.warn(warning)
    except ToolpinError as error:
        app.report.warn(f"{error.what}; try: {error.hint}")


def suited(tool: Tool, version: str) -> tuple[str, str] | None:
    """Return the first and last major version of the other tool that suits this one.

    For a prefix, those of all versions that it matches. None where nothing is known:
    the version is newer than the table, or has a name.
    """
    base, _, suffix = version.partition(tool.pairs["suffix"])
    if suffix.isdecimal():
        return suffix, suffix
    rows = _rows(f"{os.path.dirname(tool.file)}/{tool.pairs['table']}")
    numbers = base.split(".")
    same = [start for start in rows if is_prefix(".".join(numbers[:2]), start)]
    before = [start for start in same if sort_key(start) <= sort_key(base)]
    if not before:
        return None
    from_then = rows[max(before, key=sort_key)]
    if len(numbers) > _MINOR:
        return from_then
    return from_then[0], rows[max(same, key=sort_key)][1]


def _check(tool: Tool, located: LocatedPin, other: LocatedPin) -> str:
    """Return a warning, "" for none. Raises ToolpinError where the two do not work.

    Compiled Erlang code runs on a newer runtime, and not on an older one.
    """
    (pin, origin), (partner, partner_origin) = located, other
    known = suited(tool, pin.version)
    major = partner.version.partition(".")[0]
    if known is None or not major.isdecimal():
        return ""
    first, last = known
    if int(first) <= int(major) <= int(last):
        return ""
    base, mark, suffix = pin.version.partition(tool.pairs["suffix"])
    if suffix.isdecimal() and int(suffix) < int(major):
        return (
            f"{pin} was built for {partner.tool} {suffix}, which is older than "
            f"{partner}; this should work"
        )
    facts = [(pin.tool, str(origin)), (partner.tool, str(partner_origin))]
    if suffix.isdecimal():
        any_build = suited(tool, base)
        has_other = any_build and int(any_build[0]) <= int(major) <= int(any_build[1])
        raise ToolpinError(
            f"{pin} was built for {partner.tool} {suffix}, not for {partner}",
            facts,
            f"toolpin pin {pin.tool} {base}{mark}{major}"
            if has_other
            else f"toolpin pin {partner.tool} latest:{suffix}",
        )
    suits = first if first == last else f"{first} to {last}"
    raise ToolpinError(
        f"{pin} is not compatible with {partner}",
        [*facts, (f"{pin.tool} {base}", f"is for {partner.tool} {suits}")],
        f"toolpin pin {partner.tool} latest:{last}",
    )


def _rows(file: str) -> dict[str, tuple[str, str]]:
    """Return the table: (first, last) by the version from which they apply."""
    try:
        with open(file, encoding="utf-8") as stream:
            lines = [line.split() for line in stream if not line.startswith("#")]
        return {start: (first, last) for start, first, last in lines[1:]}
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{file} is not a table of pairs", [("reason", str(error))]
        ) from error
