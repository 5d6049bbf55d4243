"""Runs toolpin as its user does: a real process, with an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.support import forked

TOOLPIN = (sys.executable, "-I", "-m", "toolpin")
REPOSITORY = Path(__file__).parents[2]


class Result(NamedTuple):
    """What a finished process left."""

    code: int
    out: str
    err: str


class Home:
    """A machine in a temporary directory: home, data, cache, config, a project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.data = root / "data"
        self.cache = root / "cache"
        self.config = root / "config"
        self.project = root / "project"
        for directory in (self.home, self.config, self.project):
            directory.mkdir(parents=True)
        self.env: dict[str, str] = {
            "HOME": str(self.home),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TOOLPIN_DATA_DIR": str(self.data),
            "TOOLPIN_CACHE_DIR": str(self.cache),
            "TOOLPIN_CONFIG_DIR": str(self.config),
            "TOOLPIN_SYSTEM_CONFIG": str(root / "system.toml"),
            "TOOLPIN_SYSTEM_DATA_DIR": str(root / "system"),
            # A process of git heeds no fixture: nobody's index is asked by accident.
            "TOOLPIN_PLUGIN_INDEX": "file:///nowhere",
            "LC_ALL": "C.UTF-8",
        }

    def pin(self, text: str) -> Path:
        """Write the project's `.tool-versions` as one would type it."""
        file = self.project / ".tool-versions"
        file.write_text(text)
        return file

    def toolpin(
        self,
        *args: str,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        timeout_s: float = 60,
    ) -> Result:
        """Run `toolpin ARGS` in the project's directory and wait for it."""
        return self.run(*TOOLPIN, *args, cwd=cwd, env=env, timeout_s=timeout_s)

    def run(
        self,
        *command: str,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        stdin: str = "",
        timeout_s: float = 60,
    ) -> Result:
        """Run a command in the project's directory and wait for it."""
        directory, env = str(cwd or self.project), {**self.env, **(env or {})}
        given = stdin.encode(errors="surrogateescape")
        if forked.can_run(command, env, given):
            ended = forked.run(
                command, cwd=directory, env=env, stdin=given, timeout_s=timeout_s
            )
            return Result(ended.code, _text(ended.out), _text(ended.err))
        done = subprocess.run(
            command,
            cwd=directory,
            env=env,
            input=given,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        return Result(done.returncode, _text(done.stdout), _text(done.stderr))

    def shim(self, command: str) -> str:
        """Return the path of a command's shim."""
        return os.path.join(self.data, "shims", command)


def _text(data: bytes) -> str:
    """Return what was written, with the newlines of any system."""
    text = data.decode(errors="surrogateescape")
    return text.replace("\r\n", "\n").replace("\r", "\n")
