"""What `asdf` tells of tools and versions: current, list, latest, where, shimversions.

Each line as asdf writes it, in columns as wide. Nothing here changes anything.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from toolpin.asdf.front import (
    COMMAND_LINE,
    FailedError,
    Front,
    split,
    wanted_of,
    write,
)
from toolpin.errors import ToolpinError, printable
from toolpin.model import Pin, Request
from toolpin.scripts.spelling import spelt
from toolpin.store import installs
from toolpin.versions import sort_key

_NOTHING = "______"
_COLUMN = 16


def current(front: Front, words: Sequence[str]) -> int:
    """Print name, version, source and whether it is installed: of one tool, or all."""
    given = split(words, "no-header")
    name = given.name(0)
    if name and not front.has(name):
        front.answer(f"No such plugin: {name}")
        return 1
    tools = (front.tool(name),) if name else front.plugins
    if not tools:
        front.answer("No plugins installed")
        return 0
    rows = [] if "no-header" in given.flags else [_HEADER]
    code = 0
    for tool in tools:
        request = front.request(tool)
        rows.append(_row(front, tool, request))
        is_there = rows[-1][3] == "true"
        code = 126 if request is None else 0 if is_there else 1
    widths = [max(_COLUMN, *(len(row[at]) + 1 for row in rows)) for at in range(3)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False))
        front.answer(printable("".join(cells) + row[3]))
    return code if name else 0


_HEADER = ("Name", "Version", "Source", "Installed")


def _row(front: Front, tool: str, request: Request | None) -> tuple[str, str, str, str]:
    if request is None:
        return tool, _NOTHING, _NOTHING, ""
    versions = " ".join(map(str, request.wanted))
    first = next(front.app.resolve(request))
    lacks = f"false - Run `asdf install {tool} {first.alternative}`"
    state = "true" if first.basis else lacks
    return tool, versions, front.source(request), state


def where(front: Front, words: Sequence[str]) -> int:
    """Print a version's folder, without a newline; the one that counts here."""
    given = split(words)
    tool = front.tool(given.name(0))
    if given.name(1):
        request = Request(tool, (wanted_of(given.name(1)),), COMMAND_LINE)
    else:
        stated = front.request(tool)
        if stated is None:
            raise FailedError(
                f"No version is set for {tool}; "
                f"please run `asdf set [options] {tool} <version>`"
            )
        request = stated
    if request.wanted[0].kind == "latest" and given.name(1):
        raise FailedError("Version not installed")
    first = next(front.app.resolve(request))
    if first.basis == "system":
        raise FailedError("System version is selected")
    if first.directory:
        write(first.directory)
        return 0
    if first.pin is None:
        told = f"; please run `asdf install {tool} {first.alternative}`"
        raise FailedError(f"Version not installed{'' if given.name(1) else told}")
    write(installs.tree(front.app.paths, first.pin))
    return 0


def list_(front: Front, words: Sequence[str]) -> int:
    """Print installed versions, of one tool or of all; `*` for what counts here."""
    given = split(words)
    if given.name(0) == "all":
        return list_all(front, words[1:])
    if given.name(0):
        tool, prefix = front.tool(given.name(0)), given.name(1)
        lines = _installed(front, tool, prefix)
        if not lines:
            what = f"{tool} {prefix}".rstrip()
            front.say(f"No compatible versions installed ({what})")
        for line in lines:
            front.answer(line)
        return 0
    if not front.plugins:
        front.answer("No plugins installed")
    for tool in front.plugins:
        front.answer(tool)
        for line in _installed(front, tool) or ["  No versions installed"]:
            front.answer(line)
    return 0


def _installed(front: Front, tool: str, prefix: str = "") -> list[str]:
    request = front.request(tool)
    chosen = {one.pin for one in front.app.resolve(request)} if request else set()
    return [
        f" {'*' if Pin(tool, version) in chosen else ' '}{spelt(version)}"
        for version in installs.versions(front.app.paths, tool)
        if spelt(version).startswith(prefix)
    ]


def list_all(front: Front, words: Sequence[str]) -> int:
    """Print what can be installed, oldest first; its plugin's own order if it has one.

    What its plugin says on stderr shows only where it fails.
    """
    given = split(words)
    tool, prefix = front.tool(given.name(0)), given.name(1)
    versions = _listed(front, tool)
    if versions is None:
        return 1
    found = [one for one in versions if one.startswith(prefix)]
    if not found:
        what = f"{tool} {prefix}".rstrip()
        raise FailedError(f"No compatible versions available ({what})")
    for version in found:
        front.answer(version)
    return 0


def _listed(front: Front, tool: str) -> Sequence[str] | None:
    """Return what a tool's plugin lists; None where it fails, and that is told."""
    from toolpin.listing import list_versions  # noqa: PLC0415 - asks sources

    found = front.app.registry.require(tool)
    if not os.path.isdir(found.file):
        return list_versions(found, "", front.app, sources=()).versions
    told = front.app.scripts(tool).call("list-all")
    if told.status == 0:
        return told.out.split()
    front.answer(f"Plugin {tool}'s list-all callback script failed with output:")
    write(told.err)
    write(told.out)
    return None


def latest(front: Front, words: Sequence[str]) -> int:
    """Print the newest version, below a prefix; with --all of every plugin."""
    given = split(words, "all")
    if "all" not in given.flags:
        version = newest(front, front.tool(given.name(0)), given.name(1))
        if version:
            front.answer(version)
        return 0 if version else 1
    code = 0
    for tool in front.plugins:
        version = newest(front, tool, "")
        if version:
            there = installs.is_installed(front.app.paths, Pin(tool, version))
            front.answer(f"{tool}\t{version}\t{'installed' if there else 'missing'}")
        else:
            code = 1
    return code


def newest(front: Front, tool: str, prefix: str) -> str | None:
    """Return the newest version; where there is none that is told on stdout."""
    from toolpin.listing import newest_listed  # noqa: PLC0415 - asks sources

    found = front.app.registry.get(tool)
    version = None
    try:
        if found and os.path.isdir(found.file):
            version = front.app.scripts(tool).latest(prefix)
        elif found:
            version = newest_listed(found, prefix, front.app, sources=())
    except ToolpinError as error:
        front.answer(f"unable to load latest version: {printable(error.what)}")
        return None
    if version is None:
        front.answer(f"No compatible versions available ({tool} {prefix})")
    return version


def shimversions(front: Front, words: Sequence[str]) -> int:
    """Print the tools and versions that have a command, the newest first."""
    command = split(words).name(0)
    if not command:
        raise FailedError("usage: asdf shimversions <command>")
    paths = front.app.paths
    found = [
        f"{tool} {spelt(version)}"
        for tool in installs.tools(paths)
        for version in sorted(
            installs.versions(paths, tool), key=sort_key, reverse=True
        )
        if "/" not in command and installs.program(paths, Pin(tool, version), command)
    ]
    for line in found:
        front.answer(line)
    return 0 if found else 1
