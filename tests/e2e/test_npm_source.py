"""The npm source against a registry on 127.0.0.1, asked by the real npm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.archives import npm_package
from tests.support.registry import Registry
from tests.support.run import Home
from tests.support.server import Server

NODE = b"#!/bin/sh\necho v10.15.3\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def machine(home: Home, server: Server) -> Home:
    """A machine whose npm asks the loopback registry, and whose plugin asks npm."""
    (home.home / ".npmrc").write_text(f"registry={server.url}/\n")
    plugins = home.config / "plugins"
    plugins.mkdir()
    (plugins / "mytool.toml").write_text(
        """
[tool]
name = "mytool"
description = "a tool on npm"
homepage = "https://mytool.example/"
commands = ["mytool"]
[[source]]
id = "npm"
kind = "npm"
publisher = "mytool on npm"
package = "mytool"
strip = 1
hosts = {linux-x64 = {}, linux-arm64 = {}, macos-x64 = {}, macos-arm64 = {}}
"""
    )
    package = npm_package([("bin/mytool", NODE, 0o755)])
    Registry(server).publish("mytool", {"10.15.2": package, "10.15.3": package})
    return home


def test_a_package_becomes_an_install(machine: Home) -> None:
    machine.pin("mytool 10.15.3\n")
    result = machine.toolpin("install")
    assert result.code == 0, result.err
    assert machine.run(machine.shim("mytool")).out == "v10.15.3\n"
    assert machine.toolpin("list-all", "mytool").out == "10.15.2\n10.15.3\n"


@pytest.mark.parametrize("words", [("install",), ("lock", "--host", "linux-x64")])
def test_a_version_whose_companion_is_unknown_is_not_the_newest(
    words: tuple[str, ...], machine: Home, server: Server
) -> None:
    plugin = machine.config / "plugins/mytool.toml"
    companion = '[[source.with]]\npackage = "extra"\ntable = "extra.tsv"\n'
    companion += 'column = "extra"\ninto = "lib/extra"\n'
    plugin.write_text(plugin.read_text() + companion)
    plugin.with_name("extra.tsv").write_text("mytool\textra\n10.15.2\t1.0.0\n")
    package = npm_package([("index.js", b"", 0o644)])
    Registry(server).publish("extra", {"1.0.0": package})
    machine.pin("mytool 10\n")
    result = machine.toolpin(*words)
    assert result.code == 0, result.err
    assert "10.15.2" in result.out + result.err
    assert "10.15.3" not in result.out + result.err


@pytest.mark.parametrize("version", ["9.9.9", "next"])
def test_what_npm_would_guess_at_is_not_published(version: str, machine: Home) -> None:
    result = machine.toolpin("install", "mytool", version)
    assert result.code == 1
    assert machine.toolpin("list").out == ""


@pytest.mark.parametrize("wanted", ["10", "latest", "latest:10.15"])
def test_a_loose_version_means_the_newest_that_npm_has(
    wanted: str, machine: Home
) -> None:
    result = machine.toolpin("install", "mytool", wanted)
    assert result.code == 0, result.err
    assert "10.15.3 today, not locked: toolpin lock" in result.err
    assert machine.toolpin("list").out.split()[:2] == ["mytool", "10.15.3"]


@pytest.fixture
def completed(machine: Home, server: Server) -> Home:
    """A plugin whose table does not know the companion of the newest version yet."""
    plugin = machine.config / "plugins/mytool.toml"
    companion = (
        '[[source.with]]\npackage = "xqwzt"\ntable = "mytool.tsv"\n'
        'column = "xqwzt"\ninto = "lib/xqwzt"\n'
    )
    plugin.write_text(plugin.read_text() + companion)
    table = "mytool\txqwzt\n10.15.2\t1.0.0\n"
    plugin.with_name("mytool.tsv").write_text(table)
    package = npm_package([("bin/xqwzt", NODE, 0o755)])
    Registry(server).publish("xqwzt", {"1.0.0": package})
    return machine


@pytest.mark.parametrize("hosts", [(), ("--host", "linux-x64")])
@pytest.mark.parametrize("wanted", ["10", "latest"])
def test_a_version_whose_companion_is_unknown_is_not_chosen(
    wanted: str, hosts: tuple[str, ...], completed: Home
) -> None:
    completed.pin(f"mytool {wanted}\n")
    locked = completed.toolpin("lock", "--source", "npm", *hosts)
    assert locked.code == 0, locked.err
    assert "-> 10.15.2" in locked.out
    assert completed.toolpin("latest", "mytool").out == "10.15.2\n"
    assert completed.toolpin("list-all", "mytool").out == "10.15.2\n"
    installed = completed.toolpin("install", "--source", "npm")
    assert installed.code == 0, installed.err
    assert completed.toolpin("outdated").code == 0


def test_a_version_becomes_known_with_its_row_though_the_list_is_cached(
    completed: Home,
) -> None:
    assert completed.toolpin("install", "mytool", "10", "--dry-run").code == 5
    with (completed.config / "plugins/mytool.tsv").open("a") as table:
        table.write("10.15.3\t1.0.0\n")
    result = completed.toolpin("install", "mytool", "10")
    assert "10.15.3 today" in result.err


def test_an_exact_version_whose_companion_is_unknown_is_refused_with_the_reason(
    completed: Home,
) -> None:
    result = completed.toolpin("install", "mytool", "10.15.3")
    assert result.code == 1
    assert "the xqwzt version that was shipped with mytool 10.15.3 is not" in result.err
    assert "nearest 10.15.2" in result.err


def test_a_strangers_project_above_chooses_no_registry(
    machine: Home, server: Server
) -> None:
    evil = Registry(server, "/evil")
    evil.publish("mytool", {"6.6.6": npm_package([("bin/mytool", NODE, 0o755)])})
    shared = machine.root / "shared"
    shared.mkdir()
    for directory in (shared, machine.root):
        (directory / "package.json").write_text("{}")
        (directory / ".npmrc").write_text(f"registry={server.url}/evil/\n")
    machine.env["TMPDIR"] = str(shared)
    assert machine.toolpin("install", "mytool", "10.15.3").code == 0
    assert "6.6.6" not in machine.toolpin("list-all", "mytool").out
    assert not [
        request for request in server.requests if request.path.startswith("/evil")
    ]


@pytest.mark.parametrize(
    "setting",
    [
        "dry-run=true",
        "offline=true",
        "usage=true",
        "pack-destination=/tmp",
        "global=true",
    ],
)
def test_settings_of_other_calls_change_nothing(
    setting: str, machine: Home, tmp_path: Path
) -> None:
    npmrc = machine.home / ".npmrc"
    npmrc.write_text(f"{npmrc.read_text()}{setting}\n")
    machine.env["NODE_OPTIONS"] = f"--require {tmp_path}/none.js"
    result = machine.toolpin("install", "mytool", "10.15.3")
    assert result.code == 0, result.err
