"""Ends this process, and the programs that it started, on a signal."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import NoReturn

from toolpin.store import staging
from toolpin.system import process

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Python runs handlers in the main thread, between two of its steps. A signal that comes
# just before that thread waits for a lock is handled when the wait ends, for example
# after a stalled download. So another thread watches, and ends the process then.
_GRACE_S = 1.0
_begun = threading.Event()
_ending = threading.RLock()


def end_on_signals() -> None:
    """Make SIGINT, SIGTERM and SIGHUP end this process and all that it has started.

    To be called by the main thread.
    """
    numbers = [
        number
        for number in _SIGNALS
        if signal.getsignal(number) not in (signal.SIG_IGN, _stop)  # nohup
    ]
    if not numbers:
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(reading,), daemon=True).start()
    for number in numbers:
        signal.signal(number, _stop)


def die_of(number: int) -> NoReturn:
    """End this process by a signal, so that a shell loop that started it ends too.

    See https://www.cons.org/cracauer/sigint.html.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
        os.kill(os.getpid(), number)
    else:  # only the main thread may change a handler; a new program has none
        os.execv("/bin/sh", ["sh", "-c", f"kill -{number} $$"])
    os._exit(128 + number)


def _watch(reading: int) -> None:
    """End the process if the main thread does not begin to in time."""
    while received := os.read(reading, 1):
        number = received[0]
        if number in _SIGNALS and not _begun.wait(_GRACE_S):
            _stop(number, None)


def _stop(number: int, _frame: object) -> None:
    """End at once: unfinished work is in staging, and is not used."""
    with _ending:  # another thread waits here until the process has ended
        if _begun.is_set():
            return  # a second signal, to the thread that is ending
        _begun.set()
        process.kill_all()
        _say(b"\ntoolpin: interrupted; nothing half-made is kept\n")
        staging.drop_scratches()
        die_of(number)


def _say(line: bytes) -> None:
    """Write to stderr without waiting for a reader.

    The terminal or pipe stays as it was: other programs write to the same one.
    """
    with contextlib.suppress(OSError):
        is_blocking = os.get_blocking(2)
        os.set_blocking(2, False)
        try:
            os.write(2, line)
        finally:
            os.set_blocking(2, is_blocking)
