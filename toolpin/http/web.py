"""Turns a URL into the answer's head and a stream of its bytes: one try, no more.

It follows redirects, bounds every wait, shows credentials to their origin alone, and
sorts what goes wrong into what may be tried again (Interrupted) and what may not
(ToolpinError). It writes no files.
"""

from __future__ import annotations

import http
import os
import re
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from toolpin import __version__
from toolpin.errors import NotPublished, Refused, ToolpinError, Unreachable
from toolpin.http import urls
from toolpin.http.bounds import Overdue, within
from toolpin.http.credentials import Credential, Credentials
from toolpin.http.limits import Interrupted, Limits
from toolpin.http.reply import (
    NETWORK_ERRORS,
    Reply,
    causes,
    no_connection,
    stall,
    was_cut,
)
from toolpin.http.trust import make_context

_MAX_REDIRECTS = 10
_PASSING = {408, 429, 500, 502, 503, 504}
_REDIRECTS = {301, 302, 303, 307, 308}
_DENIED = {401, 403}
_USER = re.compile(r"[^/\s]*@")


class Web:
    """Asks servers. Remembers for the process which of them cannot be reached."""

    def __init__(self, limits: Limits, credentials: Credentials | None) -> None:
        self._limits = limits
        self._credentials = credentials
        self._dead: dict[str, str] = {}
        self._local = threading.local()
        self._mutex = threading.Lock()
        self._context: ssl.SSLContext | None = None

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str]) -> Iterator[Reply]:
        """Ask for a URL, follow its redirects, and yield an answer of use.

        That is 200, 206, 304 or 416. Raises NotPublished for 404 and 410, Unreachable
        for a host that cannot be reached (at once, the second time) and for a status
        that refuses, Refused for a redirect not to be followed, else Interrupted.
        """
        configured = urls.check(url)
        own = self._credential(configured)
        deadline = time.monotonic() + self._limits.head_timeout_s
        shown = own
        for _ in range(_MAX_REDIRECTS + 1):
            # Nobody who is redirected to sees a secret, not even one for their host,
            # and neither does what they lead back to.
            if urls.exact_origin(url) != urls.exact_origin(configured):
                shown = Credential(None, "none after a redirect")
            with self._ask(url, _with(headers, shown), deadline) as response:
                if response.status_code not in _REDIRECTS:
                    _judge(url, response, shown)
                    yield Reply(url, response.raw, self._limits.stall_timeout_s)
                    return
                location = response.headers.get("Location", "")
                url = urls.redirected(url, location, configured)
        raise Refused(
            f"{urls.host(configured)} redirects more than {_MAX_REDIRECTS} times",
            [("asked", urls.shown(configured)), ("last", urls.shown(url))],
        )

    def _credential(self, url: str) -> Credential:
        if self._credentials is None:
            return Credential(None, "none")
        return self._credentials.find(url)

    def _ask(
        self, url: str, headers: Mapping[str, str], deadline: float
    ) -> requests.Response:
        """Send one request; one a hop, so that credentials stay with their host."""
        origin = urls.origin(url)
        if origin in self._dead:
            raise _unreachable(url, f"{self._dead[origin]} (not asked again)")
        limits = self._limits
        session = self._session(secure=urls.exact_origin(url).startswith("https:"))
        try:
            return within(
                deadline - time.monotonic(),
                lambda: _send(session, url, headers, limits),
                requests.Response.close,
            )
        except Overdue:
            # The session still belongs to the request that is under way.
            del self._local.session
            raise Interrupted(f"no answer within {limits.head_timeout_s:g} s") from None
        except requests.ReadTimeout:
            raise Interrupted(stall(limits.stall_timeout_s)) from None
        except requests.exceptions.SSLError as error:
            raise _distrusted(url, error) from error
        except NETWORK_ERRORS as error:
            cause = _dead_cause(url, error, limits)
            if cause is None:
                raise Interrupted("the connection was reset") from error
            self._dead[origin] = cause
            raise _unreachable(url, cause) from error

    def _session(self, *, secure: bool) -> requests.Session:
        """Return this thread's session: requests promises nothing across threads.

        Reading what a machine trusts takes 50 ms, so only who asks over TLS does it.
        """
        if not hasattr(self._local, "session"):
            session = requests.Session()
            session.headers["User-Agent"] = f"toolpin/{__version__}"
            # Bytes are hashed as published, so nobody may squeeze them on the way.
            session.headers["Accept-Encoding"] = "identity"
            self._local.session = session
            self._local.is_trusting = False
        if secure and not self._local.is_trusting:
            self._local.session.mount("https://", _Adapter(self._trusted()))
            self._local.is_trusting = True
        kept: requests.Session = self._local.session
        return kept

    def _trusted(self) -> ssl.SSLContext:
        with self._mutex:
            if self._context is None:
                self._context = make_context(os.environ)
            return self._context


class _Adapter(requests.adapters.HTTPAdapter):
    """Trusts what a context trusts. requests offers no way to this but inheritance."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().init_poolmanager(*args, ssl_context=self._context, **options)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:  # noqa: ANN401
        return super().proxy_manager_for(proxy, ssl_context=self._context, **options)

    def cert_verify(self, conn: Any, *_: Any) -> None:  # noqa: ANN401
        """Add none of requests' own certificates to the context's."""
        conn.cert_reqs = "CERT_REQUIRED"


def _send(
    session: requests.Session, url: str, headers: Mapping[str, str], limits: Limits
) -> requests.Response:
    # An auth of its own, or requests would look for one: also in netrc's `default`.
    request = session.prepare_request(
        requests.Request("GET", url, headers=dict(headers), auth=lambda asked: asked)
    )
    # Not session.send: it reads the body of a redirect, however long, to guess the
    # next request.
    return session.get_adapter(url).send(
        request,
        stream=True,
        timeout=(limits.connect_timeout_s, limits.stall_timeout_s),
        proxies=_proxies(url),
    )


def proxy_for(url: str) -> str | None:
    """Return the proxy through which a URL is asked, None for none."""
    return requests.utils.select_proxy(url, _proxies(url))


def _proxies(url: str) -> dict[str, str]:
    # A secret for this machine is none for a proxy.
    local = urls.is_loopback(url)
    return {} if local else requests.utils.get_environ_proxies(url, None)


def _with(headers: Mapping[str, str], shown: Credential) -> Mapping[str, str]:
    return (
        headers if shown.header is None else {**headers, "Authorization": shown.header}
    )


def _judge(url: str, response: requests.Response, shown: Credential) -> None:
    code = response.status_code
    if code in (200, 206, 304, 416):
        return
    status = f"{code} {http.client.responses.get(code, '')}".rstrip()
    if code in _PASSING:
        raise Interrupted(status, wait_s=_retry_after_s(response))
    asked = [("asked", urls.shown(url)), ("status", status)]
    if code in (404, 410):
        name = urls.shown(url).rpartition("/")[2]
        what = f"{urls.host(url)} has no {name or 'such page'}: {status}"
        raise NotPublished(what, asked)
    if code in _DENIED:
        asked.append(("credentials", shown.place))
    raise Unreachable(f"{urls.host(url)} answered {status}", asked)


def _retry_after_s(response: requests.Response) -> float | None:
    """Return Retry-After, which is seconds or a date, as seconds (RFC 9110 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, OSError):  # a date of no calendar
        return None


def _dead_cause(url: str, error: Exception, limits: Limits) -> str | None:
    """Say why a host cannot be reached; None when the connection once stood."""
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {limits.connect_timeout_s:g} s"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy gave no connection"
    if cause := no_connection(error):
        return cause
    if isinstance(error, requests.ConnectionError) or was_cut(error):
        return None
    # What requests cannot use it quotes: of a proxy's URL, a part of the password.
    proxy = proxy_for(url)
    if proxy and not isinstance(error, requests.exceptions.InvalidSchema):
        return no_proxy_url(proxy)
    return _USER.sub("", str(error))


def no_proxy_url(proxy: str) -> str:
    """Say that a proxy's address is no URL, without what may be its password."""
    return f"the proxy's address, {proxy.rpartition('@')[2]}, is no URL"


def _distrusted(url: str, error: Exception) -> Unreachable:
    """Explain a certificate; a wrong clock makes a good one look bad, so name it."""
    innermost = list(causes(error))[-1]
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
