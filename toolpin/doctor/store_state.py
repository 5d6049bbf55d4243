"""Reads the store's state without file contents: shims, and each install.

`verify` compares bytes with receipts; this is quick. It changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from toolpin.errors import NotRunnable
from toolpin.model import REQUIRED, Pin
from toolpin.shims.shim_directory import has_library, missing_stubs
from toolpin.shims.stubs import owned_text
from toolpin.store import installs, stage_names
from toolpin.store.installs import ADOPTED, RECORD
from toolpin.store.staging import lock_of
from toolpin.system.file_lock import try_held
from toolpin.system.paths import Paths


class ShimsState(NamedTuple):
    """What is missing in the shims directory: stubs, or the directory itself.

    `others` are files there that toolpin did not write. `library` is `as written`,
    `other` or `gone`.
    """

    directory: str
    library_file: str
    missing: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    library: str = "as written"


class InstallState(NamedTuple):
    """The state of one version.

    `record` states why its record cannot be read. `lost` are missing files of toolpin,
    and missing programs of the version. An adopted one cannot be repaired.
    """

    pin: Pin
    tree: str
    mark: str = ""
    record: str = ""
    lost: tuple[str, ...] = ()
    is_adopted: bool = False


class Remains(NamedTuple):
    """Unfinished work of a dead process, or trees that it could not delete."""

    pin: Pin
    path: str
    is_tree: bool
    is_own: bool


def look_at_shims(paths: Paths, python: str) -> ShimsState:
    """Check the shims of all installs; `python` is toolpin's interpreter."""
    state = ShimsState(paths.shims, paths.shim_library)
    pins = list(_pins(paths))
    if not pins:
        return state
    missing: list[str] = []
    others: list[str] = []
    for command in missing_stubs(paths, pins):
        path = f"{paths.shims}/{command}"
        is_other = os.path.lexists(path) and owned_text(path) is None
        (others if is_other else missing).append(command)
    library = "as written" if has_library(paths, python) else "other"
    state = state._replace(
        missing=tuple(missing), others=tuple(others), library=library
    )
    for path in (paths.shim_library_more, paths.shim_library):
        if not os.path.exists(path):
            state = state._replace(library="gone", library_file=path)
    return state


def look_at_installs(
    paths: Paths, programs: Callable[[str], Sequence[str]]
) -> list[InstallState]:
    """Check every install; `programs` are those that all versions of a tool have."""
    paths = paths.alone
    states = [_state(paths, pin, programs(pin.tool)) for pin in _pins(paths)]
    return [*states, *_marked(paths)]


def look_at_remains(paths: Paths) -> Iterator[Remains]:
    """Yield what is in staging without a running process."""
    for staged in stage_names.staged(paths.alone):
        lock = lock_of(paths.alone, staged.pin)
        if not os.path.exists(lock) or _is_free(lock):
            try:
                is_own = os.lstat(staged.path).st_uid == os.geteuid()
            except FileNotFoundError:
                continue
            is_tree = os.path.isdir(staged.path) and not os.path.islink(staged.path)
            yield Remains(staged.pin, staged.path, is_tree, is_own)


def _pins(paths: Paths) -> Iterator[Pin]:
    for tool in installs.tools(paths):
        for version in installs.versions(paths, tool):
            yield Pin(tool, version)


def _state(paths: Paths, pin: Pin, programs: Sequence[str]) -> InstallState:
    tree = paths.install(*pin)
    state = InstallState(pin, tree)
    try:
        patch = installs.environment(paths, pin)
    except NotRunnable as error:
        return state._replace(record=dict(error.facts).get("reason", error.what))
    own = os.path.dirname(f"{tree}/{RECORD}")
    lost = [
        path
        for path in (f"{tree}/{RECORD}", f"{own}/receipt.json")
        # An install of another manager has neither, or no receipt.
        if os.path.lexists(own) and not os.path.exists(path)
        if path.endswith("record.sh") or not os.path.exists(f"{tree}/{ADOPTED}")
    ]
    # A plugin's scripts may name directories that do not exist in every version.
    is_scripted = any(name == "ASDF_INSTALL_PATH" for name, _ in patch.variables)
    lost += [
        directory
        for directory in patch.path
        if not is_scripted
        and REQUIRED not in directory
        and directory.startswith(f"{tree}/")
        and not os.path.isdir(directory)
    ]
    have = installs.commands(paths, pin)
    lost += [f"{tree}: no {name}" for name in programs if name not in have]
    is_made_again = is_scripted or os.path.exists(f"{tree}/{ADOPTED}")
    return state._replace(lost=tuple(lost), is_adopted=is_made_again)


def _marked(paths: Paths) -> Iterator[InstallState]:
    """Yield unfinished in-place installs without a running process."""
    for mark, pin in stage_names.marks(paths):
        lock = lock_of(paths, pin)
        if not os.path.exists(lock) or _is_free(lock):
            yield InstallState(pin, paths.install(*pin), mark)


def _is_free(lock: str) -> bool:
    with try_held(lock) as free:
        return free
