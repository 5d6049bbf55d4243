"""A disk that is full, slow to say so, read-only or another one: no install is spoilt.

Each disk here is one of memory, mounted where the process under test alone sees it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machine import (
    failing,
    in_mounts,
    linux_only,
    small_disk,
    without_rights,
)
from tests.support.run import TOOLPIN, Home, Result
from tests.support.upstream import Upstream

pytestmark = linux_only

# Installs, and tells: the code, what is listed, what stays in staging, the old version.
_INSTALL_AND_LOOK = """
code=0; "$@" install || code=$?
echo "code $code"
"$@" list nodejs
cd "$TOOLPIN_DATA_DIR/staging" && for left in *; do
    [ ! -e "$left" ] || echo "left $left"
done
TOOLPIN_NODEJS_VERSION=10.15.3 "$TOOLPIN_DATA_DIR/shims/node" --version
"""


@pytest.fixture
def old_version(home: Home, upstream: Upstream) -> str:
    """A version that is installed before the disk is full, and must run after it."""
    upstream.publish("10.15.3")
    upstream.publish("24.11.1")
    home.pin("nodejs 10.15.3\n")
    assert home.toolpin("install").code == 0
    home.pin("nodejs 24.11.1 10.15.3\n")
    return "10.15.3"


@pytest.mark.usefixtures("old_version")
@pytest.mark.parametrize(
    ("place", "kind", "least"),
    [
        pytest.param("data", "files", 15, id="every file of the store"),
        pytest.param("data", "blocks", 6, id="every block of the store"),
        pytest.param("cache", "files", 2, id="every file of the cache"),
        pytest.param("cache", "blocks", 1, id="every block of the cache"),
    ],
)
def test_hostile_71_a_disk_that_is_full_at_each_write(
    home: Home, place: str, kind: str, least: int
) -> None:
    failures = 0
    for done in _with_ever_more_room(home, place, kind):
        lines = done.out.splitlines()
        assert "v10.15.3" in lines, done
        assert not [line for line in lines if line.startswith("left ")], done
        assert "bug" not in done.err
        if "code 0" in lines:
            assert "* 24.11.1" in lines
            break
        assert "code 1" in lines
        assert "24.11.1" not in " ".join(lines)
        assert "No space left on device" in done.err
        assert str(home.root) in done.err
        failures += 1
    assert failures >= least


def _with_ever_more_room(home: Home, place: str, kind: str) -> Iterator[Result]:
    directory = home.data if place == "data" else home.cache
    script = ("sh", "-c", _INSTALL_AND_LOOK, "-", *TOOLPIN)
    for room in range(60):
        blocks, files = (room, None) if kind == "blocks" else (None, room)
        if place == "data":
            shutil.rmtree(home.cache)
        yield home.run(*small_disk(directory, blocks=blocks, files=files), *script)
        shutil.rmtree(home.data / "installs/nodejs/24.11.1", ignore_errors=True)
    pytest.fail("there was never room enough")


@pytest.mark.usefixtures("old_version")
def test_hostile_71_a_disk_without_room_for_the_shims(home: Home) -> None:
    """What is installed stays installed; the next install writes the rest."""
    shutil.rmtree(home.data / "shims")
    shutil.rmtree(home.data / "lib")
    script = 'code=0; "$@" || code=$?; "$@" list; exit $code'
    disk = small_disk(home.data, files=2)
    done = home.run(*disk, "sh", "-c", script, "-", *TOOLPIN, "reshim")
    assert done.code != 0
    assert "the shims cannot be written" in done.err
    assert "No space left on device" in done.err


@pytest.mark.usefixtures("old_version")
@pytest.mark.parametrize("room", [{"blocks": 0}, {"files": 0}])
@pytest.mark.parametrize(
    "words",
    [
        ("pin", "nodejs", "10.15.3"),
        ("lock", "--host", "linux-x64"),
        ("config", "set", "jobs", "3"),
    ],
    ids=lambda words: str(words[0]),
)
def test_hostile_71_a_file_that_is_not_written_stays_as_it_was(
    home: Home, room: dict[str, int], words: tuple[str, ...]
) -> None:
    directory = home.config if words[0] == "config" else home.project
    (directory / "config.toml").write_text("jobs = 2\n")
    before = {file.name: file.read_text() for file in directory.iterdir()}
    script = 'code=0; "$@" || code=$?; cd "$1"; for f in .[!.]* *; do'
    script = f'directory=$1; shift; {script} [ ! -f "$f" ] || echo "have $f"; done'
    script = (
        script.replace('cd "$1"', 'cd "$directory"') + "; cat .tool-versions *.toml"
    )
    disk = small_disk(directory, **room)
    # The old working directory lies below the disk: the new one is entered by its name.
    enter = ("sh", "-c", f'cd "$1"; {script}; exit $code', "-", str(directory))
    done = home.run(*disk, *enter, *TOOLPIN, *words, cwd=home.root)
    assert done.code == 1, done
    assert "bug" not in done.err
    assert "No space left on device" in done.err
    assert {f"have {name}" for name in before} == {
        line for line in done.out.splitlines() if line.startswith("have ")
    }
    for text in before.values():
        assert text in done.out


@pytest.mark.usefixtures("old_version")
@pytest.mark.parametrize("number", ["ENOSPC", "EIO", "EDQUOT"])
@pytest.mark.parametrize(
    "place",
    [
        "staging/nodejs@24.11.1/bin/node",
        "staging/nodejs@24.11.1/.toolpin/receipt.json",
        "staging/nodejs@24.11.1/.toolpin/record.sh",
    ],
)
def test_hostile_71_an_error_that_comes_with_the_close(
    home: Home, number: str, place: str
) -> None:
    done = failing(home, f"close:error={number}:when=1", "install", at=place)
    assert done.code == 1
    assert "bug" not in done.err
    assert os.listdir(home.data / "staging") == []
    assert "24.11.1" not in home.toolpin("list").out
    assert home.toolpin("install").code == 0


@pytest.mark.usefixtures("old_version")
@pytest.mark.parametrize("number", ["EXDEV", "EIO", "EROFS"])
def test_hostile_74_a_rename_that_fails_publishes_nothing(
    home: Home, number: str
) -> None:
    staged = "staging/nodejs@24.11.1"
    calls = f"?rename,?renameat,?renameat2:error={number}"
    done = failing(home, calls, "install", at=staged)
    assert done.code == 1
    assert str(home.data / staged) in done.err
    assert "24.11.1" not in home.toolpin("list").out
    assert os.listdir(home.data / "staging") == []


@pytest.mark.parametrize("other", ["data", "cache", "tmp"])
def test_hostile_74_75_store_cache_and_tmp_on_other_disks_and_noexec(
    home: Home, upstream: Upstream, other: str
) -> None:
    """Only the store has programs: cache and TMPDIR may forbid to run any."""
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    place = home.root / other
    place.mkdir(exist_ok=True)
    home.env["TMPDIR"] = str(home.root / "tmp")
    option = "exec" if other == "data" else "noexec"
    script = f'mount -t tmpfs -o mode=755,{option} other "$1"; shift; exec "$@"'
    look = '"$@" install && "$TOOLPIN_DATA_DIR/shims/node" --version'
    command = ("sh", "-c", look, "-", *TOOLPIN)
    done = home.run(*in_mounts(script, str(place)), *command)
    assert (done.code, done.out) == (0, "v10.15.3\n"), done


def test_hostile_75_a_store_where_nothing_may_run_is_told(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    home.data.mkdir()
    script = 'mount -t tmpfs -o mode=755,noexec other "$1"; shift; exec "$@"'
    look = 'code=0; "$@" install || code=$?; "$@" list; exit $code'
    command = ("sh", "-c", look, "-", *TOOLPIN)
    done = home.run(*in_mounts(script, str(home.data)), *command)
    assert (done.code, done.out) == (1, "")
    assert "Permission denied" in done.err
    assert f"{home.data}" in done.err


@pytest.mark.usefixtures("old_version")
@pytest.mark.parametrize("place", ["home", "config", "cache", "data"])
def test_hostile_70_a_read_only_directory(home: Home, place: str) -> None:
    """What writes nothing works; the rest names the directory it cannot write."""
    script = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; shift; exec "$@"'
    command = ("sh", "-c", _INSTALL_AND_LOOK, "-", *TOOLPIN)
    done = home.run(*in_mounts(script, str(home.root / place)), *command)
    lines = done.out.splitlines()
    assert "v10.15.3" in lines
    assert "bug" not in done.err
    if place in ("home", "config"):
        assert "code 0" in lines
        return
    assert "code 1" in lines
    assert "Read-only file system" in done.err
    assert str(home.root / place) in done.err


@pytest.mark.usefixtures("old_version")
@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("data/installs/nodejs", "data/staging/nodejs@24.11.1"),
        ("data/staging", "data/staging"),
        ("data/locks/nodejs", "data/locks/nodejs/24.11.1.lock"),
        ("cache/partial", "cache/partial"),
        ("cache/locks", "cache/locks"),
    ],
)
def test_hostile_73_a_directory_that_may_not_be_written_is_named(
    home: Home, place: str, named: str
) -> None:
    directory = home.root / place
    directory.chmod(0o500)
    try:
        done = home.run(*without_rights(*TOOLPIN, "install"))
    finally:
        directory.chmod(0o755)
    assert done.code == 1
    assert str(home.root / named) in done.err
    assert "Permission denied" in done.err
    assert home.run(home.shim("node"), "--version").code == 0
    assert "24.11.1" not in home.toolpin("list").out
    assert home.toolpin("install").code == 0


@pytest.mark.usefixtures("old_version")
def test_hostile_73_shims_that_may_not_be_written_are_named(home: Home) -> None:
    shims = home.data / "shims"
    (shims / "npx").unlink()
    shims.chmod(0o500)
    try:
        done = home.run(*without_rights(*TOOLPIN, "install"))
    finally:
        shims.chmod(0o755)
    assert done.code == 1
    assert "the shims cannot be written" in done.err
    assert str(shims) in done.err
    assert "24.11.1" in home.toolpin("list").out
    assert home.toolpin("install").code == 0
    assert (shims / "npx").exists()


@pytest.mark.usefixtures("old_version")
@pytest.mark.parametrize(
    "file", [".toolpin/record.sh", ".toolpin/receipt.json", "bin/node"]
)
def test_hostile_73_one_file_of_an_install_that_may_not_be_read(
    home: Home, file: str
) -> None:
    assert home.toolpin("install").code == 0
    home.pin("nodejs 24.11.1\n")
    place = home.data / "installs/nodejs/24.11.1" / file
    place.chmod(0)
    ran = home.run(*without_rights(home.shim("node"), "--version"))
    verified = home.run(*without_rights(*TOOLPIN, "verify"))
    for done in (ran, verified):
        assert "bug" not in done.err
        assert "Traceback" not in done.err
    assert verified.code == 1
    assert file in verified.err + verified.out
    assert (ran.code, ran.out) in ((126, ""), (0, "v24.11.1\n"))
    assert ran.code == (0 if file.endswith("receipt.json") else 126)


@pytest.mark.usefixtures("old_version")
def test_hostile_73_what_cannot_be_deleted_is_not_called_removed(home: Home) -> None:
    """A file that resists stays in staging, and nothing is unpacked among it."""
    calls = "?unlink,?unlinkat:error=EPERM"
    done = failing(home, calls, "uninstall", "nodejs", "10.15.3")
    assert done.code == 1
    assert f"{home.data}/staging/nodejs@10.15.3" in done.err
    assert "10.15.3" not in home.toolpin("list").out
    home.pin("nodejs 10.15.3\n")
    calls = "?unlink,?unlinkat,?rmdir:error=EPERM"
    done = failing(home, calls, "install")
    assert done.code == 1
    assert "breaks a rule" not in done.err
    assert home.toolpin("install").code == 0
    assert home.run(home.shim("node"), "--version").out == "v10.15.3\n"
    assert os.listdir(home.data / "staging") == []


@pytest.mark.usefixtures("old_version")
def test_hostile_73_a_link_that_cannot_be_made_is_named_by_its_own_path(
    home: Home,
) -> None:
    done = failing(home, "?symlink,?symlinkat:error=EPERM", "install")
    assert done.code == 1
    assert f"{home.data}/staging/nodejs@24.11.1/bin/np" in done.err


def test_hostile_83_a_filesystem_without_hard_links(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    done = failing(home, "?link,?linkat:error=EPERM", "install")
    assert done.code == 0, done.err
    assert home.toolpin("verify").code == 0


def test_hostile_83_the_store_on_an_overlay(home: Home, upstream: Upstream) -> None:
    """As in containers: a rename of a lower layer's directory may fail."""
    upstream.publish("10.15.3")
    upstream.publish("24.11.1")
    home.pin("nodejs 10.15.3 24.11.1\n")
    assert home.toolpin("install", "nodejs", "10.15.3").code == 0
    layers = home.root / "layers"
    layers.mkdir()
    script = """
    mount -t tmpfs -o mode=755 layers "$2" && mkdir "$2/upper" "$2/work"
    mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" over "$1" ||
        exit 75
    shift 2; exec "$@"
    """
    look = (
        '"$@" install && "$@" verify && "$@" uninstall nodejs 10.15.3 && "$@" list'
        ' && TOOLPIN_NODEJS_VERSION=24.11.1 "$TOOLPIN_DATA_DIR/shims/node" --version'
    )
    mounts = in_mounts(script, str(home.data), str(layers))
    done = home.run(*mounts, "sh", "-c", look, "-", *TOOLPIN)
    if done.code == 75:
        pytest.skip("this kernel mounts no overlay")
    assert done.code == 0, done
    assert "10.15.3\n" not in done.out.replace("* ", "")
    assert done.out.endswith("v24.11.1\n")


def test_hostile_70_a_home_that_is_not_there_and_cannot_be_made(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    for name in ("TOOLPIN_DATA_DIR", "TOOLPIN_CACHE_DIR", "TOOLPIN_CONFIG_DIR"):
        del home.env[name]
    file = home.root / "file"
    file.write_text("")
    done = home.toolpin("install", env={"HOME": f"{file}/home"})
    assert done.code == 1
    assert f"{file}/home" in done.err
    assert "bug" not in done.err


@pytest.mark.parametrize("name", ["a b", 'it\'s "$(id)"', "ümläut", "\udcff\udcfe"])
def test_hostile_70_a_home_of_any_name_has_a_store(
    tmp_path: Path, home: Home, upstream: Upstream, name: str
) -> None:
    upstream.publish("10.15.3")
    odd = tmp_path / name
    odd.mkdir()
    for item in ("TOOLPIN_DATA_DIR", "TOOLPIN_CACHE_DIR", "TOOLPIN_CONFIG_DIR"):
        del home.env[item]
    home.env["HOME"] = str(odd)
    home.pin("nodejs 10.15.3\n")
    done = home.toolpin("install")
    assert done.code == 0, done.err
    shim = odd / ".local/share/toolpin/shims/node"
    assert home.run(str(shim), "--version").out == "v10.15.3\n"
    assert home.toolpin("exec", "node", "--version").out == "v10.15.3\n"
    assert home.toolpin("verify").code == 0
    for line in (
        "list current why:node which:node env doctor reshim activate:bash cache:list",
        "env:--format:json env:--format:docker env:--format:systemd env:--format:fish",
        "list:--json why:node:--json verify:--repair uninstall:nodejs:10.15.3",
    ):
        for words in line.split():
            done = home.toolpin(*words.split(":"))
            assert done.code in (0, 1), (words, done)
            assert "bug" not in done.err


def test_hostile_70_a_home_with_a_newline_is_refused_before_anything(
    home: Home, upstream: Upstream
) -> None:
    """PATH could name its shims, and no line of a startup file could."""
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    del home.env["TOOLPIN_DATA_DIR"]
    odd = home.root / "a\nb"
    odd.mkdir()
    done = home.toolpin("install", env={"HOME": str(odd)})
    assert done.code == 2
    assert "a newline" in done.err
    assert os.listdir(odd) == []
