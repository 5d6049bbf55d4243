"""Turns a URL into the answer's head and a stream of its bytes: one try, no more.

It follows redirects, bounds every wait, and sorts what goes wrong into what may be
tried again (Interrupted) and what may not (ToolpinError). It writes no files.
"""

from __future__ import annotations

import errno
import http
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import requests
import urllib3
from urllib3.exceptions import (
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from toolpin import __version__, urls
from toolpin.errors import NotPublished, Refused, ToolpinError, Unreachable

_BLOCK_BYTES = 256 * 1024
_MAX_REDIRECTS = 10
# Slower than this over a whole stall time is a stall: one byte a second never ends.
_MIN_BYTES_PER_S = 1024
_PASSING = {408, 429, 500, 502, 503, 504}
_REDIRECTS = {301, 302, 303, 307, 308}


class Limits(NamedTuple):
    """How long to wait, how often to ask, and how much to take."""

    connect_timeout_s: float = 5.0
    stall_timeout_s: float = 15.0
    document_timeout_s: float = 60.0
    document_bytes: int = 64 * 1024 * 1024
    download_bytes: int = 8 * 1024 * 1024 * 1024
    attempts: int = 3


class Interrupted(Exception):
    """A try that another try may better: a reset, a stall, a passing status."""

    def __init__(self, cause: str, *, wait_s: float | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.wait_s = wait_s


class Reply:
    """An answer: its status, its headers in lower case, and its bytes, once."""

    def __init__(
        self, url: str, response: requests.Response, stall_timeout_s: float
    ) -> None:
        self.url = url
        self.status = response.status_code
        self.headers = {k.lower(): v for k, v in response.headers.items()}
        self._raw: urllib3.HTTPResponse = response.raw
        self._stall_timeout_s = stall_timeout_s

    @property
    def length(self) -> int | None:
        """The bytes that the body is said to have."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() else None

    def blocks(self, *, decode: bool) -> Iterator[bytes]:
        """Yield the body as it arrives; `decode` undoes a Content-Encoding.

        Raises Interrupted when it is cut, stalls or trickles.
        """
        since, arrived = time.monotonic(), 0
        while block := self._read(decode):
            yield block
            arrived += len(block)
            passed_s = time.monotonic() - since
            if passed_s >= self._stall_timeout_s:
                if arrived < _MIN_BYTES_PER_S * passed_s:
                    raise Interrupted(f"{arrived} bytes in {passed_s:.1f} s")
                since, arrived = time.monotonic(), 0

    def _read(self, decode: bool) -> bytes:
        try:
            return self._raw.read1(_BLOCK_BYTES, decode_content=decode)
        except ReadTimeoutError:
            raise Interrupted(_stall(self._stall_timeout_s)) from None
        except (HTTPError, OSError) as error:
            raise Interrupted("the connection was cut") from error


class Web:
    """Asks servers. Remembers for the process which of them cannot be reached."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._dead: dict[str, str] = {}
        self._local = threading.local()

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str]) -> Iterator[Reply]:
        """Ask for a URL, follow its redirects, and yield an answer that has a body.

        That is 200, 206 or 416. Raises NotPublished for 404 and 410, Unreachable for
        a host that cannot be reached (at once, the second time) and for a status that
        refuses, Refused for a redirect that must not be followed, else Interrupted.
        """
        configured = urls.check(url)
        for _ in range(_MAX_REDIRECTS + 1):
            with self._ask(url, headers) as response:
                if response.status_code not in _REDIRECTS:
                    _judge(url, response)
                    yield Reply(url, response, self._limits.stall_timeout_s)
                    return
                location = response.headers.get("Location", "")
                url = urls.redirected(url, location, configured)
        raise Refused(
            f"{urls.host(configured)} redirects more than {_MAX_REDIRECTS} times",
            [("asked", urls.shown(configured)), ("last", urls.shown(url))],
        )

    def _ask(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        """Send one request; one a hop, so that credentials stay with their host."""
        origin = urls.origin(url)
        if origin in self._dead:
            raise _unreachable(url, f"{self._dead[origin]} (not asked again)")
        limits = self._limits
        timeouts = (limits.connect_timeout_s, limits.stall_timeout_s)
        session = self._session()
        try:
            request = session.prepare_request(
                requests.Request("GET", url, headers=dict(headers))
            )
            settings = session.merge_environment_settings(url, {}, True, None, None)
            # Not session.send: it reads the body of a redirect, however long, to guess
            # the next request.
            return session.get_adapter(url).send(
                request,
                stream=True,
                timeout=timeouts,
                verify=settings["verify"] or True,
                cert=settings["cert"],
                proxies=settings["proxies"],
            )
        except requests.ReadTimeout:
            raise Interrupted(_stall(limits.stall_timeout_s)) from None
        except requests.exceptions.SSLError as error:
            raise _distrusted(url, error) from error
        except (OSError, HTTPError, ValueError) as error:
            # requests' own errors are OSErrors and ValueErrors
            cause = _dead_cause(error, limits)
            if cause is None:
                raise Interrupted("the connection was reset") from error
            self._dead[origin] = cause
            raise _unreachable(url, cause) from error

    def _session(self) -> requests.Session:
        """Return this thread's session: requests promises nothing across threads."""
        if not hasattr(self._local, "session"):
            session = requests.Session()
            session.headers["User-Agent"] = f"toolpin/{__version__}"
            # Bytes are hashed as published, so nobody may squeeze them on the way.
            session.headers["Accept-Encoding"] = "identity"
            # requests knows REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, and they win.
            session.verify = os.environ.get("SSL_CERT_FILE") or True
            self._local.session = session
        kept: requests.Session = self._local.session
        return kept


def _judge(url: str, response: requests.Response) -> None:
    code = response.status_code
    if code in (200, 206, 416):
        return
    status = f"{code} {http.client.responses.get(code, '')}".rstrip()
    if code in _PASSING:
        raise Interrupted(status, wait_s=_retry_after_s(response))
    asked = [("asked", urls.shown(url)), ("status", status)]
    if code in (404, 410):
        name = urls.shown(url).rpartition("/")[2]
        what = f"{urls.host(url)} has no {name or 'such page'}: {status}"
        raise NotPublished(what, asked)
    raise Unreachable(f"{urls.host(url)} answered {status}", asked)


def _retry_after_s(response: requests.Response) -> float | None:
    """Return Retry-After, which is seconds or a date, as seconds (RFC 9110 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _dead_cause(error: Exception, limits: Limits) -> str | None:
    """Say why a host cannot be reached; None when the connection once stood."""
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {limits.connect_timeout_s:g} s"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy gave no connection"
    causes = list(_causes(error))
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        return "the name does not resolve"
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        numbers = [cause.errno for cause in causes if isinstance(cause, OSError)]
        refused = errno.ECONNREFUSED in numbers
        return "connection refused" if refused else "no route to it"
    if isinstance(error, requests.ConnectionError | HTTPError):
        return None
    return str(error)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what lies below: requests and urllib3 wrap twice."""
    while error is not None:
        yield error
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        below = inner if isinstance(inner, BaseException) else None
        error = below or error.__cause__ or error.__context__


def _distrusted(url: str, error: Exception) -> Unreachable:
    """Explain a certificate; a wrong clock makes a good one look bad, so name it."""
    innermost = list(_causes(error))[-1]
    today = time.strftime("%Y-%m-%d", time.gmtime())
    return Unreachable(
        f"{urls.host(url)} has no certificate that this machine trusts",
        [
            ("asked", urls.shown(url)),
            ("cause", str(innermost)),
            ("clock", f"{today} on this machine"),
        ],
        "export REQUESTS_CA_BUNDLE=/path/to/your/ca.pem",
    )


def _unreachable(url: str, cause: str) -> ToolpinError:
    return Unreachable(
        f"{urls.host(url)} cannot be reached",
        [("asked", urls.shown(url)), ("cause", cause)],
    )


def _stall(limit_s: float) -> str:
    return f"nothing came for {limit_s:g} s"
