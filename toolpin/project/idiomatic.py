"""Turns the version files of single tools (`.nvmrc`, `go.mod`) into requests.

A plain file has versions and comments and nothing else; a manifest has a version among
other things. Pure: `pin_files` decides which files are read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from toolpin.errors import UsageError, as_word
from toolpin.model import Origin, Request, Wanted
from toolpin.project.toolversions import parse_wanted, text_of
from toolpin.project.validation import (
    Spell,
    WordPosition,
    as_written,
    check_count,
    without_v,
)
from toolpin.versions import is_prefix

# Directories of dependencies, whose files pin nothing.
PASSED_OVER = frozenset("node_modules deps _build vendor".split())


class Idioms(NamedTuple):
    """The files other than `.tool-versions` that pin, with the tool of each.

    Of one tool's files the preferred one comes first. `spell` returns the canonical
    form of a word for a tool. `manifests` are files with other content too, with the
    tools that may be in them and their names there. For the tools in `readers` the
    plugin reads the file itself: a function from its path to words.
    """

    files: Mapping[str, str]
    spell: Spell
    manifests: Mapping[str, tuple[tuple[str, str], ...]]
    readers: Mapping[str, Callable[[str], list[str]]] = MappingProxyType({})

    @property
    def names(self) -> tuple[str, ...]:
        """Every file's name, plain ones first."""
        return (*self.files, *self.manifests)

    def tools_of(self, name: str) -> tuple[str, ...]:
        """Return the tools that a file may request."""
        if name in self.files:
            return (self.files[name],)
        return tuple(tool for tool, _ in self.manifests[name])

    def read(self, data: bytes, place: str, name: str, tool: str) -> Request | None:
        """Return what the bytes of a file of this name request for a tool, if anything.

        Raises UsageError for an invalid version.
        """
        if name in self.files and tool in self.readers:
            words = self.readers[tool](place)
            origin = Origin(place, 1)
            check_count(len(words), WordPosition(origin, ""))
            wanted = tuple(parse_wanted(word, origin) for word in words)
            return Request(tool, wanted, origin) if wanted else None
        if name in self.files:
            return _plain(data, place, tool, self.spell)
        # It loads the JSON parser: only where the user has enabled manifests.
        from toolpin.project.manifests import MANIFESTS

        result = MANIFESTS[name](data, place, dict(self.manifests[name])[tool])
        if result is None:
            return None
        word, origin, unmet = result
        only = parse_wanted(self.spell(tool, word), origin)
        return Request(tool, (only,), origin, unmet)


NONE = Idioms({}, as_written, {})


def is_passed_over(directory: str) -> bool:
    """Return whether a directory is one of dependencies, or is inside one."""
    return not PASSED_OVER.isdisjoint(directory.split("/"))


def disagreements(requests: Iterable[Request]) -> Iterator[tuple[Request, Request]]:
    """Yield the effective request and a different one for the same tool and directory.

    `requests` are of one or more directories, in order of precedence. Two requests
    agree where one is less specific: `22` and `22.20.0`; two channels cannot be
    compared.
    """
    counted: dict[str, Request] = {}
    for request in requests:
        first = counted.setdefault(request.tool, request)
        directories = {
            other.origin.place.rpartition("/")[0] for other in (first, request)
        }
        same_file = first.origin.place == request.origin.place
        if not same_file and len(directories) == 1 and not _agree(first, request):
            yield first, request


def _agree(request: Request, other: Request) -> bool:
    first, second = request.wanted[0], other.wanted[0]
    if not (_is_numbered(first) and _is_numbered(second)):
        return True
    return is_prefix(first.value, second.value) or is_prefix(second.value, first.value)


def _is_numbered(wanted: Wanted) -> bool:
    return wanted.kind == "version" and wanted.value[0].isdigit()


def unmet(requests: Iterable[Request], triple: Callable[[], str]) -> Iterator[str]:
    """Yield a line for each file that names more than is installed.

    `triple` returns this host as a target, which every install has.
    """
    for request in requests:
        own = f"target {triple()}" if request.unmet else ""
        if names := ", ".join(name for name in request.unmet if name != own):
            yield f"{request.origin}: {request.tool} is installed without {names}"


def disagreement_error(used: Request, other: Request) -> UsageError:
    """Return the error for two files of one directory that disagree."""
    return UsageError(
        f"the version files in {os.path.dirname(used.origin.place)} disagree",
        [
            (str(used.origin), f"{used.tool} {used.wanted[0]}"),
            (str(other.origin), f"{other.tool} {other.wanted[0]}"),
        ],
        f"rm {as_word(other.origin.place)}",
    )


def _plain(data: bytes, place: str, tool: str, spell: Spell) -> Request | None:
    wanted: list[Wanted] = []
    first: Origin | None = None
    for number, line in enumerate(text_of(data, place).split("\n"), 1):
        for word in line.partition("#")[0].split():
            origin = Origin(place, number, line.index(word) + 1)
            first = first or origin
            check_count(len(wanted) + 1, WordPosition(origin, line))
            # In such a file no version begins with a v.
            wanted.append(parse_wanted(spell(tool, without_v(word)), origin))
    return Request(tool, tuple(wanted), first) if first else None
