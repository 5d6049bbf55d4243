"""Runs the steps that need a tree's final path: text and programs that contain it.

Everything here changes files of one tree. It publishes nothing.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable

from toolpin.errors import Refused, ToolpinError
from toolpin.model import Patch, Plan, Rewrite, Run
from toolpin.system.atomic_write import rewrite
from toolpin.system.directory_tree import walk
from toolpin.system.process import run

_ELF = b"\x7fELF"
_PATCH_S = 120.0
_RUN_S = 600.0
_UNSAFE = re.compile(r"""[\s;&|\\"'$`*?<>()\[\]{}#!]""")


def check_place(plan: Plan, tree: str) -> None:
    """Raise ToolpinError for a path that scripts could not contain.

    A plugin's own scripts receive the path and are responsible for it.
    """
    if not plan.is_scripted and _UNSAFE.search(tree):
        raise ToolpinError(
            f"{plan.pin} cannot be installed in a path with spaces or "
            "shell metacharacters",
            [("path", tree), ("reason", "its scripts contain their own path")],
            "TOOLPIN_DATA_DIR=/a/path/without/spaces toolpin install",
        )


def finish(plan: Plan, tree: str, patchelf: Callable[[], str]) -> None:
    """Run the plan's last steps in `tree`, which is in its final place.

    `patchelf` is called if a program has to be changed. Raises Refused if the plugin's
    text is missing, ToolpinError for a file or program that cannot be changed.
    """
    rewrites = [step for step in plan.steps if isinstance(step, Rewrite)]
    if rewrites and not sum(_rewrite(step, tree) for step in rewrites):
        patterns = dict.fromkeys(step.pattern for step in rewrites)
        raise Refused(
            f"{plan.pin} has no file in which its paths could be replaced",
            [("below", tree), *(("expected", pattern) for pattern in patterns)],
        )
    for step in plan.steps:
        if isinstance(step, Run):
            _run(step, tree)
        elif isinstance(step, Patch):
            _patch(step, tree, patchelf())


def _run(step: Run, tree: str) -> None:
    """Run a program of the tree. Raises ToolpinError with its last output."""
    command = [word.replace("{install}", tree) for word in step.command]
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": tree, "LC_ALL": "C"}
    finished = run(command, env=env, cwd=tree, timeout_s=_RUN_S)
    if finished.status != 0:
        lines = (finished.err or finished.out).strip().splitlines()[-3:]
        raise ToolpinError(
            f"`{' '.join(command)}` ended with {finished.status}",
            [("output", line) for line in lines or ["nothing"]],
        )


def _rewrite(step: Rewrite, tree: str) -> int:
    """Replace a text in the files that have it. Return how many files match."""
    results = sorted(glob.glob(glob.escape(tree) + f"/{step.pattern}"))
    new = os.fsencode(step.new.replace("{install}", tree))
    for path in results:
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            data = file.read()
        fresh = re.sub(step.old.encode(), lambda _: new, data)
        if b"\0" not in data and fresh != data:
            # A new file: unpacked ones may be hard links, or not writable.
            rewrite(path, fresh, os.stat(path).st_mode & 0o777)
    return len(results)


def _patch(step: Patch, tree: str, patchelf: str) -> None:
    """Set loader and library directory of every ELF file outside that directory."""
    libraries = f"{tree}/{step.directory}"
    for directory, names, files in walk(tree):
        if directory == tree and step.directory in names:
            names.remove(step.directory)
        for path in (f"{directory}/{name}" for name in files):
            if os.path.islink(path) or not _is_elf(path):
                continue
            options = ["--force-rpath", "--set-rpath", libraries]
            if _queries(patchelf, "--print-interpreter", path):
                if step.loader:
                    options += ["--set-interpreter", f"{libraries}/{step.loader}"]
            elif not _queries(patchelf, "--print-needed", path):
                continue  # an object file, or one that needs no library
            os.chmod(path, os.stat(path).st_mode | 0o200)
            finished = run(
                [patchelf, *options, path], env={}, cwd="/", timeout_s=_PATCH_S
            )
            if finished.status != 0:
                lines = finished.err.strip().splitlines()[-3:] or ["nothing"]
                raise ToolpinError(
                    f"{path} cannot be linked to its libraries",
                    [("output", line) for line in lines],
                )


def _queries(patchelf: str, question: str, path: str) -> bool:
    finished = run([patchelf, question, path], env={}, cwd="/", timeout_s=_PATCH_S)
    return finished.status == 0 and bool(finished.out.strip())


def _is_elf(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(4) == _ELF
    except OSError:
        return False
