"""What `toolpin.lock` says, as a value, and the text of it: equal values, equal bytes.

The text is TOML that toolpin writes and people review: sorted, one fact a line. It is
read back by `lockfile_parse`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from toolpin.lockfile.header import OPENING
from toolpin.model import Build, Pin
from toolpin.versions import sort_key

# The digests are those that this machine had, from whoever gave them.
HERE = "here"
NO_BUILD = "none"

_NOTE = (
    "# Written by `toolpin lock`, for every host: commit it.\n"
    "# After a merge conflict take either side, then `toolpin lock`."
)


class Key(NamedTuple):
    """What a pin is found by: the tool's own name, and the request's text."""

    tool: str
    wanted: str

    def __str__(self) -> str:
        """Return the key as the file writes it: `nodejs lts`."""
        return f"{self.tool} {self.wanted}"


class Entry(NamedTuple):
    """What is locked of one version for one kind of host.

    `source` is its id in the plugin, or `none`, and then the build is empty: the source
    had none. `verified` says where the digests come from: `checksum file`, `catalogue`,
    `registry`, `release`, `download`; `here` where no source was asked.
    """

    pin: Pin
    host: str
    source: str
    verified: str
    build: Build

    @property
    def has_build(self) -> bool:
        """Say whether there is something to install."""
        return self.source != NO_BUILD


class Locked(NamedTuple):
    """What a lockfile has of a pin for a host."""

    file: str
    entry: Entry


class Lockfile(NamedTuple):
    """All that a lockfile says.

    `hosts` are those it was limited to, () for all; `also` the pins that it has beside
    those that `.tool-versions` asks for.
    """

    pins: Mapping[Key, str]
    entries: tuple[Entry, ...]
    hosts: tuple[str, ...] = ()
    also: tuple[Key, ...] = ()

    def entries_for(self, pin: Pin, host: str) -> tuple[Entry, ...]:
        """Return what is locked of a version for a kind of host; () for nothing."""
        return tuple(
            entry for entry in self.entries if entry.pin == pin and entry.host == host
        )


EMPTY = Lockfile({}, ())


def render(lock: Lockfile) -> str:
    """Render a lockfile: the head of pins, then what can be installed of each."""
    lines = [*OPENING]
    # A shim reads a byte at a time, and looks for loose requests alone: they are first.
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
    """Return the name of the file that a locator stands for."""
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
