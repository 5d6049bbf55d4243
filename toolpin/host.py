"""Tells what this machine is: the Host that builds must fit. Reads, never guesses."""

from __future__ import annotations

import os
import platform
import re

from toolpin.errors import ToolpinError
from toolpin.model import Host

_SYSTEMS = {"Linux": "linux", "Darwin": "macos"}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def detect() -> Host:
    """Return this machine's Host. Raises ToolpinError where toolpin has no builds."""
    system = _SYSTEMS.get(platform.system())
    arch = _MACHINES.get(platform.machine())
    if system is None or arch is None:
        raise ToolpinError(
            "this machine is none that toolpin has runtimes for",
            [
                ("this machine", f"{platform.system()} {platform.machine()}"),
                ("expected", "Linux or macOS on x86_64 or arm64"),
            ],
        )
    if system == "macos":
        return Host(system, arch, "", platform.mac_ver()[0])
    return Host(system, arch, *_libc())


def _libc() -> tuple[str, str]:
    """Return ("glibc", "2.36") or ("musl", "").

    The answer is that of the C library this interpreter runs on, which is the
    system's: confstr names glibc and its version, and musl does not know the name.
    """
    try:
        named = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (OSError, ValueError):
        named = ""
    match = re.fullmatch(r"glibc (\d+\.\d+).*", named)
    return ("glibc", match[1]) if match else ("musl", "")


def any_of(key: str) -> Host:
    """Return the Host that a key such as `linux-x64-musl` stands for, of any libc."""
    system, arch, *suffix = key.split("-")
    libc = "" if system == "macos" else (suffix[0] if suffix else "glibc")
    return Host(system, arch, libc, "")
