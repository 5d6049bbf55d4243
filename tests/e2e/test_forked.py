"""What the tests fork is what a start of Python gives, so what they find holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import forked
from tests.support.run import TOOLPIN, Home
from toolpin.cli import VERBS

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere every run starts Python"
)

# All that a program is given: what it prints must not tell how it was started.
_LOOK = f"""#!{sys.executable} -IS
import os, resource, signal, sys
os.umask(mask := os.umask(0))
print(sys.argv[1:], os.getcwd(), oct(mask), sys.stdin.read())
print(sorted(os.environ.items()))
print(os.getpgrp(), os.getsid(0), [os.isatty(file) for file in range(3)])
print(sorted(file for file in os.listdir("/proc/self/fd") if int(file) < 100))
signals = ("SigBlk", "SigIgn", "SigCgt")
print([line for line in open("/proc/self/status") if line.startswith(signals)])
print([resource.getrlimit(one) for one in range(10)])
print("at last", file=sys.stderr)
"""
_RUNS = {
    "version": ["version"],
    "no-verb": ["instal"],
    "wrong-option": ["list", "--no-such"],
    "json": ["list-all", "nodejs", "--json", "--offline"],
    "not-installed": ["which", "node"],
    "given": ["exec", "look", "a b", "\udcff"],
    "killed": ["exec", "sh", "-c", "kill -9 $$"],
    "code": ["exec", "sh", "-c", "exit 77"],
}


@pytest.mark.parametrize("words", _RUNS.values(), ids=_RUNS)
def test_a_fork_of_the_template_does_what_a_start_of_python_does(
    home: Home, words: list[str]
) -> None:
    home.pin("nodejs 10.15.3\n")
    look = home.root / "bin/look"
    look.parent.mkdir()
    look.write_text(_LOOK)
    look.chmod(0o755)
    env = {**home.env, "PATH": f"{look.parent}:{home.env['PATH']}"}
    command = (*TOOLPIN, *words)
    assert forked.can_run(command, env, b"")
    mine = forked.run(
        command, cwd=str(home.project), env=env, stdin=b"typed", timeout_s=60
    )
    done = subprocess.run(
        command,
        cwd=home.project,
        env=env,
        input=b"typed",
        capture_output=True,
        check=False,
    )
    assert mine == (done.returncode, done.stdout, done.stderr)
    assert ("at last" in mine.err.decode()) == (words[1:2] == ["look"])


def test_a_run_leaves_nothing_to_the_next(home: Home) -> None:
    home.env["TOOLPIN_OFFLINE"] = "1"
    words = ("list-all", "nodejs")
    assert "offline" in home.toolpin(*words).err
    home.env["TOOLPIN_OFFLINE"] = ""
    home.env["TOOLPIN_SOURCES"] = "upstream"
    home.env["TOOLPIN_MIRRORS"] = "https://nodejs.org=http://127.0.0.1:1"
    assert "127.0.0.1" in home.toolpin(*words).err


def test_a_run_that_takes_too_long_is_killed(home: Home) -> None:
    pipe = home.root / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(subprocess.TimeoutExpired):
        home.toolpin("exec", "cat", str(pipe), timeout_s=1)
    # Nobody is left who has the pipe open to read.
    with pytest.raises(OSError, match="No such device"):
        os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)


@pytest.mark.parametrize("name", ["PYTHONPATH", "LC_CTYPE", "TZ", "LD_PRELOAD"])
def test_what_python_reads_as_it_starts_is_given_to_a_start(
    home: Home, name: str
) -> None:
    assert not forked.can_run(TOOLPIN, {**home.env, name: "x"}, b"")


def test_each_verb_can_be_the_first_that_is_loaded(tmp_path: Path) -> None:
    """In the template they all are: what one lacks another may have loaded."""
    script = """
import importlib, os, sys
for name in sys.argv[1:]:
    if os.fork() == 0:
        importlib.import_module(f"toolpin.commands.{name}")
        os._exit(0)
    if os.wait()[1]:
        print(name)
"""
    names = sorted({verb.module for verb in VERBS.values()} - {""})
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, *names],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")
