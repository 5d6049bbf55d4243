"""A real HTTP server on 127.0.0.1 that serves what a test puts there, and misbehaves.

    with Server() as server:
        server.put("/dist/index.json", b"[]")
        server.put("/dist/node.tar.gz", data, fault=Cut(after=1000, times=1))
        ...ask for f"{server.url}/dist/index.json"...
        assert server.count("/dist/node.tar.gz") == 2
        assert server.requests[-1].headers["range"] == "bytes=1000-"

Routes have an ETag of their bytes and grant ranges; `ranges=False` takes both away, as
a plain server does. Putting other bytes at a path changes its ETag. `headers` replace
or add to the answer's, so a page is `headers={"Content-Type": "text/html"}` and a
squeezed file `{"Content-Encoding": "gzip"}`. A path that nobody put is a 404 with a
page of HTML. A fault holds for the first `times` requests to its path, None for all.

The server is a proxy too, as far as a test needs one: with `http_proxy` set to its
URL, `put("http://public.example/x", ...)` answers for that host. `requests` holds
every request in order of arrival, with the body bytes that were `sent` for it. With a
context of `tests.support.certificates` it speaks TLS.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import NamedTuple
from urllib.parse import urlsplit

_BLOCK_BYTES = 64 * 1024
PAGE = b"<!DOCTYPE html><html><title>404</title>" + b" " * 200 + b"</html>"


class Cut(NamedTuple):
    """Close the connection after some bytes of the body.

    `reset` is a TCP reset; `silent` announces no length, so that the end looks honest.
    """

    after: int
    times: int | None = 1
    reset: bool = False
    silent: bool = False


class Flip(NamedTuple):
    """Turn over one bit of the byte at an offset of the whole file."""

    at: int = 0
    times: int | None = None


class Trickle(NamedTuple):
    """Send `block` bytes, pause, and so on."""

    pause_s: float = 0.05
    block: int = 1
    times: int | None = None


class Hang(NamedTuple):
    """Accept the request and answer nothing until the server closes."""

    times: int | None = None


class Held(NamedTuple):
    """Send the file when an event is set, and nothing before."""

    until: threading.Event
    times: int | None = None


class Status(NamedTuple):
    """Answer with a status, `headers` and a body that is not the file."""

    code: int
    times: int | None = None
    headers: Mapping[str, str] = {}
    body: bytes = PAGE


class Redirect(NamedTuple):
    """Send the client to another URL, word for word as given; `body` comes along."""

    to: str
    code: int = 302
    times: int | None = None
    body: bytes = b""


class WrongLength(NamedTuple):
    """Announce a Content-Length that is `by` bytes off, then close."""

    by: int
    times: int | None = None


class Endless(NamedTuple):
    """Announce no length and repeat the file until the client goes away."""

    times: int | None = None


class Drip(NamedTuple):
    """Send `head` at once, then `drop` again and again until the client goes away."""

    head: bytes
    drop: bytes = b"x"
    pause_s: float = 0.05
    times: int | None = None


class Gather(NamedTuple):
    """Answer when all requests of a barrier have arrived; else with a status of 503."""

    barrier: threading.Barrier
    times: int | None = None


Fault = (
    Cut
    | Flip
    | Trickle
    | Hang
    | Held
    | Status
    | Redirect
    | WrongLength
    | Endless
    | Drip
    | Gather
)


@dataclass
class Seen:
    """A request that arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    sent: int = 0


@dataclass
class _Route:
    data: bytes
    headers: dict[str, str]
    ranges: bool
    fault: Fault | None
    asked: int = 0

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.data).hexdigest()[:16]}"'

    def next_fault(self) -> Fault | None:
        self.asked += 1
        if self.fault is None or self.fault.times is None:
            return self.fault
        return self.fault if self.asked <= self.fault.times else None


@dataclass
class _State:
    routes: dict[str, _Route] = field(default_factory=dict)
    requests: list[Seen] = field(default_factory=list)
    mutex: threading.Condition = field(default_factory=threading.Condition)
    closing: threading.Event = field(default_factory=threading.Event)


class Server:
    """The server; it runs from `with` to the end of it."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._state = _State()
        self._http = _Http(("127.0.0.1", 0), self._state)
        self._scheme = "https" if tls else "http"
        if tls:
            # The handshake is the handler's: a slow one keeps nobody waiting.
            self._http.socket = tls.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.01,), daemon=True
        )

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop: from now on connections are refused, and hanging requests end."""
        self._state.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address without a slash at the end: `http://127.0.0.1:54321`."""
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}"

    @property
    def requests(self) -> list[Seen]:
        """Every request so far."""
        with self._state.mutex:
            return list(self._state.requests)

    def count(self, path: str) -> int:
        """Return how many requests named this path."""
        return sum(seen.path == path for seen in self.requests)

    def wait_for_requests(self, path: str, number: int) -> None:
        """Wait until this many requests named the path: a client may be gone before."""
        with self._state.mutex:
            requests = self._state.requests
            assert self._state.mutex.wait_for(
                lambda: sum(seen.path == path for seen in requests) >= number, 60
            ), f"fewer than {number} requests for {path}"

    def put(
        self,
        path: str,
        data: bytes | Path = b"",
        *,
        headers: Mapping[str, str] | None = None,
        ranges: bool = True,
        fault: Fault | None = None,
    ) -> str:
        """Serve bytes, or a file's bytes as they are now; return the URL."""
        content = data if isinstance(data, bytes) else data.read_bytes()
        with self._state.mutex:
            self._state.routes[path] = _Route(
                content, dict(headers or {}), ranges, fault
            )
        return path if path.startswith("http") else self.url + path

    def answer(self, path: str, body: bytes, data: bytes) -> str:
        """Serve bytes to a POST request with exactly this body; return the URL."""
        return self.put(f"{path} {body!r}", data)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], state: _State) -> None:
        super().__init__(address, _Handler)
        self.state = state

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http
    posted = ""  # with a blank in front: no path has one

    def do_GET(self) -> None:
        state = self.server.state
        names = {name.lower(): value for name, value in self.headers.items()}
        self.seen = Seen(self.command, self.path, names)
        with state.mutex:
            state.requests.append(self.seen)
            state.mutex.notify_all()
            route = state.routes.get(self.path + self.posted) or state.routes.get(
                urlsplit(self.path).path + self.posted
            )
            fault = route.next_fault() if route else None
            self.posted = ""
        if route is None:
            self._answer(404, {"Content-Type": "text/html"}, PAGE)
        else:
            self._serve(route, fault)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.posted = f" {body!r}"
        self.do_GET()

    def _serve(self, route: _Route, fault: Fault | None) -> None:
        match fault:
            case Hang():
                self.server.state.closing.wait()
                self.close_connection = True
            case Gather():
                try:
                    fault.barrier.wait()
                except threading.BrokenBarrierError:
                    self._answer(503, {}, PAGE)
                else:
                    self._send_file(route, None)
            case Status():
                self._answer(fault.code, fault.headers, fault.body)
            case Redirect():
                self._answer(fault.code, {"Location": fault.to}, fault.body)
            case Drip():
                self.close_connection = True
                self._write(fault.head)
                while not self.server.state.closing.wait(fault.pause_s):
                    self._write(fault.drop)
            case Endless():
                self.close_connection = True
                self._head(200, {"Connection": "close", **route.headers})
                self._send(_repeat(route.data), None)
            case _:
                self._send_file(route, fault)

    def _send_file(self, route: _Route, fault: Fault | None) -> None:
        data = route.data
        if isinstance(fault, Held):
            fault.until.wait()
        if isinstance(fault, Flip):
            turned = bytes([data[fault.at] ^ 1])
            data = data[: fault.at] + turned + data[fault.at + 1 :]
        if route.ranges and self.seen.headers.get("if-none-match") == route.etag:
            self._answer(304, {"ETag": route.etag}, b"")
            return
        start = self._granted(route)
        if start >= len(data) > 0:
            self._answer(416, {"Content-Range": f"bytes */{len(data)}"}, b"")
            return
        headers = {"Content-Type": "application/octet-stream"}
        if route.ranges:
            headers |= {"ETag": route.etag, "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        length = len(data) - start
        if isinstance(fault, WrongLength):
            length += fault.by
            self.close_connection = True
        if isinstance(fault, Cut) and fault.silent:
            headers["Connection"] = "close"
        else:
            headers["Content-Length"] = str(length)
        headers |= route.headers
        self._head(206 if start else 200, headers)
        if self.command != "HEAD":
            self._send(iter([data[start:]]), fault)

    def _granted(self, route: _Route) -> int:
        """Return where the answer begins: `Range: bytes=N-` if If-Range agrees."""
        asked = self.seen.headers.get("range", "")
        same = self.seen.headers.get("if-range", route.etag) == route.etag
        if not (route.ranges and same and asked.endswith("-")):
            return 0
        return int(asked.removeprefix("bytes=").removesuffix("-"))

    def _send(self, blocks: Iterator[bytes], fault: Fault | None) -> None:
        for block in blocks:
            if isinstance(fault, Cut):
                self._write(block[: fault.after])
                self._cut(reset=fault.reset)
            elif isinstance(fault, Trickle):
                for at in range(0, len(block), fault.block):
                    self._write(block[at : at + fault.block])
                    if self.server.state.closing.wait(fault.pause_s):
                        return
            else:
                self._write(block)

    def _cut(self, *, reset: bool) -> None:
        self.close_connection = True
        if reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def _write(self, block: bytes) -> None:
        for at in range(0, len(block), _BLOCK_BYTES):
            piece = block[at : at + _BLOCK_BYTES]
            # Counted first: the client may have it before the next line runs.
            self.seen.sent += len(piece)
            self.wfile.write(piece)

    def _answer(self, code: int, headers: Mapping[str, str], body: bytes) -> None:
        self._head(code, {"Content-Length": str(len(body)), **headers})
        if self.command != "HEAD":
            self._write(body)

    def _head(self, code: int, headers: Mapping[str, str]) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing to stderr."""


def _repeat(data: bytes) -> Iterator[bytes]:
    while True:
        yield data or b"\0" * 4096
