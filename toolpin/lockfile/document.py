"""`toolpin.lock` as a value, and its text: equal values give equal bytes.

The text is TOML that toolpin writes and people review: sorted, one fact a line.
`parser` reads it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from toolpin.lockfile.header import OPENING
from toolpin.model import Build, Pin
from toolpin.verification import Level
from toolpin.versions import sort_key

NO_BUILD = "none"

_NOTE = (
    "# Written by `toolpin lock`, for every host: commit it.\n"
    "# After a merge conflict take either side, then `toolpin lock`."
)


class Key(NamedTuple):
    """The key of a locked pin: the tool's canonical name, and the request's text."""

    tool: str
    wanted: str

    def __str__(self) -> str:
        """Return the key as the file writes it: `nodejs lts`."""
        return f"{self.tool} {self.wanted}"


class Entry(NamedTuple):
    """The locked build of one version for one kind of host.

    `source` is its id in the plugin, or `none` when the source has no build; the build
    is empty then. `verified` states how the digests are known.
    """

    pin: Pin
    host: str
    source: str
    verified: Level
    build: Build

    @property
    def has_build(self) -> bool:
        """Return whether there is a build to install."""
        return self.source != NO_BUILD


def no_build(pin: Pin, host: str) -> Entry:
    """Return the entry of a host without a build."""
    return Entry(pin, host, NO_BUILD, Level.NONE, Build(()))


class Locked(NamedTuple):
    """The entries of a lockfile for a pin on a host."""

    file: str
    entry: Entry


class Lockfile(NamedTuple):
    """The content of a lockfile.

    `hosts` are those it was limited to, () for all; `also` are pins beyond those that
    `.tool-versions` requests.
    """

    pins: Mapping[Key, str]
    entries: tuple[Entry, ...]
    hosts: tuple[str, ...] = ()
    also: tuple[Key, ...] = ()

    def entries_for(self, pin: Pin, host: str) -> tuple[Entry, ...]:
        """Return the entries of a version for a kind of host; () without any."""
        return tuple(
            entry for entry in self.entries if entry.pin == pin and entry.host == host
        )


EMPTY = Lockfile({}, ())


def render(lock: Lockfile) -> str:
    """Render a lockfile: the header of pins, then the builds of each."""
    lines = [*OPENING]
    # A shim reads byte by byte, and looks only for loose requests: they are first.
    keys = sorted(lock.pins, key=lambda key: (lock.pins[key] == key.wanted, key))
    lines += [f'"{key}" = "{lock.pins[key]}"' for key in keys]
    lines += ["", _NOTE]
    scope = [("hosts", lock.hosts), ("also", tuple(map(str, sorted(lock.also))))]
    if lock.hosts or lock.also:
        lines += ["", "[scope]"]
        for name, words in scope:
            if words:
                lines += [f"{name} = [", *(f'  "{word}",' for word in words), "]"]
    for entry in sorted(lock.entries, key=_order):
        lines += ["", *_entry_lines(entry)]
    return "\n".join(lines) + "\n"


def filename_of(locator: str) -> str:
    """Return the file name in a locator."""
    scheme, _, rest = locator.partition(":")
    if scheme == "npm":
        package, _, version = rest.rpartition("@")
        return f"{package.removeprefix('@').replace('/', '-')}-{version}.tgz"
    return rest.rpartition("#" if scheme == "pypi" else "/")[2]


def _order(entry: Entry) -> tuple[object, ...]:
    return (
        entry.pin.tool,
        sort_key(entry.pin.version),
        entry.host,
        tuple((name, sort_key(least)) for name, least in entry.build.requires),
        tuple(artifact.locator for artifact in entry.build.artifacts),
    )


def _entry_lines(entry: Entry) -> Iterator[str]:
    yield "[[build]]"
    yield f'tool = "{entry.pin.tool}"'
    yield f'version = "{entry.pin.version}"'
    yield f'host = "{entry.host}"'
    yield f'source = "{entry.source}"'
    if not entry.has_build:
        return
    yield f'verified = "{entry.verified}"'
    yield from (f'requires.{name} = "{least}"' for name, least in entry.build.requires)
    for artifact in entry.build.artifacts:
        yield "[[build.artifact]]"
        yield f'locator = "{artifact.locator}"'
        yield f'digest = "{artifact.digest}"'
        if artifact.size_bytes is not None:
            yield f"size = {artifact.size_bytes}"
