"""From a line in `.tool-versions` to the version that answers through a shim."""

from __future__ import annotations

import json
import os
import re

import pytest

from tests.support.run import TOOLPIN, Home
from tests.support.server import Cut, Flip, Hang, Status
from tests.support.terminal import Terminal
from tests.support.upstream import Upstream


def test_two_projects_each_run_their_own_version(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    upstream.publish("24.11.1")
    other = home.root / "other"
    other.mkdir()
    home.pin("nodejs 10.15.3\n")
    (other / ".tool-versions").write_text("node 24.11.1\n")
    assert home.toolpin("install").code == 0
    assert home.toolpin("install", cwd=other).code == 0
    assert home.run(home.shim("node"), "--version").out == "v10.15.3\n"
    assert home.run(home.shim("node"), "--version", cwd=other).out == "v24.11.1\n"


def test_a_rollback_is_one_line(home: Home, upstream: Upstream) -> None:
    upstream.publish("10.15.3")
    upstream.publish("24.11.1")
    home.pin("nodejs 24.11.1 10.15.3\n")
    assert home.toolpin("install").code == 0
    asked = len(upstream.server.requests)
    home.pin("nodejs 10.15.3\n")
    assert home.run(home.shim("node"), "--version").out == "v10.15.3\n"
    assert len(upstream.server.requests) == asked


def test_the_receipt_tells_what_was_used(home: Home, upstream: Upstream) -> None:
    tarball = upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    home.toolpin("install")
    tree = home.data / "installs/nodejs/10.15.3"
    receipt = json.loads((tree / ".toolpin/receipt.json").read_text())
    url = "https://nodejs.org/dist/v10.15.3/node-v10.15.3-linux-x64.tar.xz"
    assert receipt["artifacts"][0]["locator"] == url
    assert receipt["artifacts"][0]["size_bytes"] in (None, len(tarball))
    assert (receipt["source"], receipt["host"]) == ("upstream", "linux-x64")
    listed = {entry[0] for entry in receipt["files"]}
    on_disk = {
        str(path.relative_to(tree))
        for path in tree.rglob("*")
        if (path.is_symlink() or not path.is_dir()) and ".toolpin" not in path.parts
    }
    assert listed == on_disk


def test_an_install_says_one_line_a_phase_and_a_summary(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    result = home.toolpin("install")
    assert result.out == ""
    lines = result.err.splitlines()
    assert lines[0].startswith("nodejs 10.15.3: downloading node-v10.15.3")
    assert lines[1] == "nodejs 10.15.3: unpacking"
    assert lines[-2] == "toolpin: 1 installed"
    assert "\r" not in result.err
    again = home.toolpin("install")
    assert again.err == "toolpin: 1 already installed\n"


SHELLS = {
    "bash": ("bash", "--noprofile", "--norc", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "--no-config", "-i"),
    "dash": ("dash", "-i"),
}
FILES = {"bash": ".bashrc", "zsh": ".zshrc", "fish": "config.fish", "dash": ".profile"}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_line_that_an_install_ends_in_brings_its_programs_into_that_shell(
    home: Home, upstream: Upstream, shell: str
) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    env = {**home.env, "SHELL": f"/usr/bin/{shell}", "COLUMNS": "400"}
    with Terminal(*SHELLS[shell], env=env, cwd=home.project) as terminal:
        terminal.send(f"{' '.join(TOOLPIN)} install\n")
        shown = terminal.until("programs are not on PATH yet", FILES[shell])
        line = re.search(r"in this shell +(\S[^\r\n]*)", shown)
        assert line, shown
        terminal.send(f"{line[1]}\n")
        terminal.send("node --version | tr v w\n")
        terminal.until("w10.15.3")


def test_a_script_is_told_of_the_shims_in_a_line_that_sh_reads(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    home.env["SHELL"] = "/usr/bin/fish"
    output = home.toolpin("install", "nodejs", "10.15.3").err.splitlines()[-1]
    what, _, line = output.partition(": ")
    assert what == "its programs are not on PATH yet"
    home.pin("nodejs 10.15.3\n")
    assert home.run("dash", "-c", f"{line}\nnode --version").out == "v10.15.3\n"


def test_who_has_the_line_in_a_startup_file_is_not_told_to_add_it(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    (home.home / ".bashrc").write_text('eval "$(toolpin activate bash)"\n')
    with Terminal(*SHELLS["bash"], env=home.env, cwd=home.project) as terminal:
        words = " ".join(TOOLPIN)
        terminal.send(f"{words} install nodejs 10.15.3; echo 'the'' end'\n")
        shown = terminal.until("in this shell", "the end")
    assert "in every shell" not in shown


def test_shims_that_path_reaches_by_another_name_are_on_it(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    (home.root / "link").symlink_to(home.data)
    home.env["PATH"] = f"{home.root}/link/shims:{home.env['PATH']}"
    assert "PATH" not in home.toolpin("install", "nodejs", "10.15.3").err


def test_new_commands_are_named_to_who_has_the_shims_on_path(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    home.env["PATH"] = f"{home.data}/shims:{home.env['PATH']}"
    home.pin("nodejs 10.15.3\n")
    output = home.toolpin("install").err
    assert "new commands: node, npm, npx; bash may need `hash -r`\n" in output
    assert "export PATH" not in output


def test_a_cut_download_is_resumed(home: Home, upstream: Upstream) -> None:
    tarball = upstream.publish("10.15.3", fault=Cut(after=300))
    home.pin("nodejs 10.15.3\n")
    assert home.toolpin("install").code == 0
    path = upstream.tarball_path("10.15.3")
    seen = [request for request in upstream.server.requests if request.path == path]
    assert seen[1].headers["range"] == "bytes=300-"
    assert seen[1].sent == len(tarball) - 300


def test_a_flipped_bit_installs_nothing(home: Home, upstream: Upstream) -> None:
    upstream.publish("10.15.3", fault=Flip(at=200))
    home.pin("nodejs 10.15.3\n")
    result = home.toolpin("install")
    assert result.code == 1
    assert "differs from the published file" in result.err
    assert home.toolpin("list").out == ""
    assert not list(home.cache.rglob("archives/*/*"))


def test_a_source_without_the_file_hands_over_to_the_next(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3", fault=Status(404))
    upstream.publish("10.15.3", directory="second")
    upstream.add_second_source(home)
    home.pin("nodejs 10.15.3\n")
    result = home.toolpin("install")
    assert result.code == 0, result.err
    handed_over = [line for line in result.err.splitlines() if "next: " in line]
    assert len(handed_over) == 1
    assert "404" in handed_over[0]
    assert handed_over[0].endswith("next: the second publisher")
    assert home.run(home.shim("node"), "--version").out == "v10.15.3\n"


def test_a_source_that_hangs_hands_over_to_the_next(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    upstream.server.put("/dist/v10.15.3/SHASUMS256.txt", b"", fault=Hang())
    upstream.publish("10.15.3", directory="second")
    upstream.add_second_source(home)
    home.env["TOOLPIN_STALL_TIMEOUT_S"] = "1"
    home.pin("nodejs 10.15.3\n")
    result = home.toolpin("install")
    assert result.code == 0, result.err
    assert "next: the second publisher" in result.err


def test_a_build_of_another_version_is_not_installed(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("24.17.0", contents="24.19.0")
    home.pin("nodejs 24.17.0\n")
    result = home.toolpin("install")
    assert result.code == 1
    assert "it reports v24.19.0" in result.err
    assert home.toolpin("list").out == ""


def test_a_version_that_does_not_exist_names_its_neighbours(
    home: Home, upstream: Upstream
) -> None:
    for version in ("20.9.0", "20.19.4", "18.0.0"):
        upstream.publish(version)
    file = home.pin("# runtimes\nnodejs 20.99.0\n")
    result = home.toolpin("install")
    assert result.code == 1
    assert f"{file}:2" in result.err
    assert "20.19.4" in result.err
    assert "toolpin: nodejs 20.99.0 does not exist" in result.err


def test_an_unknown_tool_does_not_stop_the_others(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    file = home.pin("nodjs 1.0.0\nnodejs 10.15.3\n")
    result = home.toolpin("install")
    assert result.code == 1
    assert f"{file}:1" in result.err
    assert "nodejs" in result.err
    assert home.run(home.shim("node"), "--version").out == "v10.15.3\n"


def test_without_a_file_the_directories_searched_are_named(home: Home) -> None:
    result = home.toolpin("install")
    assert result.code == 2
    assert str(home.project) in result.err
    assert str(home.home) in result.err


def test_a_dry_run_changes_nothing(home: Home, upstream: Upstream) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    result = home.toolpin("install", "--dry-run")
    assert result.code == 5
    assert "node-v10.15.3-linux-x64.tar.xz" in result.out
    assert upstream.server.count(upstream.tarball_path("10.15.3")) == 0
    assert not home.data.exists()


def test_what_an_index_lists_is_shown_only_if_it_can_be_a_version(
    home: Home, upstream: Upstream
) -> None:
    hostile = [
        {"version": version, "files": ["linux-x64"]}
        for version in ("v10.9.0", "v10.15.3", "v\x1b[2J", "v../../x", "v")
    ]
    index = json.dumps(hostile).encode()
    upstream.server.put("/dist/index.json", index)
    result = home.toolpin("list-all", "nodejs")
    assert (result.code, result.out) == (0, "10.9.0\n10.15.3\n")


@pytest.mark.parametrize("index", ["", "{}", "[1]", '[{"version": 1}]', "<html>"])
def test_an_index_of_another_shape_is_named(
    index: str, home: Home, upstream: Upstream
) -> None:
    upstream.server.put("/dist/index.json", index.encode())
    result = home.toolpin("list-all", "nodejs")
    assert result.code == 1
    assert "https://nodejs.org/dist/index.json" in result.err


def test_a_reinstall_needs_no_network(home: Home, upstream: Upstream) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    home.toolpin("install")
    assert home.toolpin("uninstall", "nodejs", "10.15.3").code == 0
    assert not os.path.exists(home.shim("npx"))
    upstream.server.close()
    result = home.toolpin("install")
    assert result.code == 0, result.err
    assert home.run(home.shim("node"), "--version").out == "v10.15.3\n"
