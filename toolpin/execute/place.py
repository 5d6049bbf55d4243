"""Where a command is looked for, what is asked there, and what may be found. Light."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from toolpin.model import Origin, Pin, Request
from toolpin.paths import Paths, home_folder
from toolpin.project import pin_files
from toolpin.project.files import Files
from toolpin.project.idiomatic import Idioms
from toolpin.project.pin_files import Where
from toolpin.shims.stubs import Stub


class Found(NamedTuple):
    """A program, its environment, and what chose it.

    `pin` is None for the system's command and for `path:`; `origin` is None where
    nothing pins the command, and `tool` is "" then.
    """

    path: str
    environment: dict[str, str]
    pin: Pin | None
    origin: Origin | None
    tool: str = ""


class Place(NamedTuple):
    """Where a command is looked for: from `cwd` up, an absolute path.

    `aliases` has the canonical name for each name of a tool, `idioms` the files that
    count beside `.tool-versions`, `stub` what the command's shim knows.
    """

    paths: Paths
    aliases: Mapping[str, str]
    idioms: Idioms
    env: Mapping[str, str]
    cwd: str
    files: Files
    stub: Stub | None = None

    @property
    def where(self) -> Where:
        """Where project files are looked for."""
        return Where(
            self.cwd, home_folder(self.env), self.paths.global_file, self.files
        )


def request_in(place: Place, tool: str) -> Request | None:
    """Return what is asked of one tool in a place."""
    names = {name for name, canonical in place.aliases.items() if canonical == tool}
    stated = stated_in(place, place.aliases, only={tool, *names})
    return pin_files.request_for(tool, stated, place.env)


def stated_in(
    place: Place, aliases: Mapping[str, str], only: Collection[str] = ()
) -> Iterator[Request]:
    """Yield what the files of a place ask for, of `only` these names if any."""
    return pin_files.stated(place.where, aliases, place.idioms, only)
