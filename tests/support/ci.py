"""A CI that keeps a directory between jobs: each job is a fresh machine of one user."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.run import Home, Result


class Runner:
    """Plays jobs on one machine whose home is new each time."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.directory = home.cache / "ci"
        self.saved: dict[str, Path] = {}
        home.env["CI"] = "true"

    def lock(self, *pins: str) -> None:
        """Pin what is named, and lock it, as somebody does before a commit."""
        self.home.pin("".join(f"{pin}\n" for pin in pins))
        result = self.home.toolpin("lock", env={"CI": ""})
        assert result.code == 0, result.err

    def fresh(self) -> None:
        """Throw away all that a machine would not have at its start."""
        for place in (self.home.data, self.home.cache):
            shutil.rmtree(place, ignore_errors=True)

    def plan(self, env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return what `ci plan` answers."""
        result = self.home.toolpin(
            "ci", "plan", "--format", "json", env=dict(env or {})
        )
        assert result.code == 0, result.err
        answer: dict[str, Any] = json.loads(result.out)["result"]
        return answer

    def job(self) -> tuple[dict[str, Any], Result]:
        """Restore, install, prune and save: what a job does. Return the answer."""
        self.fresh()
        plan = self.plan()
        self.restore(plan)
        result = self.home.toolpin("ci", "install", "--format", "json")
        assert result.code == 0, result.err
        assert self.home.toolpin("ci", "prune").code == 0
        answer: dict[str, Any] = json.loads(result.out)["result"]
        if answer["changed"] and plan["key"] not in self.saved:
            self.save(plan["key"])
        return answer, result

    def restore(self, plan: Mapping[str, Any]) -> None:
        """Put the directory of the key back, or else the newest of its prefix."""
        key = plan["key"]
        if key not in self.saved:
            (prefix,) = plan["restore_keys"]
            key = next(
                (item for item in reversed(self.saved) if item.startswith(prefix)), ""
            )
        if key:
            shutil.copytree(self.saved[key], plan["path"], symlinks=True)

    def save(self, key: str) -> None:
        """Keep the directory under a key, as it is."""
        place = self.home.root / "saved" / key
        shutil.copytree(self.directory, place, symlinks=True)
        self.saved[key] = place


def size_of(directory: Path) -> int:
    """Return the bytes of all files below a directory."""
    return sum(
        os.lstat(f"{place}/{name}").st_size
        for place, _, names in os.walk(directory)
        for name in names
    )
