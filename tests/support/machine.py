"""What makes a machine a bad one: small disks, no rights, limits, failing calls."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.run import TOOLPIN, Home, Result

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="mounts, limits and strace are Linux's here"
)

# A disk of memory over a directory, with its files on it, and just so much room left.
_SMALL_DISK = """
disk=$1 copy=$2 blocks=$3 files=$4
shift 4
mount -t tmpfs -o mode=755 small "$disk"
cp -a "$copy/." "$disk"
used() { stat -f -c "$1" "$disk" | { read -r all free; echo $((all - free)); }; }
[ -z "$blocks" ] ||
    mount -o "remount,size=$((($(used '%b %f') + blocks) * 4))k" "$disk"
[ -z "$files" ] || mount -o "remount,nr_inodes=$(($(used '%c %d') + files))" "$disk"
exec "$@"
"""


def in_mounts(script: str, *args: str) -> list[str]:
    """Return a command that runs a script; what that mounts nobody else sees."""
    unshare = ["unshare", "-m"] if os.getuid() == 0 else ["unshare", "-rm"]
    probe = [*unshare, "mount", "-t", "tmpfs", "probe", "/mnt"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount, in a namespace either")
    return [*unshare, "sh", "-euc", script, "-", *args]


def small_disk(
    directory: Path, *, blocks: int | None = None, files: int | None = None
) -> list[str]:
    """Return what a command stands behind, to find a directory on an almost full disk.

    `blocks` of 4 KiB and so many `files` are free there; None for enough.
    """
    copy = directory.with_name(f"{directory.name}.copy")
    if not copy.exists():
        shutil.copytree(directory, copy, symlinks=True)
    numbers = ["" if item is None else str(item) for item in (blocks, files)]
    return in_mounts(_SMALL_DISK, str(directory), str(copy), *numbers)


def without_rights(*command: str) -> list[str]:
    """Return a command to be run without root's right to read and write everything."""
    if os.getuid():
        return list(command)
    caps = "-dac_override,-dac_read_search,-fowner"
    return ["setpriv", f"--bounding-set={caps}", *command]


def limited(limit: str, *command: str) -> list[str]:
    """Return a command to be run under a limit, such as `--nofile=20`."""
    return ["prlimit", limit, *command]


def strace(inject: str, at: str = "") -> list[str]:
    """Return what a command stands behind, for something to befall its system calls.

    `inject` is strace's: `flock:error=ENOLCK`, at this path where one is given. An
    error needs no stop at other calls, which cost as much as a start; a signal does.
    """
    program = shutil.which("strace")
    assert program, "this test needs strace: apt-get install strace"
    calls, _, what = inject.partition(":")
    only = ["--seccomp-bpf", "-e", f"trace={calls}"] if what.startswith("error") else []
    where = ["-P", at] if at else []
    quiet = [program, "-f", "-qq", "-o", "/dev/null"]
    return [*quiet, *only, *where, "-e", f"inject={inject}"]


def failing(home: Home, calls: str, *args: str, at: str = "") -> Result:
    """Run toolpin where these system calls fail at this path of the data directory."""
    place = str(home.data / at) if at else ""
    return home.run(*strace(calls, place), *TOOLPIN, *args)
