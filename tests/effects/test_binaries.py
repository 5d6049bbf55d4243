"""Which commands a host can run, read from programs built byte by byte."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.programs import GLIBC, MUSL, elf, fat, macho
from toolpin.binaries.runnable import check_command
from toolpin.errors import Refused
from toolpin.model import Host, Pin

PIN = Pin("nodejs", "24.1.0")
LINUX = Host("linux", "x64", "glibc", "2.36")
ALPINE = Host("linux", "x64", "musl", "1.2")
MAC = Host("macos", "arm64", "", "14.5")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host's root directory, with both loaders, a shell and env."""
    root = tmp_path / "root"
    for path in (GLIBC, MUSL, "/bin/sh", "/usr/bin/env"):
        file = root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return root


def check(data: bytes, host: Host, root: Path | None, mode: int = 0o755) -> None:
    with tempfile.TemporaryDirectory() as directory:
        command = Path(directory) / "node"
        command.write_bytes(data)
        command.chmod(mode)
        check_command(str(command), host, PIN, root=str(root) if root else "")


def refusal(data: bytes, host: Host, root: Path | None, mode: int = 0o755) -> str:
    with pytest.raises(Refused) as caught:
        check(data, host, root, mode)
    assert str(PIN) in caught.value.what
    assert caught.value.facts[0][0] == "path"
    return caught.value.render()


@pytest.mark.parametrize(
    ("data", "host"),
    [
        (elf(), LINUX),
        (elf(versions=("GLIBC_2.17", "GLIBC_2.36", "GLIBC_2.9")), LINUX),
        (elf(versions=("GLIBC_PRIVATE", "CXXABI_9.9")), LINUX),
        (elf(versions=("GLIBC_2.99",)), LINUX._replace(libc_version="")),
        (elf(loader=""), LINUX),
        (elf(loader=""), ALPINE),
        (elf(loader=MUSL), ALPINE),
        (macho(0x0100000C), MAC),
        (fat(0x01000007, 0x0100000C), MAC),
        (b"#!/bin/sh\n", LINUX),
        (b"#! /usr/bin/env node\n", LINUX),
        (b"#!/bin/sh", ALPINE),
    ],
)
def test_what_the_host_can_run_is_accepted(root: Path, data: bytes, host: Host) -> None:
    check(data, host, root)


def test_a_newer_glibc_than_the_host_has_is_named(root: Path) -> None:
    data = elf(versions=("GLIBC_2.17", "GLIBC_2.38", "GLIBC_2.9"))
    output = refusal(data, LINUX, root)
    assert "needs GLIBC_2.38, this host has 2.36" in output
    assert "glibc 2.36" in output


def test_relative_relocations_need_glibc_2_36(root: Path) -> None:
    data = elf(versions=("GLIBC_2.9", "GLIBC_ABI_DT_RELR"))
    assert "GLIBC_2.36" in refusal(data, LINUX._replace(libc_version="2.31"), root)


@pytest.mark.parametrize(
    ("data", "host", "fact"),
    [
        (elf(machine=183), LINUX, "linux-arm64"),
        (elf(machine=8), LINUX, "machine 8"),
        (elf(), MAC, "linux-x64"),
        (elf(), ALPINE, GLIBC),
        (elf(loader=MUSL), LINUX, MUSL),
        (macho(0x01000007), MAC, "macos-x64"),
        (macho(0x0100000C), LINUX, "macos-arm64"),
        (fat(0x01000007, 18), MAC, "macos-x64, macos-cpu 0x12"),
        (fat(), MAC, "no machine"),
        (b"\x7fELF\1\1" + elf()[6:], LINUX, "64-bit"),
    ],
)
def test_a_program_of_another_machine_is_refused(
    data: bytes, host: Host, fact: str
) -> None:
    assert fact in refusal(data, host, None)


def test_a_loader_that_is_missing_is_named(root: Path) -> None:
    (root / GLIBC[1:]).unlink()
    output = refusal(elf(), LINUX, root)
    assert GLIBC in output
    assert "no such file" in output


@pytest.mark.parametrize("line", [b"#!/opt/build/python\n", b"#!/bin/sh\r\nexit\n"])
def test_an_interpreter_that_is_missing_is_named(root: Path, line: bytes) -> None:
    assert line.split()[0].decode() in refusal(line, LINUX, root)


def test_what_another_machine_has_is_not_looked_for_here() -> None:
    check(elf(loader="/no/such/loader"), LINUX, None)
    check(b"#!/no/such/interpreter\n", MAC, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x7fELF",
        b"\x7fELF\2\1",
        elf()[:100],
        b"MZ\x90\0",
        b"<html>",
        b"#!",
        b"#!python\n",
        struct.pack(">II", 0xCAFEBABE, 52),
        elf().replace(b"\3\0\x3e\0", b"\1\0\x3e\0", 1),
    ],
)
def test_what_is_no_program_is_refused(root: Path, data: bytes) -> None:
    assert "not a program" in refusal(data, LINUX, root)


def test_a_program_without_a_run_bit_is_refused(root: Path) -> None:
    assert "not executable" in refusal(elf(), LINUX, root, 0o644)


def test_hostile_23_a_command_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "bin/node", tmp_path):
        with pytest.raises(Refused, match="nodejs 24"):
            check_command(str(path), LINUX, PIN)


def test_a_list_of_versions_without_end_is_refused(root: Path) -> None:
    assert "endless" in refusal(elf(versions=("GLIBC_2.17",) * 5000), LINUX, root)


@pytest.mark.skipif(sys.platform != "linux", reason="reads this machine's programs")
@pytest.mark.parametrize("program", ["/bin/true", os.path.realpath(sys.executable)])
def test_this_machines_programs_run_here_and_not_on_an_old_one(program: str) -> None:
    arch = {"x86_64": "x64", "aarch64": "arm64"}[os.uname().machine]
    libc, version = os.confstr("CS_GNU_LIBC_VERSION").split()  # type: ignore[union-attr]
    check_command(program, Host("linux", arch, libc, version), PIN)
    with pytest.raises(Refused, match="needs GLIBC_2"):
        check_command(program, Host("linux", arch, libc, "2.1"), PIN)


@settings(max_examples=300, deadline=None)
@given(
    flips=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 255)), max_size=6),
    cut=st.integers(0, 600),
)
def test_a_damaged_program_is_refused_or_accepted_but_never_a_bug(
    flips: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(elf(versions=("GLIBC_2.17", "GLIBC_2.38")))
    for at, byte in flips:
        data[at % len(data)] = byte
    del data[cut:]
    with tempfile.TemporaryDirectory() as directory:
        command = Path(directory) / "node"
        command.write_bytes(data)
        command.chmod(0o755)
        with contextlib.suppress(Refused):
            check_command(str(command), LINUX, PIN, root=directory)
