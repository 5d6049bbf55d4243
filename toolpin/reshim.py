"""Brings the shims in line with the store and with the plugins' data."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable

from toolpin import installs
from toolpin.asdfrc import read_asdfrc
from toolpin.errors import ToolpinError
from toolpin.idiomatic import Idioms
from toolpin.idiomatic_level import VARIABLE, idiomatic_level
from toolpin.mutex import held
from toolpin.paths import Paths
from toolpin.plugin.registry import Registry
from toolpin.shims import Changes, refresh, shimmed_tools
from toolpin.stubs import ShimTool


def refresh_shims(
    paths: Paths, registry: Registry, wanted: Collection[str] = ()
) -> Changes:
    """Write and remove shims under their mutex; `wanted` tools have some anyway."""
    with held(f"{paths.locks}/shims.lock"):
        names = {*wanted, *installs.tools(paths), *shimmed_tools(paths)}
        tools = _known(sorted(names), registry, _idioms(paths, registry))
        try:
            return refresh(paths, tools, sys.executable, wanted)
        except OSError as error:
            raise ToolpinError(
                "the shims cannot be written",
                [
                    ("path", str(error.filename or paths.shims)),
                    ("because", error.strerror or "?"),
                ],
            ) from error


def _idioms(paths: Paths, registry: Registry) -> Idioms:
    """Return what the settings' files say; the variable is for each shim's own run."""
    env = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return registry.idioms(idiomatic_level(paths, env))


def _known(
    names: Iterable[str], registry: Registry, idioms: Idioms
) -> dict[str, ShimTool]:
    """Return what stubs say of these tools and of those that they require.

    No other plugin's file is read: a damaged one stops only its own tool.
    """
    tools: dict[str, ShimTool] = {}
    rc = read_asdfrc(os.environ)
    for name in names:
        tool = registry.get(name)
        for known in (tool, *map(registry.get, tool.requires)) if tool else ():
            if known:
                is_scripted = os.path.isdir(known.file)
                tools[known.name] = ShimTool(
                    known.name,
                    known.names,
                    reshim_after=known.reshim_after,
                    requires=known.requires,
                    commands=known.commands,
                    idiomatic=tuple(
                        name
                        for name in idioms.names
                        if idioms.tool_of(name) == known.name
                    ),
                    spellings=tuple(
                        (word, meaning)
                        for word, meaning in known.spellings.items()
                        if meaning
                    ),
                    hooked=rc.commands_of(known.name) if is_scripted else (),
                )
    return tools
