"""What a Debian package becomes, and what is not one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.archives import (
    Entry,
    Form,
    ar,
    compress,
    deb,
    directory,
    symlink,
    tar,
)
from toolpin.archive.unpack import Limits, unpack
from toolpin.errors import Refused
from toolpin.model import TreeFile

ENTRIES = (
    directory("./"),
    directory("./usr/"),
    Entry("./usr/bin/hello", b"#!/bin/sh\n", 0o755),
    symlink("./usr/bin/hi", "hello"),
    symlink("./etc/rc", "/usr/lib/rc"),
    Entry("./etc/hello.conf", b"1"),
)
VERSION = ("debian-binary", b"2.0\n")
CONTROL = ("control.tar.gz", compress(tar(Entry("./control", b"1")), "gz"))
DATA = ("data.tar", tar(Entry("./a", b"1")))


def unpacked(
    data: bytes,
    tmp_path: Path,
    name: str = "hello_1_amd64.deb",
    *,
    only: str = "",
    shared: tuple[str, ...] = (),
    limits: Limits | None = None,
) -> tuple[TreeFile, ...]:
    archive, stage = tmp_path / "download", tmp_path / "stage"
    archive.write_bytes(data)
    stage.mkdir(exist_ok=True)
    return unpack(
        str(archive),
        name,
        str(stage),
        only=only,
        strip=only.count("/") + 1 if only else 0,
        shared=shared,
        limits=limits or Limits(),
    )


def refusal(
    data: bytes,
    tmp_path: Path,
    name: str = "hello_1_amd64.deb",
    limits: Limits | None = None,
) -> str:
    with pytest.raises(Refused) as caught:
        unpacked(data, tmp_path, name, limits=limits)
    assert not list((tmp_path / "stage").iterdir())
    return caught.value.what


@pytest.mark.parametrize("form", ["xz", "gz", "zst", "bz2", "tar"])
def test_a_package_gives_what_is_asked_of_its_files(tmp_path: Path, form: Form) -> None:
    files = unpacked(deb(*ENTRIES, form=form), tmp_path, only="usr")
    assert [(file.path, file.mode, file.link) for file in files] == [
        ("bin/hello", 0o755, ""),
        ("bin/hi", 0o777, "hello"),
    ]


def test_a_link_to_a_shared_directory_leads_to_it_in_the_install(
    tmp_path: Path,
) -> None:
    """As Debian's erlang-common-test has it."""
    target = "../../../../../share/javascript/jquery/jquery.min.js"
    data = deb(symlink("./usr/lib/erlang/lib/ct/priv/jquery-latest.js", target))
    with pytest.raises(Refused, match="points outside the tree"):
        unpacked(data, tmp_path, only="usr/lib/erlang")
    unpacked(data, tmp_path, only="usr/lib/erlang", shared=("usr/share/javascript",))
    link = tmp_path / "stage/lib/ct/priv/jquery-latest.js"
    script = tmp_path / "stage/usr/share/javascript/jquery/jquery.min.js"
    script.parent.mkdir(parents=True)
    script.write_text("let $")
    assert link.read_text() == "let $"
    assert link.resolve() == script.resolve()


@pytest.mark.parametrize(
    "target",
    [
        "../../share/javascript/../../../etc/passwd",
        "../../share/javascripts/x",
        "../../share/javascript",
        "/usr/share/javascript/x",
    ],
)
def test_hostile_04_a_link_beside_a_shared_directory_leads_nowhere(
    target: str, tmp_path: Path
) -> None:
    data = deb(symlink("./usr/lib/x", target))
    with pytest.raises(Refused):
        unpacked(data, tmp_path, only="usr/lib", shared=("usr/share/javascript",))


def test_hostile_04_a_package_keeps_the_rules_of_links(tmp_path: Path) -> None:
    assert "absolute" in refusal(deb(*ENTRIES), tmp_path)


@pytest.mark.parametrize(
    "members",
    [
        (),
        (VERSION,),
        (VERSION, CONTROL),
        (CONTROL, DATA),
        (VERSION, DATA, CONTROL),
        (VERSION, DATA),
        (VERSION, ("other", b"1"), DATA),
        (("debian-binary", b"3.0\n"), CONTROL, DATA),
        (("debian-binary", b"2.0\n" * 9), CONTROL, DATA),
        (VERSION, CONTROL, DATA, DATA),
        (VERSION, CONTROL, ("data.tar.lzma", DATA[1])),
        (VERSION, CONTROL, ("data.tar", b"not a tar")),
    ],
)
def test_hostile_35_what_is_no_package(
    tmp_path: Path, members: tuple[tuple[str, bytes], ...]
) -> None:
    refusal(ar(*members), tmp_path)


@pytest.mark.parametrize("part", [0.5, 0.999])
@pytest.mark.parametrize("form", ["xz", "gz", "zst", "tar"])
def test_hostile_31_a_package_that_is_cut(
    tmp_path: Path, part: float, form: Form
) -> None:
    data = deb(*ENTRIES[:4], form=form)
    what = refusal(data[: int(len(data) * part)], tmp_path)
    assert "truncated" in what


@pytest.mark.parametrize("size", [b"9999999999", b"-1        ", b"0x10      "])
def test_hostile_18_a_member_that_lies_about_its_size(
    tmp_path: Path, size: bytes
) -> None:
    data = ar(VERSION, CONTROL, DATA)
    at = data.index(b"data.tar") + 48
    refusal(data[:at] + size + data[at + 10 :], tmp_path)


def test_hostile_34_bytes_behind_a_package(tmp_path: Path) -> None:
    whole = deb(*ENTRIES[:4])
    for more in (b"\n", b"garbage", whole):
        assert "content after" in refusal(whole + more, tmp_path)


def test_hostile_34_bytes_between_two_members(tmp_path: Path) -> None:
    odd = ar(VERSION, ("control.tar", b"1"), DATA)
    at = odd.index(b"1\ndata") + 1
    unpacked(odd, tmp_path)
    with pytest.raises(Refused, match="no member"):
        unpacked(odd[:at] + b"x" + odd[at + 1 :], tmp_path)


def test_hostile_24_a_bomb_in_a_package(tmp_path: Path) -> None:
    data = deb(*ENTRIES[:4], Entry("./zeros", bytes(1 << 20)))
    small = Limits(ratio=20, ratio_from_bytes=1 << 16)
    assert "20 times" in refusal(data, tmp_path, limits=small)


def test_hostile_35_a_package_and_its_name_agree(tmp_path: Path) -> None:
    assert "named as a tar" in refusal(deb(*ENTRIES), tmp_path, "hello.tar.xz")
    assert "named as a Debian package" in refusal(tar(*ENTRIES), tmp_path)


@pytest.mark.parametrize("form", ["xz", "gzip", "zstd", "none"])
def test_what_dpkg_writes_is_read(tmp_path: Path, form: str) -> None:
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text(
        "Package: hello\nVersion: 1\nArchitecture: all\n"
        "Maintainer: A <a@example.org>\nDescription: says hello\n"
    )
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/hello").write_bytes(b"#!/bin/sh\necho hello\n")
    (tree / "usr/bin/hello").chmod(0o755)
    command = ["dpkg-deb", f"-Z{form}", "--root-owner-group", "-b"]
    packed = tmp_path / "packed.deb"
    try:
        done = subprocess.run(
            [*command, tree, packed], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("no dpkg-deb on this machine")
    if form == "zstd" and b"unknown compression" in done.stderr:
        pytest.skip("a dpkg-deb without zstd")
    assert done.returncode == 0, done.stderr
    (file,) = unpacked(packed.read_bytes(), tmp_path, only="usr")
    assert file.path == "bin/hello"
    assert subprocess.check_output([tmp_path / "stage/bin/hello"]) == b"hello\n"


@pytest.mark.network
def test_a_package_of_the_distribution_runs(tmp_path: Path) -> None:
    try:
        subprocess.run(
            ["apt-get", "download", "hello"],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("no apt on this machine")
    (package,) = tmp_path.glob("hello_*.deb")
    unpacked(package.read_bytes(), tmp_path, package.name, only="usr")
    output = subprocess.check_output([tmp_path / "stage/bin/hello"])
    assert output == b"Hello, world!\n"
