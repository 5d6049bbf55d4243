"""The ways in which zips are written, and what two readers would read differently."""

from __future__ import annotations

import io
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.support.archives import ZipEntry, zip_of
from toolpin.archive.unpack import unpack
from toolpin.errors import Refused
from toolpin.model import TreeFile

_END_BYTES = 22


class _Pipe(io.RawIOBase):
    """Takes bytes and cannot seek, so that sizes have to follow the data."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def unpacked(data: bytes, tmp_path: Path) -> tuple[TreeFile, ...]:
    (tmp_path / "download").write_bytes(data)
    (tmp_path / "stage").mkdir(exist_ok=True)
    return unpack(str(tmp_path / "download"), "t.zip", str(tmp_path / "stage"))


def refusal(data: bytes, tmp_path: Path) -> str:
    with pytest.raises(Refused) as caught:
        unpacked(data, tmp_path)
    assert not list((tmp_path / "stage").iterdir())
    return caught.value.what


def streamed(*, wide: bool = False) -> bytes:
    """Return a zip of `a` and `d/b` as it is written into a pipe."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as out:
        for name in ("a", "d/b"):
            with out.open(name, "w", force_zip64=wide) as member:
                member.write(name.encode() * 1000)
    return pipe.data


def with_wide_end(data: bytes, **changes: int) -> bytes:
    """Return a zip with zip64's end records, and with `changes` to what they say."""
    members, length, start = struct.unpack("<HII", data[-12:-2])
    at = len(data) - _END_BYTES
    lines = {"members": members, "length": length, "start": start, "record": at}
    lines |= {"size": 44, "narrow": 0xFFFF, "narrow_length": 0xFFFFFFFF} | changes
    count = lines["members"]
    record = struct.pack("<4sQHHII", b"PK\6\6", lines["size"], 45, 45, 0, 0)
    record += struct.pack("<QQQQ", count, count, lines["length"], lines["start"])
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, lines["record"], 1)
    narrow = (lines["narrow"], lines["narrow"], lines["narrow_length"], 0xFFFFFFFF, 0)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, *narrow)
    return data[:at] + record + locator + end


@pytest.mark.parametrize("wide", [False, True])
def test_sizes_may_follow_the_data(tmp_path: Path, wide: bool) -> None:
    files = unpacked(streamed(wide=wide), tmp_path)
    assert [(file.path, file.size_bytes) for file in files] == [
        ("a", 1000),
        ("d/b", 3000),
    ]


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("at", [4, 8, 12])
def test_hostile_27_sizes_behind_the_data_that_differ(
    tmp_path: Path, wide: bool, at: int
) -> None:
    data = bytearray(streamed(wide=wide))
    data[data.index(b"PK\7\10") + at] ^= 1
    refusal(bytes(data), tmp_path)


def test_sizes_and_places_may_be_of_64_bits(tmp_path: Path) -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w") as archive,
        archive.open("a", "w", force_zip64=True) as member,
    ):
        member.write(b"1" * 50)
    assert b"\xff" * 8 in out.getvalue()
    (file,) = unpacked(with_wide_end(out.getvalue()), tmp_path)
    assert (file.path, file.size_bytes) == ("a", 50)


def test_hostile_27_a_size_of_64_bits_that_differs(tmp_path: Path) -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w") as archive,
        archive.open("a", "w", force_zip64=True) as member,
    ):
        member.write(b"1" * 50)
    wide = struct.pack("<HHQQ", 1, 16, 50, 50)
    assert out.getvalue().count(wide) == 1
    lie = struct.pack("<HHQQ", 1, 16, 50, 49)
    what = refusal(out.getvalue().replace(wide, lie), tmp_path)
    assert "two headers" in what


@pytest.mark.parametrize(
    "changes",
    [
        {"narrow": 1},
        {"narrow_length": 47},
        {"members": 1},
        {"members": 3},
        {"length": 47},
        {"start": 0},
        {"record": 0},
        {"size": 45},
    ],
    ids=str,
)
def test_hostile_27_two_end_records_that_differ(
    tmp_path: Path, changes: dict[str, int]
) -> None:
    data = zip_of(ZipEntry("a", b"1"), ZipEntry("b", b"2"))
    refusal(with_wide_end(data, **changes), tmp_path)


def test_hostile_27_an_end_record_between_the_directory_and_the_end(
    tmp_path: Path,
) -> None:
    data = zip_of(ZipEntry("a", b"1"))
    refusal(data[:-_END_BYTES] + bytes(8) + data[-_END_BYTES:], tmp_path)


def test_hostile_27_a_part_of_several(tmp_path: Path) -> None:
    data = bytearray(zip_of(ZipEntry("a", b"1")))
    wide = bytearray(with_wide_end(bytes(data)))
    data[-_END_BYTES + 4] = 1
    assert "several parts" in refusal(bytes(data), tmp_path)
    wide[wide.index(b"PK\6\6") + 16] = 1
    assert "several parts" in refusal(bytes(wide), tmp_path)


def test_hostile_27_a_second_name_in_an_extra_field(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("a")
        info.extra = struct.pack("<HHBI", 0x7075, 6, 1, 0) + b"b"
        archive.writestr(info, b"1")
    refusal(out.getvalue(), tmp_path)


def test_hostile_24_more_zip_members_declared_than_the_limit(tmp_path: Path) -> None:
    data = with_wide_end(zip_of(ZipEntry("a", b"1")), members=1 << 40)
    assert "members" in refusal(data, tmp_path)


def test_names_marked_as_utf8_are_kept(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("d\u00e4/\u65e5\u672c", b"1")
    (file,) = unpacked(out.getvalue(), tmp_path)
    assert file.path == "d\u00e4/\u65e5\u672c"


def test_hostile_26_a_name_that_readers_decode_differently(tmp_path: Path) -> None:
    data = zip_of(ZipEntry("\u00e4", b"1"))  # UTF-8 without the mark
    assert "UTF-8" in refusal(data, tmp_path)


def test_a_zip_of_nothing_holds_nothing(tmp_path: Path) -> None:
    assert "nothing" in refusal(zip_of(), tmp_path)


def test_a_large_member_comes_back_whole(tmp_path: Path) -> None:
    out = io.BytesIO()
    content = b"".join(struct.pack("<I", number) for number in range(600_000))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", content)
    unpacked(out.getvalue(), tmp_path)
    assert (tmp_path / "stage/a").read_bytes() == content


@pytest.mark.parametrize(
    ("flag", "to"), [("-9", "packed.zip"), ("-fz", "packed.zip"), ("-9", "-")]
)
def test_what_the_system_zip_writes_is_read(tmp_path: Path, flag: str, to: str) -> None:
    source = tmp_path / "source"
    (source / "bin").mkdir(parents=True)
    (source / "bin/tool").write_bytes(b"#!/bin/sh\n" * 9999)
    (source / "bin/tool").chmod(0o755)
    (source / "link").symlink_to("bin/tool")
    # It writes no link into a pipe.
    command = ["zip", "-qry", flag, to, "bin", *(["link"] if to != "-" else [])]
    try:
        done = subprocess.run(command, cwd=source, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no zip on this machine")
    data = done.stdout if to == "-" else (source / to).read_bytes()
    tool, *links = unpacked(data, tmp_path)
    assert (tool.path, tool.mode, tool.size_bytes) == ("bin/tool", 0o755, 99990)
    assert [link.link for link in links] == (["bin/tool"] if to != "-" else [])
