"""Becomes a program, or runs one as a child and ends in the same way.

Like a shell: signals at their defaults, a script without `#!` under /bin/sh, exit codes
and deaths by signal passed on. It does not choose the program.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from toolpin.errors import NotRunnable
from toolpin.system.file_modes import restore_umask

# Python ignores these at its start, and a program would inherit that.
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
_FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
# The terminal sends these to the whole process group, so to the command as well.
_LEFT_TO_THE_GROUP = (signal.SIGINT, signal.SIGQUIT)
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")


def as_called(env: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment without the LC_CTYPE that Python sets in the C locale.

    PEP 538: the interpreter sets it before any of its code runs, even with -I.
    """
    if env.get("LC_CTYPE") not in _COERCED:
        return env
    try:
        with open("/proc/self/environ", "rb") as file:
            at_start = file.read().split(b"\0")
    except OSError:
        return env
    if any(entry.startswith(b"LC_CTYPE=") for entry in at_start):
        return env
    return {name: value for name, value in env.items() if name != "LC_CTYPE"}


def become(path: str, args: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    """Replace this process by the program; its argv[0] is `path`, an absolute path.

    Raises NotRunnable if the system refuses it.
    """
    for number in _IGNORED_BY_PYTHON:
        signal.signal(number, signal.SIG_DFL)
    restore_umask()
    try:
        os.execve(path, [path, *args], env)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise _refused(path, error) from error
    os.execve("/bin/sh", ["sh", path, *args], env)


def run_as_child(path: str, args: Sequence[str], env: Mapping[str, str]) -> int:
    """Run the program as a child, pass signals on, and return its wait status.

    Raises NotRunnable if the system refuses it.
    """
    restore_umask()
    # Blocked until the handlers know the child, so that none is lost.
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, (*_FORWARDED, *_LEFT_TO_THE_GROUP)
    )
    try:
        pid = _spawn(path, args, env, before)
        for number in _FORWARDED:
            signal.signal(number, lambda received, _frame: os.kill(pid, received))
        for number in _LEFT_TO_THE_GROUP:
            signal.signal(number, lambda _received, _frame: None)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return os.waitpid(pid, 0)[1]


def end_like(status: int) -> NoReturn:
    """End as the child did: with its exit code, or by the signal that killed it."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code if code >= 0 else 128 - code)


def _spawn(
    path: str,
    args: Sequence[str],
    env: Mapping[str, str],
    mask: set[int | signal.Signals],
) -> int:
    def start(program: str, argv: list[str]) -> int:
        return os.posix_spawn(
            program, argv, env, setsigmask=mask, setsigdef=_IGNORED_BY_PYTHON
        )

    try:
        return start(path, [path, *args])
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise _refused(path, error) from error
    return start("/bin/sh", ["sh", path, *args])


def _refused(path: str, error: OSError) -> NotRunnable:
    return NotRunnable(
        f"the system cannot run {path}", [("reason", str(error.strerror))]
    )
