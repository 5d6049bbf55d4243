"""The queries of `asdf`: current, list, latest, where, shimversions.

Each line and column width as in asdf. Nothing here changes anything.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from toolpin.asdf_cli.asdf_context import (
    AsdfContext,
    FailedError,
    split,
    wanted_of,
    write,
)
from toolpin.errors import ToolpinError, printable
from toolpin.model import COMMAND_LINE, Pin, Request
from toolpin.plugins.asdf.spelling import asdf_spelling
from toolpin.store import installs
from toolpin.versions import sort_key

_NOTHING = "______"
_COLUMN = 16


def current(context: AsdfContext, words: Sequence[str]) -> int:
    """Print name, version, source and whether it is installed: of one tool, or all."""
    given = split(words, "no-header")
    name = given.name(0)
    if name and not context.has(name):
        context.answer(f"No such plugin: {name}")
        return 1
    tools = (context.tool(name),) if name else context.plugins
    if not tools:
        context.answer("No plugins installed")
        return 0
    rows = [] if "no-header" in given.flags else [_HEADER]
    code = 0
    for tool in tools:
        request = context.request(tool)
        rows.append(_row(context, tool, request))
        is_there = rows[-1][3] == "true"
        code = 126 if request is None else 0 if is_there else 1
    widths = [max(_COLUMN, *(len(row[at]) + 1 for row in rows)) for at in range(3)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False))
        context.answer(printable("".join(cells) + row[3]))
    return code if name else 0


_HEADER = ("Name", "Version", "Source", "Installed")


def _row(
    context: AsdfContext, tool: str, request: Request | None
) -> tuple[str, str, str, str]:
    if request is None:
        return tool, _NOTHING, _NOTHING, ""
    versions = " ".join(map(str, request.wanted))
    first = next(context.app.resolve(request))
    lacks = f"false - Run `asdf install {tool} {first.alternative}`"
    state = "true" if first.basis else lacks
    return tool, versions, context.source(request), state


def where(context: AsdfContext, words: Sequence[str]) -> int:
    """Print a version's directory, without a newline; by default the effective one."""
    given = split(words)
    tool = context.tool(given.name(0))
    if given.name(1):
        request = Request(tool, (wanted_of(given.name(1)),), COMMAND_LINE)
    else:
        stated = context.request(tool)
        if stated is None:
            raise FailedError(
                f"No version is set for {tool}; "
                f"please run `asdf set [options] {tool} <version>`"
            )
        request = stated
    if request.wanted[0].kind == "latest" and given.name(1):
        raise FailedError("Version not installed")
    first = next(context.app.resolve(request))
    if first.basis == "system":
        raise FailedError("System version is selected")
    if first.directory:
        write(first.directory)
        return 0
    if first.pin is None:
        text = f"; please run `asdf install {tool} {first.alternative}`"
        raise FailedError(f"Version not installed{'' if given.name(1) else text}")
    write(installs.tree(context.app.paths, first.pin))
    return 0


def list_(context: AsdfContext, words: Sequence[str]) -> int:
    """Print installed versions, of one tool or of all; `*` marks the effective one."""
    given = split(words)
    if given.name(0) == "all":
        return list_all(context, words[1:])
    if given.name(0):
        tool, prefix = context.tool(given.name(0)), given.name(1)
        lines = _installed(context, tool, prefix)
        if not lines:
            what = f"{tool} {prefix}".rstrip()
            context.say(f"No compatible versions installed ({what})")
        for line in lines:
            context.answer(line)
        return 0
    for tool in context.plugins:
        context.answer(tool)
        for line in _installed(context, tool) or ["  No versions installed"]:
            context.answer(line)
    return 0


def _installed(context: AsdfContext, tool: str, prefix: str = "") -> list[str]:
    request = context.request(tool)
    chosen = (
        {resolution.pin for resolution in context.app.resolve(request)}
        if request
        else set()
    )
    return [
        f" {'*' if Pin(tool, version) in chosen else ' '}{asdf_spelling(version)}"
        for version in installs.versions(context.app.paths, tool)
        if asdf_spelling(version).startswith(prefix)
    ]


def list_all(context: AsdfContext, words: Sequence[str]) -> int:
    """Print the available versions, oldest first, or in the plugin's own order.

    The stderr of its plugin is shown only if it fails.
    """
    given = split(words)
    tool, prefix = context.tool(given.name(0)), given.name(1)
    versions = _listed(context, tool)
    if versions is None:
        return 1
    results = [version for version in versions if version.startswith(prefix)]
    if not results:
        what = f"{tool} {prefix}".rstrip()
        raise FailedError(f"No compatible versions available ({what})")
    for version in results:
        context.answer(version)
    return 0


def _listed(context: AsdfContext, tool: str) -> Sequence[str] | None:
    """Return the list of a tool's plugin; None after an error, which is printed."""
    from toolpin.tasks.version_listing import list_versions

    result = context.app.registry.require(tool)
    if not os.path.isdir(result.file):
        return list_versions(result, "", context.app, sources=()).versions
    finished = context.app.scripts(tool).call("list-all")
    if finished.status == 0:
        return finished.out.split()
    context.answer(f"Plugin {tool}'s list-all callback script failed with output:")
    write(finished.err)
    write(finished.out)
    return None


def latest(context: AsdfContext, words: Sequence[str]) -> int:
    """Print the newest version, below a prefix; with --all of every plugin."""
    given = split(words, "all")
    if "all" not in given.flags:
        version = newest(context, context.tool(given.name(0)), given.name(1))
        if version:
            context.answer(version)
        return 0 if version else 1
    code = 0
    for tool in context.plugins:
        version = newest(context, tool, "")
        if version:
            there = installs.is_installed(context.app.paths, Pin(tool, version))
            context.answer(f"{tool}\t{version}\t{'installed' if there else 'missing'}")
        else:
            code = 1
    return code


def newest(context: AsdfContext, tool: str, prefix: str) -> str | None:
    """Return the newest version; without one, print that to stdout."""
    from toolpin.tasks.version_listing import newest_listed

    registry = context.app.registry.get(tool)
    version = None
    try:
        if registry and os.path.isdir(registry.file):
            version = context.app.scripts(tool).latest(prefix)
        elif registry:
            version = newest_listed(registry, prefix, context.app, sources=())
    except ToolpinError as error:
        context.answer(f"unable to load latest version: {printable(error.what)}")
        return None
    if version is None:
        context.answer(f"No compatible versions available ({tool} {prefix})")
    return version


def shimversions(context: AsdfContext, words: Sequence[str]) -> int:
    """Print the tools and versions that have a command, the newest first."""
    command = split(words).name(0)
    if not command:
        raise FailedError("usage: asdf shimversions <command>")
    paths = context.app.paths
    texts = [
        f"{tool} {asdf_spelling(version)}"
        for tool in installs.tools(paths)
        for version in sorted(
            installs.versions(paths, tool), key=sort_key, reverse=True
        )
        if "/" not in command and installs.program(paths, Pin(tool, version), command)
    ]
    for line in texts:
        context.answer(line)
    return 0 if texts else 1
