"""Turns a response in progress into headers and a bounded stream of bytes.

A body that stalls, trickles or breaks off raises Interrupted.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress

import urllib3
from urllib3.exceptions import (
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from toolpin.http.bounds import Watchdog
from toolpin.http.limits import Interrupted

# What sending a request can raise: requests' own errors are OSErrors and ValueErrors.
NETWORK_ERRORS = (OSError, ValueError, HTTPError)

_BLOCK_BYTES = 256 * 1024
# Slower than this for a whole stall time is a stall: one byte a second never ends.
_MIN_BYTES_PER_S = 1024
_TRICKLE = "the response was too slow and contained no part of the file"


class Response:
    """A response: its status, its headers in lower case, and its bytes, once."""

    def __init__(
        self, url: str, raw: urllib3.HTTPResponse, stall_timeout_s: float
    ) -> None:
        self.url = url
        self.status = raw.status
        self.headers = {name.lower(): value for name, value in raw.headers.items()}
        # Content-Length, None where the server announces no valid number of bytes.
        self.length = raw.length_remaining
        self._raw = raw
        self._stall_timeout_s = stall_timeout_s

    def blocks(self, *, decode: bool) -> Iterator[bytes]:
        """Yield the body as it arrives; `decode` undoes a Content-Encoding.

        requests' iter_content always decodes, and it waits for whole blocks, which
        loses the last bytes before a cut. Raises Interrupted.
        """
        since, arrived = time.monotonic(), 0
        # Chunk headers, sent byte by byte, restart the socket's timeout forever.
        with Watchdog(1.5 * self._stall_timeout_s, self._shut_down) as watchdog:
            while block := self._read(decode, watchdog):
                yield block
                arrived += len(block)
                passed_s = time.monotonic() - since
                if passed_s >= self._stall_timeout_s:
                    if arrived < _MIN_BYTES_PER_S * passed_s:
                        raise Interrupted(f"{arrived} bytes in {passed_s:.1f} s")
                    since, arrived = time.monotonic(), 0

    def _read(self, decode: bool, watchdog: Watchdog) -> bytes:
        try:
            with watchdog.step():
                block = self._raw.read1(_BLOCK_BYTES, decode_content=decode)
        except ReadTimeoutError:
            raise Interrupted(stall(self._stall_timeout_s)) from None
        except (HTTPError, OSError) as error:
            cause = _TRICKLE if watchdog.fired else "the connection was cut"
            raise Interrupted(cause) from error
        if watchdog.fired:
            # Data from a connection that was shut down is not the file.
            raise Interrupted(_TRICKLE)
        return block

    def _shut_down(self) -> None:
        with suppress(ValueError, OSError):
            self._raw.shutdown()


def connection_failure(error: BaseException) -> str | None:
    """Describe why there was no connection; None for an error of another kind."""
    error = innermost(error)
    if isinstance(error, NameResolutionError):
        return "the name does not resolve"
    if isinstance(error, NewConnectionError):
        refused = isinstance(error.__cause__, ConnectionRefusedError)
        return "connection refused" if refused else "no route to it"
    return None


def innermost(error: BaseException) -> BaseException:
    """Return the original error: requests and urllib3 each wrap it in their own."""
    inner = getattr(error, "reason", None) or next(iter(error.args), None)
    return innermost(inner) if isinstance(inner, BaseException) else error


def stall(limit_s: float) -> str:
    """Describe a timeout of the socket."""
    return f"no data for {limit_s:g} s"
