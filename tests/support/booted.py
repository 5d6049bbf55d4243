"""A server that systemd has booted: namespaces over a copy-on-write root.

    unshare -> an overlay of `/` in a tmpfs, with its own /tmp and /run -> systemd

What runs in it sees the programs of this machine, and its own network; it writes to no
file of this machine. Only /srv/shared leads out, to a directory of the test. It needs
root and Linux.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.run import Result
from tests.support.waiting import wait_until

_BOOT = """
set -e
scratch=$1 root=$1/root
mount --make-rprivate /
mkdir "$root" "$scratch/changes"
mount -t tmpfs tmpfs "$scratch/changes"
mkdir "$scratch/changes/upper" "$scratch/changes/work"
mount -t overlay overlay "$root" \
    -o "lowerdir=/,upperdir=$scratch/changes/upper,workdir=$scratch/changes/work"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs tmpfs "$root/var/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/var/log"
mkdir "$root/srv/shared"
mount --bind "$scratch/shared" "$root/srv/shared"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
rm -rf "$root"/etc/systemd/system/*.wants
mkdir "$root/srv/outside"
cd "$root"
pivot_root . srv/outside
umount -l /srv/outside
export container=lxc
exec /lib/systemd/systemd --system --unit=multi-user.target
"""
# A test run that is killed takes its server with it.
_UNSHARE = ("setpriv", "--pdeathsig=KILL", "unshare", "--fork", "--kill-child")
_SPACES = ("--pid", "--mount", "--cgroup", "--ipc", "--uts", "--net")
_PROGRAMS = ("setpriv", "unshare", "nsenter", "systemctl", "sudo", "curl", "flock")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def obstacle() -> str:
    """Return why this machine cannot boot a server, or an empty string."""
    if os.getuid():
        return "only root boots a server in namespaces"
    missing = [name for name in _PROGRAMS if not shutil.which(name)]
    return f"this machine has no {' '.join(missing)}" if missing else ""


class Server:
    """A booted server; `shared` is /srv/shared in it."""

    def __init__(self, init: int, shared: Path) -> None:
        self._init = init
        self.shared = shared

    def run(
        self, *command: str, user: str = "root", timeout_s: float = 300, **env: str
    ) -> Result:
        """Run a command on the server, as one of its users."""
        words = [f"{name}={value}" for name, value in {"PATH": _PATH, **env}.items()]
        done = subprocess.run(
            [
                *("nsenter", f"--target={self._init}", "--all"),
                *("runuser", "-u", user, "--", "env", "-i", "-C", "/", *words),
                *command,
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def is_up(self) -> bool:
        """Report whether the units of the boot have been started."""
        state = self.run("systemctl", "is-system-running").out.strip()
        return state in ("running", "degraded")


@contextmanager
def booted(scratch: Path) -> Iterator[Server]:
    """Boot a server with its files below an empty directory, and end it."""
    shared = scratch / "shared"
    shared.mkdir(parents=True)
    with (scratch / "console").open("wb") as console:
        process = subprocess.Popen(
            [*_UNSHARE, *_SPACES, "sh", "-c", _BOOT, "-", str(scratch)],
            env={**os.environ, "PATH": _PATH},
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
        )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    try:
        wait_until(lambda: bool(children.read_text()))
        server = Server(int(children.read_text()), shared)
        wait_until(server.is_up)
        yield server
    finally:
        process.kill()  # and with it, by --kill-child, the server
        process.wait()
