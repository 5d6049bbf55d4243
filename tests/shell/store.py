"""Fake installs with real shims, and the five roads that lead to a command."""

from __future__ import annotations

import shutil
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.run import REPOSITORY, Home, Result
from toolpin.env_patch import render_record
from toolpin.model import EnvPatch, Pin
from toolpin.shims.shim_directory import Changes, refresh
from toolpin.shims.stubs import ShimTool
from toolpin.system.paths import Paths

SHELLS: dict[str, tuple[str, ...]] = {
    "dash": ("dash",),
    "bash": ("bash", "--posix"),
    "busybox": ("busybox", "sh"),
    "zsh": ("zsh", "--emulate", "sh"),
}
ROADS = (*SHELLS, "exec")

USUAL = (
    *("dash", "bash", "busybox", "zsh", "fish"),
    *("sh", "cat", "env", "head", "mkdir", "mv", "rm", "rmdir"),
)

# Prints who ran with which arguments, then passes its input on.
SAYS = """#!/bin/sh
printf '%s' "{label}"
for word in "$@"; do printf ' <%s>' "$word"; done
printf '\\n'
"""

# The most of all tools: prefixes, endings, words, and what precedes a number.
JAVA = tomllib.loads((REPOSITORY / "plugins/java.toml").read_text())["tool"]
KNOWN = {
    "nodejs": ShimTool(
        "nodejs",
        ("nodejs", "node"),
        (("npm", ("-g", "link")), ("npx", ("", "add"))),
        idiomatic=(".node-version", ".nvmrc"),
        spellings=(("lts/*", "lts"), ("lts/", ""), ("node", "latest")),
        numbered=True,
    ),
    "erlang": ShimTool("erlang", spellings=(("OTP-", ""),), numbered=True),
    "elixir": ShimTool("elixir", ("elixir",), (), ("erlang",)),
    "java": ShimTool(
        "java",
        ("java", "jdk"),
        idiomatic=(".java-version",),
        spellings=tuple(JAVA["spellings"].items()),
        numbered=True,
    ),
}


class Store:
    """One user's store of fake installs."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.paths = Paths(str(home.data), str(home.config))
        # The machine may have a node of its own.
        usual = home.root / "usual"
        usual.mkdir()
        for name in USUAL:
            path = shutil.which(name)
            if not path:
                pytest.fail(f"{name} is not on PATH: apt-get install {name}")
            (usual / name).symlink_to(path)
        home.env["PATH"] = str(usual)

    def publish(
        self,
        tool: str,
        version: str,
        scripts: Mapping[str, str] | None = None,
        variables: tuple[tuple[str, str], ...] = (),
    ) -> Path:
        """Lay out a version with these commands, each `name: script`."""
        tree = Path(self.paths.install(tool, version))
        (tree / ".toolpin").mkdir(parents=True)
        (tree / "bin").mkdir()
        record = render_record(EnvPatch((f"{tree}/bin",), variables))
        (tree / ".toolpin" / "record.sh").write_text(record)
        for name, script in (scripts or {}).items():
            self.script(tree / "bin" / name, script or f"{tool} {version}")
        return tree

    def script(self, path: Path, text: str) -> None:
        """Write a program: a whole script, or one that prints `text`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if text.startswith("#!") else SAYS.format(label=text))
        path.chmod(0o755)

    def mark(self, pin: Pin) -> None:
        """Mark a version as incomplete."""
        mark = Path(self.paths.incomplete, *pin)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()

    def refresh(self) -> Changes:
        """Write the shims."""
        return refresh(self.paths, KNOWN, sys.executable)

    def command(self, road: str, name: str, *args: str) -> list[str]:
        """Return the command line that takes this road."""
        if road == "exec":
            return [sys.executable, "-I", "-m", "toolpin", "exec", name, *args]
        return [*SHELLS[road], self.home.shim(name), *args]

    def run(
        self,
        road: str,
        name: str,
        *args: str,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        stdin: str = "",
    ) -> Result:
        """Run a command by one road, in the project's directory."""
        line = self.command(road, name, *args)
        return self.home.run(*line, env=env, cwd=cwd, stdin=stdin)


def two_versions(home: Home) -> Store:
    """Return a store with two versions of nodejs; `npm` is only in the older one."""
    store = Store(home)
    store.publish("nodejs", "10.15.3", {"node": "", "npm": ""})
    store.publish("nodejs", "12.22.0", {"node": ""})
    store.publish("erlang", "27.0.1", {"erl": ""})
    store.refresh()
    return store
