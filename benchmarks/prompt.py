"""Times what an activated shell adds to a prompt, and to a `cd`, against the least.

Run it as `python -m benchmarks.prompt [ROUNDS]`. A prompt where nothing has changed is
timed inside the shell, in turn with an empty function of that shell; a `cd` against
Python's own start. Peers that are on PATH are timed in the same rounds.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import NamedTuple

from benchmarks.commands import PYTHON, TOOLPIN, TOOLS, Bench, install, make_bench
from benchmarks.paired import measure, show, working

WARM_UP = 3
TURNS = 400
# What a prompt may cost beside twice an empty function, in microseconds.
ALLOWED_US = 200

# Each prints the microseconds that one call of the function $1 takes.
CLOCK = {
    "bash": """
t() {{ local s=$EPOCHREALTIME e i; for ((i = 0; i < {turns}; i++)); do $1; done
  e=$EPOCHREALTIME; echo "$1 $(( (${{e/[.,]/}} - ${{s/[.,]/}}) * 1000 / {turns} ))"; }}
""",
    "zsh": """
zmodload zsh/datetime
t() {{ local s=$EPOCHREALTIME i; for ((i = 0; i < {turns}; i++)); do $1; done
  printf '%s %d\\n' $1 $(( (EPOCHREALTIME - s) * 1e9 / {turns} )); }}
""",
    "fish": """
function t; set -l s (date +%s%N); for i in (seq {turns}); $argv[1]; end
  echo $argv[1] (math -s0 "("(date +%s%N)" - $s) / {turns}"); end
""",
}
START = {"bash": ("bash", "--norc"), "zsh": ("zsh", "-f"), "fish": ("fish", "-N")}


class Peer(NamedTuple):
    """Another manager's hook: what activates it, and the function of its prompt."""

    activate: str
    function: str


PEERS = {
    "bash": Peer('eval "$(mise activate bash)"', "_mise_hook_prompt_command"),
    "zsh": Peer('eval "$(mise activate zsh)"', "_mise_hook_precmd"),
    "fish": Peer("mise activate fish | source", "__mise_env_eval"),
}


def main(rounds: int) -> None:
    """Print one table for each case."""
    with tempfile.TemporaryDirectory(prefix="toolpin-bench-") as root:
        bench = make_bench(f"{root}/ten")
        for tool in TOOLS:
            install(bench, ["1.0.0"], [tool], tool)
        for shell in START:
            if shutil.which(shell):
                _prompt(shell, bench, rounds)
        _change(bench, rounds)
        one, many = make_bench(f"{root}/one"), make_bench(f"{root}/many")
        for each, count in ((one, 1), (many, 500)):
            versions = [f"{n // 100}.{n % 100}.0" for n in range(100, 100 + count)]
            install(each, versions, ["tool0"])
            with open(f"{each.project}/.tool-versions", "w", encoding="utf-8") as file:
                file.write("tool0 1.0.0\n")
        _growth(one, many, rounds)


def _prompt(shell: str, bench: Bench, rounds: int) -> None:
    """Print what an unchanged prompt of ten tools costs beside an empty function."""
    results: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, nanoseconds in _timed(shell, bench).items():
            results.setdefault(name, []).append(nanoseconds / 1000)
    print(f"{shell}: a prompt where nothing has changed, ten tools pinned")
    for name, values in results.items():
        print(f"  {name:<28} {statistics.median(values):8.1f} us")
    pairs = zip(results["_toolpin_hook"], results["nothing"], strict=True)
    beyond = statistics.median(mine - 2 * empty for mine, empty in pairs)
    print(f"  beyond twice an empty function {beyond:.1f} us (wanted: <= {ALLOWED_US})")


def _timed(shell: str, bench: Bench) -> Mapping[str, int]:
    peer = PEERS[shell]
    nothing = "function nothing; end" if shell == "fish" else "nothing() { :; }"
    command = " ".join((*TOOLPIN, "activate", shell))
    source = f"{command} | source" if shell == "fish" else f'eval "$({command})"'
    lines = [CLOCK[shell].format(turns=TURNS), nothing, source, "t nothing"]
    lines += ["t _toolpin_hook"]
    if shutil.which("mise"):
        few = CLOCK[shell].format(turns=TURNS // 40)
        lines += [few, "toolpin deactivate", peer.activate, f"t {peer.function}"]
    done = subprocess.run(
        START[shell],
        input="\n".join(lines),
        cwd=bench.project,
        env=bench.env,
        check=True,
        text=True,
        capture_output=True,
    )
    rows = (line.split() for line in done.stdout.splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}


def _change(bench: Bench, rounds: int) -> None:
    """Print what the one call after a `cd` into ten tools costs."""
    candidates = {
        PYTHON: [sys.executable, "-I", "-c", "pass"],
        "after a cd": [*TOOLPIN, "activate", "bash", "--update"],
    }
    if shutil.which("mise"):
        candidates["mise hook-env"] = ["mise", "hook-env", "-s", "bash", "--force"]
    env = bench.env
    times = measure(
        working(candidates, directory=bench.project, env=env),
        directory=bench.project,
        env=env,
        rounds=rounds * 10,
        warm_up=WARM_UP,
    )
    show("a cd into ten tools (wanted: <= 4x of python)", times, PYTHON)


def _growth(item: Bench, many: Bench, rounds: int) -> None:
    """Print what 500 installed versions add to the call after a `cd`."""
    script = 'export TOOLPIN_DATA_DIR="$1" TOOLPIN_CONFIG_DIR="$2"; shift 2; exec "$@"'
    hook = [*TOOLPIN, "activate", "bash", "--update"]
    candidates = {
        name: ["sh", "-c", script, "sh", bench.paths.data, bench.paths.config, *hook]
        for name, bench in (("1 version", item), ("500 versions", many))
    }
    times = measure(
        candidates,
        directory=item.project,
        env={**item.env, "PATH": os.environ["PATH"]},
        rounds=rounds * 10,
        warm_up=WARM_UP,
    )
    show("a cd, by versions installed", times, "1 version")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
