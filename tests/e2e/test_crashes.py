"""A process may die at any moment: what is half made does not count, and is swept."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crashes.tools import publish_built, write_plugins
from tests.support.machine import strace
from tests.support.run import TOOLPIN, Home
from tests.support.server import Hang, Server, Trickle
from tests.support.upstream import Upstream
from tests.support.waiting import wait_until

linux_only = pytest.mark.skipif(
    sys.platform != "linux",
    reason="strace, which kills at a system call, belongs to Linux",
)
RENAMES = "?rename,?renameat,?renameat2"


@pytest.fixture
def old_version(home: Home, upstream: Upstream) -> str:
    """A version that is installed before the accident, and must run after it."""
    upstream.publish("10.15.3")
    upstream.publish("24.11.1")
    home.pin("nodejs 10.15.3\n")
    assert home.toolpin("install").code == 0
    home.pin("nodejs 24.11.1 10.15.3\n")
    return "10.15.3"


def test_hostile_78_kill_while_asking(
    home: Home, upstream: Upstream, old_version: str
) -> None:
    checksums = "/dist/v24.11.1/SHASUMS256.txt"
    upstream.server.put(checksums, b"", fault=Hang())
    _kill_when(home, lambda: upstream.server.count(checksums) > 0)
    upstream.publish("24.11.1")
    _assert_next_install_works(home, old_version)


def test_hostile_78_kill_while_downloading(
    home: Home, upstream: Upstream, old_version: str
) -> None:
    upstream.publish("24.11.1", fault=Trickle(pause_s=600, block=50))
    path = upstream.tarball_path("24.11.1")
    _kill_when(home, lambda: upstream.server.count(path) > 0)
    upstream.publish("24.11.1")
    _assert_next_install_works(home, old_version)


@linux_only
@pytest.mark.parametrize(
    ("calls", "place"),
    [
        pytest.param("?symlink,?symlinkat", "", id="unpacking"),
        pytest.param("openat", "staging/nodejs@24.11.1/bin/node", id="proving"),
        pytest.param(
            "openat", "staging/nodejs@24.11.1/.toolpin/receipt.json", id="receipt"
        ),
        pytest.param(RENAMES, "staging/nodejs@24.11.1", id="publishing"),
        pytest.param("?unlink,?unlinkat,?rmdir", "", id="sweeping"),
    ],
)
def test_hostile_78_kill_while_installing(
    home: Home, old_version: str, calls: str, place: str
) -> None:
    killed = _strace(home, calls, place, "install")
    assert killed == -signal.SIGKILL
    _assert_next_install_works(home, old_version)


@linux_only
def test_hostile_78_kill_while_writing_shims(home: Home, upstream: Upstream) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    assert home.toolpin("install").code == 0
    shutil.rmtree(home.data / "shims")
    assert _strace(home, RENAMES, "", "reshim", when=2) == -signal.SIGKILL
    assert home.toolpin("install").code == 0
    assert home.run(home.shim("node"), "--version").out == "v10.15.3\n"
    assert home.run(home.shim("npm"), "--version").code == 0
    assert {path.name for path in (home.data / "shims").iterdir()} == {
        "node",
        "npm",
        "npx",
    }


@linux_only
def test_hostile_78_kill_while_uninstalling(home: Home, old_version: str) -> None:
    assert home.toolpin("install").code == 0
    calls = "?unlink,?unlinkat"
    killed = _strace(home, calls, "", "uninstall", "nodejs", "24.11.1")
    assert killed == -signal.SIGKILL
    assert "24.11.1" not in home.toolpin("list").out
    _assert_next_install_works(home, old_version)


def test_hostile_78_what_a_killed_install_was_running_ends_with_it(
    home: Home, tmp_path: Path
) -> None:
    """Or it would go on writing into the place where the next one builds."""
    started, alive = tmp_path / "started", tmp_path / "alive"
    os.mkfifo(alive)
    ended = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    write_plugins(home.config / "plugins")
    make = (
        f"#!/bin/sh\nexec 9>{alive}\necho $$ >{started}.new\n"
        f"mv {started}.new {started}\nsleep 300"
    )
    with Server() as server:
        home.env["TOOLPIN_MIRRORS"] = f"https://built.example={server.url}"
        publish_built(server, ["1.0.0"], make)
        home.pin("built 1.0.0\n")
        assert _kill_when(home, started.exists) == -signal.SIGKILL
        group = int(started.read_text())
        try:  # the pipe ends when no process has it open
            assert select.select([ended], [], [], 60)[0], "it is still at work"
            assert os.read(ended, 1) == b""
        finally:
            os.close(ended)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        publish_built(server, ["1.0.0"])
        (home.cache / "archives").rename(home.cache / "other")
        result = home.toolpin("install")
        assert result.code == 0, result.err


def test_hostile_79_an_interrupt_ends_the_process_by_that_signal(
    home: Home, upstream: Upstream, old_version: str
) -> None:
    upstream.publish("24.11.1", fault=Trickle(pause_s=600, block=50))
    path = upstream.tarball_path("24.11.1")
    code = _kill_when(home, lambda: upstream.server.count(path) > 0, signal.SIGINT)
    assert code == -signal.SIGINT
    upstream.publish("24.11.1")
    _assert_next_install_works(home, old_version)


def test_hostile_81_eight_installers_make_one_download(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3", fault=Trickle(pause_s=0.02, block=100))
    home.pin("nodejs 10.15.3\n")
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(_started(home, "install")) for _ in range(8)]
        codes = [process.wait(timeout=60) for process in running]
    assert codes == [0] * 8
    assert upstream.server.count(upstream.tarball_path("10.15.3")) == 1
    assert home.run(home.shim("node"), "--version").out == "v10.15.3\n"


@linux_only
def test_hostile_81_what_is_removed_while_it_is_verified_is_not_damaged(
    home: Home, old_version: str, tmp_path: Path
) -> None:
    assert home.toolpin("install").code == 0
    node = home.data / "installs/nodejs/24.11.1/bin/node"
    log = tmp_path / "log"
    inject = ["-P", str(node), "-e", "inject=openat:signal=STOP:when=1"]
    with subprocess.Popen(
        ["strace", "-f", "-qq", "-o", str(log), *inject, *TOOLPIN, "verify"],
        cwd=home.project,
        env=home.env,
        stdout=subprocess.PIPE,
        text=True,
    ) as verify:
        wait_until(lambda: log.exists() and "stopped by SIGSTOP" in log.read_text())
        assert home.toolpin("uninstall", "nodejs", "24.11.1").code == 0
        line = next(
            line for line in log.read_text().splitlines() if "stopped by" in line
        )
        os.kill(int(line.split()[0]), signal.SIGCONT)
        out, _ = verify.communicate(timeout=60)
    assert verify.returncode == 0, out
    assert old_version in out
    assert "24.11.1" not in out


def _assert_next_install_works(home: Home, old_version: str) -> None:
    listed = home.toolpin("list", "nodejs").out.split()
    runs = {"TOOLPIN_NODEJS_VERSION": old_version}
    assert home.run(home.shim("node"), "--version", env=runs).out == "v10.15.3\n"
    if "24.11.1" in listed:
        shown = home.toolpin("exec", "node", "--version")
        assert shown.out == "v24.11.1\n"
    result = home.toolpin("install")
    assert result.code == 0, result.err
    assert home.run(home.shim("node"), "--version").out == "v24.11.1\n"
    staging = home.data / "staging"
    assert not staging.exists() or not any(staging.iterdir())


def _strace(home: Home, calls: str, place: str, *args: str, when: int = 1) -> int:
    """Run toolpin and kill it at one of these system calls (at this place)."""
    inject = f"{calls}:signal=KILL:when={when}"
    under = strace(inject, str(home.data / place) if place else "")
    command = [*under, *TOOLPIN, *args]
    done = subprocess.run(
        command, cwd=home.project, env=home.env, capture_output=True, check=False
    )
    # strace ends itself with the signal that ended its child.
    return done.returncode


def _kill_when(
    home: Home, reached: Callable[[], bool], number: int = signal.SIGKILL
) -> int:
    """Start an install, wait until a point is reached, and signal it."""
    with _started(home, "install") as process:
        wait_until(lambda: reached() or process.poll() is not None)
        assert process.poll() is None, "it ended before the point was reached"
        os.kill(process.pid, number)
        return process.wait(timeout=30)


@contextlib.contextmanager
def _started(home: Home, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [*TOOLPIN, *args],
        cwd=home.project,
        env=home.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield process
