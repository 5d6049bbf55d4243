"""Times the commands that people and prompts wait for against Python's own start.

Run it as `python -m benchmarks.commands [ROUNDS]`; it makes stores of its own in a
temporary directory, and asks no network.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks import peers
from benchmarks.paired import Commands, Times, measure, show, working
from toolpin.env_patch import render_record
from toolpin.model import EnvPatch, Pin
from toolpin.plugins.light_fields import INDEX
from toolpin.system import host
from toolpin.system.paths import Paths, bundled

WARM_UP = 3
PYTHON = "python -I -c pass"
TOOLPIN = (sys.executable, "-I", "-m", "toolpin")
TOOLS = tuple(f"tool{number}" for number in range(10))
# As long as a bundled plugin, since it is read as often.
PLUGIN = """[tool]
name = "{name}"
also = ["{name}-lang"]
description = "one of ten"
homepage = "https://example.org/"
commands = ["{name}"]
{sources}
"""
SOURCE = """
[[source]]
id = "source{number}"
kind = "http"
publisher = "example.org"
artifacts = ["https://example.org/v{{version}}/x-v{{version}}-{{target}}.tar.xz"]
checksums = "https://example.org/v{{version}}/SHASUMS256.txt"
strip = 1

[source.catalogue]
url = "https://example.org/index.json"
version = "version"

[source.hosts]
linux-x64 = {{ target = "linux-x64" }}
linux-arm64 = {{ target = "linux-arm64" }}
macos-x64 = {{ target = "darwin-x64" }}
macos-arm64 = {{ target = "darwin-arm64" }}
"""


class Bench(NamedTuple):
    """A machine of its own: toolpin's directories, a project, an environment."""

    paths: Paths
    project: str
    env: dict[str, str]

    def toolpin(self, *args: str) -> dict[str, list[str]]:
        """Return the candidate that runs a command line, under its own text."""
        return {f"toolpin {' '.join(args)}": [*TOOLPIN, *args]}


def main(rounds: int) -> None:
    """Print one table for each case."""
    with tempfile.TemporaryDirectory(prefix="toolpin-bench-") as root:
        _ten_tools(make_bench(f"{root}/ten"), rounds)
        one, many = make_bench(f"{root}/one"), make_bench(f"{root}/many")
        install(one, ["1.0.0"], ["tool0"])
        install(many, [f"{n // 100}.{n % 100}.0" for n in range(100, 600)], ["tool0"])
        for verb in ("list", "current"):
            _growth(verb, one, many, rounds)
        _by_bundled(one, f"{root}/copies", rounds)
        _reshim(make_bench(f"{root}/shared"), rounds, distinct=False)
        _reshim(make_bench(f"{root}/distinct"), rounds, distinct=True)


def _ten_tools(bench: Bench, rounds: int) -> None:
    """Time the light commands where ten tools of ten user's plugins are installed."""
    for tool in TOOLS:
        install(bench, ["1.0.0"], [tool], tool)
    _once(bench, "reshim")
    _list_once(bench, "tool9", 700)
    candidates: dict[str, Sequence[str]] = {
        PYTHON: [sys.executable, "-I", "-c", "pass"]
    }
    for line in (
        "which tool9",
        "current",
        "list",
        "install",
        "exec tool9",
        "reshim",
        "completion --words versions tool9",
        "completion --words commands",
        "completion bash",
    ):
        candidates.update(bench.toolpin(*line.split()))
    candidates.update(_peers(bench))
    times = _times(candidates, bench, rounds)
    show("ten tools, ten plugins of the user's", times, PYTHON)


def _list_once(bench: Bench, tool: str, count: int) -> None:
    """Leave the list that a source gave, as long as Node's, where caches lie."""
    directory = f"{bench.env['HOME']}/.cache/toolpin/catalogues/{tool}"
    os.makedirs(directory)
    releases = [[f"{n // 100}.{n // 10 % 10}.{n % 10}", []] for n in range(count)]
    text = json.dumps({"address": "x", "time": 0, "releases": releases})
    _write(f"{directory}/source0@{host.detect()}", text)


def _growth(verb: str, bench: Bench, many: Bench, rounds: int) -> None:
    """Time a command in a store of one version, and in one of 500."""
    env = ["env", f"TOOLPIN_DATA_DIR={many.paths.data}"]
    few = f"toolpin {verb}, 1 version"
    candidates = {
        few: ["env", f"TOOLPIN_DATA_DIR={bench.paths.data}", *TOOLPIN, verb],
        f"toolpin {verb}, 500 versions": [*env, *TOOLPIN, verb],
    }
    show(f"{verb} in a full store", _times(candidates, bench, rounds), few)


def _by_bundled(bench: Bench, root: str, rounds: int) -> None:
    """Time `current` and a shim where toolpin has five bundled plugins, and all."""
    plugins = bundled("plugins")
    tools = sorted(name[:-5] for name in os.listdir(plugins) if name.endswith(".toml"))
    currents, shims = {}, {}
    for count in (5, len(tools)):
        copy = f"{root}/{count}"
        _copy_toolpin(os.path.dirname(plugins), copy, tools[:count])
        data = Paths(f"{copy}/data", bench.paths.config)
        install(bench._replace(paths=data), ["1.0.0"], ["tool0"])
        code = f"import sys; sys.path.insert(0, {copy!r}); "
        code += "from toolpin.__main__ import main; main()"
        start = ["env", f"TOOLPIN_DATA_DIR={data.data}", sys.executable, "-I", "-c"]
        currents[f"{count} plugins"] = [*start, code, "current"]
        _times({"": [*start, code, "reshim"]}, bench, 1, warm_up=0)
        shims[f"{count} plugins"] = [f"{data.shims}/tool0"]
    for name, candidates in (("current", currents), ("a shim", shims)):
        times = _times(candidates, bench, rounds)
        show(f"{name}, by bundled plugins (wanted: 1.00x)", times, "5 plugins")


def _copy_toolpin(repository: str, root: str, tools: Sequence[str]) -> None:
    """Copy this toolpin with these bundled plugins only."""
    for name in ("toolpin", "shims", "plugins"):
        shutil.copytree(f"{repository}/{name}", f"{root}/{name}")
    for name in os.listdir(f"{root}/plugins"):
        if name.endswith(".toml") and name[:-5] not in tools:
            os.unlink(f"{root}/plugins/{name}")
    with open(f"{root}/plugins/{INDEX}", encoding="utf-8") as file:
        lines = [line for line in file if line.split("\t")[0] in tools]
    _write(f"{root}/plugins/{INDEX}", "".join(lines))


def _reshim(bench: Bench, rounds: int, *, distinct: bool) -> None:
    """Time the first reshim of 200 installs with 20 commands each, and the next.

    Versions of a tool share their commands' names, unless those are `distinct`.
    """
    for tool in TOOLS:
        for minor in range(20):
            stem = f"{tool}-{minor}" if distinct else tool
            names = [f"{stem}-{number}" for number in range(20)]
            install(bench, [f"1.{minor}.0"], names, tool)
    times: dict[str, list[float]] = {PYTHON: [], "without shims": [], "up to date": []}
    commands = ([sys.executable, "-I", "-c", "pass"], [*TOOLPIN, "reshim"])
    for number in range(max(3, rounds // 10)):
        if number:
            # Not deleted: ext4 gives no inode out again for five seconds, and the
            # search for others took four times as long as the reshim.
            os.rename(bench.paths.shims, f"{bench.paths.shims}-{number}")
        for name, command in zip(times, (*commands, commands[1]), strict=True):
            times[name] += _times({"": command}, bench, 1, warm_up=0)[""]
    shims = len(os.listdir(bench.paths.shims))
    show(f"reshim of 200 installs, {shims} shims", times, PYTHON)


def _peers(bench: Bench) -> Commands:
    """Return what peers that are on PATH do with the same file, where they do it."""
    lines = [["mise", "current"], ["mise", "ls"], ["asdf", "current"], ["asdf", "list"]]
    results = {" ".join(line): line for line in lines if shutil.which(line[0])}
    return working(results, directory=bench.project, env=bench.env)


def _times(
    candidates: Commands, bench: Bench, rounds: int, warm_up: int = WARM_UP
) -> Times:
    return measure(
        candidates,
        directory=bench.project,
        env=bench.env,
        rounds=rounds,
        warm_up=warm_up,
    )


def _once(bench: Bench, *args: str) -> None:
    _times(bench.toolpin(*args), bench, 1, warm_up=0)


def make_bench(root: str) -> Bench:
    """Make the directories, ten plugins, and a project that pins their ten tools."""
    paths = Paths(f"{root}/data", f"{root}/config")
    project = f"{root}/project"
    os.makedirs(f"{paths.config}/plugins")
    os.makedirs(project)
    sources = "".join(SOURCE.format(number=number) for number in range(3))
    for tool in TOOLS:
        text = PLUGIN.format(name=tool, sources=sources)
        _write(f"{paths.config}/plugins/{tool}.toml", text)
    _write(f"{project}/.tool-versions", "".join(f"{tool} 1.0.0\n" for tool in TOOLS))
    pins = [Pin(tool, "1.0.0") for tool in TOOLS]
    program = os.path.realpath(shutil.which("true") or "/bin/true")
    env = {
        **peers.environment(root),
        **peers.mise(root, pins, program),
        **peers.asdf(root, pins, program),
    }
    env.update(
        PWD=project,
        TOOLPIN_DATA_DIR=paths.data,
        TOOLPIN_CONFIG_DIR=paths.config,
    )
    return Bench(paths, project, env)


def install(
    bench: Bench, versions: list[str], commands: list[str], tool: str = "tool0"
) -> None:
    """Lay out published versions whose commands are copies of `true`."""
    program = os.path.realpath(shutil.which("true") or "/bin/true")
    for version in versions:
        tree = bench.paths.install(*Pin(tool, version))
        os.makedirs(f"{tree}/bin")
        os.makedirs(f"{tree}/.toolpin")
        record = render_record(EnvPatch((f"{tree}/bin",), ()))
        _write(f"{tree}/.toolpin/record.sh", record)
        for command in commands:
            shutil.copy(program, f"{tree}/bin/{command}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
