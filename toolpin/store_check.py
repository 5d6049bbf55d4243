"""Judges the state of the store: its shims, and each install. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from toolpin.findings import Finding
from toolpin.store_state import InstallState, ShimsState

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
        facts = (("stands for", name),)
        yield Finding("shims", f"{path} is no shim of toolpin's", facts, mend)


def check_installs(states: Iterable[InstallState]) -> Iterator[Finding]:
    """Find installs that were not ended, and those that have lost a part."""
    for state in states:
        pin, tree = state.pin, ("folder", state.tree)
        repair = f"toolpin verify {pin} --repair"
        if state.mark:
            facts = (tree, ("mark", state.mark))
            what = f"the install of {pin} was broken off: it does not count"
            yield Finding("installs", what, facts, f"toolpin install {pin}")
        elif state.record:
            facts = (tree, ("because", state.record))
            what = f"the record of {pin} cannot be read"
            yield Finding("installs", what, facts, repair)
        elif state.lost:
            facts = (tree, *(("lost", one) for one in state.lost))
            yield Finding("installs", f"{pin} has lost a part", facts, repair)


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown
