"""`toolpin verify`: what is damaged is named, and put right while programs run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.machine import strace
from tests.support.run import TOOLPIN, Home
from tests.support.upstream import Upstream

VERSION = "10.15.3"
NODE = f"nodejs {VERSION}"


def _findings(home: Home) -> list[dict[str, str]]:
    result = home.toolpin("verify", "--json")
    (install,) = json.loads(result.out)["result"]["installs"]
    findings: list[dict[str, str]] = install["findings"]
    return findings


@pytest.fixture
def tree(home: Home, upstream: Upstream) -> Path:
    """An install, whose archive the cache holds."""
    upstream.publish(VERSION)
    home.pin(f"{NODE}\n")
    assert home.toolpin("install").code == 0
    return home.data / "installs/nodejs" / VERSION


def _break(tree: Path) -> dict[str, str]:
    """Damage a tree in every way; return the kinds by path."""
    node = tree / "bin/node"
    node.write_text(f"{node.read_text()}# one more line\n")
    flipped = (tree / "include/node/node.h").read_bytes().replace(b"o", b"0", 1)
    (tree / "include/node/node.h").write_bytes(flipped)
    (tree / "LICENSE").unlink()
    (tree / "bin/npm").unlink()
    (tree / "bin/npm").symlink_to("node")
    shutil.rmtree(tree / "share")
    (tree / "lib/node_modules/npm/package.json").chmod(0o600)
    (tree / ".toolpin/record.sh").write_text("")
    return {
        "bin/node": "changed",
        "include/node/node.h": "changed",
        "LICENSE": "missing",
        "bin/npm": "wrong link",
        "share/man/man1/node.1": "missing",
        "lib/node_modules/npm/package.json": "wrong mode",
        ".toolpin/record.sh": "changed",
    }


def _verify(home: Home, *args: str) -> tuple[int, dict[str, object]]:
    result = home.toolpin("verify", "--json", *args)
    (install,) = json.loads(result.out)["result"]["installs"]
    return result.code, install


def test_a_fresh_install_is_intact(home: Home, tree: Path) -> None:
    assert tree.is_dir()
    result = home.toolpin("verify")
    assert result.code == 0
    assert result.out == f"{NODE}: intact, 11 files and links\n"
    assert result.err == "toolpin: 1 intact\n"


def test_every_damage_is_one_line_and_exit_code_1(home: Home, tree: Path) -> None:
    kinds = _break(tree)
    code, install = _verify(home, "nodejs", VERSION)
    assert (code, install["status"]) == (1, "damaged")
    findings = install["findings"]
    assert isinstance(findings, list)
    assert {finding["path"]: finding["kind"] for finding in findings} == kinds
    shown = home.toolpin("verify")
    assert shown.code == 1
    heading, *lines = shown.out.splitlines()
    assert heading == f"{NODE}: damaged"
    assert len(lines) == len(kinds)
    assert "try: toolpin verify nodejs 10.15.3 --repair" in shown.err


def test_a_package_manager_that_has_replaced_itself_is_no_damage(
    home: Home, tree: Path
) -> None:
    npm = tree / "lib/node_modules/npm"
    (npm / "package.json").write_text('{"name": "npm", "version": "11.6.2"}\n')
    (npm / "bin/npm-cli.js").write_text("#!/bin/sh\necho 11.6.2\n")
    (npm / "bin/npx-cli.js").unlink()
    (npm / "new.js").write_text("")
    code, install = _verify(home)
    assert (code, install["findings"]) == (0, [])
    assert home.toolpin("doctor").out.count(NODE) == 0
    (tree / "bin/node").write_text("")
    assert [finding["path"] for finding in _findings(home)] == ["bin/node"]


@pytest.mark.parametrize("name", ["package.json", "bin/npm-cli.js"])
def test_one_changed_file_of_a_package_manager_is_damage(
    home: Home, tree: Path, name: str
) -> None:
    path = f"lib/node_modules/npm/{name}"
    (tree / path).write_bytes((tree / path).read_bytes().replace(b"n", b"o", 1))
    assert [finding["path"] for finding in _findings(home)] == [path]


@pytest.mark.parametrize("path", [".", "bin", "lib/node_modules", ".toolpin"])
def test_a_directory_that_everybody_may_write_is_damage_and_is_closed(
    path: str, home: Home, tree: Path
) -> None:
    (tree / path).chmod(0o777)
    code, install = _verify(home)
    assert code == 1
    detail = {"kind": "wrong mode", "path": path, "detail": "0777, not 0775"}
    assert install["findings"] == [detail]
    assert home.toolpin("verify", "--repair").code == 0
    assert stat.S_IMODE((tree / path).stat().st_mode) == 0o775


def test_a_lost_receipt_is_told_with_the_fix_that_works(home: Home, tree: Path) -> None:
    (tree / ".toolpin/receipt.json").unlink()
    for words in (("verify",), ("doctor",)):
        result = home.toolpin(*words)
        assert "toolpin uninstall nodejs 10.15.3 && toolpin" in result.out + result.err
        assert "--repair" not in result.out + result.err


def test_what_a_group_may_write_is_no_damage(home: Home, tree: Path) -> None:
    """As `npm install -g` leaves its directories with the umask 002."""
    (tree / "lib/node_modules/mine/lib").mkdir(parents=True)
    for path in ("lib/node_modules/mine/lib", "lib/node_modules/mine", "bin"):
        (tree / path).chmod(0o775)
    assert _verify(home)[0] == 0


def test_what_else_lies_in_toolpins_own_directory_is_told(
    home: Home, tree: Path
) -> None:
    (tree / ".toolpin/hook.sh").write_text("x")
    code, install = _verify(home)
    assert (code, install["added"]) == (0, [".toolpin/hook.sh"])
    shutil.move(tree / ".toolpin", home.root / "own")
    (tree / ".toolpin").symlink_to(home.root / "own")
    code, install = _verify(home)
    assert code == 1


def test_an_install_is_intact_under_each_name_of_the_data_directory(
    home: Home, tree: Path
) -> None:
    (home.root / "other").symlink_to(home.data)
    env = {"TOOLPIN_DATA_DIR": str(home.root / "other")}
    assert home.toolpin("verify", env=env).code == 0
    record = tree / ".toolpin/record.sh"
    record.write_text(record.read_text().replace("/installs/", "/elsewhere/"))
    assert home.toolpin("verify", env=env).code == 1


def test_a_repair_needs_the_cache_alone(
    home: Home, tree: Path, upstream: Upstream
) -> None:
    kinds, asked = _break(tree), len(upstream.server.requests)
    code, install = _verify(home, "--repair")
    assert (code, install["status"], install["findings"]) == (0, "repaired", [])
    assert set(install["repaired"]) == set(kinds)  # type: ignore[call-overload]
    assert home.toolpin("verify").code == 0
    assert len(upstream.server.requests) == asked
    assert home.run(home.shim("node"), "--version").out == f"v{VERSION}\n"
    assert not any((home.data / "staging").iterdir())


def test_a_repair_needs_no_remembered_plan_and_no_plugin(
    home: Home, tree: Path
) -> None:
    shutil.rmtree(home.cache / "plans")
    (home.config / "plugins").mkdir()
    bundled = Path(__file__).parents[2] / "plugins/nodejs.toml"
    other = bundled.read_text().replace("strip = 1", "strip = 2")
    (home.config / "plugins/nodejs.toml").write_text(other)
    _break(tree)
    assert home.toolpin("verify", "--repair").code == 0


def test_a_repair_downloads_what_the_cache_has_lost(
    home: Home, tree: Path, upstream: Upstream
) -> None:
    shutil.rmtree(home.cache / "archives")
    _break(tree)
    assert home.toolpin("verify", "--repair").code == 0
    assert upstream.server.count(upstream.tarball_path(VERSION)) == 2


def test_links_modes_and_the_record_need_no_archive(
    home: Home, tree: Path, upstream: Upstream
) -> None:
    shutil.rmtree(home.cache / "archives")
    asked = len(upstream.server.requests)
    (tree / "bin/npm").unlink()
    (tree / "bin/node").chmod(0o644)
    (tree / ".toolpin/record.sh").unlink()
    assert home.toolpin("verify", "--repair").code == 0
    assert len(upstream.server.requests) == asked


def test_hostile_37_other_bytes_repair_nothing(
    home: Home, tree: Path, upstream: Upstream
) -> None:
    shutil.rmtree(home.cache / "archives")
    upstream.server.put(upstream.tarball_path(VERSION), b"other bytes")
    (tree / "bin/node").write_text("#!/bin/sh\necho damaged\n")
    (tree / "bin/npm").unlink()
    result = home.toolpin("verify", "--repair")
    assert result.code == 1
    assert "differs from the published file" in result.err
    assert (tree / "bin/node").read_text() == "#!/bin/sh\necho damaged\n"
    assert os.readlink(tree / "bin/npm").endswith("npm-cli.js")


def test_added_files_stay_and_are_told_apart(home: Home, tree: Path) -> None:
    caches = tree / "include/node/__pycache__"
    caches.mkdir()
    (caches / "a.pyc").touch()
    (caches / "b.pyc").touch()
    (tree / "notes").touch()
    own = tree / "lib/node_modules/left-pad"
    own.mkdir()
    (own / "package.json").touch()
    result = home.toolpin("verify")
    assert result.code == 0
    assert result.out.splitlines()[0].endswith("; 1 more that the tool added")
    added = [line.split() for line in result.out.splitlines()[1:]]
    assert added == [
        ["added", "include/node/__pycache__/", "2", "files"],
        ["added", "notes"],
    ]
    (tree / "LICENSE").unlink()
    _, install = _verify(home, "--repair")
    assert (install["status"], install["own"]) == ("repaired", 1)
    kept = ["include/node/__pycache__/a.pyc", "include/node/__pycache__/b.pyc", "notes"]
    assert install["added"] == kept
    assert (own / "package.json").exists()


def test_hostile_19_a_name_cannot_drive_the_terminal(home: Home, tree: Path) -> None:
    (tree / "\x1b[31m\nred").touch()
    Path(os.fsdecode(bytes(tree) + b"/\xff")).touch()
    result = home.toolpin("verify")
    assert result.code == 0
    assert "\x1b" not in result.out
    assert len(result.out.splitlines()) == 3
    assert json.loads(home.toolpin("verify", "--json").out)


def test_a_version_that_is_not_installed_is_an_error(home: Home, tree: Path) -> None:
    assert tree.is_dir()
    result = home.toolpin("verify", "nodejs", "1.2.3")
    assert result.code == 1
    assert VERSION in result.err


def test_hostile_81_shims_run_through_a_repair(home: Home, tree: Path) -> None:
    """`node` answers however damaged it is, so its shim may never fail."""
    stop, seen, failures = threading.Event(), [0], []

    def call() -> None:
        while not stop.is_set():
            result = home.run(home.shim("node"), "--version")
            seen[0] += 1
            if (result.code, result.out) != (0, f"v{VERSION}\n"):
                failures.append(result)

    callers = [threading.Thread(target=call) for _ in range(2)]
    for caller in callers:
        caller.start()
    try:
        for _ in range(4):
            # By a process of its own: what a thread of this one starts would inherit a
            # program that is open for writing, and nobody may run that meanwhile.
            damage = "cp -p node fresh && echo '# damaged' >>fresh && mv fresh node"
            assert home.run("sh", "-c", damage, cwd=tree / "bin").code == 0
            (tree / "LICENSE").write_text("damaged")
            code, install = _verify(home, "--repair")
            assert (code, install["status"]) == (0, "repaired")
            assert {"bin/node", "LICENSE"} <= set(install["repaired"])  # type: ignore[call-overload]
    finally:
        stop.set()
        for caller in callers:
            caller.join()
    assert not failures
    assert seen[0] > 0


@pytest.mark.skipif(sys.platform != "linux", reason="strace belongs to Linux")
def test_hostile_78_kill_while_repairing(home: Home, tree: Path) -> None:
    _break(tree)
    under = strace("?rename,?renameat,?renameat2:signal=KILL:when=3")
    killed = subprocess.run(
        [*under, *TOOLPIN, "verify", "--repair"],
        cwd=home.project,
        env=home.env,
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    code, install = _verify(home)
    assert (code, install["added"]) == (1, [])
    assert home.toolpin("verify", "--repair").code == 0
    assert not any((home.data / "staging").iterdir())
