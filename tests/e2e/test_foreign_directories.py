"""A directory that a user's words name may hold other things: toolpin takes its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crashes.tools import publish_built, write_plugins
from tests.support.machine import in_mounts, linux_only, without_rights
from tests.support.run import TOOLPIN, Home
from tests.support.scripted import repository
from tests.support.server import Hang, Server
from tests.support.upstream import Upstream
from toolpin.system.host import detect

OLD, NEW = "22.20.0", "24.11.1"
RENAMES = "?rename,?renameat,?renameat2"
REMOVALS = "?unlink,?unlinkat,?rmdir"


@pytest.fixture
def locked(home: Home, upstream: Upstream) -> Home:
    """A project on the old Node, locked; the new one is published too."""
    for version in (OLD, NEW):
        upstream.publish(version)
    _lock(home, OLD)
    return home


def _lock(home: Home, version: str) -> None:
    home.pin(f"nodejs {version}\n")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0


def _write(*paths: Path, text: str = "mine") -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _runs(home: Home, version: str) -> bool:
    node = home.project / "image/nodejs/bin/node"
    return home.run(str(node), "--version").out == f"v{version}\n"


def test_a_data_directory_keeps_what_is_not_toolpins(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish(OLD)
    mine = [
        home.data / path
        for path in (
            "staging/site/index.html",
            "staging/notes",
            "staging/a@b@c/notes",
            "incomplete/foo/index.html",
            "installs/foo/index.html/page",
            "incomplete/bar/2",
            "installs/bar/2/page",
        )
    ]
    _write(*mine)
    (home.data / "incomplete/bar/2").write_text("")
    for _ in range(2):
        assert home.toolpin("install", "nodejs", OLD).code == 0
        assert home.toolpin("uninstall", "nodejs", OLD).code == 0
    assert [path for path in mine if not path.exists()] == []


@pytest.mark.parametrize("text", ["", "1\n", "mine"])
@pytest.mark.parametrize("name", [".git", "nodejs", "src"])
def test_a_mark_that_a_checkout_brings_deletes_nothing_in_a_directory_of_trees(
    name: str, text: str, locked: Home
) -> None:
    image = locked.project / "image"
    kept = image / name / "notes"
    _write(kept)
    _write(image / f".incomplete/{name}/{OLD}", text=text)
    locked.toolpin("install", "--into", "image")
    assert kept.exists()


def test_what_an_earlier_toolpin_left_half_built_is_swept(
    home: Home, upstream: Upstream
) -> None:
    """A power cut can leave a mark empty."""
    upstream.publish(OLD)
    half, mark = (
        home.data / "installs/erlang/27.1",
        home.data / "incomplete/erlang/27.1",
    )
    _write(half / "bin/erl")
    _write(mark, home.data / "locks/erlang/27.1.lock", text="")
    assert home.toolpin("install", "nodejs", OLD).code == 0
    assert not half.exists()
    assert not mark.exists()


def test_a_mark_that_is_a_link_is_not_written_through(home: Home) -> None:
    """Only what is built in its place has a mark."""
    kept = home.root / "kept"
    kept.write_text("mine")
    plugin = home.data / "plugins/greet/bin"
    for name, text in (
        ("list-all", "echo 1.0.0\n"),
        (
            "install",
            'mkdir -p "$ASDF_INSTALL_PATH/bin"; cd "$ASDF_INSTALL_PATH/bin"\n'
            "printf '#!/bin/sh\\n' > greet; chmod +x greet\n",
        ),
    ):
        _write(plugin / name, text=f"#!/bin/sh\n{text}")
        (plugin / name).chmod(0o755)
    mark = home.data / "incomplete/greet/1.0.0"
    mark.parent.mkdir(parents=True)
    mark.symlink_to(kept)
    assert home.toolpin("install", "greet", "1.0.0").code == 0
    assert kept.read_text() == "mine"
    assert not os.path.lexists(mark)


@pytest.mark.skipif(not shutil.which("strace"), reason="strace kills at a system call")
@pytest.mark.parametrize(
    ("calls", "when"),
    [(RENAMES, 1), (RENAMES, 2), (RENAMES, 3), (REMOVALS, 2), (REMOVALS, 8)],
)
def test_hostile_78_a_killed_replacement_in_a_directory_of_trees_leaves_old_or_new(
    calls: str, when: int, locked: Home
) -> None:
    assert locked.toolpin("install", "--into", "image").code == 0
    image, lock = locked.project / "image", locked.project / "toolpin.lock"
    old, whole = lock.read_text(), _files(image)
    _lock(locked, NEW)
    inject = f"inject={calls}:signal=KILL:when={when}"
    strace = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}")
    killed = locked.run(*strace, "-e", inject, *TOOLPIN, "install", "--into", "image")
    assert killed.code == -signal.SIGKILL
    locked.pin(f"nodejs {OLD}\n")
    lock.write_text(old)
    result = locked.toolpin("install", "--into", "image")
    assert result.code == 0, result.err
    assert _runs(locked, OLD)
    assert _files(image) == whole


def _files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*")}


def test_hostile_81_two_data_directories_that_fill_one_directory_of_trees_take_turns(
    locked: Home, upstream: Upstream
) -> None:
    """As two users do, or two containers with a shared volume."""
    slow = upstream.tarball_path(OLD)
    upstream.publish(OLD, fault=Hang())
    other = {
        "TOOLPIN_DATA_DIR": str(locked.root / "other"),
        "TOOLPIN_CACHE_DIR": str(locked.root / "cache-2"),
    }
    with _into_image(locked, {}) as first:
        while upstream.server.count(slow) == 0:
            assert first.poll() is None
        with _into_image(locked, other) as second:
            assert second.stderr is not None
            assert "waiting for another process" in second.stderr.readline()
            upstream.publish(OLD)
            first.kill()
            assert "1 installed" in second.communicate(timeout=60)[1]
    assert _runs(locked, OLD)


@linux_only
def test_a_directory_of_trees_that_its_caller_holds_is_not_waited_for(
    locked: Home,
) -> None:
    """As scripts take turns with flock: toolpin has what its caller has."""
    image = locked.project / "image"
    image.mkdir()
    done = locked.run("flock", str(image), *TOOLPIN, "install", "--into", "image")
    assert done.code == 0, done.err
    assert "waiting" not in done.err
    assert _runs(locked, OLD)


@contextlib.contextmanager
def _into_image(home: Home, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*TOOLPIN, "install", "--into", "image"],
        cwd=home.project,
        env={**home.env, **env},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


_REPLACING = """#!/bin/sh
mkdir -p "$ASDF_DOWNLOAD_PATH/x/bin"
echo "echo $ASDF_INSTALL_VERSION" >"$ASDF_DOWNLOAD_PATH/x/bin/greet"
chmod +x "$ASDF_DOWNLOAD_PATH/x/bin/greet"
rm -rf "${ASDF_INSTALL_PATH:?}"
mv "$ASDF_DOWNLOAD_PATH/x" "$ASDF_INSTALL_PATH"
if [ "$ASDF_INSTALL_VERSION" = 2.0 ]; then kill -9 "$(cat %s)"; sleep 300; fi
"""


def test_hostile_78_a_killed_build_that_replaced_its_directory_loses_no_old_version(
    home: Home,
) -> None:
    """As an asdf plugin does that moves to its place what it has made elsewhere."""
    number = home.root / "number"
    files = {"bin/list-all": "echo 1.0 2.0\n", "bin/install": _REPLACING % number}
    place = repository(home.root / "upstream", files)
    assert home.toolpin("plugin", "add", "greet", f"file://{place}").code == 0
    lock, greet = home.project / "toolpin.lock", home.project / "image/greet"
    words = ("install", "--into", "image")

    def locks(version: str) -> str:
        home.pin(f"greet {version}\n")
        assert home.toolpin("lock").code == 0
        return lock.read_text()

    old = locks("1.0")
    assert home.toolpin(*words).code == 0
    locks("2.0")
    noted = ("sh", "-c", f'echo $$ >{number}; exec "$@"', "sh")
    assert home.run(*noted, *TOOLPIN, *words).code == -signal.SIGKILL
    home.pin("greet 1.0\n")
    lock.write_text(old)
    result = home.toolpin(*words)
    assert result.code == 1
    assert f"  try: rm -rf {greet}\n" in result.err
    shutil.rmtree(greet)
    assert home.toolpin(*words).code == 0
    assert home.run("sh", str(greet / "bin/greet")).out == "1.0\n"
    assert not list((home.project / "image").glob(".staging/*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_hostile_79_an_interrupted_build_in_a_directory_of_trees_leaves_the_old_version(
    number: signal.Signals, home: Home
) -> None:
    write_plugins(home.config / "plugins")
    started = home.root / "started"
    slow = f"#!/bin/sh\necho half >half\ntouch {started}\nsleep 300\n"
    with Server() as server:
        home.env["TOOLPIN_MIRRORS"] = f"https://built.example={server.url}"
        publish_built(server, ["1.0.0"])
        _lock_built(home, "1.0.0")
        assert home.toolpin("install", "--into", "image").code == 0
        before = _files(home.project / "image")
        publish_built(server, ["2.0.0"], slow)
        _lock_built(home, "2.0.0")
        with _into_image(home, {}) as process:
            while not started.exists():
                assert process.poll() is None
            process.send_signal(number)
            process.communicate(timeout=60)
    built = home.project / "image/built/bin/built"
    assert home.run(str(built)).out == "1.0.0\n"
    assert {file for file in _files(home.project / "image") if file[0] != "."} == before


def _lock_built(home: Home, version: str) -> None:
    home.pin(f"built {version}\n")
    assert home.toolpin("lock", "--host", str(detect())).code == 0


def test_a_tree_that_is_a_mount_keeps_its_files_and_its_directory_keeps_its_mode(
    locked: Home,
) -> None:
    assert locked.toolpin("install", "--into", "image").code == 0
    image = locked.project / "image"
    (image / "nodejs").rename(locked.root / "volume")
    (image / "nodejs").mkdir()
    _lock(locked, NEW)
    before = _files(locked.root / "volume")
    script = 'mount --bind "$1" "$2"; shift 2; exec "$@"'
    places = (str(locked.root / "volume"), str(image / "nodejs"))
    words = in_mounts(script, *places, *TOOLPIN, "install", "--into", "image")
    result = locked.run(*words)
    assert result.code == 1
    assert "busy" in result.err
    assert _files(locked.root / "volume") == before
    assert stat.S_IMODE(image.stat().st_mode) == 0o755


def test_a_tools_directory_that_leads_nowhere_ends_an_install(
    home: Home, upstream: Upstream
) -> None:
    """As one on a disk that is not mounted."""
    upstream.publish(OLD)
    (home.data / "installs").mkdir(parents=True)
    (home.data / "installs/nodejs").symlink_to(home.root / "disk/nodejs")
    result = home.toolpin("install", "nodejs", OLD, timeout_s=30)
    assert result.code == 1
    assert "cannot be written" in result.err


@linux_only
@pytest.mark.parametrize("name", ["staging", "incomplete", "shims"])
def test_a_directory_of_the_store_that_cannot_be_read_is_no_bug(
    name: str, home: Home, upstream: Upstream
) -> None:
    upstream.publish(OLD)
    directory = home.data / name
    directory.mkdir(parents=True)
    directory.chmod(0)
    command = without_rights(*TOOLPIN, "install", "nodejs", OLD)
    result = home.run(*command)
    directory.chmod(0o755)
    assert result.code in (0, 1), result.err
    assert "bug" not in result.err


@pytest.mark.parametrize("kind", ["endless", "fifo", "directory", "large"])
def test_what_stands_in_the_place_of_a_receipt_is_named_and_not_read(
    kind: str, locked: Home
) -> None:
    receipt = locked.project / "image/nodejs/.toolpin/receipt.json"
    receipt.parent.mkdir(parents=True)
    if kind == "endless":
        receipt.symlink_to("/dev/zero")
    elif kind == "fifo":
        os.mkfifo(receipt)
    elif kind == "directory":
        receipt.mkdir()
    else:
        with receipt.open("wb") as file:
            file.truncate(1 << 40)
    result = locked.toolpin("install", "--into", "image", timeout_s=30)
    assert result.code == 1
    assert f"{receipt} cannot be read" in result.err


def test_nobody_else_can_hold_a_file_lock_of_the_store(
    home: Home, upstream: Upstream
) -> None:
    """The kernel lets whoever may read a file hold it."""
    upstream.publish(OLD)
    assert home.toolpin("install", "nodejs", OLD).code == 0
    for directory in (home.data / "locks", home.cache / "locks"):
        files = [path for path in directory.rglob("*") if path.is_file()]
        assert files
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
