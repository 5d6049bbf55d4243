"""install.sh after a run that was killed, on a full disk, and on a Python of root's."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_install_script import Machine, as_root, make_machine
from tests.support.machine import linux_only, small_disk
from tests.support.run import REPOSITORY
from tests.support.waiting import wait_until
from tests.support.wheels import shared_packages, shared_wheel

pytestmark = pytest.mark.network

SCRIPT = REPOSITORY / "install.sh"
# No process has it: Linux and macOS count to less.
DEAD = "99999999"


@pytest.fixture
def machine(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    return make_machine(tmp_path / "home", shared_packages(tmp_path_factory))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_wheel(tmp_path_factory)


def environment(machine: Machine, mark: str | None, manifest: str | None) -> Path:
    """Leave an environment as a run that was killed has left it."""
    place = machine.prefix / f"lib/toolpin-{DEAD}"
    (place / "bin").mkdir(parents=True)
    (place / "bin/python").touch()
    for name, text in (("unfinished", mark), ("manifest", manifest)):
        if text is not None:
            (place / f"toolpin-{name}").write_text(text)
    return place


@contextlib.contextmanager
def outliving_child(place: Path) -> Iterator[None]:
    """Hold the mark of an environment, as a pip does whose install.sh was killed."""
    with (place / "toolpin-unfinished").open("a") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        yield


@pytest.mark.parametrize(
    ("mark", "manifest"),
    [
        ("", None),
        (f"{DEAD}\n", None),
        (f"{DEAD}\nheld\n", None),
        ("1\nheld\n", None),  # the number belongs to another process by now
        (f"{DEAD}\nheld\n", "key x\n"),
        (None, "key x\n"),
    ],
)
def test_hostile_105_what_a_killed_run_left_is_removed(
    machine: Machine, mark: str | None, manifest: str | None
) -> None:
    place = environment(machine, mark, manifest)
    (machine.prefix / "lib/toolpin.toolpin-7").symlink_to("toolpin-7")
    (machine.prefix / "bin").mkdir()
    (machine.prefix / f"bin/.toolpin-{DEAD}").touch()
    (machine.prefix / "bin/.toolpin-mine").touch()
    assert machine.script(SCRIPT, "--uninstall").code == 0
    assert not place.exists()
    assert os.listdir(machine.prefix / "lib") == []
    assert os.listdir(machine.prefix / "bin") == [".toolpin-mine"]


def test_hostile_105_what_a_child_of_a_killed_run_still_writes_stays_until_it_ends(
    machine: Machine,
) -> None:
    place = environment(machine, f"{DEAD}\nheld\n", None)
    with outliving_child(place):
        assert machine.script(SCRIPT, "--uninstall").code == 0
        assert (place / "bin/python").exists()
    assert machine.script(SCRIPT, "--uninstall").code == 0
    assert not place.exists()


@linux_only
def test_hostile_105_a_run_after_one_that_was_killed_leaves_one_environment(
    machine: Machine, wheel: Path
) -> None:
    words = [str(SCRIPT), "--prefix", str(machine.prefix), "--wheel", str(wheel)]
    process = subprocess.Popen(
        ["sh", *words],
        env=machine.env,
        cwd=machine.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: any(machine.prefix.glob("lib/toolpin-*/bin/python")))
    process.kill()
    process.wait()
    for _ in range(2):
        result = machine.script(SCRIPT, "--wheel", str(wheel))
        assert result.code == 0, result
        assert "cannot remove" not in result.err
    names = sorted(os.listdir(machine.prefix / "lib"))
    target = (machine.prefix / "lib/toolpin").readlink().name
    assert names == ["toolpin", target]


@linux_only
@pytest.mark.parametrize("blocks", [1, 300])
def test_hostile_106_a_full_disk_is_named(
    machine: Machine, wheel: Path, blocks: int
) -> None:
    disk = tuple(small_disk(machine.home, blocks=blocks))
    result = machine.script(SCRIPT, "--wheel", str(wheel), before=disk)
    assert result.code != 0
    assert "install.sh: the disk is full" in result.err
    assert "try: df -h" in result.err


@as_root
@pytest.mark.parametrize("how", ["--python", "PATH"])
def test_hostile_107_root_builds_on_no_python_that_others_cannot_run(
    machine: Machine, tmp_path: Path, how: str
) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    python = private / "python3"
    python.symlink_to(os.path.realpath(sys.executable))
    words = ["--prefix", str(tmp_path / "shared"), "--wheel", "/nowhere.whl"]
    env = {"PATH": f"{private}:{machine.env['PATH']}"}
    if how == "--python":
        words += ["--python", str(python)]
    result = machine.script(SCRIPT, *words, env=env)
    assert result.code == 1
    assert str(python) not in result.out
    if how == "--python":
        assert f"{python} cannot be run by other users" in result.err
    assert not (tmp_path / "shared").exists()
    # In a prefix of its own root alone runs it.
    own = machine.script(SCRIPT, "--python", str(python), "--wheel", "/nowhere.whl")
    assert str(python) in own.out
    shutil.rmtree(private)
