"""Times a shim against the program itself and against a script that only execs it.

Prints paired medians. Run it as `python -m benchmarks.shim [PAIRS]`.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from typing import NamedTuple

from benchmarks import peers
from benchmarks.paired import measure, show, working
from toolpin.env_patch import render_record
from toolpin.model import EnvPatch, Pin
from toolpin.shims.shim_directory import refresh
from toolpin.shims.stubs import ShimTool
from toolpin.system.paths import Paths

PIN = Pin("nodejs", "10.15.3")
WARM_UP = 30


class Case(NamedTuple):
    """A project directory, its `.tool-versions`, and the ratio that is wanted."""

    name: str
    below: str
    text: str
    wanted: float


CASES = (
    Case("one tool", "", f"{PIN}\n", 1.20),
    Case(
        "30 tools, ours last",
        "",
        "".join(f"tool{number} 1.{number}.0\n" for number in range(29)) + f"{PIN}\n",
        1.38,
    ),
    Case("20 directories deep", "/".join("abcdefghijklmnopqrst"), f"{PIN}\n", 1.35),
)


def main(pairs: int) -> None:
    """Print one table for each case, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="toolpin-bench-") as root:
        shim, program, script = _store(root)
        others = _peers(root, program)
        own = {"program": [program], "#!/bin/sh": [script], "shim": [shim]}
        candidates = {**own, **others.shims}
        for case in CASES:
            directory = _project(root, case)
            env = {**peers.environment(directory), **others.env, "PWD": directory}
            times = measure(
                working(candidates, directory=directory, env=env),
                directory=directory,
                env=env,
                rounds=pairs,
                warm_up=WARM_UP,
            )
            wanted = f"wanted: shim <= {case.wanted}x of #!/bin/sh"
            show(f"{case.name} ({wanted})", times, "#!/bin/sh")
        _loose_against_exact(root, shim, pairs)
        _beside_others(root, shim, pairs)
        _of_two_tools(root, pairs)
        _growth(root, pairs)


def _loose_against_exact(root: str, shim: str, pairs: int) -> None:
    """Print what a loose request that is locked costs, against an exact one."""
    exact = "".join(
        f'"tool{number} 1.{number}.0" = "1.{number}.0"\n' for number in range(9)
    )
    loose = "".join(f'"atool{number} 1" = "1.{number}.0"\n' for number in range(9))
    own = f'"{PIN.tool} lts" = "{PIN.version}"\n'
    directories = {}
    for name, wanted, pins in (
        ("exact", PIN.version, own + exact),
        ("loose", "lts", own),
        ("loose, beside nine exact", "lts", own + exact),
        ("loose, the last of ten loose", "lts", loose + own),
    ):
        directories[name] = _project(
            root, Case(name, "", f"{PIN.tool} {wanted}\n", 1.05)
        )
        with open(f"{directories[name]}/toolpin.lock", "w", encoding="utf-8") as file:
            file.write(f"schema = 1\n[pins]\n{pins}\n# what follows is not read\n")
    times = measure(
        {name: [shim] for name in directories},
        directory=root,
        env=peers.environment(root),
        rounds=pairs,
        warm_up=WARM_UP,
        elsewhere=directories,
    )
    title = "a request that a lockfile answers (wanted: <= 1.05x of exact)"
    show(title, times, "exact")


def _store(root: str) -> tuple[str, str, str]:
    """Lay out one install of a copy of `true`; return shim, program, plain script."""
    paths = Paths(f"{root}/data", f"{root}/config")
    tree = paths.install(*PIN)
    os.makedirs(f"{tree}/bin")
    os.makedirs(f"{tree}/.toolpin")
    shutil.copy(
        os.path.realpath(shutil.which("true") or "/bin/true"), f"{tree}/bin/node"
    )
    with open(f"{tree}/.toolpin/record.sh", "w", encoding="utf-8") as file:
        file.write(render_record(EnvPatch((f"{tree}/bin",), ())))
    idiomatic = (".node-version", ".nvmrc")
    tool = ShimTool("nodejs", ("nodejs", "node"), idiomatic=idiomatic)
    refresh(paths, {"nodejs": tool}, sys.executable)
    script = f"{root}/plain"
    with open(script, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec {tree}/bin/node "$@"\n')
    os.chmod(script, 0o755)
    return f"{paths.shims}/node", f"{tree}/bin/node", script


def _project(root: str, case: Case) -> str:
    top = f"{root}/{case.name.replace(' ', '-')}"
    directory = os.path.join(top, case.below)
    os.makedirs(directory)
    with open(f"{top}/.tool-versions", "w", encoding="utf-8") as file:
        file.write(case.text)
    return directory


def _beside_others(root: str, shim: str, pairs: int) -> None:
    """Print what other tools of the file cost: missing, loose, and nobody answers."""
    others = "absent 9.9.9\nloose latest\nunlocked 1\nalso-absent 2.0.0\n"
    directories = {
        "alone": _project(root, Case("alone", "", f"{PIN}\n", 1)),
        "beside others": _project(root, Case("beside", "", f"{others}{PIN}\n", 1.05)),
    }
    with socket.create_server(("127.0.0.1", 0)) as silent:
        proxy = f"http://127.0.0.1:{silent.getsockname()[1]}"
        times = measure(
            {name: [shim] for name in directories},
            directory=root,
            env={**peers.environment(root), "https_proxy": proxy, "http_proxy": proxy},
            rounds=pairs,
            warm_up=WARM_UP,
            elsewhere=directories,
        )
    title = "beside missing, loose and unlocked tools, while the network hangs"
    show(title, times, "alone")


def _of_two_tools(root: str, pairs: int) -> None:
    """Print what a command of two tools costs, one of them pinned, and of a package."""
    shim, program, _ = _store(f"{root}/two")
    directory = os.path.dirname(program)
    for name in ("npx", "tsc"):
        shutil.copy(program, f"{directory}/{name}")
    paths = Paths(f"{root}/two/data", f"{root}/two/config")
    other = paths.install("bun", "1.0.0")
    os.makedirs(f"{other}/.toolpin")
    os.makedirs(f"{other}/bin")
    shutil.copy(program, f"{other}/bin/npx")
    with open(f"{other}/.toolpin/record.sh", "w", encoding="utf-8") as file:
        file.write(render_record(EnvPatch((f"{other}/bin",), ())))
    tools = {PIN.tool: ShimTool(PIN.tool), "bun": ShimTool("bun")}
    refresh(paths, tools, "/no/python")
    shims = {
        "of one tool": [shim],
        "of two tools": [f"{paths.shims}/npx"],
        "of a package": [f"{paths.shims}/tsc"],
    }
    project = _project(root, Case("two tools", "", f"{PIN}\n", 1))
    times = measure(
        shims,
        directory=project,
        env={**os.environ, "HOME": root},
        rounds=pairs,
        warm_up=WARM_UP,
    )
    show("a command of two tools, without Python", times, "of one tool")


def _growth(root: str, pairs: int) -> None:
    """Print what 500 installed versions add to a shim."""
    shims = {}
    for count in (1, 500):
        shim, program, _ = _store(f"{root}/{count}")
        shims[f"{count} installed"] = [shim]
        tree = os.path.dirname(os.path.dirname(program))
        for number in range(1, count):
            other = os.path.join(os.path.dirname(tree), f"0.{number}.0")
            shutil.copytree(tree, other, copy_function=os.link)
    directory = _project(root, Case("growth", "", f"{PIN}\n", 1))
    times = measure(
        shims,
        directory=directory,
        env=peers.environment(root),
        rounds=pairs,
        warm_up=WARM_UP,
    )
    show("by versions installed", times, "1 installed")


class Peers(NamedTuple):
    """Other managers that are on PATH: their shims, and the variables for them."""

    shims: dict[str, list[str]]
    env: dict[str, str]


def _peers(root: str, program: str) -> Peers:
    """Set up the managers that are on PATH with every tool of the cases."""
    pins = [Pin(*line.split()) for line in CASES[1].text.splitlines()]
    env = {
        **peers.mise(root, pins, program),
        **peers.asdf(root, pins, program),
        **peers.pyenv(root, program),
    }
    shims = {
        "mise exec": ["mise", "exec", "--", program],
        "mise shim": [f"{env['MISE_DATA_DIR']}/shims/node"],
        "asdf shim": [f"{env['ASDF_DATA_DIR']}/shims/node"],
        "pyenv shim": [f"{env['PYENV_ROOT']}/shims/python"],
    }
    lines = {
        name: line for name, line in shims.items() if shutil.which(name.split()[0])
    }
    return Peers(lines, env)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
