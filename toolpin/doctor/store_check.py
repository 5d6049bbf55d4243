"""Checks the store without reading file contents: its shims, and each install.

`verify` compares bytes with receipts; this is quick. It changes nothing.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence

from toolpin.app import App
from toolpin.doctor.findings import Finding
from toolpin.errors import NotRunnable
from toolpin.model import REQUIRED, EnvPatch, Pin
from toolpin.shims.shim_directory import has_library, missing_stubs
from toolpin.shims.stubs import owned_text
from toolpin.store import installs, stage_names
from toolpin.store.installs import ADOPTED, RECEIPT, RECORD
from toolpin.store.staging import lock_of
from toolpin.system.file_lock import try_held
from toolpin.system.paths import Paths

_MOST_NAMES = 12


def check_shims(app: App) -> Iterator[Finding]:
    """Find commands without a shim, and shims that cannot work."""
    paths = app.paths
    library = (paths.shim_library_more, paths.shim_library)
    gone = [path for path in library if not os.path.exists(path)]
    pins = list(installs.pins(paths))
    if not pins:
        return
    if gone:
        what = f"{gone[0]} is missing, and shims need it"
        yield Finding("shims", what, fix="toolpin reshim")
    elif not has_library(paths, sys.executable):
        what = f"{paths.shim_library} was written by a different version of toolpin"
        yield Finding("shims", what, fix="toolpin reshim")
    missing = list(missing_stubs(paths, pins))
    files = [name for name in missing if os.path.lexists(f"{paths.shims}/{name}")]
    others = [name for name in files if owned_text(f"{paths.shims}/{name}") is None]
    if absent := [name for name in missing if name not in others]:
        facts = (("without", _names(absent)), ("in", paths.shims))
        what = "installed programs have no shim"
        yield Finding("shims", what, facts, "toolpin reshim")
    for name in others:
        path = f"{paths.shims}/{name}"
        fix = f"rm {shlex.quote(path)} && toolpin reshim"
        what = f"{path} was not created by toolpin"
        yield Finding("shims", what, (("intended for", name),), fix)


def check_installs(app: App) -> Iterator[Finding]:
    """Find unfinished installs, and those with missing parts."""
    paths = app.paths.alone
    for pin in installs.pins(paths):
        tool = app.registry.readable(pin.tool)  # an invalid one has a separate check
        yield from _check_install(paths, pin, tool.commands if tool else ())
    for mark, pin in stage_names.marks(paths):
        if _is_abandoned(paths, pin):
            yield Finding(
                "installs",
                f"the install of {pin} was broken off: it is not used",
                (("directory", paths.install(*pin)), ("mark", mark)),
                f"toolpin install {pin}",
            )


def check_remains(app: App) -> Iterator[Finding]:
    """Find the remains of unfinished installs and removals, without a process."""
    paths = app.paths.alone
    for staged in stage_names.staged(paths):
        try:
            is_own = os.lstat(staged.path).st_uid == os.geteuid()
        except FileNotFoundError:
            continue
        if not _is_abandoned(paths, staged.pin):
            continue
        fix = f"rm -rf {shlex.quote(staged.path)}"
        if not is_own:
            fix = f"sudo {fix}"
        elif os.path.isdir(staged.path) and not os.path.islink(staged.path):
            fix = f"chmod -R u+rwX {shlex.quote(staged.path)} && {fix}"
        what = f"remains of {staged.pin} use disk space and are not used"
        yield Finding("installs", what, (("in", staged.path),), fix)


def _check_install(
    paths: Paths, pin: Pin, programs: Sequence[str]
) -> Iterator[Finding]:
    """Find missing parts of one version; all versions have the `programs`."""
    tree = paths.install(*pin)
    fix = f"toolpin verify {pin} --repair"
    try:
        patch = installs.environment(paths, pin)
    except NotRunnable as error:
        what = f"the receipt of {pin} cannot be read"
        reason = dict(error.facts).get("reason", error.what)
        facts = (("reason", reason),) if reason != what else ()
        yield Finding("installs", what, (("directory", tree), *facts), fix)
        return
    # A plugin's scripts may name directories that do not exist in every version.
    is_scripted = any(name == "ASDF_INSTALL_PATH" for name, _ in patch.variables)
    lost = [*_lost_own_files(tree), *(() if is_scripted else _lost_bins(tree, patch))]
    have = installs.commands(paths, pin)
    lost += [f"{tree}: no {name}" for name in programs if name not in have]
    if lost:
        if (
            is_scripted
            or os.path.exists(f"{tree}/{ADOPTED}")
            or f"{tree}/{RECEIPT}" in lost  # nothing can be repaired without it
        ):
            fix = f"toolpin uninstall {pin} && toolpin install {pin}"
        parts = [("lost", path) for path in lost]
        what = f"{pin} is missing a file"
        yield Finding("installs", what, (("directory", tree), *parts), fix)


def _lost_own_files(tree: str) -> list[str]:
    """Return toolpin's missing files: another manager's install may have none."""
    if not os.path.lexists(os.path.dirname(f"{tree}/{RECORD}")):
        return []
    is_adopted = os.path.exists(f"{tree}/{ADOPTED}")
    own = [f"{tree}/{name}" for name in (RECORD, *(() if is_adopted else (RECEIPT,)))]
    return [path for path in own if not os.path.exists(path)]


def _lost_bins(tree: str, patch: EnvPatch) -> list[str]:
    return [
        directory
        for directory in patch.path
        if REQUIRED not in directory
        and directory.startswith(f"{tree}/")
        and not os.path.isdir(directory)
    ]


def _is_abandoned(paths: Paths, pin: Pin) -> bool:
    """Return whether no process works on a version."""
    lock = lock_of(paths, pin)
    if not os.path.exists(lock):
        return True
    with try_held(lock) as free:
        return free


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown
