"""Other version managers, set up as their users have them: plugins and installs of all.

Each is timed where it is on PATH. What this shell exports for other purposes is not
passed on: RUST_BACKTRACE makes mise ten times slower, for one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable

from toolpin.model import Pin


def environment(home: str) -> dict[str, str]:
    """Return what every candidate runs with: a PATH, a home directory and a locale."""
    return {"PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8"}


def mise(root: str, pins: Iterable[Pin], program: str) -> dict[str, str]:
    """Give mise these versions, each of a plugin, and return the variables for it.

    Every tool has a command of its own name that is `program`; nodejs, which mise knows
    itself, has `node`.
    """
    env = {
        "MISE_DATA_DIR": f"{root}/mise",
        # It reads a project's files only where their directory is trusted.
        "MISE_TRUSTED_CONFIG_PATHS": root,
    }
    if shutil.which("mise"):
        _lay_out(env["MISE_DATA_DIR"], pins, program, core={"nodejs": "node"})
        _run(["mise", "reshim"], {**environment(root), **env})
    return env


def asdf(root: str, pins: Iterable[Pin], program: str) -> dict[str, str]:
    """Give asdf these versions, each of a plugin, and return the variables for it."""
    env = {"ASDF_DATA_DIR": f"{root}/asdf"}
    if shutil.which("asdf"):
        _lay_out(env["ASDF_DATA_DIR"], pins, program, core={})
        for pin in pins:
            command = ["asdf", "reshim", pin.tool, pin.version]
            _run(command, {**environment(root), **env})
    return env


def pyenv(root: str, program: str) -> dict[str, str]:
    """Give pyenv a Python that is `program`, and return the variables for it."""
    env = {"PYENV_ROOT": f"{root}/pyenv", "PYENV_VERSION": "3.9.0"}
    if shutil.which("pyenv"):
        _copy(program, f"{env['PYENV_ROOT']}/versions/3.9.0/bin/python")
        _run(["pyenv", "rehash"], {**environment(root), **env})
    return env


def _lay_out(
    data: str, pins: Iterable[Pin], program: str, core: dict[str, str]
) -> None:
    """Write plugins and installs as both asdf and mise keep them."""
    for pin in pins:
        tool = core.get(pin.tool, pin.tool)
        command = "node" if pin.tool == "nodejs" else pin.tool
        _copy(program, f"{data}/installs/{tool}/{pin.version}/bin/{command}")
        if pin.tool in core:
            continue
        for name in ("list-all", "install"):
            path = f"{data}/plugins/{tool}/bin/{name}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\necho {pin.version}\n")
            os.chmod(path, 0o755)


def _copy(program: str, path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copy(program, path)


def _run(command: list[str], env: dict[str, str]) -> None:
    subprocess.run(command, env=env, cwd=env["HOME"], check=True, capture_output=True)
