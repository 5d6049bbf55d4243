"""Connects to a URL step by step: name look-up, connection, proxy tunnel, TLS.

It finds the step that fails, and sends no request: `toolpin.http.client` does.
"""

from __future__ import annotations

import base64
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple, NoReturn, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from toolpin.errors import ToolpinError
from toolpin.http import urls
from toolpin.http.bounds import Overdue, within
from toolpin.http.client import no_proxy_url, proxy_for
from toolpin.http.trust import make_context

_PORTS = {"http": 80, "https": 443}
_MOST_BYTES = 64 * 1024
_Got = TypeVar("_Got")


class Hop(NamedTuple):
    """One step of a connection: what it found, or why it failed."""

    name: str
    outcome: str
    problem: str = ""


class _Ended(Exception):
    """The reason why a step failed, in a few words."""


def walk(url: str, *, timeout_s: float) -> tuple[Hop, ...]:
    """Return the steps to a URL; if one fails, the last has the problem."""
    hops: list[Hop] = []
    with ExitStack() as opened:
        for name, step in _steps(url, timeout_s, opened):
            try:
                hops.append(Hop(name, step()))
            except _Ended as ended:
                hops.append(Hop(name, "", str(ended)))
                break
    return tuple(hops)


def _steps(
    url: str, timeout_s: float, opened: ExitStack
) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield each step's name, and its function: the next one needs its result."""
    target, proxy = urlsplit(url), proxy_for(url) or ""
    try:
        named = proxy if "://" in proxy else f"http://{proxy}"
        first = urlsplit(named) if proxy else target
        at = (str(first.hostname), _port(first))
    except ValueError:
        yield "proxy", lambda: _end(no_proxy_url(proxy))
        return
    line: list[socket.socket] = []

    def resolve() -> str:
        tried = _attempt(
            timeout_s, lambda: socket.getaddrinfo(*at, 0, socket.SOCK_STREAM)
        )
        addresses = dict.fromkeys(str(address[4][0]) for address in tried)
        whose = f"the proxy {at[0]}" if proxy else at[0]
        return f"{whose} is {' '.join(addresses)}"

    def connect() -> str:
        made = _attempt(timeout_s, lambda: socket.create_connection(at, timeout_s))
        line.append(opened.enter_context(made))
        return f"port {at[1]}"

    def enter_tunnel() -> str:
        return _attempt(2 * timeout_s, lambda: _tunnel(line[0], target, first))

    def shake_hands() -> str:
        made = _attempt(2 * timeout_s, lambda: _secured(line[0], str(target.hostname)))
        opened.enter_context(made)
        return f"{made.version()}, trusted"

    yield "name", resolve
    yield "connection", connect
    if proxy and target.scheme == "https":
        yield "tunnel", enter_tunnel
    if target.scheme == "https":
        yield "TLS", shake_hands


def _end(why: str) -> NoReturn:
    raise _Ended(why)


def _attempt(limit_s: float, work: Callable[[], _Got]) -> _Got:
    """Return the result of a step. Raises _Ended with the cause, in a few words."""
    try:
        return within(limit_s, work, _drop)
    except (Overdue, TimeoutError):
        raise _Ended(f"no answer within {limit_s:g} s") from None
    except (socket.gaierror, UnicodeError):  # an invalid form of a name
        raise _Ended("the name does not resolve") from None
    except ssl.SSLCertVerificationError as error:
        raise _Ended(f"not trusted: {error.verify_message}") from None
    except OSError as error:
        cause = os.strerror(error.errno) if error.errno and error.errno > 0 else error
        raise _Ended(str(cause)) from None
    except ToolpinError as error:
        raise _Ended(error.what) from None


def _drop(late: object) -> None:
    """Close a connection that arrives after the timeout."""
    if isinstance(late, socket.socket):
        late.close()


def _secured(line: socket.socket, host: str) -> ssl.SSLSocket:
    return make_context(os.environ).wrap_socket(line, server_hostname=host)


def _tunnel(line: socket.socket, target: SplitResult, proxy: SplitResult) -> str:
    """Request a tunnel from the proxy (RFC 9110 9.3.6); return its response."""
    place = f"{target.hostname}:{_port(target)}"
    head = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n"
    if proxy.username is not None:
        user = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        secret = base64.b64encode(user.encode()).decode()
        head += f"Proxy-Authorization: Basic {secret}\r\n"
    line.sendall(f"{head}\r\n".encode())
    answer = b""
    # A byte at a time: what follows the header is TLS.
    while not answer.endswith(b"\r\n\r\n") and len(answer) < _MOST_BYTES:
        byte = line.recv(1)
        if not byte:
            break
        answer += byte
    status = answer.partition(b"\r\n")[0].decode("ascii", "replace").partition(" ")[2]
    if not status.startswith("2"):
        raise _Ended(f"the proxy answers {status or 'nothing'}")
    return f"through {urls.host(proxy.geturl())}"


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS.get(parts.scheme, 0)
