"""Times the shims of asdf plugins' tools against that of a bundled one.

All run a copy of `true`; the plugins are real ones, added and installed by toolpin,
with no exec-env, with one that always says the same, and with one that looks around.
Run it as `python -m benchmarks.asdf_shim [PAIRS]`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping

from benchmarks.paired import measure, show
from toolpin.env_patch import render_record
from toolpin.model import EnvPatch, Pin
from toolpin.plugins.registry import read_registry
from toolpin.system.paths import Paths
from toolpin.tasks.shim_refresh import refresh_shims

WARM_UP = 30
BUNDLED = Pin("golang", "1.22.0")
TRUE = os.path.realpath(shutil.which("true") or "/bin/true")
# A plugin's name with its exec-env.
PLUGINS = {
    "plain": "",
    "fixed": 'export FIXED_HOME="$ASDF_INSTALL_PATH" FIXED_OPTIONS="a b"\n',
    "asking": 'export ASKING_HOME="$PWD"\n',
}


def _beside_asdf(root: str, pairs: int) -> None:
    """Print what the header and the variables of asdf's cost a shim."""
    candidates = {}
    for name, versions, note in (
        ("without asdf", 1, False),
        ("with asdf", 1, True),
        ("with asdf, 30 versions", 30, True),
    ):
        place = f"{root}/{name.replace(' ', '-')}"
        paths = Paths(f"{place}/data", f"{place}/config")
        for number in range(versions):
            _lay_out(paths, Pin(BUNDLED.tool, f"1.22.{number}"))
        if note:
            with open(paths.asdf_note, "w", encoding="utf-8"):
                pass
        refresh_shims(paths, read_registry(paths))
        candidates[name] = [f"{paths.shims}/go"]
    directory = f"{root}/projects/{BUNDLED.tool}"
    env = {**os.environ, "HOME": root, "PWD": directory}
    times = measure(
        candidates, directory=directory, env=env, rounds=pairs, warm_up=WARM_UP
    )
    show("a shim where asdf is at work (wanted: <= 1.02x)", times, "without asdf")


def main(pairs: int) -> None:
    """Print one table, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="toolpin-bench-") as root:
        paths = Paths(f"{root}/data", f"{root}/config")
        env = {
            **os.environ,
            "HOME": root,
            "TOOLPIN_DATA_DIR": paths.data,
            "TOOLPIN_CONFIG_DIR": paths.config,
        }
        for name, exec_env in PLUGINS.items():
            _install(name, exec_env, root, env)
        _lay_out(paths, BUNDLED)
        candidates = {"bundled": [f"{paths.shims}/go"]}
        directories = {"bundled": _project(root, BUNDLED)}
        for name in PLUGINS:
            candidates[f"plugin, {name}"] = [f"{paths.shims}/run-{name}"]
            directories[f"plugin, {name}"] = _project(root, Pin(name, "1.0.0"))
        if shutil.which("asdf"):
            candidates["asdf's own, plain"] = [_asdf_shim(root, env)]
            directories["asdf's own, plain"] = directories["plugin, plain"]
        times = measure(
            candidates,
            directory=root,
            env=env,
            rounds=pairs,
            warm_up=WARM_UP,
            elsewhere=directories,
        )
        show("wanted: plain and fixed <= 1.05x of bundled", times, "bundled")
        _beside_asdf(root, pairs)


def _project(root: str, pin: Pin) -> str:
    """Return a directory that pins one version."""
    directory = f"{root}/projects/{pin.tool}"
    os.makedirs(directory)
    with open(f"{directory}/.tool-versions", "w", encoding="utf-8") as file:
        file.write(f"{pin}\n")
    return directory


def _install(name: str, exec_env: str, root: str, env: Mapping[str, str]) -> None:
    """Add a plugin from a directory, and install it."""
    directory = f"{root}/{name}"
    scripts = {
        "list-all": "echo 1.0.0\n",
        "install": f'mkdir -p "$ASDF_INSTALL_PATH/bin"\n'
        f'cp {TRUE} "$ASDF_INSTALL_PATH/bin/run-{name}"\n',
    }
    if exec_env:
        scripts["exec-env"] = exec_env
    os.makedirs(f"{directory}/bin")
    for script, text in scripts.items():
        with open(f"{directory}/bin/{script}", "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(f"{directory}/bin/{script}", 0o755)
    for words in (["plugin", "add", name, directory], ["install", name, "1.0.0"]):
        command = [sys.executable, "-I", "-m", "toolpin", "--quiet", *words]
        subprocess.run(command, env=env, cwd=root, check=True)


def _lay_out(paths: Paths, pin: Pin) -> None:
    """Put an install of a bundled tool beside the plugins'."""
    tree = paths.install(*pin)
    os.makedirs(f"{tree}/bin")
    os.makedirs(f"{tree}/.toolpin")
    shutil.copy(TRUE, f"{tree}/bin/go")
    with open(f"{tree}/.toolpin/record.sh", "w", encoding="utf-8") as file:
        file.write(render_record(EnvPatch((f"{tree}/bin",), ())))
    refresh_shims(paths, read_registry(paths))


def _asdf_shim(root: str, env: Mapping[str, str]) -> str:
    """Give asdf the plain plugin and its install, and return its shim."""
    data = f"{root}/asdf"
    for below in ("plugins/plain", "installs/plain"):
        shutil.copytree(f"{root}/data/{below}", f"{data}/{below}")
    there = {**env, "ASDF_DATA_DIR": data}
    subprocess.run(["asdf", "reshim", "plain"], env=there, check=True)
    script = f"{root}/asdf-run"
    with open(script, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nASDF_DATA_DIR={data} exec {data}/shims/run-plain\n")
    os.chmod(script, 0o755)
    return script


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
