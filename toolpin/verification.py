"""How the digests of a build are known, from the weakest level to the strongest.

A lockfile records the level of each build, and a receipt that of its install. It never
goes down silently: `lock` and `lock --check` compare levels.
"""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """Where digests come from; a higher level proves more."""

    NONE = 0  # there is no build
    PLUGIN_ONLY = 1  # a plugin's scripts, and not what they download
    HERE = 2  # a machine had these bytes; no source was queried
    LOCKFILE = 3  # a lockfile states them, and came with the bytes; as before
    FIRST_USE = 4  # recorded at the first download, because the user allowed it
    THIRD_PARTY = 5  # in an index of a third party: not the publisher, not a registry
    REGISTRY = 6  # reported by a package registry
    CHECKSUM = 7  # published with the files, over TLS
    SIGNATURE = 8  # signed by the publisher, or in a list that is

    def __str__(self) -> str:
        """Return the word in lockfiles and receipts: `first-use`."""
        return self.name.lower().replace("_", "-")


# The levels of builds, by their words.
LEVELS = {str(level): level for level in Level if level}
