"""Judges the state of the store: its shims, and each install. Pure."""

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
            "gone": f"{state.library_file} is gone, and no shim runs without it",
            "other": f"{state.library_file} is of another toolpin than this one",
        }[state.library]
        yield Finding("shims", what, mend="toolpin reshim")
    if state.missing:
        facts = (("without", _names(state.missing)), ("in", state.folder))
        what = "programs that are installed have no shim"
        yield Finding("shims", what, facts, "toolpin reshim")
    for name in state.foreign:
        path = f"{state.folder}/{name}"
        mend = f"rm {shlex.quote(path)} && toolpin reshim"
        what = f"{path} is no shim of toolpin's"
        yield Finding("shims", what, (("stands for", name),), mend)


def check_installs(states: Iterable[InstallState]) -> Iterator[Finding]:
    """Find installs that were not ended, and those that have lost a part."""
    for state in states:
        pin, mend = state.pin, f"toolpin verify {state.pin} --repair"
        if state.mark:
            what = f"the install of {pin} was broken off: it does not count"
            facts, mend = [("mark", state.mark)], f"toolpin install {pin}"
        elif state.record:
            what = f"the record of {pin} cannot be read"
            facts = [("because", state.record)]
        elif state.lost:
            what = f"{pin} has lost a part"
            facts = [("lost", one) for one in state.lost]
            if state.is_adopted or any(map(_is_receipt, state.lost)):
                mend = f"toolpin uninstall {pin} && toolpin install {pin}"
        else:
            continue
        place = ("folder", state.tree)
        yield Finding("installs", what, (place, *facts), mend)


def check_remains(remains: Iterable[Remains]) -> Iterator[Finding]:
    """Find what is left of installs and removals that were not ended."""
    for one in remains:
        fix = f"rm -rf {shlex.quote(one.path)}"
        if not one.is_own:
            fix = f"sudo {fix}"
        elif one.is_tree:
            fix = f"chmod -R u+rwX {shlex.quote(one.path)} && {fix}"
        what = f"what is left of {one.pin} takes room and does not count"
        yield Finding("installs", what, (("in", one.path),), fix)


def _is_receipt(path: str) -> bool:
    """Say whether a path is a receipt's: nothing is repaired without it."""
    return path.endswith("/.toolpin/receipt.json")


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown
