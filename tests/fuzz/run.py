"""The long run: `python -m tests.fuzz.run [SECONDS [TARGET...]]`, each target for that.

Needs atheris, which no check installs: pip install atheris. Coverage guides it. An
input that crashes a target is left in `.fuzz/TARGET/`, with what happened; exit code 1.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

DIRECTORY = Path(".fuzz")


def main(words: list[str]) -> int:
    """Fuzz the targets one after the other, each in a process of its own."""
    if words[:1] == ["--one"]:
        return _fuzz(words[1], words[2])
    from tests.fuzz.targets import TARGETS

    seconds = words[0] if words else "60"
    failed = []
    print(f"{'target':<12} {'executions':>12} {'seconds':>8}  findings")
    for name in words[1:] or list(TARGETS):
        command = [sys.executable, "-m", "tests.fuzz.run", "--one", name, seconds]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        count = re.findall(r"Done (\d+) runs in (\d+) second", done.stderr)
        runs, took = count[-1] if count else ("?", "?")
        result = "" if done.returncode == 0 else _say(name, done.stderr)
        print(f"{name:<12} {runs:>12} {took:>8}  {result or 'none'}", flush=True)
        failed += [name] if result else []
    return 1 if failed else 0


def _say(name: str, text: str) -> str:
    place = DIRECTORY / name / "report.txt"
    place.write_text(text)
    return f"see {place}"


def _fuzz(name: str, seconds: str) -> int:
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["toolpin"]):
        from tests.fuzz.targets import TARGETS, check
    target = TARGETS[name]
    corpus = DIRECTORY / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    limits = [f"-max_total_time={seconds}", "-max_len=8192", "-rss_limit_mb=4096"]
    limits += [f"-artifact_prefix={DIRECTORY / name}{os.sep}", "-timeout=20"]
    atheris.Setup([name, *limits, str(corpus)], lambda data: check(target, data))
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
