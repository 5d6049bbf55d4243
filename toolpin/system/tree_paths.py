"""The paths of a directory that gets one tree per tool, instead of the store."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.system.paths import Paths


class TreePaths(NamedTuple):
    """A directory of trees, and the store whose file locks and plugins they use.

    `runs_here` is false for trees of another host.
    """

    data: str
    store: Paths
    runs_here: bool = True

    @property
    def incomplete(self) -> str:
        """Marks of trees that are being built in their final place."""
        return f"{self.data}/.incomplete"

    @property
    def staging(self) -> str:
        """Trees that are moved to their place by one rename."""
        return f"{self.data}/.staging"

    @property
    def locks(self) -> str:
        """The file locks, one per version."""
        return self.store.locks

    @property
    def plugins(self) -> str:
        """The asdf plugins, which are directories of scripts."""
        return self.store.plugins

    @property
    def shared(self) -> bool:
        """Whether the user of the trees may not write to the store."""
        return self.store.shared

    def state(self, tool: str) -> str:
        """Return the directory for what a tool itself installs beside its versions."""
        return self.store.state(tool)

    def install(self, tool: str, _version: str) -> str:
        """Return the final path of a tool's only version."""
        return f"{self.data}/{tool}"


# What a tree can be published in.
Place = Paths | TreePaths
