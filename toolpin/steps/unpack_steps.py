"""Runs a plan's first steps: unpacks archives into a staged tree.

A later step replaces what an earlier one wrote.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator, Sequence

from toolpin.archive.names import is_packed
from toolpin.archive.unpack import unpack, unpack_one
from toolpin.digests import hash_file
from toolpin.errors import Refused
from toolpin.model import Link, Place, Plan, TreeFile, Unpack, Write
from toolpin.system.directory_tree import walk


def unpack_all(plan: Plan, archives: Sequence[str], stage: str) -> list[TreeFile]:
    """Run the steps in `stage` and return its entries, sorted by path."""
    tree_files: dict[str, TreeFile] = {}
    for step in plan.steps:
        if isinstance(step, Unpack):
            for file in _unpack(step, plan, archives, stage):
                tree_files[file.path] = file
        elif isinstance(step, Place):
            placed = _place(step, plan, archives, stage)
            tree_files[placed.path] = placed
        elif isinstance(step, Write):
            tree_files[step.path] = _write(step, stage)
        elif isinstance(step, Link) and (link := _link(step, stage)):
            tree_files[link.path] = link
    return [tree_files[path] for path in sorted(tree_files)]


def _unpack(
    step: Unpack, plan: Plan, archives: Sequence[str], stage: str
) -> Iterator[TreeFile]:
    directory = os.path.join(stage, step.into) if step.into else stage
    make_directories(directory)
    files = unpack(
        archives[step.artifact],
        plan.artifacts[step.artifact].filename,
        directory,
        strip=step.strip,
        only=step.only,
        shared=step.shared,
    )
    for file in files:
        if file.path in step.without:
            os.unlink(os.path.join(directory, file.path))
            continue
        yield file._replace(path=os.path.join(step.into, file.path))


def _place(step: Place, plan: Plan, archives: Sequence[str], stage: str) -> TreeFile:
    """Copy a program that was downloaded unpacked, or compressed alone."""
    path = os.path.join(stage, step.path)
    make_directories(os.path.dirname(path))
    if is_packed(plan.artifacts[step.artifact].filename):
        unpack_one(archives[step.artifact], path)
    else:
        shutil.copyfile(archives[step.artifact], path)
    os.chmod(path, 0o755)
    return _recorded(step.path, path)


def _write(step: Write, stage: str) -> TreeFile:
    """Write a file of the plugin. Raises Refused if the archives have that path."""
    root = os.path.realpath(stage)
    path = os.path.join(root, step.path)
    parent = os.path.dirname(path)
    if os.path.realpath(parent) != parent or os.path.lexists(path):
        raise Refused(
            f"the plugin's file {step.path} would replace a file of the archive",
            [("installed", "nothing")],
        )
    make_directories(parent)
    with open(path, "x", encoding="utf-8") as file:
        file.write(f"{step.line}\n")
    os.chmod(path, 0o644)
    return _recorded(step.path, path)


def _recorded(inside: str, path: str) -> TreeFile:
    status = os.stat(path)
    digits = hash_file(path, "sha256")
    return TreeFile(inside, status.st_size, stat.S_IMODE(status.st_mode), digits)


def survey(tree: str) -> list[TreeFile]:
    """Return the present files and links of a tree, sorted by path."""
    results = []
    for directory, names, files in walk(tree):
        links = [name for name in names if os.path.islink(f"{directory}/{name}")]
        for path in (f"{directory}/{name}" for name in (*files, *links)):
            inside = os.path.relpath(path, tree)
            if os.path.islink(path):
                target = os.readlink(path)
                results.append(TreeFile(inside, len(target), 0o777, "", target))
            else:
                results.append(_recorded(inside, path))
    return sorted(results)


def _link(step: Link, stage: str) -> TreeFile | None:
    """Create a link. A target that is missing in this version is not an error."""
    path = os.path.join(stage, step.path)
    parent = os.path.dirname(path)
    # Normalized: `bin/../x` does not resolve before `bin` exists.
    if not os.path.exists(os.path.normpath(os.path.join(parent, step.target))):
        return None
    make_directories(parent)
    # By what links of the archive and the values of a plugin make of it.
    root = os.path.realpath(stage)
    for end in (parent, os.path.join(parent, step.target)):
        if not f"{os.path.realpath(end)}/".startswith(f"{root}/"):
            raise Refused(
                f"the plugin's link {step.path} leads outside of the install",
                [("link", f"{step.path} -> {step.target}"), ("installed", "nothing")],
            )
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    try:
        os.symlink(step.target, path)
    except OSError as error:  # it names the target, not the link
        raise OSError(error.errno, error.strerror, path) from error
    return TreeFile(step.path, len(step.target), 0o777, "", step.target)


def make_directories(path: str) -> None:
    """Make a directory and its parents, with mode 0755 whatever the umask is."""
    if not os.path.isdir(path):
        make_directories(os.path.dirname(path))
        # An existing one is another step's, which sets its mode.
        with contextlib.suppress(FileExistsError):
            os.mkdir(path)
            os.chmod(path, 0o755)
