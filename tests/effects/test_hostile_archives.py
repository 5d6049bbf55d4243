"""What no archive may do. The numbers are those of the list of hostile input."""

from __future__ import annotations

import gzip
import lzma
import os
import stat
import struct
import zlib
from pathlib import Path

import pytest

from tests.support.archives import (
    BLOCK,
    END,
    Entry,
    Form,
    ZipEntry,
    compress,
    directory,
    hardlink,
    pax,
    symlink,
    tar,
    tar_member,
    wheel,
    zip_of,
)
from toolpin.archive.rules import Broken
from toolpin.archive.tree import Tree
from toolpin.archive.unpack import Limits, unpack
from toolpin.errors import Refused
from toolpin.model import TreeFile

EVIL = b"evil\n"


class Sandbox:
    """A directory to unpack into, beside things that must stay as they are."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.stage = root / "stage"
        self.stage.mkdir()
        (root / "victim").write_text("good\n")
        (root / "stage-sibling").mkdir()
        (root / "stage-sibling" / "x").write_text("good\n")

    def snapshot(self) -> dict[str, tuple[int, bytes]]:
        """Return the mode and the bytes of everything, also of the stage."""
        return {
            str(path.relative_to(self.root)): (path.lstat().st_mode, _content(path))
            for path in self.root.rglob("*")
        }

    def archive(self, data: bytes, name: str) -> str:
        path = self.root / name
        path.write_bytes(data)
        return str(path)

    def unpack(
        self,
        data: bytes,
        name: str = "tool.tar",
        *,
        strip: int = 0,
        limits: Limits | None = None,
    ) -> tuple[TreeFile, ...]:
        return unpack(
            self.archive(data, name),
            name,
            str(self.stage),
            strip=strip,
            limits=limits or Limits(),
        )

    def refuses(
        self,
        data: bytes,
        name: str = "tool.tar",
        *,
        strip: int = 0,
        limits: Limits | None = None,
    ) -> Refused:
        """Unpack, see it refused without any trace, and return the refusal."""
        self.archive(data, name)
        before = self.snapshot()
        with pytest.raises(Refused) as caught:
            self.unpack(data, name, strip=strip, limits=limits)
        assert self.snapshot() == before
        assert name in caught.value.what
        return caught.value


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


def _content(path: Path) -> bytes:
    if path.is_symlink():
        return os.fsencode(path.readlink())
    return path.read_bytes() if path.is_file() else b""


HONEST = Entry("before/it", b"was fine\n")


def tar_with(*entries: Entry) -> bytes:
    """Return a tar that begins well, so that something is there to be removed."""
    return tar(HONEST, *entries)


# Names


@pytest.mark.parametrize("name", ["../victim", "./../victim", ".."])
def test_hostile_01_a_name_above_the_root(sandbox: Sandbox, name: str) -> None:
    error = sandbox.refuses(tar_with(Entry(name, EVIL)))
    assert ("member", name) in error.facts


def test_hostile_02_an_absolute_name(sandbox: Sandbox) -> None:
    sandbox.refuses(tar_with(Entry(f"{sandbox.root}/victim", EVIL)))


@pytest.mark.parametrize("name", ["a/../../x", "a/..", "stage/../../stage-sibling/x"])
def test_hostile_03_a_name_that_climbs_out(sandbox: Sandbox, name: str) -> None:
    sandbox.refuses(tar_with(Entry(name, EVIL)))


@pytest.mark.parametrize("name", ["tool.tar", "tool.whl"])
def test_hostile_87_a_member_nested_too_deep(sandbox: Sandbox, name: str) -> None:
    def archive(levels: int) -> bytes:
        path = "d/" * levels + "f"
        if name == "tool.tar":
            return tar_with(Entry(path, EVIL))
        return wheel([("before", b"", 0o644), (path, EVIL, 0o644)])

    error = sandbox.refuses(archive(128), name)
    assert error.what.endswith("a name has more than 128 components")
    assert len(sandbox.unpack(archive(127), name)) == 2


@pytest.mark.parametrize("name", ["", "/", ".", "a//b", "a/./b", "a/"])
def test_hostile_09_a_file_with_an_empty_name(sandbox: Sandbox, name: str) -> None:
    sandbox.refuses(tar_with(Entry(name, EVIL)))


@pytest.mark.parametrize(
    "name",
    [
        "a\nb",
        "\x1b]0;title\x07",
        ";rm -rf ~",
        "`id`",
        "a\u202etxt",
        b"\xff\xfe",
        "a\\b",
    ],
)
def test_hostile_19_a_name_that_a_terminal_or_shell_obeys(
    sandbox: Sandbox, name: str | bytes
) -> None:
    error = sandbox.refuses(tar_with(Entry(name, EVIL)))
    shown = dict(error.facts)["member"]
    assert shown.isprintable()
    assert "\x1b" not in error.render()


@pytest.mark.parametrize(
    "name", ["x" * 256, "\u00e9" * 128, "/".join(["d" * 200] * 21), "a/" * 2046 + "a"]
)
def test_hostile_20_a_name_longer_than_the_kernel_takes(
    sandbox: Sandbox, name: str
) -> None:
    sandbox.refuses(tar_with(Entry(name, EVIL)))


@pytest.mark.parametrize(
    ("first", "second"),
    [("README", "readme"), ("lib/a", "LIB/b"), ("\u00e9", "e\u0301"), ("s/x", "S")],
)
def test_hostile_21_names_that_one_filesystem_takes_for_the_same(
    sandbox: Sandbox, first: str, second: str
) -> None:
    tree = Tree(str(sandbox.stage), folds_names=True)
    tree.add_file(first, [EVIL], executable=False, mtime_s=0)
    with pytest.raises(Broken):
        tree.add_file(second, [EVIL], executable=False, mtime_s=0)
    tree.undo()
    assert not os.listdir(sandbox.stage)


def test_hostile_21_names_that_differ_by_case_unpack_where_they_can(
    sandbox: Sandbox,
) -> None:
    sandbox.unpack(tar(Entry("lib/README", b"1"), Entry("lib/readme", b"2")))
    assert (sandbox.stage / "lib/README").read_bytes() == b"1"
    assert (sandbox.stage / "lib/readme").read_bytes() == b"2"


@pytest.mark.parametrize(
    "entries",
    [
        [Entry("one/a"), Entry("two/a")],
        [Entry("one/a"), directory("two/sub/")],
        [Entry("one/a"), Entry("loose")],
        [directory("one/")],
        [],
    ],
)
def test_hostile_22_two_top_directories_or_none(
    sandbox: Sandbox, entries: list[Entry]
) -> None:
    sandbox.refuses(tar(*entries), strip=1)


# Links


def test_hostile_04_a_link_to_an_absolute_path(sandbox: Sandbox) -> None:
    sandbox.refuses(tar_with(symlink("a", str(sandbox.root / "victim"))))


@pytest.mark.parametrize("target", ["..", "../victim", "../../x", "b/../../victim"])
def test_hostile_05_a_link_out_of_the_tree(sandbox: Sandbox, target: str) -> None:
    sandbox.refuses(tar_with(directory("b/"), symlink("a", target)))
    sandbox.refuses(tar_with(symlink("a", target), Entry("a", EVIL)))


def test_hostile_06_a_member_below_a_link(sandbox: Sandbox) -> None:
    below = Entry("a/x", EVIL)
    sandbox.refuses(tar_with(symlink("a", "../stage-sibling"), below))
    sandbox.refuses(tar_with(symlink("a", "before"), below))
    sandbox.refuses(tar_with(symlink("a", "before"), directory("a/")))


def test_hostile_07_a_chain_longer_than_path_max(sandbox: Sandbox) -> None:
    part = "d" * 247
    entries: list[Entry] = []
    path = ""
    for letter in "abcdefghijklmnop":
        entries += [directory(f"{path}{part}/"), symlink(f"{path}{letter}", part)]
        path += f"{part}/"
    short = "/".join("abcdefghijklmnop")
    entries += [
        symlink(f"{short}/{'l' * 254}", "../" * 16),
        symlink("escape", f"{short}/{'l' * 254}/../victim"),
        hardlink("flag", "escape"),
        Entry("flag", EVIL),
    ]
    sandbox.refuses(tar_with(*entries))


def test_hostile_07_the_same_chain_with_short_names(sandbox: Sandbox) -> None:
    entries = [
        directory("d/e/f/"),
        symlink("s", "d/e/f"),
        symlink("up", "s/../../../.."),
    ]
    sandbox.refuses(tar_with(*entries, symlink("escape", "up/victim")))


@pytest.mark.parametrize(
    "links",
    [
        [("a/b/up", ".."), ("out", "a/b/up/../../victim")],
        [("out", "deep/../../victim"), ("deep", "before")],
        [("out", "missing/../../victim")],
        [("out", "missing/../before")],
        [("here", "."), ("out", "here/here/../victim")],
        [("a/b/root", "../.."), ("out", "a/b/root/../stage-sibling/x")],
    ],
    ids=[
        "up-through-a-link",
        "later-link",
        "through-nothing",
        "back-from-nothing",
        "dot",
        "to-the-root",
    ],
)
def test_hostile_08_a_chain_of_links_that_climbs_out(
    sandbox: Sandbox, links: list[tuple[str, str]]
) -> None:
    sandbox.refuses(tar_with(directory("a/b/"), *(symlink(*link) for link in links)))


def test_hostile_08_links_in_circles(sandbox: Sandbox) -> None:
    sandbox.refuses(tar_with(symlink("a", "b"), symlink("b", "a")))


@pytest.mark.parametrize("name", ["", ".", "a/", "a/."])
def test_hostile_09_a_link_with_an_empty_name(sandbox: Sandbox, name: str) -> None:
    sandbox.refuses(tar_with(symlink(name, "before")))
    sandbox.refuses(tar_with(hardlink(name, "before/it")))


def test_hostile_09_a_link_to_nothing(sandbox: Sandbox) -> None:
    sandbox.refuses(tar_with(symlink("a", "")))
    sandbox.refuses(tar_with(hardlink("a", "")))


def test_hostile_10_a_hard_link_to_what_is_outside(sandbox: Sandbox) -> None:
    sandbox.refuses(tar_with(hardlink("a", "../victim")))
    sandbox.refuses(tar_with(hardlink("a", str(sandbox.root / "victim"))))
    sandbox.refuses(tar_with(symlink("a", "before/it"), hardlink("b", "a")))
    sandbox.refuses(tar_with(hardlink("a", "before")))


def test_hostile_10_a_hard_link_to_a_file_of_an_earlier_step(sandbox: Sandbox) -> None:
    (sandbox.stage / "earlier").write_text("good\n")
    sandbox.refuses(tar_with(hardlink("a", "earlier")))


def test_hostile_10_a_hard_link_into_another_top_directory(sandbox: Sandbox) -> None:
    sandbox.refuses(tar(Entry("top/x"), hardlink("top/y", "other/x")), strip=1)


def test_hostile_11_a_hard_link_to_what_comes_later(sandbox: Sandbox) -> None:
    sandbox.refuses(tar_with(hardlink("a", "b"), Entry("b", EVIL)))


@pytest.mark.parametrize("last", [Entry("a", EVIL), symlink("a", "b"), directory("a/")])
def test_hostile_12_one_name_twice(sandbox: Sandbox, last: Entry) -> None:
    sandbox.refuses(tar_with(Entry("a", b"1"), last))
    sandbox.refuses(tar_with(symlink("a", "../victim"), last))
    sandbox.refuses(tar_with(Entry("a"), symlink("a", "../victim"), last))


def test_hostile_12_a_link_of_an_earlier_step_is_not_written_through(
    sandbox: Sandbox,
) -> None:
    (sandbox.stage / "a").symlink_to("../victim")
    (sandbox.stage / "d").symlink_to("../stage-sibling")
    sandbox.refuses(tar_with(Entry("a", EVIL)))
    sandbox.refuses(tar_with(Entry("d/new", EVIL)))
    sandbox.refuses(tar_with(directory("d/new/")))
    sandbox.refuses(tar_with(hardlink("a", "before/it")))
    sandbox.refuses(tar_with(symlink("a", "before/it")))
    sandbox.refuses(tar_with(symlink("b", "d/x")))


# Kinds and modes


@pytest.mark.parametrize("kind", [b"3", b"4", b"6", b"S", b"D", b"V", b"Z"])
def test_hostile_13_devices_pipes_and_the_unknown(
    sandbox: Sandbox, kind: bytes
) -> None:
    sandbox.refuses(tar_with(Entry("a", kind=kind)))


def test_hostile_13_a_pipe_in_a_zip(sandbox: Sandbox) -> None:
    sandbox.refuses(zip_of(ZipEntry("a", EVIL), ZipEntry("b", mode=0o010644)), "t.zip")


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [(0o6755, 0o755), (0o1777, 0o755), (0, 0o644), (0o666, 0o644), (0o001, 0o755)],
)
@pytest.mark.parametrize("umask", [0o077, 0])
def test_hostile_14_15_76_modes_are_0755_or_0644(
    sandbox: Sandbox, mode: int, wanted: int, umask: int
) -> None:
    data = tar(
        directory("d/", mode), Entry("d/a", EVIL, mode), Entry("new/b", EVIL, mode)
    )
    before = os.umask(umask)
    try:
        files = sandbox.unpack(data)
    finally:
        os.umask(before)
    assert [file.mode for file in files] == [wanted, wanted]
    for name, bits in (
        ("d/a", wanted),
        ("new/b", wanted),
        ("d", 0o755),
        ("new", 0o755),
    ):
        assert stat.S_IMODE((sandbox.stage / name).stat().st_mode) == bits


def test_hostile_16_files_belong_to_who_unpacks(sandbox: Sandbox) -> None:
    sandbox.unpack(tar(Entry("a", EVIL, uid=12345)))
    assert (sandbox.stage / "a").stat().st_uid == os.getuid()


def test_hostile_17_attributes_and_capabilities_are_dropped(sandbox: Sandbox) -> None:
    records = [
        ("SCHILY.xattr.security.capability", b"\1\0\0\2"),
        ("SCHILY.acl.access", b"user::rwx"),
    ]
    sandbox.unpack(tar(pax(records), Entry("a", EVIL)))
    assert (sandbox.stage / "a").read_bytes() == EVIL
    assert not os.listxattr(sandbox.stage / "a")


# Time and memory


# Headers


@pytest.mark.parametrize(
    "headers",
    [
        [pax([("path", b"good\0evil")])],
        [pax([("linkpath", b"a\0b")]), symlink("l", "x")],
        [pax([("size", b"0")])],
        [pax([("size", b"512")])],
        [pax([("size", b"-1")])],
        [pax([("size", "\u0665".encode())])],
        [pax([("path", b"a")]), pax([("path", b"b")])],
        [pax([("path", b"a"), ("path", b"b")])],
        [pax([("path", b"a")], kind=b"g")],
        [Entry("x", b"30 path=short\n", kind=b"x")],
        [Entry("x", b"-5 path=a\n", kind=b"x")],
        [Entry("x", b"8 path=a", kind=b"x")],
        [Entry("x", b"", kind=b"x", size=1 << 30)],
        [Entry("L", b"a\0b\0", kind=b"L")],
        [Entry("n", size=b"\xff" * 12)],
        [Entry("n", size=b"-0000000001\0")],
        [Entry("n", size=b"9999999999 \0")],
        [symlink("l", "before")._replace(data=EVIL)],
        [hardlink("l", "before/it")._replace(data=EVIL)],
    ],
)
def test_hostile_18_headers_that_lie(sandbox: Sandbox, headers: list[Entry]) -> None:
    sandbox.refuses(tar_with(*headers, Entry("a", EVIL)))


def test_hostile_18_an_inner_tar_behind_a_size_of_nothing(sandbox: Sandbox) -> None:
    inner = tar(Entry("smuggled", EVIL))
    sizes = pax([("size", str(len(inner)).encode())])
    sandbox.refuses(tar_with(sizes, Entry("a", inner, size=0)))


def test_hostile_18_a_flipped_bit_in_a_header(sandbox: Sandbox) -> None:
    data = bytearray(tar_with(Entry("a", EVIL)))
    data[2 * BLOCK] ^= 1
    sandbox.refuses(bytes(data))


def test_hostile_18_an_extended_header_of_nothing(sandbox: Sandbox) -> None:
    sandbox.refuses(tar_with(pax([("path", b"a")])))


# Bombs


SMALL = Limits(total_bytes=1 << 20, entries=10, ratio=20, ratio_from_bytes=1 << 16)


@pytest.mark.parametrize("form", ["gz", "xz", "bz2", "zst"])
def test_hostile_24_a_bomb_of_zeros(sandbox: Sandbox, form: Form) -> None:
    big = tar_with(Entry("zeros", bytes(1 << 19)))
    data = compress(big, form)
    error = sandbox.refuses(data, f"t.tar.{form}", limits=SMALL)
    assert "20 times" in error.what


@pytest.mark.parametrize("form", ["gz", "bz2", "xz"])
@pytest.mark.parametrize("inside", [b"", b"\0"])
def test_hostile_24_more_streams_than_bytes_for_them(
    sandbox: Sandbox, form: Form, inside: bytes
) -> None:
    """Each costs a decoder, and unpacks to next to nothing."""
    whole, tiny = compress(tar_with(), form), compress(inside, form)
    error = sandbox.refuses(whole + tiny * 1_100, f"t.tar.{form}")
    assert "small streams" in error.what


def test_a_file_in_many_blocks_is_unpacked(sandbox: Sandbox) -> None:
    plain = tar_with(Entry("noise", os.urandom(1_500_000)))
    blocks = (plain[at : at + 1_000] for at in range(0, len(plain), 1_000))
    data = b"".join(compress(block, "gz") for block in blocks)
    assert len(sandbox.unpack(data, "t.tar.gz")) == 2


def test_hostile_24_a_bomb_in_a_zip(sandbox: Sandbox) -> None:
    data = wheel([("a", EVIL, 0o644), ("zeros", bytes(1 << 19), 0o644)])
    assert "20 times" in sandbox.refuses(data, "t.whl", limits=SMALL).what


def test_hostile_24_more_bytes_than_the_limit(sandbox: Sandbox) -> None:
    noise = os.urandom(SMALL.total_bytes + 1)
    sandbox.refuses(tar_with(Entry("a", noise)), limits=SMALL)
    sandbox.refuses(zip_of(ZipEntry("a", noise)), "t.zip", limits=SMALL)


def test_hostile_24_longer_names_and_targets_than_the_limit(sandbox: Sandbox) -> None:
    few = SMALL._replace(text_bytes=100)
    for entries in (
        [Entry("a" * 60), Entry("b" * 60)],
        [symlink("a", "x/" * 30), symlink("b", "x/" * 30)],
        [directory("a/" * 20)],  # 20 directories, which have 400 bytes of names
    ):
        assert "100 bytes" in sandbox.refuses(tar(*entries), limits=few).what


def test_hostile_24_more_records_in_headers_than_members_may_be(
    sandbox: Sandbox,
) -> None:
    """Each takes a while to be read, and five bytes."""
    records = [("a", b"")] * SMALL.entries
    sandbox.refuses(tar(pax(records), Entry("b")), limits=SMALL)
    few = tar(pax(records[:3]), Entry("b"), pax(records[:3]), Entry("c"))
    sandbox.unpack(few, limits=SMALL)


def test_hostile_24_links_that_take_more_steps_than_the_limit(
    sandbox: Sandbox,
) -> None:
    """As a way that turns back all the time does, of one link behind the other."""
    few = SMALL._replace(link_steps=100)
    way = "a/../" * 5
    links = [symlink(f"l{number}", f"{way}l{number + 1}") for number in range(4)]
    members = [directory("a"), *links, Entry("l4")]
    assert "100 steps" in sandbox.refuses(tar(*members), limits=few).what
    sandbox.unpack(tar(*members), limits=SMALL)


def test_hostile_24_more_members_than_the_limit(sandbox: Sandbox) -> None:
    names = [f"f{number}" for number in range(SMALL.entries + 1)]
    sandbox.refuses(tar(*map(Entry, names)), limits=SMALL)
    sandbox.refuses(zip_of(*map(ZipEntry, names)), "t.zip", limits=SMALL)


def test_hostile_24_more_bytes_than_declared(sandbox: Sandbox) -> None:
    data = wheel([("a", b"x" * 5000, 0o644)])
    size = struct.pack("<I", 5000)
    assert data.count(size) == 2
    sandbox.refuses(data.replace(size, struct.pack("<I", 50)), "t.zip")


def test_hostile_24_a_nested_bomb_stays_packed(sandbox: Sandbox) -> None:
    inner = compress(bytes(1 << 20), "gz")
    files = sandbox.unpack(tar(Entry("inner.tar.gz", inner)))
    assert [file.size_bytes for file in files] == [len(inner)]


@pytest.mark.parametrize("size", [b"\x80\0\0\0\x7f" + b"\xff" * 7, b"77777777777\0"])
def test_hostile_25_a_file_of_exbibytes(sandbox: Sandbox, size: bytes) -> None:
    sandbox.refuses(tar_with(Entry("a", size=size)))


def test_hostile_25_a_sparse_file(sandbox: Sandbox) -> None:
    sparse = pax([("GNU.sparse.major", b"1"), ("GNU.sparse.realsize", b"9" * 18)])
    sandbox.refuses(tar_with(sparse, Entry("a", EVIL)))


# Zips


@pytest.mark.parametrize("name", ["../victim", "/etc/x", "a\\..\\..\\x", "C:/x", "C:x"])
def test_hostile_26_a_zip_with_a_name_out_of_it(sandbox: Sandbox, name: str) -> None:
    sandbox.refuses(zip_of(ZipEntry("a", EVIL), ZipEntry(name, EVIL)), "t.zip")


def test_hostile_26_a_drive_name_in_a_tar(sandbox: Sandbox) -> None:
    sandbox.refuses(tar_with(Entry("C:../x", EVIL)))


def test_hostile_26_a_zip_name_cut_by_a_nul(sandbox: Sandbox) -> None:
    sandbox.refuses(zip_of(ZipEntry("a\0b", EVIL)), "t.zip")


def test_hostile_27_a_zip_that_two_readers_read_differently(sandbox: Sandbox) -> None:
    good = zip_of(ZipEntry("a", EVIL))
    named = ZipEntry("a", EVIL, local_name="b")
    for bad in (
        zip_of(named),
        zip_of(ZipEntry("a/", mode=0o040755, local_name="b/")),
        b"PK\3\4" + good,
        zip_of(ZipEntry("hidden", EVIL)) + good,
        zip_of(ZipEntry("a", EVIL), comment=good[-22:]),
        good + b"\0",
        good + zip_of(ZipEntry("b", EVIL)),
    ):
        sandbox.refuses(bad, "t.zip")


def test_hostile_27_a_zip_member_that_the_directory_hides(sandbox: Sandbox) -> None:
    data = zip_of(*(ZipEntry(name, EVIL) for name in "abc"))
    second = data.index(b"PK\1\2", data.index(b"PK\1\2") + 1)
    count, size, start = struct.unpack("<HII", data[-12:-2])
    end = data[-22:-14] + struct.pack("<HHIIH", 2, 2, size - 47, start, 0)
    assert count == 3
    sandbox.refuses(data[:second] + data[second + 47 : -22] + end, "t.zip")


@pytest.mark.parametrize("at", [6, 8, 14, 18, 22])
def test_hostile_27_two_headers_that_differ(sandbox: Sandbox, at: int) -> None:
    data = bytearray(zip_of(ZipEntry("a", EVIL)))
    data[at] ^= 2
    assert "two headers" in sandbox.refuses(bytes(data), "t.zip").what


def test_hostile_27_two_zip_members_of_one_name(sandbox: Sandbox) -> None:
    sandbox.refuses(zip_of(ZipEntry("a", b"1"), ZipEntry("a", b"2")), "t.zip")


def test_hostile_28_zip_links_keep_the_rules_of_links(sandbox: Sandbox) -> None:
    link = ZipEntry("bin/npm", b"../lib/npm.js", 0o120777)
    target = ZipEntry("lib/npm.js", b"1")
    (file, _) = sandbox.unpack(zip_of(link, target), "t.zip")
    assert file.link == "../lib/npm.js"
    assert (sandbox.stage / "bin/npm").readlink() == Path("../lib/npm.js")


@pytest.mark.parametrize("target", [b"../../victim", b"/etc/passwd", b"", b"a\0b"])
def test_hostile_28_a_zip_link_out_of_the_tree(sandbox: Sandbox, target: bytes) -> None:
    link = ZipEntry("bin/npm", target, 0o120777)
    sandbox.refuses(zip_of(ZipEntry("a", EVIL), link), "t.zip")


def test_hostile_29_zip_run_bits_are_kept(sandbox: Sandbox) -> None:
    data = wheel([("bin/x", EVIL, 0o775), ("lib/y", EVIL, 0o664)])
    assert [file.mode for file in sandbox.unpack(data, "t.whl")] == [0o755, 0o644]
    assert (sandbox.stage / "bin/x").stat().st_mode & 0o777 == 0o755


def test_hostile_29_modes_of_another_system_mean_nothing(sandbox: Sandbox) -> None:
    (file,) = sandbox.unpack(zip_of(ZipEntry("x", EVIL, 0o120777, system=0)), "t.zip")
    assert (file.mode, file.link) == (0o644, "")


@pytest.mark.parametrize("flags", [0x1, 0x41, 0x2000])
def test_hostile_30_an_encrypted_zip(sandbox: Sandbox, flags: int) -> None:
    bad = ZipEntry("b", EVIL, flags=flags)
    sandbox.refuses(zip_of(ZipEntry("a", EVIL), bad), "t.zip")


# Streams


@pytest.mark.parametrize("form", ["gz", "xz", "bz2", "zst", "tar"])
@pytest.mark.parametrize("part", [0.5, 0.999])
def test_hostile_31_a_stream_that_is_cut(
    sandbox: Sandbox, form: Form, part: float
) -> None:
    plain = tar_with(Entry("noise", os.urandom(300_000)))
    data = compress(plain, form)
    sandbox.refuses(data[: int(len(data) * part)], "tool.bin")


def test_hostile_32_a_tar_cut_at_a_member(sandbox: Sandbox) -> None:
    whole = tar_member(HONEST) + tar_member(Entry("a", EVIL))
    for end in (b"", bytes(BLOCK)):
        for plain in (whole + end, tar_member(HONEST) + end):
            sandbox.refuses(compress(plain, "gz"), "t.tar.gz")


@pytest.mark.parametrize("at", [-1, -5])
def test_hostile_33_a_wrong_gzip_trailer(sandbox: Sandbox, at: int) -> None:
    data = bytearray(compress(tar_with(), "gz"))
    data[at] ^= 1
    sandbox.refuses(bytes(data), "t.tar.gz")


@pytest.mark.parametrize("form", ["gz", "xz", "bz2", "zst", "tar"])
def test_hostile_34_bytes_after_the_end(sandbox: Sandbox, form: Form) -> None:
    data = compress(tar_with(), form)
    for more in (b"garbage", bytes([0, 0, 0, 1]), data):
        sandbox.refuses(data + more, "tool.bin")


def test_hostile_34_one_tar_in_two_streams_is_one_tar(sandbox: Sandbox) -> None:
    plain = tar_with(Entry("a", EVIL))
    data = gzip.compress(plain[:700]) + gzip.compress(plain[700:])
    assert len(sandbox.unpack(data, "t.tar.gz")) == 2


@pytest.mark.parametrize("form", ["gz", "xz", "bz2", "zst", "tar"])
def test_hostile_35_the_first_bytes_say_the_format(
    sandbox: Sandbox, form: Form
) -> None:
    data = compress(tar_with(), form)
    (file,) = sandbox.unpack(data, "tool.tar.gz")
    assert file.path == "before/it"


def test_hostile_35_a_name_of_another_family(sandbox: Sandbox) -> None:
    sandbox.refuses(tar_with(), "tool.whl")
    sandbox.refuses(zip_of(ZipEntry("a", EVIL)), "tool.tgz")


@pytest.mark.parametrize("data", [b"", b"<html>sign in</html>", b"(\xb5/\xfd", END])
def test_hostile_35_what_is_no_archive(sandbox: Sandbox, data: bytes) -> None:
    sandbox.refuses(data, "tool.tar.gz")


def test_hostile_36_a_dictionary_of_gibibytes(sandbox: Sandbox) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0}]
    data = bytearray(lzma.compress(tar_with(), filters=filters))
    # The block header stands at 12: size, flags, filter id, properties' size, then the
    # dictionary's size, where 40 is 4 GiB - 1; its checksum is its last four bytes.
    end = 12 + (data[12] + 1) * 4
    data[16] = 40
    data[end - 4 : end] = struct.pack("<I", zlib.crc32(data[12 : end - 4]))
    error = sandbox.refuses(bytes(data), "t.tar.xz")
    assert "Memory" in error.what


def test_hostile_36_a_zstd_window_of_gibibytes(sandbox: Sandbox) -> None:
    # RFC 8878 3.1.1.1: magic, a descriptor of nothing, and a window of 2 ** (10 + 22);
    # then one last block, raw, of one byte.
    for exponent, value in ((18, "too much memory"), (22, "memory")):
        frame = bytes([0x28, 0xB5, 0x2F, 0xFD, 0, exponent << 3, 0b1001, 0, 0, 0])
        error = sandbox.refuses(frame, "t.tar.zst")
        assert value in error.what
