"""Reads the YAML that this project writes, and plays an action's or a job's steps.

Of YAML it knows tables, lists, plain and quoted words, and blocks behind `|`: what the
project's own files have, and nothing else.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.run import Home, Result

_EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - a document of any shape
    """Return what a file of the project says."""
    lines = path.read_text().split("\n")
    value, rest = _value([line for line in lines if not re.match(r"\s*(#|$)", line)], 0)
    assert rest == [], rest
    return value


def _value(lines: list[str], indent: int) -> tuple[Any, list[str]]:
    if lines[0][indent:].startswith("- "):
        items = []
        while (
            lines and lines[0][indent:].startswith("- ") and _depth(lines[0]) == indent
        ):
            lines[0] = " " * (indent + 2) + lines[0][indent + 2 :]
            if re.match(r"[\w-]+:( |$)", lines[0].strip()):
                item, lines = _value(lines, indent + 2)
            else:
                item, lines = _scalar(lines[0]), lines[1:]
            items.append(item)
        return items, lines
    table: dict[str, Any] = {}
    while (
        lines and _depth(lines[0]) == indent and not lines[0].strip().startswith("- ")
    ):
        key, _, text = lines[0].strip().partition(":")
        lines = lines[1:]
        if text.strip() == "|":
            block = []
            while lines and _depth(lines[0]) > indent:
                block.append(lines[0].strip())
                lines = lines[1:]
            table[key] = "\n".join(block) + "\n"
        elif text.strip():
            table[key] = _scalar(text)
        elif lines and _depth(lines[0]) > indent:
            table[key], lines = _value(lines, _depth(lines[0]))
        else:
            table[key] = None
    return table, lines


def _scalar(text: str) -> str | list[Any]:
    text = re.sub(r"\s+#.*$", "", text).strip()
    if text.startswith("["):
        return [_scalar(word) for word in text[1:-1].split(",")]
    return text[1:-1] if text[:1] in ("'", '"') else text


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


class Played(NamedTuple):
    """What a played action left: each step's outputs, and what its commands said."""

    outputs: dict[str, dict[str, str]]
    runs: dict[str, Result]


class Player:
    """Plays composite steps in order; a directory stands in for GitHub's cache."""

    def __init__(self, home: Home, action: Path, saved: Path) -> None:
        self.home = home
        self.saved = saved
        self.steps: list[dict[str, Any]] = read_yaml(action)["runs"]["steps"]
        self._path = ""

    def play(self, inputs: dict[str, str]) -> Played:
        """Play one job. `toolpin` is on PATH already: its step is another test's."""
        played = Played({}, {})
        self._path = self.home.env["PATH"]
        for step in self.steps:
            outputs: dict[str, str] = {}
            known = self._known(inputs, played.outputs)
            if _holds(step.get("if", ""), known):
                if "uses" in step:
                    self._use(step, known, outputs)
                elif step["id"] != "toolpin":
                    played.runs[step["id"]] = self._run(step, known, outputs)
            played.outputs[step["id"]] = outputs
        return played

    def _known(
        self, inputs: dict[str, str], outputs: dict[str, dict[str, str]]
    ) -> dict[str, str]:
        known = {f"inputs.{name}": value for name, value in inputs.items()}
        for step, values in outputs.items():
            known |= {
                f"steps.{step}.outputs.{name}": value for name, value in values.items()
            }
        return known

    def _run(
        self, step: dict[str, Any], known: dict[str, str], outputs: dict[str, str]
    ) -> Result:
        files = {
            name: self.home.root / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH")
        }
        for file in files.values():
            file.write_text("")
        env = {name: _fill(text, known) for name, text in step.get("env", {}).items()}
        env |= {name: str(file) for name, file in files.items()}
        env["PATH"] = self._path
        done = self.home.run("sh", "-e", "-c", _fill(step["run"], known), env=env)
        assert done.code == 0, done.err
        for line in files["GITHUB_OUTPUT"].read_text().splitlines():
            name, _, value = line.partition("=")
            outputs[name] = value
        for line in files["GITHUB_PATH"].read_text().splitlines():
            self._path = f"{line}:{self._path}"
        return done

    def _use(
        self, step: dict[str, Any], known: dict[str, str], outputs: dict[str, str]
    ) -> None:
        given = {name: _fill(text, known) for name, text in step["with"].items()}
        place = self.saved / given["key"]
        if step["uses"].startswith("actions/cache/save@"):
            assert not place.exists(), "GitHub's caches are never written again"
            shutil.copytree(given["path"], place, symlinks=True)
            return
        assert step["uses"].startswith("actions/cache/restore@")
        outputs["cache-hit"] = "true" if place.exists() else "false"
        if not place.exists():
            results = [
                path
                for path in sorted(self.saved.iterdir(), key=os.path.getctime)
                if path.name.startswith(given["restore-keys"])
            ]
            place = results[-1] if results else place
        if place.exists():
            shutil.copytree(place, given["path"], symlinks=True)

    def in_job(self, *command: str) -> Result:
        """Run a command as the job's next step does."""
        return self.home.run(*command, env={"PATH": self._path})


def _fill(text: str, known: dict[str, str]) -> str:
    return _EXPRESSION.sub(lambda match: known.get(match[1], ""), text)


def _holds(condition: str, known: dict[str, str]) -> bool:
    for part in condition.split(" && ") if condition else ():
        name, sign, word = part.split(" ")
        assert sign in ("==", "!=")
        if (known.get(name, "") == word.strip("'")) != (sign == "=="):
            return False
    return True
