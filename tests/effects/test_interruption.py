"""A signal ends the process, whatever its main thread is doing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

# The main thread waits in C, where no handler of Python's runs.
STUCK = """
import ctypes
from toolpin.store.interruption import end_on_signals
end_on_signals()
end_on_signals()
library, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(256)
library.pthread_mutex_lock(mutex)
print("ready", flush=True)
library.pthread_mutex_lock(mutex)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_process_whose_main_thread_is_stuck(
    number: signal.Signals,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STUCK],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == -number
    assert err.count("interrupted; nothing half-made is kept") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("is_blocking", [True, False])
def test_what_others_write_to_as_well_stays_as_it_was(
    number: signal.Signals, is_blocking: bool
) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, is_blocking)
    with subprocess.Popen(
        [sys.executable, "-c", STUCK], stdout=subprocess.PIPE, stderr=writing, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        process.communicate(timeout=60)
    assert b"interrupted" in os.read(reading, 1000)
    assert os.get_blocking(writing) == is_blocking
    os.close(reading)
    os.close(writing)
