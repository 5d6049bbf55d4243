"""Reads the environment of this process: its shell, PATH, startup files and clashes.

It starts nothing; `shell_check` reports the problems.
"""

from __future__ import annotations

import glob
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.doctor.path_search import Candidate, PathDirectory, candidates, directories
from toolpin.env_patch import is_ci
from toolpin.errors import ToolpinError
from toolpin.run.command_lookup import find
from toolpin.shell.activation import STATE, parse_state
from toolpin.shell.startup_files import (
    SHELLS,
    Homes,
    Line,
    Reading,
    homes,
    known_files,
    rc_file,
    rc_line,
    reading,
    toolpin_lines,
)
from toolpin.shims.stubs import read_stub
from toolpin.system.paths import names_in

_MOST_BYTES = 1 << 20


class Clash(NamedTuple):
    """A command with a shim, and the other program that runs instead.

    `is_pinned` states whether the shim's program is pinned here.
    """

    command: str
    first: Candidate
    is_pinned: bool = False

    @property
    def directory(self) -> PathDirectory:
        """The directory of the other program."""
        return self.first.directory


class ProcessEnvironment(NamedTuple):
    """The environment that was read.

    `active` is the shell whose hook set PATH, "" for none. `block` are the directories
    that the hook added. `program` is the path of toolpin if it is not on PATH, else "".
    Without `is_attended` this is a job, in CI or cron, and startup files do not matter.
    Then `serves_pins` states whether the pinned programs are on PATH without any shim.
    """

    shell: str
    os: str
    active: str
    home: str
    at: Homes
    texts: Mapping[str, str]
    shims: str
    directories: tuple[PathDirectory, ...]
    program: str = ""
    clashes: tuple[Clash, ...] = ()
    block: tuple[str, ...] = ()
    is_attended: bool = True
    serves_pins: bool = False

    @property
    def is_on_path(self) -> bool:
        """Whether PATH has this store's shims."""
        return any(directory.kind == "shims" for directory in self.directories)

    @property
    def reading(self) -> Reading:
        """The startup files that this shell reads."""
        return reading(self.shell, self.at, self.texts)

    @property
    def lines(self) -> list[Line]:
        """The lines that set toolpin up, in the startup files of any shell."""
        return toolpin_lines(self.texts, self.shims, self.home)

    @property
    def read_lines(self) -> list[Line]:
        """Those of them that this shell reads."""
        return [line for line in self.lines if line.file in self.reading.all]

    @property
    def fix(self) -> tuple[str, str]:
        """The line that sets toolpin up, and the file that it belongs in.

        A job has to add the shims to PATH itself.
        """
        if not self.is_attended:
            return rc_line("sh", self.shims, self.program), ""
        file = rc_file(self.shell, self.at, self.os)
        return rc_line(self.shell, self.shims, self.program), file


def look(app: App) -> ProcessEnvironment:
    """Read the environment of this process."""
    at = homes(app.env, app.home)
    seen = ProcessEnvironment(
        shell=_shell(app.env),
        os="macos" if platform.system() == "Darwin" else "linux",
        active=app.env.get("TOOLPIN_ACTIVE", ""),
        home=app.home,
        at=at,
        texts=dict(_texts(at)),
        shims=app.paths.shims,
        directories=tuple(directories(app)),
        block=parse_state(app.env.get(STATE)).block,
        is_attended=_is_attended(app.env),
    )
    if not seen.is_attended:
        seen = seen._replace(texts={}, serves_pins=_serves_pins(seen, app))
    return seen._replace(
        program=_program(seen.directories), clashes=tuple(_clashes(seen, app))
    )


def _is_attended(env: Mapping[str, str]) -> bool:
    """Return whether a user types here: cron and services set no TERM."""
    typed = env.get("TERM") or env.get("SSH_CONNECTION")
    return bool(typed) and not is_ci(env)


def _serves_pins(seen: ProcessEnvironment, app: App) -> bool:
    """Return whether PATH leads to exactly the programs that are pinned here."""
    results = {name: _pinned(name, app) for name in names_in(seen.shims)}
    pinned = {name: path for name, path in results.items() if path}
    return bool(pinned) and all(
        any(_is_same(first.path, path) for first in programs[:1])
        for name, path in pinned.items()
        for programs in [candidates(name, seen.directories)]
    )


def _program(on_path: Sequence[PathDirectory]) -> str:
    own = f"{os.path.dirname(sys.executable)}/toolpin"
    if candidates("toolpin", on_path) or not os.access(own, os.X_OK):
        return ""
    return own


def _shell(env: Mapping[str, str]) -> str:
    """Return the shell of this process: the parent, or else the user's own."""
    try:
        with open(f"/proc/{os.getppid()}/comm", encoding="utf-8") as file:
            parent = file.read().strip().lstrip("-")
    except OSError:  # macOS has no /proc
        parent = ""
    own = env.get("SHELL", "").rpartition("/")[2]
    return parent if parent in SHELLS else own or "sh"


def _texts(at: Homes) -> Iterator[tuple[str, str]]:
    """Yield each existing startup file with its text."""
    below = sorted(glob.glob(f"{glob.escape(at.fish)}/conf.d/*.fish"))
    for file in (*below, *known_files(at)):
        try:
            with open(file, encoding="utf-8", errors="replace") as stream:
                yield file, stream.read(_MOST_BYTES)
        except OSError:
            continue


def _clashes(seen: ProcessEnvironment, app: App) -> Iterator[Clash]:
    """Yield the commands for which PATH finds another program than their shims'."""
    kinds = [directory.kind for directory in seen.directories]
    before = seen.directories[: kinds.index("shims")] if "shims" in kinds else ()
    if not before:
        return
    # The user puts a virtual environment in front on purpose.
    entered = f"{app.env.get('VIRTUAL_ENV', '')}/bin"
    for command in sorted(os.listdir(seen.shims)):
        result = candidates(command, before)
        if not result or read_stub(f"{seen.shims}/{command}") is None:
            continue
        first = result[0]
        pinned_program = _pinned(command, app)
        if first.directory.path != entered and not _is_same(first.path, pinned_program):
            yield Clash(command, first, pinned_program is not None)


def _pinned(command: str, app: App) -> str | None:
    """Return the pinned program, None if none can run."""
    try:
        result = find(command, app.place)
    except ToolpinError:
        return None
    return result.path if result.origin else None


def _is_same(first: str, pinned_program: str | None) -> bool:
    try:
        return pinned_program is not None and os.path.samefile(pinned_program, first)
    except OSError:
        return False
