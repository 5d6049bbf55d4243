"""Brings the shims in line with the store and with the plugins' data."""

from __future__ import annotations

import sys

from toolpin import store
from toolpin.paths import Paths
from toolpin.plugin.registry import Registry
from toolpin.shims import Changes, ShimTool, refresh


def refresh_shims(paths: Paths, registry: Registry) -> Changes:
    """Write and remove shims under their mutex."""
    tools = {
        tool.name: ShimTool(tool.name, tool.names, tool.reshim_after, tool.requires)
        for tool in registry.tools
    }
    with store.shims_mutex(paths):
        return refresh(paths, tools, sys.executable)
