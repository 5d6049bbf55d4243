"""A Python that has loaded all of toolpin and run none of it: each run is a fork of it.

`tests.support.forked` starts it and sends it orders. A run is a process with its own
arguments, environment, directory and streams, and it ends as any Python does. All that
it lacks is the start: of Python, and of the modules of toolpin and of its libraries.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import socket
import sys
import threading
from contextlib import suppress
from typing import NamedTuple, NoReturn

import toolpin


class _Running(NamedTuple):
    """The number of a process, and the file in which its end is awaited."""

    number: int
    told: int


def main() -> None:
    """Load everything, then fork for each order; a fork returns when it has run.

    A fork copies tables of pages: each order is one fork, and none waits for its end.
    """
    control = socket.socket(fileno=int(sys.argv[1]))
    for module in pkgutil.walk_packages(toolpin.__path__, "toolpin."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    assert threading.active_count() == 1, "a fork has one thread"
    gc.freeze()  # what is never looked at is never copied
    running: dict[int, _Running] = {}
    ready = select.poll()
    ready.register(control, select.POLLIN)
    while True:
        for file, _ in ready.poll():
            if file in running:
                ready.unregister(file)
                _report(file, running.pop(file))
                continue
            head, files, _, _ = socket.recv_fds(control, 4, 4)
            if not head:
                return
            size_bytes = int.from_bytes(head, "big")
            order = json.loads(control.recv(size_bytes, socket.MSG_WAITALL))
            *streams, output = files
            child = os.fork()
            if child == 0:
                control.close()
                for other, (_, end) in running.items():
                    os.close(other)
                    os.close(end)
                os.close(output)
                _become(streams, **order)
                return
            for stream in streams:
                os.close(stream)
            os.write(output, b"%d " % child)
            process = os.pidfd_open(child)
            running[process] = _Running(child, output)
            ready.register(process, select.POLLIN)


def _report(process: int, run: _Running) -> None:
    """Write how a run ended to the file in which this is awaited."""
    _, status = os.waitpid(run.number, 0)
    with suppress(BrokenPipeError):  # it is not awaited any more
        os.write(run.told, b"%d" % os.waitstatus_to_exitcode(status))
    os.close(run.told)
    os.close(process)


def _become(
    streams: list[int], words: list[str], env: dict[str, str], directory: str
) -> None:
    """Be what `python -I -m WORDS` is, with these streams, and run it."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(env)
    module, *sys.argv[1:] = words
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            with suppress(OSError):  # where a stream takes no more, Python says so
                _end(end.code or 0)
        raise


def _end(code: int) -> NoReturn:
    """End as Python does, but leave its memory to the system.

    To free each object is to copy each page that the template has.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code & 0xFF)


if __name__ == "__main__":
    main()
