"""Checks the state of the store: its shims, and each install. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from toolpin.doctor.findings import Finding
from toolpin.doctor.store_state import InstallState, Remains, ShimsState

_MOST_NAMES = 12


def check_shims(state: ShimsState) -> Iterator[Finding]:
    """Find commands without a shim, and shims that cannot work."""
    if state.library != "as written":
        what = {
            "gone": f"{state.library_file} is missing, and shims need it",
            "other": (
                f"{state.library_file} was written by a different version of toolpin"
            ),
        }[state.library]
        yield Finding("shims", what, fix="toolpin reshim")
    if state.missing:
        facts = (("without", _names(state.missing)), ("in", state.directory))
        what = "installed programs have no shim"
        yield Finding("shims", what, facts, "toolpin reshim")
    for name in state.others:
        path = f"{state.directory}/{name}"
        fix = f"rm {shlex.quote(path)} && toolpin reshim"
        what = f"{path} was not created by toolpin"
        yield Finding("shims", what, (("intended for", name),), fix)


def check_installs(states: Iterable[InstallState]) -> Iterator[Finding]:
    """Find unfinished installs, and those with missing parts."""
    for state in states:
        pin, fix = state.pin, f"toolpin verify {state.pin} --repair"
        if state.mark:
            what = f"the install of {pin} was broken off: it is not used"
            facts, fix = [("mark", state.mark)], f"toolpin install {pin}"
        elif state.record:
            what = f"the receipt of {pin} cannot be read"
            facts = [("reason", state.record)] if state.record != what else []
        elif state.lost:
            what = f"{pin} is missing a file"
            facts = [("lost", path) for path in state.lost]
            if state.is_adopted or any(map(_is_receipt, state.lost)):
                fix = f"toolpin uninstall {pin} && toolpin install {pin}"
        else:
            continue
        place = ("directory", state.tree)
        yield Finding("installs", what, (place, *facts), fix)


def check_remains(remains: Iterable[Remains]) -> Iterator[Finding]:
    """Find the remains of unfinished installs and removals."""
    for remain in remains:
        fix = f"rm -rf {shlex.quote(remain.path)}"
        if not remain.is_own:
            fix = f"sudo {fix}"
        elif remain.is_tree:
            fix = f"chmod -R u+rwX {shlex.quote(remain.path)} && {fix}"
        what = f"remains of {remain.pin} use disk space and are not used"
        yield Finding("installs", what, (("in", remain.path),), fix)


def _is_receipt(path: str) -> bool:
    """Return whether a path is a receipt's: nothing can be repaired without it."""
    return path.endswith("/.toolpin/receipt.json")


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown
