"""A user with a login: startup files, an installed tool, and real shells to type in."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.run import Home, Result
from tests.support.upstream import Upstream

USUAL = ("bash", "busybox", "dash", "fish", "zsh", "sh", "cat", "env", "dircolors")
PINNED, OTHER = "10.15.3", "12.22.0"


class Shell(NamedTuple):
    """How a shell is started so that it reads its startup files: its words up to -c."""

    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """The shell's own name."""
        return self.words[0]


BASH = Shell(("bash", "-i", "-c"))
LOGIN_BASH = Shell(("bash", "-l", "-i", "-c"))
ZSH = Shell(("zsh", "-i", "-c"))
LOGIN_ZSH = Shell(("zsh", "-l", "-i", "-c"))
FISH = Shell(("fish", "-i", "-c"))


class Login:
    """A user's machine with two versions of nodejs, one of them pinned."""

    def __init__(self, home: Home, upstream: Upstream) -> None:
        self.home = home
        self.upstream = upstream
        self.shims = f"{home.data}/shims"
        usual = home.root / "usual"
        usual.mkdir()
        for name in USUAL:
            if path := shutil.which(name):
                (usual / name).symlink_to(path)
        self.command = usual / "toolpin"
        line = shlex.join([sys.executable, "-I", "-m", "toolpin"])
        self.program(self.command, f'exec {line} "$@"')
        home.env["PATH"] = str(usual)
        self.path_line = f"export PATH='{self.shims}':\"$PATH\""
        for version in (PINNED, OTHER):
            upstream.publish(version)
            done = home.toolpin("install", "nodejs", version)
            assert done.code == 0, done.err
        home.pin(f"nodejs {PINNED}\n")
        self.rc(".bashrc", self.path_line)
        self.rc(".profile", '. "$HOME/.bashrc"')

    def tree(self, version: str = PINNED) -> Path:
        """Return the directory of a version."""
        return self.home.data / "installs/nodejs" / version

    def rc(self, name: str, *lines: str) -> Path:
        """Write a startup file below the home directory."""
        file = self.home.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for line in lines))
        return file

    def program(self, path: Path, text: str) -> Path:
        """Write a script that somebody may run."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def type(self, shell: Shell, line: str, **env: str) -> Result:
        """Start a shell that reads its startup files, and type a line.

        A login shell's /etc/profile may set PATH again: toolpin goes by its path.
        """
        if not shutil.which(shell.name):
            pytest.fail(f"{shell.name} is not on PATH: apt-get install {shell.name}")
        line = line.replace("toolpin", shlex.quote(str(self.command)), 1)
        shell_path = str(shutil.which(shell.name))
        return self.home.run(
            *shell.words, line, env={"TERM": "xterm", "SHELL": shell_path, **env}
        )

    def answer(self, shell: Shell, line: str, **env: str) -> tuple[int, Any]:
        """Return the exit code and the result of a line that ends in --json."""
        done = self.type(shell, line, **env)
        assert done.out.startswith("{"), done
        document = json.loads(done.out)
        assert document["schema"] == 1
        return done.code, document["result"]
