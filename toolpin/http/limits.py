"""The limits of a request, and the failure that a retry may fix.

It imports no HTTP library: a command that finds everything in the cache needs none.
"""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """How long to wait, how often to retry, and how much to accept."""

    connect_timeout_s: float = 5.0
    stall_timeout_s: float = 15.0
    document_timeout_s: float = 60.0
    document_bytes: int = 64 * 1024 * 1024
    download_bytes: int = 8 * 1024 * 1024 * 1024
    attempts: int = 3

    @property
    def head_timeout_s(self) -> float:
        """For all before the body: name look-ups, connections, redirects, headers."""
        return self.connect_timeout_s + 2 * self.stall_timeout_s


class Transport(NamedTuple):
    """How a server is reached: "" for the machine's configuration.

    A file of certificates to trust, a file with a client certificate and key, and a
    proxy.
    """

    cert: str = ""
    client_cert: str = ""
    proxy: str = ""


DEFAULT_TRANSPORT = Transport()


class Interrupted(Exception):
    """An attempt failed and another may succeed: a reset, a stall, some statuses."""

    def __init__(self, cause: str, *, wait_s: float | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.wait_s = wait_s
