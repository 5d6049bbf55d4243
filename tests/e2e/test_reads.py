"""How often a command opens a project's files and the settings: once each.

Counted with strace. A file that is read twice may change in between, and one command
would then follow two versions of it.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.support.machine import linux_only
from tests.support.run import TOOLPIN, Home
from tests.support.upstream import Upstream

pytestmark = linux_only

_OPENED = re.compile(r'^\d+ +open(?:at\(AT_FDCWD, |\()"([^"]+)"', re.MULTILINE)


@pytest.fixture
def locked(home: Home, upstream: Upstream) -> Home:
    """A machine with settings, whose project pins and locks an exact version."""
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    (home.config / "config.toml").write_text("jobs = 2\n")
    # What names this setting is read with the TOML parser, by every command.
    (home.root / "system.toml").write_text('idiomatic = "plain"\n')
    assert home.toolpin("lock").code == 0
    return home


def _opens(home: Home, line: str) -> tuple[int, int, int, int]:
    """Run toolpin; return how often it opened pins, lockfile, and each config file."""
    program = shutil.which("strace")
    assert program, "this test needs strace: apt-get install strace"
    log = home.root / "opens.log"
    traced = [program, "-f", "-qq", "-o", str(log), "-e", "trace=?open,openat"]
    result = home.run(*traced, *TOOLPIN, *line.split())
    assert result.code == 0, result.err
    opened = Counter(_OPENED.findall(log.read_text(errors="replace")))
    return (
        opened[str(home.project / ".tool-versions")],
        opened[str(home.project / "toolpin.lock")],
        opened[str(home.config / "config.toml")],
        opened[str(home.root / "system.toml")],
    )


def test_a_locked_install_opens_each_file_once(locked: Home) -> None:
    # Settings once more, as the shims are written: under their file lock.
    assert _opens(locked, "install") == (1, 1, 2, 2)
    assert Path(locked.shim("node")).exists()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("install", (1, 1, 1, 1)),
        ("install --dry-run", (1, 1, 1, 1)),
        ("ci plan", (1, 1, 1, 1)),
        ("lock", (1, 1, 1, 1)),
        ("lock --check", (1, 1, 1, 1)),
        ("outdated", (1, 1, 1, 1)),
        ("upgrade", (1, 1, 1, 1)),
        ("prune", (1, 0, 1, 1)),
        ("env", (1, 0, 1, 1)),
        ("current", (1, 1, 1, 1)),
        ("which node", (1, 0, 1, 1)),
        ("exec node --version", (1, 0, 1, 1)),
        ("activate bash", (1, 1, 1, 1)),
        # Those that write shims, as the first install does.
        ("install --locked", (1, 1, 2, 2)),
        ("pin nodejs 10.15.3", (1, 1, 2, 2)),
        ("reshim", (0, 0, 1, 1)),
        ("uninstall nodejs 10.15.3", (0, 0, 1, 1)),
    ],
)
def test_a_command_opens_each_file_once(
    line: str, expected: tuple[int, ...], locked: Home
) -> None:
    assert locked.toolpin("install").code == 0
    assert _opens(locked, line) == expected


def test_a_loose_pin_opens_the_lockfile_once(locked: Home, upstream: Upstream) -> None:
    upstream.publish("10.15.3")
    locked.pin("nodejs 10\n")
    assert locked.toolpin("lock").code == 0
    assert locked.toolpin("install").code == 0
    for line in ("install", "current", "which node", "exec node --version", "env"):
        assert _opens(locked, line)[:2] == (1, 1), line
