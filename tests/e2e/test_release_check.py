"""Whether a release runs on its target, by what its own files say."""

from __future__ import annotations

import json
import mmap
import os
import struct
import tracemalloc
from pathlib import Path

import pytest

from tests.support.programs import MUSL, elf, macho
from tests.support.run import Home, Result
from toolpin.binaries.elf import read_elf
from toolpin.system.host import detect

ARM_CPU = 0x0100000C
OLD = elf(versions=("GLIBC_2.17", "GLIBC_2.28"), needed=("libc.so.6",))
NEW = elf(versions=("GLIBC_2.38",), needed=("libc.so.6",))
PRIVATE = elf(loader="/data/erlang/27/runtime/ld-linux-x86-64.so.2")


def at(data: bytes, place: int, number: int) -> bytes:
    """Return a file with another 64-bit number at a place."""
    return data[:place] + struct.pack("<Q", number) + data[place + 8 :]


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release with an ERTS of one program."""
    directory = tmp_path / "demo"
    put(directory, "bin/demo", b"#!/bin/sh\n")
    put(directory, "releases/start_erl.data", b"13.1.5 0.1.0")
    put(directory, "erts-13.1.5/bin/beam.smp", OLD)
    return directory


def put(directory: Path, path: str, data: bytes) -> None:
    file = directory / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


def check(home: Home, release: Path, *words: str) -> Result:
    return home.toolpin("release-check", str(release), *words)


def test_a_release_that_runs_says_what_the_target_must_have(
    home: Home, release: Path
) -> None:
    needed = ("libcrypto.so.3", "libc.so.6", "libown.so")
    crypto = elf(loader="", needed=needed, searched="/usr/local/lib64:/opt/x/lib")
    put(release, "lib/crypto-5.1/priv/lib/crypto.so", crypto)
    put(release, "lib/own-1/priv/libown.so", elf(loader="", needed=("libc.so.6",)))
    result = check(home, release, "--glibc", "2.31", "--host", "linux-x64")
    assert result.code == 0, result.err
    assert result.out.splitlines() == [
        "demo 0.1.0 runs on linux-x64 with glibc 2.31",
        "  erts-13.1.5, 3 native files",
        "  needs glibc 2.28",
        "  needs libcrypto.so.3 for lib/crypto-5.1/priv/lib/crypto.so",
    ]


def test_without_the_glibc_of_another_host_the_result_does_not_hide_it(
    home: Home, release: Path
) -> None:
    put(release, "lib/nif-1.0/priv/nif.so", NEW)
    result = check(home, release, "--host", "linux-x64")
    assert result.code == 0, result.err
    assert result.out.splitlines() == [
        "demo 0.1.0 runs on linux-x64; its glibc was not checked, because --glibc is "
        "missing",
        "  erts-13.1.5, 2 native files",
        "  needs glibc 2.38",
    ]


@pytest.mark.parametrize(
    ("data", "words", "says"),
    [
        (NEW, "--glibc 2.36", ("needs glibc 2.38", "the target has 2.36")),
        (PRIVATE, "--glibc 2.36", ("is bound to", "/data/erlang/27/runtime of the")),
        (
            elf(machine=183, needed=("libc.so.6",)),
            "--host linux-x64",
            ("is for linux-arm64", "the target is linux-x64"),
        ),
        (
            macho(ARM_CPU),
            "--host linux-x64",
            ("is for macos-arm64", "the target is linux-x64"),
        ),
        (elf(loader=MUSL), "--host linux-x64", ("needs musl", "the target has glibc")),
        (
            b"\x7fELF\1\1" + OLD[6:],
            "--host linux-x64",
            ("is for no machine", "the target is"),
        ),
    ],
    ids=["glibc", "loader", "arch", "laptop", "musl", "32-bit"],
)
def test_what_does_not_run_is_named_with_its_file(
    data: bytes, words: str, says: tuple[str, str], home: Home, release: Path
) -> None:
    put(release, "lib/nif-1.0/priv/nif.so", data)
    put(release, "lib/nif-1.0/priv/again.so", data)
    result = check(home, release, *words.split(), "--host", "linux-x64")
    assert result.code == 1
    assert "demo 0.1.0 does not run on linux-x64" in result.err
    assert all(text in result.err for text in says)
    assert "lib/nif-1.0/priv/nif.so" in result.err
    assert "lib/nif-1.0/priv/again.so" in result.err
    assert "beam.smp" not in result.err


@pytest.mark.parametrize("tag", [15, 29], ids=["RPATH", "RUNPATH"])
def test_a_library_that_only_this_machine_has_binds_to_it(
    tag: int, home: Home, release: Path, tmp_path: Path
) -> None:
    put(tmp_path, "mine/libcrypto.so.1.1", b"")
    place = str(tmp_path / "mine")
    crypto = elf(
        loader="",
        needed=("libcrypto.so.1.1",),
        searched=f"/opt/x:{place}",
        searched_by=tag,
    )
    put(release, "lib/crypto-5.1/priv/lib/crypto.so", crypto)
    result = check(home, release, "--host", "linux-x64")
    assert result.code == 1
    assert f"{place} of the machine that built it" in result.err


def test_on_this_machine_libraries_are_looked_for(home: Home, release: Path) -> None:
    here = detect()
    machine = {"x64": 62, "arm64": 183}[here.arch]
    put(release, "erts-13.1.5/bin/beam.smp", elf(machine=machine, loader=""))
    missing = elf(machine=machine, loader="", needed=("libmissing.so.7", "libc.so.6"))
    put(release, "lib/nif-1.0/priv/nif.so", missing)
    result = check(home, release)
    assert result.code == 1
    assert "needs libmissing.so.7" in result.err
    put(release, "lib/nif-1.0/x/libmissing.so.7", b"not looked into")
    for origin in ("$ORIGIN", "${ORIGIN}"):
        place = f"{origin}/../x"
        beside = elf(
            machine=machine, loader="", needed=("libmissing.so.7",), searched=place
        )
        put(release, "lib/nif-1.0/priv/nif.so", beside)
        assert check(home, release).code == 0
    elsewhere = elf(machine=machine, loader="/no/such/ld-linux.so.2")
    put(release, "lib/nif-1.0/priv/nif.so", elsewhere)
    assert "needs the loader" in check(home, release).err


def test_a_release_without_an_erts_is_judged_by_its_own_files(
    home: Home, release: Path
) -> None:
    (release / "erts-13.1.5/bin/beam.smp").unlink()
    (release / "erts-13.1.5/bin").rmdir()
    (release / "erts-13.1.5").rmdir()
    result = check(home, release, "--host", "linux-x64")
    assert result.code == 0
    assert (
        "no ERTS included: it runs on the Erlang of the target, 0 native files"
        in result.out
    )


def test_the_answer_for_programs_names_every_file(home: Home, release: Path) -> None:
    for number in range(9):
        put(release, f"lib/nif-1.0/priv/{number}.so", NEW)
    result = check(home, release, "--glibc", "2.31", "--host", "linux-x64", "--json")
    assert result.code == 1
    answer = json.loads(result.out)["result"]
    assert answer["runs"] is False
    assert len(answer["faults"]) == 9
    assert answer["faults"][0] == {
        "path": "lib/nif-1.0/priv/0.so",
        "what": "needs glibc 2.38",
        "there": "the target has 2.31",
    }
    assert (answer["release"], answer["erts"]) == ("demo 0.1.0", "erts-13.1.5")


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["/", "--glibc", "2.31"], 2, "is not a release of Mix"),
        ([".", "--glibc", "new"], 2, "--glibc requires a version"),
        ([".", "--host", "linux-z80"], 2, "linux-z80"),
        ([".", "--host", "macos-arm64", "--glibc", "2.31"], 2, "has no glibc"),
    ],
)
def test_what_cannot_be_judged_is_said(
    words: list[str], code: int, says: str, home: Home, release: Path
) -> None:
    result = home.toolpin("release-check", *words, cwd=release)
    assert result.code == code
    assert says in result.err


@pytest.mark.parametrize(
    "data",
    [
        OLD[:40],
        at(OLD, 32, 2**64 - 100),  # the table of segments
        at(OLD, 64 + 56 + 8, 2**63 + 5),  # the loader's name
    ],
    ids=["short", "table", "loader"],
)
def test_a_damaged_program_does_not_run(data: bytes, home: Home, release: Path) -> None:
    put(release, "erts-13.1.5/bin/epmd", data)
    result = check(home, release, "--host", "linux-x64")
    assert result.code == 1, result.err
    assert "is damaged" in result.err
    assert "erts-13.1.5/bin/epmd" in result.err


def test_an_erts_without_a_program_does_not_run(home: Home, release: Path) -> None:
    put(release, "erts-13.1.5/bin/beam.smp", b"")
    result = check(home, release, "--host", "linux-x64")
    assert result.code == 1
    assert "has no programs" in result.err


def test_a_library_of_its_own_is_no_c_library_of_its_own(
    home: Home, release: Path, tmp_path: Path
) -> None:
    here = detect()
    if here.libc != "glibc":
        pytest.skip("only glibc has versions of symbols")
    machine = {"x64": 62, "arm64": 183}[here.arch]
    put(release, "erts-13.1.5/bin/beam.smp", elf(machine=machine, loader=""))
    put(tmp_path, "mine/libmine.so", b"")
    nif = elf(
        machine=machine,
        loader="",
        versions=("GLIBC_2.999",),
        needed=("libc.so.6", "libmine.so"),
        searched=str(tmp_path / "mine"),
    )
    put(release, "lib/nif-1.0/priv/nif.so", nif)
    result = check(home, release)
    assert result.code == 1
    assert "needs glibc 2.999" in result.err
    put(tmp_path, "mine/libc.so.6", b"")
    result = check(home, release)
    assert result.code == 0
    assert f"bound to {tmp_path}/mine" in result.out
    assert "libmine.so" not in result.out


def test_a_file_with_a_thousand_tables_is_read_at_once(tmp_path: Path) -> None:
    """Of 60,000 segments that name one long table each would be read."""
    count, size = 2_000, 16 * 1024
    head = bytearray(OLD[:64])
    struct.pack_into("<H", head, 56, count)
    where = 64 + 56 * count
    segment = struct.pack("<IIQQQQQQ", 2, 5, where, 0, 0, size, size, 8)
    put(tmp_path, "nif.so", bytes(head) + segment * count + b"\xff" * size)
    with open(tmp_path / "nif.so", "rb") as file:
        view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    tracemalloc.start()
    read_elf(view)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


def test_the_loader_of_arm_is_a_part_of_the_c_library(
    home: Home, release: Path
) -> None:
    needed = ("libc.so.6", "ld-linux-aarch64.so.1")
    put(release, "erts-13.1.5/bin/beam.smp", elf(machine=183, needed=needed))
    result = check(home, release, "--host", "linux-arm64")
    assert result.code == 0, result.err
    assert "ld-linux" not in result.out


def test_what_is_no_native_file_is_passed_over(home: Home, release: Path) -> None:
    put(release, "lib/x-1/priv/Main.class", bytes.fromhex("cafebabe00000034"))
    put(release, "lib/x-1/priv/part.o", OLD.replace(b"\3\0\x3e", b"\1\0\x3e", 1))
    (release / "lib/x-1/priv/loop.so").symlink_to("loop.so")
    (release / "tmp/pipe").mkdir(parents=True)
    os.mkfifo(release / "tmp/pipe/erlang.pipe.1.r")  # of `bin/demo daemon`
    result = check(home, release, "--host", "linux-x64")
    assert result.code == 0, result.err
    assert "1 native file" in result.out


@pytest.mark.parametrize("kind", ["pipe", "device", "large", "absent"])
def test_what_no_release_has_for_its_versions_is_told_at_once(
    home: Home, release: Path, kind: str
) -> None:
    file = release / "releases/start_erl.data"
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "device":
        file.symlink_to("/dev/zero")
    elif kind == "large":
        file.write_bytes(b"1 " * 600)
    result = check(home, release)
    assert result.code == 2, result.err
    assert "is not a release of Mix" in result.err
