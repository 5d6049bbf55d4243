"""Whatever a server, a name or a network does, a request comes to an end."""

from __future__ import annotations

import gzip
import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.certificates import Authority
from tests.support.server import Drip, Redirect, Server, Status
from toolpin.errors import Mismatch, Refused, ToolpinError, Unreachable
from toolpin.http.bounds import Overdue, Watchdog, within
from toolpin.http.fetch import Fetcher, Limits
from toolpin.model import Artifact, Digest


class Bounded(Limits):
    """Each step may take long, all before the body may not."""

    head_timeout_s = 0.9


# A limit is short where a test waits for its end, and nowhere else: what answers late
# on a busy machine is no fault.
PATIENT = Limits(connect_timeout_s=60, stall_timeout_s=60, attempts=1)
QUICK = Bounded(connect_timeout_s=60, stall_timeout_s=60, attempts=1)
STALLING = PATIENT._replace(stall_timeout_s=1.0)
OK = b"HTTP/1.1 200 OK\r\n"
DATA = b"data" * 10_000


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def document(url: str, limits: Limits = PATIENT) -> bytes:
    return Fetcher(lambda url: url, limits).document(url)


def download(url: str, part: Path) -> None:
    digest = Digest("sha256", hashlib.sha256(DATA).hexdigest())
    artifact = Artifact(url, digest, None, "x.tar")
    Fetcher(lambda url: url, PATIENT).download(artifact, str(part), lambda *_: None)


def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once; a clock of its own, as other threads sleep too."""
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: None)
    monkeypatch.setattr("toolpin.http.fetch.time", clock)


def cause(url: str, limits: Limits = QUICK) -> str:
    with pytest.raises(Unreachable) as caught:
        document(url, limits)
    return dict(caught.value.facts)["reason"]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Drip(b"", b"H"), id="status line"),
        pytest.param(Drip(OK + b"X-Long: "), id="one header"),
        pytest.param(Drip(OK, b"X: y\r\n"), id="many headers"),
        pytest.param(Drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="interim answers"),
    ],
)
def test_hostile_49_headers_that_never_end_are_given_up(
    server: Server, fault: Drip
) -> None:
    assert cause(server.put("/x", fault=fault)) == "no answer within 0.9 s"


def test_hostile_49_redirects_share_one_bound(server: Server) -> None:
    """Each of these takes 0.2 s, and eleven would be allowed."""
    head = b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\nX-Long: "
    url = server.put("/x", fault=Drip(head, b"x\r\n\r\n", pause_s=0.2))
    assert cause(url) == "no answer within 0.9 s"


def test_hostile_49_the_next_request_does_not_wait_for_the_last(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second is answered in time, or a later one is where the machine is busy."""
    without_pauses(monkeypatch)
    url = server.put("/x", b"now", fault=Drip(OK + b"X-Long: ", times=1))
    ours = Fetcher(lambda url: url, QUICK._replace(attempts=20))
    assert ours.document(url) == b"now"


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = OK + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Drip(CHUNKED + b"5;x="), id="chunk extension"),
        pytest.param(
            Drip(GZIP + b"\x1f\x8b\x08\x08\0\0\0\0\0\x03"), id="name in a gzip header"
        ),
    ],
)
def test_hostile_49_a_body_that_comes_without_a_byte_of_content_is_given_up(
    server: Server, fault: Drip
) -> None:
    url = server.put("/x", fault=fault)
    assert cause(url, STALLING).startswith("the response was too slow")


def test_hostile_49_the_same_under_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trusted_authority(tmp_path, monkeypatch)
    with Server(tls=authority.issue("IP:127.0.0.1")) as server:
        url = server.put("/x", fault=Drip(CHUNKED + b"5;x="))
        assert cause(url, STALLING).startswith("the response was too slow")
        url = server.put("/y", fault=Drip(OK + b"X-Long: "))
        assert cause(url) == "no answer within 0.9 s"


def test_hostile_49_a_handshake_that_never_comes_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted_authority(tmp_path, monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert cause(f"https://127.0.0.1:{listener.getsockname()[1]}/x")


def trusted_authority(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    authority = Authority(directory)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    return authority


def test_hostile_49_a_squeezed_document_cannot_outgrow_its_limit(
    server: Server,
) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    url = server.put("/x", bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(Refused):
        Fetcher(lambda url: url, PATIENT).document(url, max_bytes=1_000_000)


def test_hostile_50_a_document_squeezed_twice_is_unsqueezed_twice(
    server: Server,
) -> None:
    twice = gzip.compress(gzip.compress(b"[]"))
    url = server.put("/x", twice, headers={"Content-Encoding": "gzip, gzip"})
    assert document(url) == b"[]"


@pytest.mark.parametrize("length", ["9" * 5000, "9" * 400, "-1", "0x10", "1e3"])
def test_hostile_40_a_length_that_is_no_number_of_bytes_is_not_believed(
    server: Server, tmp_path: Path, length: str
) -> None:
    headers = {"Content-Length": length, "Connection": "close"}
    server.put("/x", fault=Status(200, headers=headers, body=DATA[:4]))
    with pytest.raises(ToolpinError):
        download(f"{server.url}/x", tmp_path / "part")


def test_hostile_49_a_length_beyond_the_cap_is_refused_before_the_body(
    server: Server, tmp_path: Path
) -> None:
    head = OK + b"Content-Length: 40000\r\n\r\n"
    url = server.put("/x", fault=Drip(head, DATA[:4]))
    fetcher = Fetcher(lambda url: url, QUICK._replace(download_bytes=39_999))
    with pytest.raises(Refused) as caught:
        fetcher.unverified(url, str(tmp_path / "part"))
    assert caught.value.what.endswith("sends more than 39,999 bytes")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("granted", ["9" * 5000, "x", "5"])
def test_hostile_41_a_range_that_was_not_asked_for_is_never_appended(
    server: Server, tmp_path: Path, granted: str
) -> None:
    part = tmp_path / "part"
    part.write_bytes(DATA[:4])
    (tmp_path / "part.validator").write_text('"tag"')
    headers = {"Content-Range": f"bytes {granted}-39999/40000"}
    server.put("/x", fault=Status(206, headers=headers, body=DATA[4:]))
    with pytest.raises(Unreachable):
        download(f"{server.url}/x", part)
    assert not part.exists()


def test_hostile_43_a_portal_s_page_in_place_of_an_archive_is_deleted(
    server: Server, tmp_path: Path
) -> None:
    """A portal redirects, and answers 200 to whatever is asked."""
    server.put("/login", b"<html>", headers={"Content-Type": "text/html"})
    url = server.put("/x.tar", fault=Redirect("/login", code=303))
    with pytest.raises(Mismatch) as caught:
        download(url, tmp_path / "part")
    assert "/login, a web page" in dict(caught.value.facts)["received"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wait",
    [
        *("-1", "soon", "9" * 400, "1e9", ""),
        f"Mon, {'9' * 20} Jan 2020 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +2359",
    ],
)
def test_hostile_51_a_retry_after_that_is_no_time_ends_too(
    server: Server, monkeypatch: pytest.MonkeyPatch, wait: str
) -> None:
    without_pauses(monkeypatch)
    url = server.put("/x", fault=Status(429, headers={"Retry-After": wait}))
    assert cause(url, PATIENT._replace(attempts=2)) == "429 Too Many Requests"


Addresses = list[tuple[int, int, int, str, tuple[str, int]]]


def resolve_to(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Let every name have these addresses: a table in place of the network's."""

    def addresses(_: str, port: int, *__: object) -> Addresses:
        kinds = [socket.AF_INET6 if ":" in host else socket.AF_INET for host in hosts]
        return [
            (kind, socket.SOCK_STREAM, 6, "", (host, port))
            for kind, host in zip(kinds, hosts, strict=True)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", addresses)


def test_hostile_52_the_next_address_of_a_name_is_tried(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listener whose queue is full takes no connection, as a blackhole does."""
    server.put("/x", b"here")
    port = int(server.url.rpartition(":")[2])
    resolve_to(monkeypatch, "::1", "127.0.0.1")
    limits = PATIENT._replace(connect_timeout_s=0.3)
    with full_listener(port):
        assert document(f"http://mirror.localhost:{port}/x", limits) == b"here"


@contextmanager
def full_listener(port: int) -> Iterator[None]:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_INET6))
        listener.bind(("::1", port))
        listener.listen(0)
        for _ in range(4):
            client = stack.enter_context(socket.socket(socket.AF_INET6))
            client.setblocking(False)
            with suppress(BlockingIOError):
                client.connect(("::1", port))
        yield


def test_hostile_52_a_name_that_is_never_answered_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()

    def silent(*_: object, **__: object) -> None:
        over.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "late")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    try:
        assert cause("http://mirror.example/x") == "no answer within 0.9 s"
    finally:
        over.set()


def test_hostile_52_the_certificate_is_for_the_name_and_not_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trusted_authority(tmp_path, monkeypatch)
    resolve_to(monkeypatch, "127.0.0.1")
    with Server(tls=authority.issue("DNS:mirror.localhost")) as server:
        server.put("/x", b"here")
        port = server.url.rpartition(":")[2]
        assert document(f"https://mirror.localhost:{port}/x") == b"here"
        with pytest.raises(Unreachable):
            document(f"https://other.localhost:{port}/x")


def test_a_late_result_is_discarded_and_a_late_error_is_nobodys() -> None:
    go, discarded = threading.Event(), threading.Event()

    def late() -> str:
        go.wait()
        return "late"

    def late_error() -> str:
        go.wait()
        raise ssl.SSLError("late")

    for work in (late, late_error):
        with pytest.raises(Overdue):
            within(0.01, work, lambda _: discarded.set())
    go.set()
    assert discarded.wait(10)


def test_what_bounded_work_raises_is_raised() -> None:
    def work() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        within(10, work, lambda _: None)


def test_a_watch_counts_steps_and_not_what_is_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_s, looks, ended = [0.0], threading.Semaphore(0), threading.Event()

    def monotonic() -> float:
        looks.release()
        return now_s[0]

    clock = SimpleNamespace(monotonic=monotonic)
    monkeypatch.setattr("toolpin.http.bounds.time", clock)
    watch = Watchdog(0.02, ended.set)
    with watch:
        with watch.step():
            pass
        now_s[0] = 10.0
        with watch.step():
            for _ in range(5):
                assert looks.acquire(timeout=60)
            assert not watch.fired
            now_s[0] = 20.0
            assert ended.wait(60)
    assert watch.fired
