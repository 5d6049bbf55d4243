"""Verified bytes by digest, one download for many processes, and notes."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.server import Cut, Flip, Held, Server, Trickle
from toolpin.cache.cache_location import cache_directory
from toolpin.cache.verified import Cache, Download
from toolpin.errors import Mismatch, Refused, ToolpinError, Unreachable, UsageError
from toolpin.http.fetch import Fetcher, Limits, Progress
from toolpin.model import Artifact, Digest

DATA = bytes(range(256)) * 2000
DIGEST = Digest("sha256", hashlib.sha256(DATA).hexdigest())

_FETCH = """
import sys
from toolpin.cache.verified import Cache
from toolpin.http.fetch import Fetcher
from toolpin.model import Artifact, Digest
root, url, hexadecimal = sys.argv[1:]
artifact = Artifact(url, Digest("sha256", hexadecimal), None, "x.tar.gz")
fetcher = Fetcher(lambda url: url)
print(Cache(root).fetch(artifact, fetcher.download, lambda *_: None))
"""


def artifact_at(url: str) -> Artifact:
    return Artifact(url, DIGEST, len(DATA), "x.tar.gz")


def silent(_done: int, _total: int | None) -> None:
    pass


def writes(data: bytes) -> Download:
    """A download that leaves these bytes."""

    def download(_artifact: Artifact, part: str, _progress: Progress) -> None:
        Path(part).write_bytes(data)

    return download


def breaks(number: int) -> Download:
    """A download whose disk answers with an error half-way."""

    def download(_artifact: Artifact, part: str, _progress: Progress) -> None:
        Path(part).write_bytes(DATA[:1000])
        raise OSError(number, os.strerror(number), part)

    return download


def never(_artifact: Artifact, _part: str, _progress: Progress) -> None:
    pytest.fail("downloaded although the bytes are there")


def files_below(root: Path) -> set[str]:
    result = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)) for path in result} - {
        f"locks/{DIGEST.algorithm}-{DIGEST.hex}"
    }


def start_fetch(root: Path, url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _FETCH, str(root), url, DIGEST.hex]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_an_artifact_lies_under_its_digest_and_is_fetched_once(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    path = cache.fetch(artifact_at("https://x/y"), writes(DATA), silent)
    assert path == cache.archive(DIGEST)
    assert path == f"{tmp_path}/archives/sha256/{DIGEST.hex}"
    assert cache.fetch(artifact_at("https://x/y"), never, silent) == path
    assert files_below(tmp_path) == {f"archives/sha256/{DIGEST.hex}"}


def test_other_bytes_than_published_never_get_a_place(tmp_path: Path) -> None:
    with pytest.raises(Mismatch):
        Cache(str(tmp_path)).fetch(artifact_at("npm:x@1"), writes(b"other"), silent)
    assert files_below(tmp_path) == set()


def test_a_flipped_bit_leaves_nothing(tmp_path: Path) -> None:
    with Server() as server:
        url = server.put("/x", DATA, fault=Flip(at=7))
        with pytest.raises(Mismatch):
            Cache(str(tmp_path)).fetch(
                artifact_at(url), Fetcher(lambda url: url).download, silent
            )
    assert files_below(tmp_path) == set()


def test_bytes_that_went_bad_are_fetched_again(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    path = Path(cache.fetch(artifact_at("https://x/y"), writes(DATA), silent))
    path.write_bytes(DATA[:-1] + b"\0")
    cache.fetch(artifact_at("https://x/y"), writes(DATA), silent)
    assert path.read_bytes() == DATA


def test_a_cut_download_is_kept_and_resumed(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    download = Fetcher(lambda url: url, Limits(attempts=1)).download
    with Server() as server:
        url = server.put("/x", DATA, fault=Cut(after=100_000))
        with pytest.raises(Unreachable):
            cache.fetch(artifact_at(url), download, silent)
        path = cache.fetch(artifact_at(url), download, silent)
        assert server.requests[-1].sent == len(DATA) - 100_000
    assert Path(path).read_bytes() == DATA
    assert files_below(tmp_path) == {f"archives/sha256/{DIGEST.hex}"}


def test_hostile_81_eight_processes_make_one_download(tmp_path: Path) -> None:
    with Server() as server:
        # Slow enough that all of them want it at the same time.
        url = server.put("/x", DATA, fault=Trickle(0.02, block=10_000))
        started = [start_fetch(tmp_path, url) for _ in range(8)]
        answers = [process.communicate(timeout=60)[0] for process in started]
        assert server.count("/x") == 1
    assert answers == [f"{Cache(str(tmp_path)).archive(DIGEST)}\n"] * 8
    assert files_below(tmp_path) == {f"archives/sha256/{DIGEST.hex}"}


def test_who_waits_for_another_process_is_told(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    output = threading.Event()
    with Server() as server:
        url = server.put("/x", DATA, fault=Held(output))
        with start_fetch(tmp_path, url):
            server.wait_for_requests("/x", 1)
            cache.fetch(artifact_at(url), never, silent, waiting=output.set)
    assert output.is_set()


def test_hostile_78_a_killed_download_is_resumed_by_the_next(tmp_path: Path) -> None:
    part = tmp_path / "partial" / f"sha256-{DIGEST.hex}"
    with Server() as server:
        url = server.put("/x", DATA, fault=Trickle(600, block=40_000, times=1))
        with start_fetch(tmp_path, url) as process:
            while not (part.exists() and part.stat().st_size > 0):
                assert process.poll() is None
            process.send_signal(signal.SIGKILL)
        left = part.stat().st_size
        assert 0 < left < len(DATA)
        Cache(str(tmp_path)).fetch(
            artifact_at(url), Fetcher(lambda url: url).download, silent
        )
        assert server.requests[-1].sent == len(DATA) - left
    assert Path(Cache(str(tmp_path)).archive(DIGEST)).read_bytes() == DATA


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_hostile_71_a_full_disk_is_named_and_left_no_fuller(
    tmp_path: Path, number: int
) -> None:
    with pytest.raises(ToolpinError) as caught:
        Cache(str(tmp_path)).fetch(artifact_at("https://x"), breaks(number), silent)
    facts = dict(caught.value.facts)
    assert facts["path"] == f"{tmp_path}/partial/sha256-{DIGEST.hex}"
    assert facts["reason"] == os.strerror(number)
    assert files_below(tmp_path) == set()


def test_hostile_73_other_disk_errors_keep_the_part(tmp_path: Path) -> None:
    with pytest.raises(ToolpinError) as caught:
        Cache(str(tmp_path)).fetch(artifact_at("x:y"), breaks(errno.EACCES), silent)
    assert dict(caught.value.facts)["reason"] == os.strerror(errno.EACCES)
    assert files_below(tmp_path) == {f"partial/sha256-{DIGEST.hex}"}


def test_hostile_70_a_cache_that_cannot_be_a_directory_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ToolpinError) as caught:
        Cache(str(file)).fetch(artifact_at("https://x"), never, silent)
    assert str(file) in dict(caught.value.facts)["path"]
    with pytest.raises(ToolpinError) as caught:
        Cache(str(file)).write_note(b"x", "plans", "y")
    assert str(file) in dict(caught.value.facts)["path"]


def test_a_note_is_read_as_it_was_written_last(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    assert cache.read_note("plans", "nodejs", "10.15.3") is None
    for data in (b"one", b"two\0"):
        cache.write_note(data, "plans", "nodejs", "10.15.3", "linux-x64")
        assert cache.read_note("plans", "nodejs", "10.15.3", "linux-x64") == data
    assert cache.read_note("plans", "nodejs", "10.15.3", "linux-x64", "x") is None
    assert files_below(tmp_path) == {"plans/nodejs/10.15.3/linux-x64"}


@pytest.mark.parametrize(
    "name", ["..", ".", "", "a/b", "/etc", "a\nb", "-rf", "x" * 999]
)
def test_hostile_54_a_note_cannot_leave_its_directory(
    tmp_path: Path, name: str
) -> None:
    cache = Cache(str(tmp_path / "cache"))
    with pytest.raises(Refused):
        cache.write_note(b"x", "plans", name)
    with pytest.raises(Refused):
        cache.read_note(name, "x")
    assert files_below(tmp_path) == set()


def test_a_note_cannot_pose_as_an_archive(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="invalid note name"):
        Cache(str(tmp_path)).write_note(b"x", "archives", "sha256", DIGEST.hex)


def test_the_variable_names_the_directory_and_must_be_absolute() -> None:
    assert cache_directory({"TOOLPIN_CACHE_DIR": "/a//b/"}) == "/a/b"
    with pytest.raises(UsageError) as caught:
        cache_directory({"TOOLPIN_CACHE_DIR": "a/b"})
    assert ("received", "'a/b'") in caught.value.facts


def test_the_default_is_the_systems_place_for_caches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/cache")
    assert cache_directory({}).endswith("/toolpin")
    assert cache_directory({"TOOLPIN_CACHE_DIR": ""}).endswith("/toolpin")
