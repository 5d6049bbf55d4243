"""Fetching from a server that cuts, lies, stalls and sends us elsewhere."""

from __future__ import annotations

import errno
import gzip
import hashlib
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.server import (
    PAGE,
    Cut,
    Endless,
    Fault,
    Flip,
    Hang,
    Redirect,
    Server,
    Status,
    Trickle,
    WrongLength,
)
from toolpin import __version__
from toolpin.errors import (
    Mismatch,
    NotPublished,
    Refused,
    ToolpinError,
    Unreachable,
)
from toolpin.http import urls
from toolpin.http.fetch import Fetcher, Limits
from toolpin.model import Artifact, Digest

DATA = random.Random(1).randbytes(300_000)
FILE = "/dist/node.tar.gz"
# Only a test that waits for the end of a limit shortens it: what answers late on a busy
# machine is no fault.
PATIENT = Limits(connect_timeout_s=60, stall_timeout_s=60, document_timeout_s=120)
STALLING = PATIENT._replace(stall_timeout_s=0.5)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, in seconds; none is really made."""
    made: list[float] = []
    # Its own clock: other threads of this process sleep too.
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=made.append)
    monkeypatch.setattr("toolpin.http.fetch.time", clock)
    return made


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "part"


def fetcher(limits: Limits = PATIENT) -> Fetcher:
    return Fetcher(lambda url: url, limits)


def artifact_at(url: str, data: bytes = DATA, *, sized: bool = False) -> Artifact:
    digest = Digest("sha256", hashlib.sha256(data).hexdigest())
    return Artifact(url, digest, len(data) if sized else None, "node.tar.gz")


def download(artifact: Artifact, part: Path, limits: Limits = PATIENT) -> list[int]:
    """Download and return the progress that was told."""
    lines: list[int] = []
    fetcher(limits).download(artifact, str(part), lambda done, _: lines.append(done))
    assert not part.with_name("part.validator").exists()
    return lines


def assert_nothing_left(part: Path) -> None:
    assert list(part.parent.iterdir()) == []


def test_a_document_arrives_with_our_name_and_no_squeezing(server: Server) -> None:
    url = server.put("/dist/index.json", b'[{"version": "v20.11.0"}]')
    assert fetcher().document(url) == b'[{"version": "v20.11.0"}]'
    headers = server.requests[0].headers
    assert headers["user-agent"] == f"toolpin/{__version__}"
    assert headers["accept-encoding"] == "identity"
    assert "authorization" not in headers


def test_the_mirror_is_asked_for_the_canonical_url(server: Server) -> None:
    server.put("/mirror/index.json", b"[]")
    mirrored = Fetcher(
        lambda url: url.replace("https://nodejs.org/dist", f"{server.url}/mirror")
    )
    assert mirrored.document("https://nodejs.org/dist/index.json") == b"[]"


def test_a_squeezed_document_is_unsqueezed(server: Server) -> None:
    url = server.put(
        "/index.json", gzip.compress(b"[]"), headers={"Content-Encoding": "gzip"}
    )
    assert fetcher().document(url) == b"[]"


def test_a_download_is_complete_and_tells_its_progress(
    server: Server, part: Path
) -> None:
    output = download(artifact_at(server.put(FILE, DATA), sized=True), part)
    assert part.read_bytes() == DATA
    assert output[0] == 0
    assert output == sorted(output)
    assert output[-1] == len(DATA)


@pytest.mark.parametrize("sized", [True, False])
def test_hostile_37_a_flipped_bit_is_a_mismatch_after_one_clean_retry(
    server: Server, part: Path, *, sized: bool
) -> None:
    url = server.put(FILE, DATA, fault=Flip(at=150_000))
    with pytest.raises(Mismatch) as caught:
        download(artifact_at(url, sized=sized), part)
    assert [seen.headers.get("range") for seen in server.requests] == [None, None]
    assert url in dict(caught.value.facts)["received"]
    assert_nothing_left(part)


def test_hostile_37_one_bad_download_is_fetched_again(
    server: Server, part: Path
) -> None:
    url = server.put(FILE, DATA, fault=Flip(at=150_000, times=1))
    download(artifact_at(url), part)
    assert part.read_bytes() == DATA
    assert server.count(FILE) == 2


@pytest.mark.parametrize("by", [-100, 100])
def test_hostile_40_a_length_that_is_not_the_published_size_is_a_mismatch(
    server: Server, part: Path, by: int
) -> None:
    url = server.put(FILE, DATA, fault=WrongLength(by))
    with pytest.raises(Mismatch) as caught:
        download(artifact_at(url, sized=True), part)
    facts = dict(caught.value.facts)
    assert facts["expected"] == "300,000 bytes"
    assert facts["received"].startswith(f"300,{by}" if by > 0 else "299,900")
    assert_nothing_left(part)


def test_hostile_40_a_body_shorter_than_its_length_is_resumed_then_given_up(
    server: Server, part: Path
) -> None:
    url = server.put(FILE, DATA, fault=WrongLength(100))
    with pytest.raises(Unreachable):
        download(artifact_at(url), part)
    assert server.requests[1].headers["range"] == "bytes=300000-"


def test_hostile_40_a_body_longer_than_its_length_is_a_mismatch(
    server: Server, part: Path
) -> None:
    url = server.put(FILE, DATA, fault=WrongLength(-100))
    with pytest.raises(Mismatch):
        download(artifact_at(url), part)
    assert_nothing_left(part)


@pytest.mark.parametrize("reset", [True, False])
def test_hostile_41_a_cut_download_asks_for_the_rest_only(
    server: Server, part: Path, *, reset: bool
) -> None:
    url = server.put(FILE, DATA, fault=Cut(after=100_000, times=1, reset=reset))
    download(artifact_at(url), part)
    assert part.read_bytes() == DATA
    first, second = server.requests
    assert first.sent == 100_000
    begun = int(second.headers["range"].removeprefix("bytes=").removesuffix("-"))
    # A reset may throw away what was sent but not yet read.
    assert begun == 100_000 or reset
    assert second.sent == len(DATA) - begun
    assert second.headers["if-range"].startswith('"')


def test_hostile_41_a_body_that_ends_early_without_a_word_is_resumed(
    server: Server, part: Path
) -> None:
    url = server.put(FILE, DATA, fault=Cut(after=100_000, silent=True))
    download(artifact_at(url, sized=True), part)
    assert part.read_bytes() == DATA
    assert server.requests[1].headers["range"] == "bytes=100000-"


def test_hostile_41_a_download_is_resumed_by_the_next_process(
    server: Server, part: Path
) -> None:
    url = server.put(FILE, DATA, fault=Cut(after=70_000, times=3))
    with pytest.raises(Unreachable):
        download(artifact_at(url), part, PATIENT._replace(attempts=1))
    assert part.stat().st_size == 70_000
    url = server.put(FILE, DATA)
    output = download(artifact_at(url), part)
    assert output[0] == 70_000
    assert server.requests[-1].sent == len(DATA) - 70_000
    assert part.read_bytes() == DATA


def test_hostile_41_a_server_that_ignores_ranges_starts_again(
    server: Server, part: Path
) -> None:
    url = server.put(
        FILE,
        DATA,
        ranges=False,
        headers={"ETag": '"same"'},
        fault=Cut(after=100_000, times=1),
    )
    download(artifact_at(url), part)
    assert part.read_bytes() == DATA
    assert server.requests[1].headers["range"] == "bytes=100000-"
    assert server.requests[1].sent == len(DATA)
    assert len(server.requests) == 2


def test_hostile_41_another_etag_starts_again(server: Server, part: Path) -> None:
    old = random.Random(2).randbytes(len(DATA))
    url = server.put(FILE, old, fault=Cut(after=100_000))
    with pytest.raises(Unreachable):
        download(artifact_at(url), part, PATIENT._replace(attempts=1))
    server.put(FILE, DATA)
    download(artifact_at(url), part)
    assert part.read_bytes() == DATA
    assert server.requests[-1].sent == len(DATA)
    assert len(server.requests) == 2


def test_hostile_41_a_weak_etag_promises_no_bytes_and_resumes_nothing(
    server: Server, part: Path
) -> None:
    fault = Cut(after=100_000)
    url = server.put(FILE, DATA, headers={"ETag": 'W/"same"'}, fault=fault)
    download(artifact_at(url), part)
    assert server.requests[1].headers.get("range") is None
    assert part.read_bytes() == DATA


def test_hostile_41_a_part_that_went_bad_is_fetched_clean(
    server: Server, part: Path
) -> None:
    url = server.put(FILE, DATA, fault=Cut(after=100_000, times=1))
    with pytest.raises(Unreachable):
        download(artifact_at(url), part, PATIENT._replace(attempts=1))
    part.write_bytes(b"\0" * 100_000)
    download(artifact_at(url), part)
    assert part.read_bytes() == DATA
    assert [seen.headers.get("range") for seen in server.requests[1:]] == [
        "bytes=100000-",
        None,
    ]


@pytest.mark.parametrize("more", [b"", b"more"])
def test_a_part_with_nothing_left_to_ask_for_is_fetched_clean(
    server: Server, part: Path, more: bytes
) -> None:
    url = server.put(FILE, DATA, fault=Cut(after=10))
    with pytest.raises(Unreachable):
        download(artifact_at(url), part, PATIENT._replace(attempts=1))
    part.write_bytes(DATA + more)
    download(artifact_at(url), part)
    assert part.read_bytes() == DATA
    assert len(server.requests) == 3


def test_a_part_without_a_validator_is_not_resumed(server: Server, part: Path) -> None:
    part.write_bytes(DATA[:1000])
    download(artifact_at(server.put(FILE, DATA)), part)
    assert server.requests[0].headers.get("range") is None
    assert part.read_bytes() == DATA


def test_a_complete_part_is_verified_without_a_request(
    server: Server, part: Path
) -> None:
    part.write_bytes(DATA)
    part.with_name("part.validator").write_text('"x"')
    download(artifact_at(server.put(FILE, DATA), sized=True), part)
    assert server.requests == []


@pytest.mark.parametrize("code", [404, 410])
def test_hostile_42_a_missing_file_is_not_published_and_asked_for_once(
    server: Server, part: Path, code: int
) -> None:
    url = server.put(FILE, DATA, fault=Status(code))
    with pytest.raises(NotPublished) as caught:
        download(artifact_at(url), part)
    facts = dict(caught.value.facts)
    assert facts["URL"] == url
    assert facts["status"].startswith(str(code))
    assert server.count(FILE) == 1
    assert_nothing_left(part)


@pytest.mark.parametrize("code", [400, 401, 403, 451])
def test_hostile_42_a_refusal_is_unreachable_and_asked_for_once(
    server: Server, part: Path, code: int
) -> None:
    url = server.put(FILE, DATA, fault=Status(code))
    with pytest.raises(Unreachable) as caught:
        download(artifact_at(url), part)
    assert dict(caught.value.facts)["status"].startswith(str(code))
    assert server.count(FILE) == 1
    assert_nothing_left(part)


def test_hostile_43_a_login_page_is_no_archive(server: Server, part: Path) -> None:
    url = server.put(FILE, PAGE, headers={"Content-Type": "text/html"})
    with pytest.raises(Mismatch) as caught:
        download(artifact_at(url), part)
    assert dict(caught.value.facts)["received"].endswith("a web page")
    assert_nothing_left(part)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(server: Server, part: Path, code: int) -> None:
    server.put("/elsewhere", DATA)
    url = server.put(FILE, fault=Redirect("../elsewhere", code))
    download(artifact_at(url), part)
    assert part.read_bytes() == DATA


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "data:text/plain,hello",
        "http+unix://%2Frun%2Fdocker.sock/x",
        "gopher://127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "//",
    ],
)
def test_hostile_44_a_redirect_to_no_web_address_is_refused(
    server: Server, part: Path, target: str
) -> None:
    url = server.put(FILE, fault=Redirect(target))
    with pytest.raises(Refused) as caught:
        download(artifact_at(url), part)
    assert dict(caught.value.facts)["URL"] == url
    assert_nothing_left(part)


PUBLIC = "https://nodejs.org/dist/x"


@pytest.mark.parametrize(
    "target",
    [
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://api.localhost./x",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://192.168.1.1:8443/",
        "https://0.0.0.0/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00::1]/",
        "https://172.31.255.255/",
        "https://100.64.0.1/",
        "https://0/",
        "https://10.1/",
        "https://0300.0250.1.1/",
        "https://0xc0.0xa8.257/",
        "https://3232235777/",
        "https://127.0.0.1./",
        "https://224.0.0.1/",
        "https://[::]/",
        "https://[::ffff:a00:1]/",
        "https://[0:0:0:0:0:ffff:c0a8:101]/",
        "https://[::10.0.0.1]/",
        "https://[fec0::1]/",
        "https://[64:ff9b::10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[64:ff9b:1::a9fe:a9fe]/",
        "https://[2002:c0a8:101::1]/",
    ],
)
def test_hostile_44_a_public_host_cannot_send_us_into_our_network(target: str) -> None:
    with pytest.raises(Refused):
        urls.redirected(PUBLIC, target, PUBLIC)
    assert urls.redirected(PUBLIC, target, target) == target
    assert urls.redirected("https://10.9.8.7/x", target, PUBLIC) == target


@pytest.mark.parametrize(
    "target",
    [
        "https://1.1.1.1/x",
        "https://[2606:4700:4700::1111]/x",
        "https://[64:ff9b::1.1.1.1]/x",
        "https://[2002:101:101::1]/x",
        "https://10.example/x",
        "https://fc00.example/x",
    ],
)
def test_a_public_host_may_send_us_to_another(target: str) -> None:
    assert urls.redirected(PUBLIC, target, PUBLIC) == target


def test_hostile_44_a_redirect_never_leaves_tls() -> None:
    with pytest.raises(Refused):
        urls.redirected(PUBLIC, "http://nodejs.org/dist/x", PUBLIC)
    moved = urls.redirected(PUBLIC, "https://cdn.example/x", PUBLIC)
    assert moved == "https://cdn.example/x"


def test_hostile_44_the_request_into_our_network_is_never_made(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.put("/secret", b"secret")
    url = server.put("http://public.example/x", fault=Redirect(f"{server.url}/secret"))
    with pytest.raises(Refused):
        fetcher().document(url)
    assert [seen.path for seen in server.requests] == [url]


def test_hostile_49_the_body_of_a_redirect_is_not_read(server: Server) -> None:
    server.put("/there", b"here")
    body = b"x" * 50_000_000
    url = server.put("/x", fault=Redirect("/there", body=body))
    assert fetcher().document(url) == b"here"
    assert server.requests[0].sent < len(body)


@pytest.mark.parametrize("target", [FILE, "/dist/other"])
def test_hostile_45_a_redirect_loop_ends(server: Server, target: str) -> None:
    server.put("/dist/other", fault=Redirect(FILE))
    url = server.put(FILE, fault=Redirect(target))
    with pytest.raises(Refused):
        fetcher().document(url)
    assert len(server.requests) == 11


def test_hostile_46_no_message_shows_a_password_or_a_signature(server: Server) -> None:
    server.put("/x", fault=Status(404))
    with pytest.raises(NotPublished) as caught:
        fetcher().document(server.url.replace("//", "//ana:secret@") + "/x?sig=secret")
    assert "secret" not in caught.value.render()
    assert f"{server.url}/x?..." in caught.value.render()


@pytest.mark.parametrize(
    "path",
    [
        "/v1\r\nX-Evil: 1/x",
        "/v1\n",
        "/v 1",
        "/v\t1",
        "/\x00",
        "/\x7f",
        "/\u2028",
        "\\x",
    ],
)
def test_hostile_47_a_url_that_could_be_two_lines_is_never_asked(
    server: Server, path: str
) -> None:
    with pytest.raises(Refused):
        fetcher().document(server.url + path)
    assert server.requests == []


@pytest.mark.parametrize("url", ["", "x", "file:///etc/passwd", "https://", "//h/x"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        fetcher().document(url)


@pytest.mark.parametrize(
    "fault", [pytest.param(Trickle(0.1), id="slow"), pytest.param(Hang(), id="hang")]
)
def test_hostile_49_a_server_that_stalls_is_given_up(
    server: Server, part: Path, fault: Fault
) -> None:
    url = server.put(FILE, DATA, fault=fault)
    with pytest.raises(Unreachable) as caught:
        download(artifact_at(url), part, STALLING)
    assert dict(caught.value.facts)["attempts"] == "3"
    server.wait_for_requests(FILE, 3)
    assert server.count(FILE) == 3


def test_hostile_49_a_slow_document_has_an_end(server: Server) -> None:
    url = server.put("/index", DATA, fault=Trickle(0.01, block=100))
    with pytest.raises(Unreachable) as caught:
        fetcher(PATIENT._replace(document_timeout_s=0.3)).document(url)
    assert "0.3 s" in dict(caught.value.facts)["reason"]


def test_a_document_may_be_as_large_as_allowed_and_no_larger(server: Server) -> None:
    url = server.put("/x", b"x" * 1000)
    assert fetcher().document(url, max_bytes=1000) == b"x" * 1000
    with pytest.raises(Refused):
        fetcher().document(url, max_bytes=999)


def test_hostile_49_a_body_without_end_stops_at_the_cap(
    server: Server, part: Path
) -> None:
    url = server.put(FILE, DATA, fault=Endless())
    with pytest.raises(Refused):
        fetcher().document(url, max_bytes=1_000_000)
    with pytest.raises(Refused):
        download(artifact_at(url), part, PATIENT._replace(download_bytes=1_000_000))
    with pytest.raises(Mismatch):
        download(artifact_at(url, sized=True), part)
    assert_nothing_left(part)


def test_hostile_50_a_squeezed_header_on_a_squeezed_file_changes_no_byte(
    server: Server, part: Path
) -> None:
    archive = gzip.compress(DATA)
    url = server.put(FILE, archive, headers={"Content-Encoding": "gzip"})
    download(artifact_at(url, archive), part)
    assert part.read_bytes() == archive


@pytest.mark.parametrize("code", [429, 503])
def test_hostile_51_a_long_retry_after_ends_at_once_with_its_time(
    server: Server, pauses: list[float], code: int
) -> None:
    url = server.put("/x", fault=Status(code, headers={"Retry-After": "86400"}))
    with pytest.raises(Unreachable) as caught:
        fetcher().document(url)
    assert dict(caught.value.facts)["retry after"] == "86400 s"
    assert server.count("/x") == 1
    assert pauses == []


@pytest.mark.parametrize(
    ("value", "pause_s"),
    [("3", 3.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_hostile_51_a_short_retry_after_is_honoured(
    server: Server, pauses: list[float], value: str, pause_s: float
) -> None:
    fault = Status(429, times=1, headers={"Retry-After": value})
    url = server.put("/x", b"now", fault=fault)
    assert fetcher().document(url) == b"now"
    assert pauses == [pause_s]


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_a_passing_status_is_asked_again_twice(
    server: Server, pauses: list[float], code: int
) -> None:
    url = server.put("/x", b"now", fault=Status(code, times=2))
    assert fetcher().document(url) == b"now"
    assert len(pauses) == 2
    assert sum(pauses) < 2
    server.put("/y", fault=Status(code))
    with pytest.raises(Unreachable) as caught:
        fetcher().document(f"{server.url}/y")
    assert str(code) in dict(caught.value.facts)["reason"]
    assert server.count("/y") == 3


def test_a_host_that_refuses_is_asked_once_in_a_process(pauses: list[float]) -> None:
    with Server() as server:
        url = server.url
    ours = fetcher()
    for path in ("/a", "/b"):
        with pytest.raises(Unreachable) as caught:
            ours.document(url + path)
    assert "not tried again" in dict(caught.value.facts)["reason"]
    assert "connection refused" in dict(caught.value.facts)["reason"]
    assert pauses == []


def test_hostile_52_a_name_that_does_not_resolve_is_asked_once(
    pauses: list[float],
) -> None:
    with pytest.raises(Unreachable) as caught:
        fetcher().document("https://nothing.invalid/x")
    assert dict(caught.value.facts)["reason"] == "the name does not resolve"
    assert pauses == []


def test_hostile_52_a_host_that_never_connects_is_given_up_once(
    server: Server, pauses: list[float]
) -> None:
    """A listener whose queue is full takes no connection, as a blackhole does."""
    ours = fetcher(PATIENT._replace(connect_timeout_s=0.2))
    with full_listener() as url, pytest.raises(Unreachable) as caught:
        ours.document(url)
    assert dict(caught.value.facts)["reason"] == "no connection within 0.2 s"
    assert pauses == []
    assert ours.document(server.put("/x", b"next")) == b"next"


@contextmanager
def full_listener() -> Iterator[str]:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            with suppress(BlockingIOError):
                client.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a full disk")
def test_hostile_71_a_full_disk_is_no_network_fault(server: Server, part: Path) -> None:
    url = server.put(FILE, DATA)
    part.symlink_to("/dev/full")
    with pytest.raises(OSError, match="space") as caught:
        download(artifact_at(url), part)
    assert caught.value.errno == errno.ENOSPC
    assert server.count(FILE) == 1


def test_threads_share_a_fetcher(server: Server) -> None:
    url = server.put("/x", DATA)
    ours = fetcher()
    received: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: received.append(ours.document(url)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert received == [DATA] * 8


def test_every_error_here_is_one_of_ours(server: Server) -> None:
    for fault in (Hang(), Cut(1, times=None, reset=True), Status(418), Redirect("")):
        with pytest.raises(ToolpinError) as caught:
            fetcher(STALLING).document(server.put("/x", DATA, fault=fault))
        assert caught.value.facts
