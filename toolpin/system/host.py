"""Detects this machine: the Host that builds must fit. Reads, never guesses."""

from __future__ import annotations

import glob
import os
import platform
import re
from collections.abc import Iterator

from toolpin.errors import ToolpinError
from toolpin.model import Host
from toolpin.system.paths import names_in

_SYSTEMS = {"Linux": "linux", "Darwin": "macos"}
_DIRECTORIES = ("/lib", "/usr/lib", "/lib64", "/usr/lib64")
_LOADER_CONFIG = "/etc/ld.so.conf"
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def detect() -> Host:
    """Return this machine's Host.

    Raises ToolpinError if toolpin has no builds for it.
    """
    system = _SYSTEMS.get(platform.system())
    arch = _MACHINES.get(platform.machine())
    if system is None or arch is None:
        raise ToolpinError(
            "toolpin does not support this machine",
            [
                ("this machine", f"{platform.system()} {platform.machine()}"),
                ("expected", "Linux or macOS on x86_64 or arm64"),
            ],
        )
    if system == "macos":
        return Host(system, arch, "", platform.mac_ver()[0])
    libc, version = _libc()
    return Host(system, arch, libc, version, libraries(libc))


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


def libraries(libc: str) -> frozenset[str] | None:
    """Return the sonames in the directories that the loader searches; None for musl.

    Source: ld.so(8), ldconfig(8). A library that is only on LD_LIBRARY_PATH is left
    out: a release would not find it.
    """
    if libc != "glibc":
        return None
    directories = (*_DIRECTORIES, *_configured(_LOADER_CONFIG))
    names = (name for directory in directories for name in names_in(directory))
    return frozenset(name for name in names if ".so" in name)


def _configured(pattern: str, depth: int = 0) -> Iterator[str]:
    """Yield the directories of ld.so.conf and of the files that it includes."""
    for path in sorted(glob.glob(pattern)):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = [line.partition("#")[0].split() for line in file]
        except OSError:
            continue
        for words in lines:
            if words[:1] == ["include"] and depth < 4:
                for word in words[1:]:
                    yield from _configured(os.path.join("/etc", word), depth + 1)
            elif words and words[0].startswith("/"):
                yield words[0]


def distribution() -> str:
    """Return the distribution and its version, as `debian 12`; macOS's own.

    Source: os-release(5). "" if the system does not state it.
    """
    if platform.system() == "Darwin":
        return f"macos {platform.mac_ver()[0]}"
    try:
        stated = platform.freedesktop_os_release()
    except OSError:
        return ""
    version = stated.get("VERSION_ID") or stated.get("VERSION_CODENAME", "")
    return f"{stated.get('ID', '')} {version}".strip()


def any_of(key: str) -> Host:
    """Return the Host that a key such as `linux-x64-musl` represents, of any libc."""
    system, arch, *suffix = key.split("-")
    libc = "" if system == "macos" else (suffix[0] if suffix else "glibc")
    return Host(system, arch, libc, "")
