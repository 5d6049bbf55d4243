"""Brings the shims in line with the store and with the plugins' data."""

from __future__ import annotations

import sys
from collections.abc import Collection

from toolpin import store
from toolpin.paths import Paths
from toolpin.plugin.registry import Registry
from toolpin.shims import Changes, ShimTool, refresh


def refresh_shims(
    paths: Paths, registry: Registry, wanted: Collection[str] = ()
) -> Changes:
    """Write and remove shims under their mutex; `wanted` tools have some anyway."""
    tools = {
        tool.name: ShimTool(
            tool.name,
            tool.names,
            reshim_after=tool.reshim_after,
            requires=tool.requires,
            commands=tool.commands,
        )
        for tool in registry.tools
    }
    with store.shims_mutex(paths):
        return refresh(paths, tools, sys.executable, wanted)
