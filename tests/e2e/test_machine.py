"""Limits, signals, clocks, locks and environments that a machine may have."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.machine import failing, limited, linux_only
from tests.support.run import TOOLPIN, Home
from tests.support.server import Server, Trickle
from tests.support.upstream import Upstream

LATER = "24.11.1"


@pytest.fixture
def ready(home: Home, upstream: Upstream) -> Home:
    """A machine with one version installed, and another one pinned before it."""
    upstream.publish("10.15.3")
    upstream.publish(LATER)
    home.pin("nodejs 10.15.3\n")
    assert home.toolpin("install").code == 0
    home.pin(f"nodejs {LATER} 10.15.3\n")
    return home


def assert_nothing_is_spoilt(home: Home) -> None:
    """What is listed is whole, nothing else stays, and the next install works."""
    if LATER in home.toolpin("list").out:
        assert home.toolpin("verify").code == 0
    runs = {"TOOLPIN_NODEJS_VERSION": "10.15.3"}
    assert home.run(home.shim("node"), "--version", env=runs).out == "v10.15.3\n"
    done = home.toolpin("install")
    assert done.code == 0, done.err
    assert home.run(home.shim("node"), "--version").out == f"v{LATER}\n"
    assert os.listdir(home.data / "staging") == []


# Limits


@linux_only
@pytest.mark.parametrize("files", range(5, 12))
def test_hostile_72_too_few_files_may_be_open(ready: Home, files: int) -> None:
    done = ready.run(*limited(f"--nofile={files}", *TOOLPIN, "install"))
    assert done.code in (0, 1)
    assert "bug" not in done.err
    assert "Traceback" not in done.err
    if done.code == 0:
        pytest.skip("this Python needs no more")
    assert "Too many open files" in done.err
    assert "breaks a rule" not in done.err
    assert_nothing_is_spoilt(ready)


@linux_only
@pytest.mark.parametrize("size_bytes", [0, 100, 700, 1000])
def test_hostile_72_a_limit_on_the_size_of_files(ready: Home, size_bytes: int) -> None:
    done = ready.run(*limited(f"--fsize={size_bytes}", *TOOLPIN, "install"))
    assert done.code == 1
    assert "File too large" in done.err
    assert str(ready.root) in done.err
    assert_nothing_is_spoilt(ready)


@linux_only
@pytest.mark.parametrize("first", range(1, 6))
def test_hostile_72_no_further_process_or_thread(ready: Home, first: int) -> None:
    """What RLIMIT_NPROC does to any user but root: from some start on, all fail."""
    calls = f"?clone,?clone3,?fork,?vfork:error=EAGAIN:when={first}+"
    done = failing(ready, calls, "install")
    assert done.code == 1, done
    assert "bug" not in done.err
    assert "cannot start another thread" in done.err or "cannot be started" in done.err
    assert_nothing_is_spoilt(ready)


# Modes


@pytest.mark.parametrize("umask", ["000", "077", "777"])
def test_hostile_76_an_install_has_its_modes_under_any_umask(
    home: Home, upstream: Upstream, umask: str
) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    script = f'umask {umask}; exec "$@"'
    done = home.run("sh", "-c", script, "-", *TOOLPIN, "install")
    assert done.code == 0, done.err
    tree = home.data / "installs/nodejs/10.15.3"
    modes = {
        (path.is_dir(), stat.S_IMODE(path.stat().st_mode))
        for directory in (tree, home.data / "shims", home.data / "lib")
        for path in (directory, *directory.rglob("*"))
        if not path.is_symlink()
    }
    assert modes <= {(True, 0o755), (False, 0o755), (False, 0o644)}
    for path in home.root.rglob("*"):
        if not path.is_symlink():
            assert not path.stat().st_mode & 0o7022, path


# Clocks


@pytest.fixture
def clock(home: Home) -> Home:
    """A machine on which FAKETIME says what time it is."""
    result = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not result:
        pytest.skip("the clock is set by libfaketime: apt-get install libfaketime")
    home.env["LD_PRELOAD"] = result[0]
    home.env["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
    return home


@pytest.mark.parametrize("year", ["1970-01-02", "2099-12-31"])
def test_hostile_77_an_install_in_another_century(
    clock: Home, upstream: Upstream, year: str
) -> None:
    upstream.publish("10.15.3")
    clock.pin("nodejs 10.15.3\n")
    clock.env["FAKETIME"] = f"{year} 00:00:00"
    done = clock.toolpin("install")
    assert done.code == 0, done.err
    assert clock.run(clock.shim("node"), "--version").out == "v10.15.3\n"
    del clock.env["LD_PRELOAD"]
    assert clock.toolpin("verify").code == 0
    assert clock.toolpin("install").code == 0


@pytest.mark.parametrize("years", [("2099", "2026"), ("2026", "1970")])
def test_hostile_77_a_list_from_the_future_is_asked_for_again(
    clock: Home, upstream: Upstream, years: tuple[str, str]
) -> None:
    """Kept by a wrong clock, it must not count as fresh for decades."""
    upstream.publish("10.15.3")
    clock.env["FAKETIME"] = f"{years[0]}-06-01 00:00:00"
    assert "10.15.3" in clock.toolpin("list-all", "nodejs").out
    upstream.publish("10.24.1")
    clock.env["FAKETIME"] = f"{years[1]}-06-02 00:00:00"
    assert "10.24.1" in clock.toolpin("list-all", "nodejs").out


def test_hostile_77_files_of_the_future_are_like_any_others(ready: Home) -> None:
    future = time.time() + 70 * 365 * 86400
    for directory in (ready.data, ready.cache, ready.project):
        for path in directory.rglob("*"):
            os.utime(path, (future, future), follow_symlinks=False)
    assert ready.toolpin("install").code == 0
    assert ready.run(ready.shim("node"), "--version").out == f"v{LATER}\n"
    assert ready.toolpin("verify").code == 0


def test_hostile_77_a_certificate_that_the_clock_refuses_is_explained(
    clock: Home, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    clock.pin("nodejs 10.15.3\n")
    clock.env["SSL_CERT_FILE"] = str(authority.certificate)
    clock.env["FAKETIME"] = "2099-12-31 00:00:00"
    with Server(tls=authority.issue("IP:127.0.0.1")) as server:
        Upstream(server).mirror_for(clock)
        done = clock.toolpin("install")
    assert done.code == 1
    assert "certificate has expired" in done.err
    assert "clock" in done.err
    assert "2099" in done.err


# Signals and streams


@contextlib.contextmanager
def started(home: Home, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """A toolpin in a process group of its own, as a terminal starts it."""
    with subprocess.Popen(
        [*TOOLPIN, *args],
        cwd=home.project,
        env=home.env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        process_group=0,
    ) as process:
        yield process


@pytest.mark.parametrize(
    ("numbers", "codes"),
    [
        pytest.param([signal.SIGINT], [-2], id="once"),
        pytest.param([signal.SIGINT, signal.SIGINT], [-2], id="twice"),
        pytest.param([signal.SIGTERM], [-15], id="asked to end"),
        pytest.param([signal.SIGHUP], [-1], id="a terminal that goes"),
        # Of two that come at once either may be handled first.
        pytest.param([signal.SIGINT, signal.SIGTERM], [-2, -15], id="both"),
    ],
)
def test_hostile_79_a_signal_ends_a_download(
    ready: Home, upstream: Upstream, numbers: list[signal.Signals], codes: list[int]
) -> None:
    upstream.publish(LATER, fault=Trickle(pause_s=600, block=50))
    path = upstream.tarball_path(LATER)
    with started(ready, "install") as process:
        upstream.server.wait_for_requests(path, 1)
        for number in numbers:
            os.killpg(process.pid, number)
        assert process.wait(timeout=30) in codes
        assert process.stderr is not None
        text = process.stderr.read().decode()
    assert "interrupted; nothing half-made is kept" in text
    assert "Traceback" not in text
    upstream.publish(LATER)
    assert_nothing_is_spoilt(ready)


@linux_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_hostile_79_a_signal_while_unpacking(
    ready: Home, number: signal.Signals
) -> None:
    with slowed(ready, "?symlink,?symlinkat:delay_enter=2000000") as process:
        wait_for(ready.data / f"staging/nodejs@{LATER}/bin/node", process)
        os.kill(toolpin_below(process), number)
        process.wait(timeout=30)
    assert os.listdir(ready.data / "staging") == []
    # A busy machine may have been done before the signal: then all of it is there.
    assert_nothing_is_spoilt(ready)


@linux_only
def test_hostile_79_a_signal_while_publishing_publishes_all_or_nothing(
    ready: Home,
) -> None:
    """One thread is about to rename the tree that another one begins to delete.

    And a second signal ends the deleting before it is done.
    """
    renames = "?rename,?renameat,?renameat2:delay_enter=1500000"
    deletes = "?unlink,?unlinkat,?rmdir:delay_exit=300000"
    with slowed(ready, renames, deletes) as process:
        wait_for(ready.data / f"staging/nodejs@{LATER}/.toolpin/record.sh", process)
        os.kill(toolpin_below(process), signal.SIGINT)
        final = ready.data / f"installs/nodejs/{LATER}"
        while process.poll() is None and not final.exists():
            time.sleep(0.01)
        with contextlib.suppress(IndexError, OSError):
            os.kill(toolpin_below(process), signal.SIGINT)
        process.wait(timeout=60)
    assert_nothing_is_spoilt(ready)


@contextlib.contextmanager
def slowed(home: Home, *calls: str) -> Iterator[subprocess.Popen[bytes]]:
    """An install whose system calls wait: `rename:delay_enter=MICROSECONDS`."""
    injected = [word for call in calls for word in ("-e", f"inject={call}")]
    command = ["strace", "-f", "-qq", "-o", "/dev/null", *injected, *TOOLPIN, "install"]
    with subprocess.Popen(
        command, cwd=home.project, env=home.env, stderr=subprocess.DEVNULL
    ) as process:
        yield process


def wait_for(path: Path, process: subprocess.Popen[bytes]) -> None:
    while not path.exists():
        assert process.poll() is None, "it ended before the point was reached"
        time.sleep(0.01)


def toolpin_below(process: subprocess.Popen[bytes]) -> int:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return int(children.read_text().split()[0])


@pytest.mark.parametrize(
    "words", ["list | head -n 1", "list-all nodejs | head -n 1", "env | true"]
)
def test_hostile_80_a_reader_that_goes(
    ready: Home, upstream: Upstream, words: str
) -> None:
    for number in range(200):
        upstream.publish(f"8.0.{number}")
    script = f'"$@" {words}; exit "${{PIPESTATUS[0]}}"'
    done = ready.run("bash", "-c", script, "-", *TOOLPIN)
    assert done.code in (0, 1, 141)
    assert "Traceback" not in done.err
    assert "bug" not in done.err
    assert "Exception ignored" not in done.err


@pytest.mark.parametrize("redirect", ["<&-", "</dev/null", "<&- >&- 2>&-"])
def test_hostile_80_an_install_needs_no_stream(ready: Home, redirect: str) -> None:
    done = ready.run("bash", "-c", f'"$@" install {redirect}', "-", *TOOLPIN)
    assert done.code == 0
    assert ready.run(ready.shim("node"), "--version").out == f"v{LATER}\n"
    assert ready.toolpin("verify").code == 0


# Locks


@linux_only
@pytest.mark.parametrize("calls", ["flock:error=ENOSYS", "flock:retval=0"])
def test_hostile_82_locks_that_keep_nobody_out_hold_nothing(
    home: Home, upstream: Upstream, calls: str
) -> None:
    """Some network filesystems answer yes to everyone: two would write one tree."""
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    done = failing(home, calls, "install")
    assert done.code == 1
    assert "this filesystem has no locks" in done.err
    assert "Warning" not in done.err
    assert not (home.data / "installs").exists()


@linux_only
@pytest.mark.parametrize("number", ["ENOLCK", "EBADF", "ESTALE", "EIO"])
def test_hostile_82_a_lock_that_fails_at_any_call_is_named(
    home: Home, upstream: Upstream, number: str
) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    codes = []
    for when in range(1, 9):
        done = failing(home, f"flock:error={number}:when={when}", "install")
        codes.append(done.code)
        assert done.code == 0 or "a file lock cannot be acquired" in done.err
        listed = home.toolpin("list", "nodejs").out
        assert done.code == 1 or "10.15.3" in listed
        shutil.rmtree(home.data)
    assert 1 in codes
    assert 0 in codes


# Environments


HOSTILE_ENVIRONMENT = {
    "IFS": "o/",
    "ENV": "{trap}",
    "BASH_ENV": "{trap}",
    "CDPATH": "/tmp:/",
    "PYTHONPATH": "{directory}",
    "PYTHONHOME": "{directory}",
    "PYTHONSTARTUP": "{trap}",
    "PYTHONINSPECT": "1",
    "PYTHONWARNINGS": "error",
    "PYTHONIOENCODING": "ascii",
    "PYTHONSAFEPATH": "",
    "POSIXLY_CORRECT": "1",
    "GREP_OPTIONS": "-v",
    "LC_ALL": "xx_YY.utf7",
    "LANG": "C",
    "LANGUAGE": "de",
    "TAR_OPTIONS": "--absolute-names",
    "GZIP": "-1",
    "COLUMNS": "nonsense",
    "TERM": "",
}


@pytest.mark.parametrize("name", [*HOSTILE_ENVIRONMENT, "all of them", "none at all"])
def test_hostile_84_an_environment_changes_no_install(
    home: Home, upstream: Upstream, name: str
) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    trap = home.root / "trap"
    trap.mkdir()
    (trap / "trap").write_text(f"touch {home.root}/sprung\n")
    for module in ("json", "sitecustomize", "toolpin", "requests"):
        (trap / f"{module}.py").write_text("open('sprung', 'w').close(); raise OSError")
    values = {
        key: value.format(trap=trap / "trap", directory=trap)
        for key, value in HOSTILE_ENVIRONMENT.items()
    }
    extra = values if name == "all of them" else {name: values.get(name, "")}
    if name == "none at all":
        extra = {}
        del home.env["LC_ALL"]
    done = home.toolpin("install", env=extra)
    assert done.code == 0, done.err
    assert home.run(home.shim("node"), "--version", env=extra).out == "v10.15.3\n"
    assert home.toolpin("verify", env=extra).code == 0
    assert not list(home.root.rglob("sprung"))


# The shims directory


@pytest.mark.parametrize("order", ["first", "last", "twice", "with a slash", "a link"])
def test_hostile_85_wherever_the_shims_stand_on_path(ready: Home, order: str) -> None:
    shims, usual = str(ready.data / "shims"), "/usr/bin:/bin"
    link = ready.root / "link"
    link.symlink_to(shims)
    path = {
        "first": f"{shims}:{usual}",
        "last": f"{usual}:{shims}",
        "twice": f"{shims}:{usual}:{shims}",
        "with a slash": f"{shims}/:{usual}:{shims}//",
        "a link": f"{link}:{usual}:{shims}",
    }[order]
    assert ready.toolpin("install", env={"PATH": path}).code == 0
    script = 'npm() { :; }; unset -f npm; command -v npx; exec "$1" --version'
    done = ready.run("sh", "-c", script, "-", ready.shim("node"), env={"PATH": path})
    assert done.out.splitlines()[-1] == f"v{LATER}"
    # A shim that does not know a version must not find itself, by any of its names.
    ready.pin("nodejs system\n")
    link_node = ready.run(str(link / "node"), "--version", env={"PATH": path})
    assert link_node.code in (0, 126, 127)
    assert "too deep" not in link_node.err


def test_hostile_85_an_uninstall_leaves_foreign_files(ready: Home) -> None:
    shims = ready.data / "shims"
    (shims / "npm").unlink()
    (shims / "npm").write_text("#!/bin/sh\necho mine\n")
    (shims / "theirs").write_text("mine")
    done = ready.toolpin("install")
    assert done.code == 0
    assert "npm was not created by toolpin and is left unchanged" in done.err
    for words in (("uninstall", "nodejs", "10.15.3"), ("reshim",)):
        ready.toolpin(*words)
        assert (shims / "npm").read_text() == "#!/bin/sh\necho mine\n"
        assert (shims / "theirs").read_text() == "mine"
