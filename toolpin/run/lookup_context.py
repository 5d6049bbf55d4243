"""The inputs and the result of a command lookup. Light."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from toolpin.errors import ToolpinError
from toolpin.model import Origin, Pin, Request
from toolpin.plugins.registry import Registry
from toolpin.project import pin_files
from toolpin.project.idiomatic import Idioms
from toolpin.project.pin_files import Where
from toolpin.project.project_files import Files
from toolpin.shims.stubs import Stub
from toolpin.system.paths import Paths, home_directory


class LookupResult(NamedTuple):
    """A program, its environment, and the request that chose it.

    `pin` is None for the system's command and for `path:`; `origin` is None and `tool`
    is "" if nothing pins the command.
    """

    path: str
    environment: dict[str, str]
    pin: Pin | None
    origin: Origin | None
    tool: str = ""


class Place(NamedTuple):
    """Where a command is looked up: from `cwd` up, an absolute path.

    `idioms` are the files other than `.tool-versions` that pin, `stub` is the data in
    the command's shim.
    """

    paths: Paths
    idioms: Idioms
    env: Mapping[str, str]
    cwd: str
    files: Files
    plugins: Registry
    stub: Stub | None = None

    @property
    def where(self) -> Where:
        """Where project files are looked up."""
        return Where(
            self.cwd, home_directory(self.env), self.paths.global_file, self.files
        )

    @property
    def aliases(self) -> Mapping[str, str]:
        """The canonical name for each name of a tool."""
        return self.plugins.aliases

    def names_of(self, tools: Collection[str]) -> set[str]:
        """Return every name of some tools."""
        own = (name for name, tool in self.aliases.items() if tool in tools)
        return {*tools, *own}


def request_in(place: Place, tool: str) -> Request | None:
    """Return the request for one tool in a place."""
    stated = stated_in(place, only=place.names_of([tool]))
    return pin_files.request_for(tool, stated, place.env, place.idioms.spell)


def effective_in(
    place: Place, stated: Iterable[Request], aliases: Mapping[str, str]
) -> Iterator[Request]:
    """Yield the effective request for each tool, overrides included."""
    spell = place.idioms.spell
    return pin_files.effective(stated, env=place.env, aliases=aliases, spell=spell)


def stated_in(place: Place, only: Collection[str] = ()) -> Iterator[Request]:
    """Yield what the files of a place request, for `only` these names if any."""
    return pin_files.stated(place.where, place.aliases, place.idioms, only)


def requests_in(place: Place) -> tuple[tuple[Request, ...], tuple[str, ...]]:
    """Return what is pinned here, and the tools whose line cannot be read.

    A line that cannot be read is an error of its own tool's commands alone.
    """
    aliases = place.aliases
    try:
        return tuple(effective_in(place, stated_in(place), aliases)), ()
    except ToolpinError:
        pass
    requests, refused = [], []
    for tool in dict.fromkeys(aliases.values()):
        try:
            request = request_in(place, tool)
        except ToolpinError:
            refused.append(tool)
        else:
            requests += [request] if request else []
    return tuple(requests), tuple(refused)
