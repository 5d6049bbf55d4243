"""What a test starts has no terminal and ignores no signal, however pytest began."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.run import REPOSITORY, Home
from tests.support.terminal import Terminal

RUN = "from subprocess import run\ndef test():\n    "
PYTEST = (sys.executable, "-m", "pytest", "-p", "tests.conftest")
SETTINGS = ("-c", str(REPOSITORY / "pyproject.toml"), "-p", "no:cacheprovider")
IN_SH = ("sh", "-c", '"$@"; echo status $?; cat', "sh")

workers = pytest.mark.parametrize("workers", ["0", "1"])


def pytest_of(tmp_path: Path, body: str, *options: str) -> tuple[str, ...]:
    """Return a command that runs a test with this body as the tests here are run."""
    file = tmp_path / "test_started.py"
    file.write_text(RUN + body)
    # Without it the last thing that pytest does is to delete what earlier runs left in
    # the directory that all of a user's runs share: gigabytes, after a whole suite.
    base = ("--basetemp", str(tmp_path / "base"))
    return (*PYTEST, *SETTINGS, *base, *options, str(file))


@workers
@pytest.mark.parametrize("around", [(), IN_SH], ids=["leads the session", "in sh"])
def test_a_terminal_is_not_handed_on(
    home: Home, tmp_path: Path, around: tuple[str, ...], workers: str
) -> None:
    body = "assert run(['sh', '-c', ': </dev/tty']).returncode"
    command = (*around, *pytest_of(tmp_path, body, "-n", workers))
    with Terminal(*command, env=home.env, cwd=REPOSITORY) as terminal:
        terminal.until("1 passed")
        if around:
            terminal.until("status 0")
            terminal.send("typed\n")
            terminal.until("typed\r\ntyped")


def test_the_keyboard_still_interrupts_a_run(home: Home, tmp_path: Path) -> None:
    body = "run(['sh', '-c', 'echo wait''ing; sleep 600'])"
    command = (*IN_SH, *pytest_of(tmp_path, body, "-s"))
    with Terminal(*command, env=home.env, cwd=REPOSITORY) as terminal:
        terminal.until("waiting")
        terminal.send("\x03")
        terminal.until("KeyboardInterrupt")


@workers
def test_an_ignored_signal_is_not_handed_on(
    home: Home, tmp_path: Path, workers: str
) -> None:
    body = (
        "for number in (1, 2, 15):\n"
        "        assert run(['sh', '-c', f'kill -{number} $$']).returncode == -number"
    )
    words = pytest_of(tmp_path, body, "-n", workers)
    script = 'trap "" HUP INT TERM; exec "$@"'
    done = home.run("sh", "-c", script, "sh", *words, cwd=REPOSITORY)
    assert done.code == 0, done.out
