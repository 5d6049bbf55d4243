"""What every kind of source can do, and how the text of a plugin is filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from toolpin.model import Artifact, Build, Host, Release

Progress = Callable[[int, int | None], None]


class Source(Protocol):
    """One place with builds of one tool.

    All methods raise Unreachable when the place gives no answer.
    """

    def releases(self, host: Host) -> list[Release]:
        """Return the versions that have a build for the host, in no order."""

    def artifact(self, version: str, host: Host) -> Artifact:
        """Return what to fetch for one version. Raises NotPublished."""

    def builds(self, version: str, host: Host) -> list[Build]:
        """Return every build of a version for hosts of this kind. Raises NotPublished.

        A host without a libc_version stands for one of any version.
        """


def fill(template: str, values: Mapping[str, str]) -> str:
    """Replace each `{name}` by its value; a name without one is a KeyError."""
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], template)
