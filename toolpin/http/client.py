"""Turns a URL into a response with requests: one attempt, with a deadline.

It follows redirects, sends credentials to their origin only, and classifies failures:
Interrupted for those that a retry may fix, ToolpinError for the rest.
"""

from __future__ import annotations

import os
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import cached_property
from http.client import responses
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

from toolpin import __version__
from toolpin.errors import NotPublished, Refused, Unreachable
from toolpin.http import urls
from toolpin.http.bounds import Overdue, within
from toolpin.http.credentials import Credential, Credentials
from toolpin.http.limits import DEFAULT_TRANSPORT, Interrupted, Limits, Transport
from toolpin.http.response import (
    NETWORK_ERRORS,
    Response,
    connection_failure,
    innermost,
    stall,
)
from toolpin.http.trust import make_context

_MAX_REDIRECTS = 10
_REDIRECTS = {301, 302, 303, 307, 308}
_RETRYABLE = {408, 429, 500, 502, 503, 504}
_USER = re.compile(r"[^/\s]*@")


class Client:
    """Sends requests, and remembers hosts that refuse connections."""

    def __init__(
        self,
        limits: Limits,
        credentials: Credentials | None,
        transport: Transport = DEFAULT_TRANSPORT,
    ) -> None:
        self._limits = limits
        self._transport = transport
        self._credentials = credentials
        self._unreachable: dict[str, str] = {}
        self._local = threading.local()

    @contextmanager
    def get(
        self, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Iterator[Response]:
        """Send a GET request, follow its redirects, and yield a usable response.

        With a body it is a POST request, which redirects repeat. Usable is 200, 206,
        304 or 416. Raises NotPublished for 404 and 410, Unreachable for any other final
        status and for a host that refuses connections (immediately, the second time),
        Refused for a redirect that must not be followed, else Interrupted.
        """
        configured = urls.check(url)
        shown = Credential(None, "none")
        if self._credentials:
            shown = self._credentials.find(configured)
        deadline = time.monotonic() + self._limits.head_timeout_s
        for _ in range(_MAX_REDIRECTS + 1):
            # After a redirect to another origin no host gets a secret, not even
            # its own, and not even the first one when the redirects lead back to it.
            if urls.origin(url) != urls.origin(configured):
                shown = Credential(None, "none after a redirect")
            with self._send(url, headers, shown, deadline, body) as response:
                if response.status_code not in _REDIRECTS:
                    _check_status(url, response, shown)
                    yield Response(url, response.raw, self._limits.stall_timeout_s)
                    return
                location = response.headers.get("Location", "")
                url = urls.redirected(url, location, configured)
        raise Refused(
            f"{urls.host(configured)} redirects more than {_MAX_REDIRECTS} times",
            [("URL", urls.shown(configured)), ("last", urls.shown(url))],
        )

    def _send(
        self,
        url: str,
        headers: Mapping[str, str],
        shown: Credential,
        deadline: float,
        body: bytes | None,
    ) -> requests.Response:
        """Send one request and return the response without its body."""
        origin = urls.origin(url)
        if origin in self._unreachable:
            raise _unreachable(url, f"{self._unreachable[origin]} (not tried again)")
        session, limits = self._session(), self._limits

        def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
            # Without this function, requests would send a user that a redirect names.
            if shown.header is not None:
                request.headers["Authorization"] = shown.header
            return request

        def send() -> requests.Response:
            return session.request(
                "GET" if body is None else "POST",
                url,
                data=body,
                headers=headers,
                auth=authorize,
                proxies=_proxies(url, self._transport.proxy),
                timeout=(limits.connect_timeout_s, limits.stall_timeout_s),
                allow_redirects=False,
                stream=True,
            )

        try:
            return within(deadline - time.monotonic(), send, requests.Response.close)
        except Overdue:
            # The thread that is still waiting continues to use the session.
            del self._local.session
            raise Interrupted(f"no answer within {limits.head_timeout_s:g} s") from None
        except requests.ReadTimeout:
            raise Interrupted(stall(limits.stall_timeout_s)) from None
        except requests.exceptions.SSLError as error:
            raise _distrusted(url, error) from error
        except NETWORK_ERRORS as error:
            cause = _permanent_cause(url, error, limits, self._transport)
            if cause is None:
                raise Interrupted("the connection was reset") from error
            self._unreachable[origin] = cause
            raise _unreachable(url, cause) from error

    def _session(self) -> requests.Session:
        """Return this thread's session: requests does not guarantee thread safety."""
        if not hasattr(self._local, "session"):
            session = _Session()
            session.mount("https://", _Adapter(lambda: self._context))
            self._local.session = session
        kept: requests.Session = self._local.session
        return kept

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return make_context(os.environ, self._transport)


class _Session(requests.Session):
    """A session that reads nothing from the environment and keeps no cookies."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False  # netrc's `default` entry would be sent to every host
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self.headers["User-Agent"] = f"toolpin/{__version__}"
        # A published digest is that of the file without any Content-Encoding.
        self.headers["Accept-Encoding"] = "identity"

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: otherwise requests would read the whole body of a redirect."""


class _Adapter(requests.adapters.HTTPAdapter):
    """Trusts the certificates of one TLS context.

    It retries nothing (requests' default). urllib3's Retry would sleep and count
    within one call, but the deadline holds for each attempt alone, and an attempt
    includes the body: a cut download is resumed. See Fetcher.
    """

    def __init__(self, context: Callable[[], ssl.SSLContext]) -> None:
        self._context = context
        super().__init__()

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: Any,  # noqa: ANN401 - requests' own
        cert: Any = None,  # noqa: ANN401
    ) -> tuple[Any, Any]:
        """Use the context, read only here: it takes 50 ms, and http needs none."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {**pool, "ssl_context": self._context()}

    def cert_verify(self, conn: Any, *_: Any) -> None:  # noqa: ANN401
        """Add none of requests' own certificates to the context's."""
        conn.cert_reqs = "CERT_REQUIRED"


def _proxies(url: str, configured: str) -> dict[str, str]:
    if urls.is_loopback(url):  # a secret for this machine must not reach a proxy
        return {}
    if configured:
        return {"http": configured, "https": configured}
    return requests.utils.get_environ_proxies(url, None)


def _check_status(url: str, response: requests.Response, shown: Credential) -> None:
    code = response.status_code
    if code in (200, 206, 304, 416):
        return
    status = f"{code} {responses.get(code, '')}".rstrip()
    if code in (403, 429) and response.headers.get("X-RateLimit-Remaining") == "0":
        raise _rate_limited(url, response, shown)
    if code in _RETRYABLE:
        raise Interrupted(status, wait_s=_retry_after_s(response))
    request_facts = [("URL", urls.shown(url)), ("status", status)]
    if code in (404, 410):
        name = urls.shown(url).rpartition("/")[2]
        what = f"{urls.host(url)} has no {name or 'such page'}: {status}"
        raise NotPublished(what, request_facts)
    if code in (401, 403):
        request_facts.append(("credentials", shown.place))
    raise Unreachable(f"{urls.host(url)} answered {status}", request_facts)


def _rate_limited(
    url: str, response: requests.Response, shown: Credential
) -> Unreachable:
    """Describe a rate limit that is used up, as GitHub's API states it in headers.

    Source: GitHub's page on rate limits of the REST API.
    """
    reset = response.headers.get("X-RateLimit-Reset", "")
    until = "an hour from now, at most"
    if reset.isascii() and reset.isdigit() and len(reset) < 12:
        until = time.strftime("%H:%M:%S UTC", time.gmtime(int(reset)))
    count = response.headers.get("X-RateLimit-Limit", "?")
    facts = [
        ("asked", urls.shown(url)),
        ("limit", f"{count} requests an hour, used up until {until}"),
        ("credentials", shown.place),
    ]
    hint = "export GITHUB_TOKEN=<token>" if shown.header is None else None
    return Unreachable(f"{urls.host(url)} answers no more for now", facts, hint)


def _retry_after_s(response: requests.Response) -> float | None:
    """Return Retry-After, which is seconds or a date, as seconds (RFC 9110 10.2.3).

    urllib3's Retry has a parser too; it fails on invalid dates, and some versions
    shorten the time, which is reported unchanged.
    """
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _permanent_cause(
    url: str, error: Exception, limits: Limits, transport: Transport
) -> str | None:
    """Describe why a host refuses connections; None if another attempt may help."""
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {limits.connect_timeout_s:g} s"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy did not connect: {innermost(error)}"
    if isinstance(error, requests.ConnectionError):
        return connection_failure(error)
    # requests quotes invalid values: a proxy's URL may include the password.
    proxy = requests.utils.select_proxy(url, _proxies(url, transport.proxy))
    if proxy and not isinstance(error, requests.exceptions.InvalidSchema):
        return f"the proxy's address, {proxy.rpartition('@')[2]}, is not a URL"
    return _USER.sub("", str(error))


def _distrusted(url: str, error: Exception) -> Unreachable:
    """Describe a certificate error; with the clock, which may be the cause."""
    today = time.strftime("%Y-%m-%d", time.gmtime())
    return Unreachable(
        f"{urls.host(url)} has a certificate that this machine does not trust",
        [
            ("URL", urls.shown(url)),
            ("reason", str(innermost(error))),
            ("clock", f"{today} on this machine"),
        ],
        "export REQUESTS_CA_BUNDLE=/path/to/your/ca.pem",
    )


def _unreachable(url: str, cause: str) -> Unreachable:
    return Unreachable(
        f"{urls.host(url)} cannot be reached",
        [("URL", urls.shown(url)), ("reason", cause)],
    )
