"""A store that was moved or copied: `COPY --from` in an image, a renamed home."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.support.run import Home
from tests.support.upstream import Upstream

V10, V12 = "10.15.3", "12.22.0"


@pytest.fixture
def store(home: Home, upstream: Upstream) -> Home:
    """Two versions of a tool, the older one pinned."""
    for version in (V10, V12):
        upstream.publish(version)
        done = home.toolpin("install", "nodejs", version)
        assert done.code == 0, done.err
    home.pin(f"nodejs {V10}\n")
    return home


def move(home: Home, *, keeps_old: bool = False) -> Path:
    """Put the store in another place, and return that."""
    new = home.root / "another place"
    old, home.data = home.data, new
    home.env["TOOLPIN_DATA_DIR"] = str(new)
    if keeps_old:
        shutil.copytree(old, new, symlinks=True)
    else:
        old.rename(new)
    return new


def tree(home: Home, version: str = V10) -> Path:
    return home.data / "installs/nodejs" / version


@pytest.mark.parametrize("keeps_old", [True, False])
@pytest.mark.parametrize("command", ["install", "reshim"])
def test_the_next_command_makes_a_moved_store_run(
    store: Home, command: str, *, keeps_old: bool
) -> None:
    old, names = str(store.data), sorted(os.listdir(store.data / "shims"))
    new = move(store, keeps_old=keeps_old)
    done = store.toolpin(command)
    assert done.code == 0, done.err
    assert sorted(os.listdir(new / "shims")) == names
    shutil.rmtree(old, ignore_errors=True)
    assert store.run(store.shim("node"), "--version").out == f"v{V10}\n"
    for file in (
        new / "shims/node",
        new / "lib/shim.sh",
        new / "lib/shim-more.sh",
        tree(store, V12) / ".toolpin",
    ):
        texts = file.iterdir() if file.is_dir() else [file]
        assert not [text for text in texts if f"{old}/" in text.read_text()]
    assert store.toolpin("verify").code == 0
    assert store.toolpin("doctor").out.count("is missing a file") == 0


def test_a_move_is_no_damage(store: Home) -> None:
    move(store)
    done = store.toolpin("verify")
    assert (done.code, done.err) == (0, "toolpin: 2 intact\n")


@pytest.mark.parametrize("words", ["exec node --version", "env", "which node"])
def test_before_any_repair_toolpin_reads_the_new_place(store: Home, words: str) -> None:
    new = move(store)
    done = store.toolpin(*words.split())
    assert done.code == 0, done.err
    if words.startswith("exec"):
        assert done.out == f"v{V10}\n"
    else:
        assert f"{new}/installs/nodejs/{V10}/bin" in done.out


@pytest.mark.parametrize("words", ["exec node --version", "which node", "env", "list"])
def test_what_only_reads_changes_nothing_in_a_moved_store(
    store: Home, words: str
) -> None:
    """Another machine may see the same store at its old path."""
    program = tree(store) / "lib/compiled"
    program.parent.mkdir(exist_ok=True)
    program.write_bytes(b"\x7fELF\0" + os.fsencode(tree(store)) + b"/lib\0")
    new = move(store)
    before = {path: path.lstat().st_mtime_ns for path in new.rglob("*")}
    assert store.toolpin(*words.split()).code == 0
    assert {path: path.lstat().st_mtime_ns for path in new.rglob("*")} == before


def test_scripts_and_links_in_a_tree_name_the_new_place(store: Home) -> None:
    inside = tree(store)
    receipt = inside / ".toolpin/receipt.json"
    script = inside / "bin/node"
    script.write_text(f"#!/bin/sh\necho '{inside}/lib:{store.data}/state/nodejs'\n")
    (inside / "bin/added").symlink_to(f"{inside}/bin/node")
    elsewhere = inside / "bin/elsewhere"
    elsewhere.symlink_to(store.data / "other/installs")
    target = os.readlink(elsewhere)
    new = move(store)
    assert store.toolpin("install").code == 0
    for name in ("node", "added"):
        done = store.run(store.shim(name))
        assert done.out == f"{new}/installs/nodejs/{V10}/lib:{new}/state/nodejs\n"
    assert script.parent.name == "bin"
    assert os.readlink(tree(store) / "bin/elsewhere") == target
    files = json.loads((new / receipt.relative_to(inside.parents[2])).read_text())[
        "files"
    ]
    (entry,) = [file for file in files if file[0] == "bin/node"]
    assert entry[1] == (tree(store) / "bin/node").stat().st_size
    assert store.toolpin("verify", "nodejs", V10).code == 0


def test_a_program_that_names_the_old_place_is_installed_again(store: Home) -> None:
    program = tree(store) / "lib/compiled"
    program.parent.mkdir(exist_ok=True)
    program.write_bytes(b"\x7fELF\0" + os.fsencode(tree(store)) + b"/lib\0")
    move(store)
    assert store.toolpin("reshim").code == 0
    missing = store.run(store.shim("node"), "--version")
    assert missing.code == 126
    assert f"nodejs {V10} is not installed" in missing.err
    done = store.toolpin("install")
    assert done.code == 0, done.err
    assert "1 installed" in done.err
    assert store.run(store.shim("node"), "--version").out == f"v{V10}\n"
    assert not (tree(store) / "lib/compiled").exists()


def test_a_second_name_of_a_store_changes_nothing(store: Home) -> None:
    record = tree(store) / ".toolpin/record.sh"
    before = record.read_text()
    (store.root / "link").symlink_to(store.data)
    store.env["TOOLPIN_DATA_DIR"] = str(store.root / "link")
    assert store.toolpin("reshim").code == 0
    assert record.read_text() == before
    assert store.run(store.shim("node"), "--version").out == f"v{V10}\n"


def test_data_that_a_tool_has_added_does_not_take_its_install_away(
    store: Home,
) -> None:
    added = tree(store) / "lib/added"
    added.parent.mkdir(exist_ok=True)
    data = b"\xa7\r\r\n\0" + os.fsencode(tree(store)) + b"/lib/module.py\0"
    added.write_bytes(data)
    move(store)
    assert store.toolpin("reshim").code == 0
    assert store.run(store.shim("node"), "--version").out == f"v{V10}\n"
    assert (tree(store) / "lib/added").read_bytes() == data
