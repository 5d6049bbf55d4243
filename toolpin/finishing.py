"""Does the steps that need a tree's final path: text and programs that name it.

Everything here changes files of one tree, and tells which. It publishes nothing.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable

from toolpin.errors import Refused, ToolpinError
from toolpin.model import Patch, Plan, Rewrite
from toolpin.process import run

_ELF = b"\x7fELF"
_PATCH_S = 120.0


def finish(plan: Plan, tree: str, patchelf: Callable[[], str]) -> set[str]:
    """Do the plan's last steps in `tree`; return the paths of the changed files.

    They are relative. `patchelf` is called where a program has to be changed. Raises
    Refused for a plugin whose text is not there, ToolpinError where a file resists.
    """
    changed: set[str] = set()
    for step in plan.steps:
        if isinstance(step, Rewrite):
            changed |= _rewrite(step, tree)
        elif isinstance(step, Patch):
            changed |= _patch(step, tree, patchelf())
    return changed


def _rewrite(step: Rewrite, tree: str) -> set[str]:
    """Put the tree's path for a text, in the files that have it."""
    changed = set()
    found = sorted(glob.glob(glob.escape(tree) + f"/{step.pattern}"))
    for path in found:
        if os.path.islink(path) or not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            data = file.read()
        old, new = step.old.encode(), os.fsencode(tree)
        if b"\0" in data or old not in data:
            continue
        _replace(path, data.replace(old, new))
        changed.add(os.path.relpath(path, tree))
    if not found:
        raise Refused(
            f"no file fits {step.pattern}, where {step.old} is to be replaced",
            [("below", tree)],
        )
    return changed


def _replace(path: str, data: bytes) -> None:
    """Write a file anew: unpacked ones may be links of each other, or not writable."""
    mode = os.stat(path).st_mode & 0o777
    fresh = f"{path}.new"
    with open(fresh, "xb") as file:
        file.write(data)
        os.fchmod(file.fileno(), mode)
    os.replace(fresh, path)


def _patch(step: Patch, tree: str, patchelf: str) -> set[str]:
    """Set loader and library folder of every ELF file outside the folder itself."""
    libraries = f"{tree}/{step.folder}"
    loader = f"{libraries}/{step.loader}"
    changed = set()
    for folder, names, files in os.walk(tree):
        if folder == tree and step.folder in names:
            names.remove(step.folder)
        for path in (f"{folder}/{name}" for name in files):
            if os.path.islink(path) or not _is_elf(path):
                continue
            options = ["--force-rpath", "--set-rpath", libraries]
            if _asks(patchelf, "--print-interpreter", path):
                options += ["--set-interpreter", loader]
            elif not _asks(patchelf, "--print-needed", path):
                continue  # an object file, or one that needs no library
            os.chmod(path, os.stat(path).st_mode | 0o200)
            told = run([patchelf, *options, path], env={}, cwd="/", timeout_s=_PATCH_S)
            if told.status != 0:
                raise ToolpinError(
                    f"{path} cannot be bound to its libraries",
                    [("patchelf says", told.err.strip() or "nothing")],
                )
            changed.add(os.path.relpath(path, tree))
    return changed


def _asks(patchelf: str, question: str, path: str) -> bool:
    told = run([patchelf, question, path], env={}, cwd="/", timeout_s=_PATCH_S)
    return told.status == 0 and bool(told.out.strip())


def _is_elf(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(4) == _ELF
    except OSError:
        return False
