"""What counts as installed, and what an install's record says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.run import Home
from tests.support.scripted import GREET, write
from toolpin.env_patch import render_record
from toolpin.errors import NotRunnable
from toolpin.model import EnvPatch, Pin
from toolpin.store.installs import (
    commands,
    environment,
    is_installed,
    remember_channel,
    tools,
    versions,
)
from toolpin.system.paths import Paths

NODE = Pin("nodejs", "10.15.3")


@pytest.fixture
def paths(home: Home) -> Paths:
    return Paths(str(home.data), str(home.config))


def publish(paths: Paths, pin: Pin, *, bins: tuple[str, ...] = ("bin",)) -> Path:
    tree = Path(paths.install(*pin))
    (tree / ".toolpin").mkdir(parents=True)
    for directory in bins:
        (tree / directory).mkdir(parents=True)
    patch = EnvPatch(
        tuple(f"{tree}/{directory}" for directory in bins), (("X", "it's"),)
    )
    (tree / ".toolpin" / "record.sh").write_text(render_record(patch))
    return tree


def test_a_directory_without_a_mark_is_published(paths: Paths) -> None:
    publish(paths, NODE)
    assert is_installed(paths, NODE)
    assert tools(paths) == ("nodejs",)
    assert versions(paths, "nodejs") == ("10.15.3",)


def test_a_mark_takes_a_version_out(paths: Paths) -> None:
    publish(paths, NODE)
    mark = Path(paths.incomplete, *NODE)
    mark.parent.mkdir(parents=True)
    mark.touch()
    assert not is_installed(paths, NODE)
    assert tools(paths) == ()
    assert versions(paths, "nodejs") == ()


def test_a_file_is_no_version(paths: Paths) -> None:
    publish(paths, NODE)
    Path(paths.install("nodejs", "9.0.0")).touch()
    Path(paths.install("nodejs", ".hidden")).mkdir()
    assert versions(paths, "nodejs") == ("10.15.3",)


@pytest.mark.parametrize("version", ["..", ".", "", "../nodejs/10.15.3", "/etc", "-x"])
def test_hostile_54_a_version_never_leaves_the_store(
    paths: Paths, version: str
) -> None:
    publish(paths, NODE)
    assert not is_installed(paths, Pin("nodejs", version))


@pytest.mark.parametrize("tool", ["..", "../installs/nodejs", "NodeJS", "-n", ""])
def test_hostile_56_a_tool_never_leaves_the_store(paths: Paths, tool: str) -> None:
    publish(paths, NODE)
    assert not is_installed(paths, Pin(tool, "10.15.3"))
    assert versions(paths, tool) == ()


def test_an_absent_store_is_empty(paths: Paths) -> None:
    assert tools(paths) == ()
    assert versions(paths, "nodejs") == ()


def test_the_record_is_the_environment(paths: Paths) -> None:
    tree = publish(paths, NODE, bins=("bin", "more/bin"))
    patch = environment(paths, NODE)
    assert patch.path == (f"{tree}/bin", f"{tree}/more/bin")
    assert patch.variables == (("X", "it's"),)


def test_an_adopted_install_has_its_bin(paths: Paths) -> None:
    tree = Path(paths.install(*NODE))
    (tree / "bin").mkdir(parents=True)
    assert environment(paths, NODE) == EnvPatch((f"{tree}/bin",), ())


@pytest.mark.parametrize("content", [b"rm -rf ~\n", b"", b"x" * 300_000, b"\xff"])
def test_a_damaged_record_is_named(paths: Paths, content: bytes) -> None:
    record = publish(paths, NODE) / ".toolpin" / "record.sh"
    record.write_bytes(content)
    with pytest.raises(NotRunnable) as caught:
        environment(paths, NODE)
    assert ("record", str(record)) in caught.value.facts


def test_commands_are_the_executable_files(paths: Paths) -> None:
    bins = publish(paths, NODE) / "bin"
    (bins / "node").write_text("#!/bin/sh\n")
    (bins / "node").chmod(0o755)
    os.symlink("node", bins / "nodejs")
    os.symlink("absent", bins / "dangling")
    (bins / "readme").write_text("")
    (bins / "directory").mkdir()
    assert commands(paths, NODE) == ("node", "nodejs")


@pytest.mark.parametrize(
    "place",
    [
        "installs/nodejs/10.15.3/.toolpin/record.sh",
        "installs/nodejs/10.15.3/.toolpin/receipt.json",
        "channels/nodejs/lts",
        "staging/nodejs@10.15.3",
        "incomplete/nodejs/10.15.3",
        "projects",
        "shims/node",
        "lib/shim.sh",
        "lib/shim-more.sh",
        "idiomatic/more",
    ],
)
def test_hostile_67_a_pipe_in_the_store_keeps_nobody_waiting(
    place: str, home: Home, paths: Paths
) -> None:
    """Nobody writes to it, and nobody reads from it."""
    home.pin("nodejs lts\n")
    tree = publish(paths, NODE)
    (tree / "bin/node").write_text("#!/bin/sh\n")
    (tree / "bin/node").chmod(0o755)
    write(home.data / "plugins/more", GREET)
    remember_channel(paths, NODE, "lts")
    pipe = home.data / place
    pipe.parent.mkdir(parents=True, exist_ok=True)
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    for words in (
        ("list",),
        ("which", "node"),
        ("exec", "node"),
        ("current",),
        ("reshim",),
        ("doctor",),
        ("verify",),
        ("prune", "--keep-days", "0"),
        ("install", "--offline", "nodejs", NODE.version),
        ("uninstall", *NODE),
    ):
        result = home.toolpin(*words)
        assert result.code != 3, result.err
