"""Ends this process, and the programs that it started, when a signal says so."""

from __future__ import annotations

import contextlib
import os
import signal

from toolpin import process
from toolpin.store import unfinished


def end_on_signals() -> None:
    """Let SIGINT, SIGTERM and SIGHUP end this process and all that it has started."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _stop)


def _stop(number: int, _frame: object) -> None:
    """End at once: what is half done is in staging, and does not count."""
    process.kill_all()
    with contextlib.suppress(OSError):  # nobody may be reading
        os.set_blocking(2, False)
        os.write(2, b"\ntoolpin: interrupted; nothing half-made is kept\n")
    unfinished.drop_scratches()
    os._exit(128 + number)
