"""Turns an answer under way into a head and a stream of bytes, both with an end.

A body that stalls, trickles or breaks off is Interrupted. It asks nobody anything.
"""

from __future__ import annotations

import errno
import re
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

from toolpin.http.bounds import Watch
from toolpin.http.limits import Interrupted

# What asking can raise: requests' own errors are OSErrors and ValueErrors.
NETWORK_ERRORS = (OSError, ValueError, HTTPError)

_BLOCK_BYTES = 256 * 1024
# Slower than this over a whole stall time is a stall: one byte a second never ends.
_MIN_BYTES_PER_S = 1024
_TRICKLE = "what came was too slow, and no part of the file"
# More digits are no size; int() would refuse thousands of them.
_LENGTH = re.compile("[0-9]{1,18}")


class Reply:
    """An answer: its status, its headers in lower case, and its bytes, once."""

    def __init__(
        self, url: str, raw: urllib3.HTTPResponse, stall_timeout_s: float
    ) -> None:
        self.url = url
        self.status = raw.status
        self.headers = {k.lower(): v for k, v in raw.headers.items()}
        self._raw = raw
        self._stall_timeout_s = stall_timeout_s

    @property
    def length(self) -> int | None:
        """The bytes that the body is said to have."""
        text = self.headers.get("content-length", "")
        return int(text) if _LENGTH.fullmatch(text) else None

    def blocks(self, *, decode: bool) -> Iterator[bytes]:
        """Yield the body as it arrives; `decode` undoes a Content-Encoding.

        Raises Interrupted when it is cut, stalls or trickles.
        """
        since, arrived = time.monotonic(), 0
        # Between two blocks a server may send as slowly what is none: chunk headers.
        watch = Watch(1.5 * self._stall_timeout_s, self._end)
        with watch.running():
            while block := self._read(decode, watch):
                yield block
                arrived += len(block)
                passed_s = time.monotonic() - since
                if passed_s >= self._stall_timeout_s:
                    if arrived < _MIN_BYTES_PER_S * passed_s:
                        raise Interrupted(f"{arrived} bytes in {passed_s:.1f} s")
                    since, arrived = time.monotonic(), 0

    def _read(self, decode: bool, watch: Watch) -> bytes:
        try:
            with watch.step():
                block = self._raw.read1(_BLOCK_BYTES, decode_content=decode)
        except ReadTimeoutError:
            raise Interrupted(stall(self._stall_timeout_s)) from None
        except (HTTPError, OSError) as error:
            cause = "the connection was cut"
            raise Interrupted(_TRICKLE if watch.ended else cause) from error
        if watch.ended:
            # What was read of an ended connection is no part of the file.
            raise Interrupted(_TRICKLE)
        return block

    def _end(self) -> None:
        with suppress(ValueError, OSError):
            self._raw.shutdown()


def no_connection(error: Exception) -> str | None:
    """Say why no connection came about; None when that is not what happened."""
    below = list(causes(error))
    if any(isinstance(cause, NameResolutionError) for cause in below):
        return "the name does not resolve"
    if any(isinstance(cause, NewConnectionError) for cause in below):
        numbers = [cause.errno for cause in below if isinstance(cause, OSError)]
        refused = errno.ECONNREFUSED in numbers
        return "connection refused" if refused else "no route to it"
    return None


def was_cut(error: Exception) -> bool:
    """Tell urllib3's errors of a connection that broke from those of a setting."""
    return isinstance(error, HTTPError) and not isinstance(error, ValueError)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what lies below: requests and urllib3 wrap twice."""
    while error is not None:
        yield error
        inner = getattr(error, "reason", None) or next(iter(error.args), None)
        below = inner if isinstance(inner, BaseException) else None
        error = below or error.__cause__ or error.__context__


def stall(limit_s: float) -> str:
    """Say that nothing came."""
    return f"nothing came for {limit_s:g} s"
