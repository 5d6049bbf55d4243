"""What a process that a test starts inherits: no terminal, and no ignored signal."""

from __future__ import annotations

import fcntl
import signal
import termios
from contextlib import suppress

_IGNORED_BY_PYTHON = {signal.SIGPIPE, signal.SIGXFSZ}  # subprocess restores these


def give_up_terminal() -> None:
    """Leave the controlling terminal, so that no child can read it or take it over.

    A test that needs one gives its child a terminal of its own. Ctrl-C still interrupts
    this process and its children: they stay in the terminal's foreground group.
    """
    # When the leader of a session leaves, the kernel sends SIGHUP to that group.
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with suppress(OSError), open("/dev/tty", "rb", buffering=0) as terminal:
        fcntl.ioctl(terminal, termios.TIOCNOTTY)
    signal.signal(signal.SIGHUP, before)


def stop_ignoring_signals() -> None:
    """Catch the signals that this process was started with as ignored, and do nothing.

    A child inherits an ignored signal, but not a handler: it starts with the default.
    This process still survives them, as `nohup` or a job in the background wants.
    """
    for number in signal.valid_signals() - _IGNORED_BY_PYTHON:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)
