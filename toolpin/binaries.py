"""Reads the head of a command and says whether this host can run it; runs nothing."""

from __future__ import annotations

from toolpin.errors import Refused
from toolpin.model import Host, Pin


def check_command(path: str, host: Host, pin: Pin, *, root: str = "/") -> None:
    """Raise Refused when the program at `path` cannot run on `host`."""
