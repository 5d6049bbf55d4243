"""Parses the text of `toolpin.lock` into a Lockfile.

Anything that toolpin would not write is refused, with its line: an unknown key, an
artifact without a digest, a merge conflict marker. Whether a plugin would name such an
artifact is not checked here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from toolpin.digests import parse_digest
from toolpin.errors import UsageError, shown
from toolpin.lockfile import header
from toolpin.lockfile.document import (
    NO_BUILD,
    Entry,
    Key,
    Lockfile,
    filename_of,
    no_build,
)
from toolpin.model import TOOL_REQUIREMENT, Artifact, Build, Pin
from toolpin.project.validation import NAME, VERSION, fits
from toolpin.toml_lines import Path, line_of
from toolpin.verification import LEVELS

# What a build may require; other words cannot be compared.
_REQUIREMENTS = {"glibc", "musl", "macos", "soname"}
_HOST = re.compile(r"(linux|macos)-(x64|arm64)(-musl)?")
# No quotes and no backslashes: the text is written unescaped.
_LOCATOR = re.compile(r"(https://|npm:|pypi:|deb:|git:|folder:)[!#-\[\]-~]{1,1000}")
_CREDENTIAL = re.compile(r"(git:)?https://[^/]*@|git:ssh://[^/]*:[^/@]*@")
# What a text must be, and whether one is.
_SHAPES: dict[str, tuple[str, Callable[[str], object]]] = {
    "name": ("a name", lambda text: fits(text, NAME)),
    "version": ("an exact version", lambda text: fits(text, VERSION)),
    "host": ("a host such as linux-x64", _HOST.fullmatch),
    "level": ("a level such as checksum", LEVELS.__contains__),
    "locator": ("a locator", _LOCATOR.fullmatch),
    "line": ("a line of text", str.isprintable),
}
_WANTED = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+~/@:-]{0,220}")


def parse(text: str, place: str) -> Lockfile:
    """Return the lockfile in a text.

    Raises UsageError with file and line for anything that toolpin would not write.
    """
    if marker := header.MARKS.search(text):
        number = text.count("\n", 0, marker.start()) + 1
        raise header.merged(place, number)
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        facts = [("reason", str(error))]
        raise UsageError(f"{place} is not TOML", facts, header.FIX) from error
    if not document:
        facts = [("expected", "what `toolpin lock` writes")]
        raise UsageError(f"{place} is empty", facts, header.FIX)
    if document.get("schema") != header.SCHEMA:
        raise UsageError(
            f"{place} has a schema that this version of toolpin does not support",
            [
                ("received", shown(document.get("schema"))),
                ("expected", str(header.SCHEMA)),
            ],
            "toolpin self update",
        )
    return _Reader(text, place).lockfile(document)


class _Reader:
    """Reads tables with only what toolpin writes, and reports the line otherwise."""

    def __init__(self, text: str, place: str) -> None:
        self._text = text
        self._place = place

    def lockfile(self, document: dict[str, Any]) -> Lockfile:
        """Return the lockfile in a complete document."""
        self._only(document, (), {"schema", "pins"}, {"scope", "build"})
        pins = self._table(document["pins"], ("pins",))
        scope = self._table(document.get("scope", {}), ("scope",))
        self._only(scope, ("scope",), set(), {"hosts", "also"})
        hosts = self._texts(scope.get("hosts", []), ("scope", "hosts"))
        also = self._texts(scope.get("also", []), ("scope", "also"))
        for host in hosts:
            self._fitting(host, ("scope", "hosts"), "host")
        builds = self._tables(document.get("build", []), ("build",))
        entries = [self._entry(build, ("build", at)) for at, build in enumerate(builds)]
        self._check_unlike(entries)
        versions = {
            self._key(text, at := ("pins", text)): self._fitting(version, at, "version")
            for text, version in pins.items()
        }
        self._check_head(pins)
        return Lockfile(
            versions,
            tuple(entries),
            hosts,
            tuple(self._key(text, ("scope", "also")) for text in also),
        )

    def _check_head(self, pins: Mapping[str, object]) -> None:
        """Refuse a header that a shim would read differently."""
        rest = {f'"{text}" = "{version}"' for text, version in pins.items()}
        for number, line in header.pin_lines(self._text, self._place):
            if line not in rest:
                raise header.not_as_written(self._place, number, line)
            rest.remove(line)
        for text, version in pins.items():
            if f'"{text}" = "{version}"' in rest:
                raise self._fault(("pins", text), "the pins must precede this line", ())

    def _check_unlike(self, entries: list[Entry]) -> None:
        """Refuse two builds that no rule can choose between."""
        seen = set()
        for at, entry in enumerate(entries):
            name = (entry.pin, entry.host, entry.build.requires)
            if name in seen:
                facts = [("tool", str(entry.pin)), ("host", entry.host)]
                raise self._fault(
                    ("build", at), "the same build is listed twice", facts
                )
            seen.add(name)

    def _entry(self, table: dict[str, Any], path: Path) -> Entry:
        needed = {"tool", "version", "host", "source"}
        is_none = table.get("source") == NO_BUILD
        more = set() if is_none else {"verified", "artifact"}
        self._only(table, path, needed | more, set() if is_none else {"requires"})
        host = self._fitting(table["host"], (*path, "host"), "host")
        pin = Pin(
            self._fitting(table["tool"], (*path, "tool"), "name"),
            self._fitting(table["version"], (*path, "version"), "version"),
        )
        if is_none:
            return no_build(pin, host)
        artifacts = self._tables(table["artifact"], (*path, "artifact"))
        if not artifacts:
            raise self._unfit((*path, "artifact"), "a table", table["artifact"])
        requires = self._table(table.get("requires", {}), (*path, "requires"))
        tools = {name for name in requires if name.startswith(TOOL_REQUIREMENT)}
        self._only(requires, (*path, "requires"), set(), _REQUIREMENTS | tools)
        return Entry(
            pin,
            host,
            self._fitting(table["source"], (*path, "source"), "name"),
            LEVELS[self._fitting(table["verified"], (*path, "verified"), "level")],
            Build(
                tuple(
                    self._artifact(artifact, (*path, "artifact", at))
                    for at, artifact in enumerate(artifacts)
                ),
                tuple(
                    (
                        self._fitting(name, (*path, "requires", name), "name"),
                        self._fitting(least, (*path, "requires", name), "version"),
                    )
                    for name, least in sorted(requires.items())
                ),
            ),
        )

    def _artifact(self, table: dict[str, Any], path: Path) -> Artifact:
        self._only(table, path, {"locator", "digest"}, {"size"})
        locator = self._fitting(table["locator"], (*path, "locator"), "locator")
        size = table.get("size")
        if not (size is None or (type(size) is int and size >= 0)):
            raise self._unfit((*path, "size"), "a size in bytes", size)
        if _CREDENTIAL.match(locator):
            raise self._unfit((*path, "locator"), "a locator without a user", "...")
        if (digest := parse_digest(str(table["digest"]))) is None:
            expected = "sha256: or sha512: and its hex digits"
            raise self._unfit((*path, "digest"), expected, table["digest"])
        return Artifact(locator, digest, size, filename_of(locator))

    def _key(self, text: str, path: Path) -> Key:
        tool, _, wanted = text.partition(" ")
        if not (fits(tool, NAME) and _WANTED.fullmatch(wanted)):
            raise self._unfit(path, 'a tool and a request: "nodejs 24"', text)
        return Key(tool, wanted)

    def _fitting(self, value: object, path: Path, shape: str) -> str:
        expected, fits_shape = _SHAPES[shape]
        if not isinstance(value, str) or not fits_shape(value):
            raise self._unfit(path, expected, value)
        return value

    def _texts(self, value: object, path: Path) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self._unfit(path, "a list", value)
        return tuple(self._fitting(element, path, "line") for element in value)

    def _table(self, value: object, path: Path) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._unfit(path, "a table", value)
        return value

    def _tables(self, value: object, path: Path) -> list[dict[str, Any]]:
        if not isinstance(value, list):
            raise self._unfit(path, "tables", value)
        return [self._table(table, (*path, at)) for at, table in enumerate(value)]

    def _only(
        self, table: dict[str, Any], path: Path, needed: set[str], more: set[str]
    ) -> None:
        """Refuse a table that lacks a key, or has an unknown one."""
        for key in sorted(set(table) - needed - more):
            raise self._fault((*path, key), f"{key} is not a known key", ())
        for key in sorted(needed - set(table)):
            raise self._fault(path, f"{key} is missing", ())

    def _unfit(self, path: Path, expected: str, received: object) -> UsageError:
        what = ".".join(part for part in path if isinstance(part, str))
        facts = [("expected", expected), ("received", shown(received))]
        return self._fault(path, f"{what} is not {expected}", facts)

    def _fault(
        self, path: Path, what: str, facts: Iterable[tuple[str, str]]
    ) -> UsageError:
        at = f"{self._place}:{line_of(self._text, path)}"
        return UsageError(f"{at}: {what}", tuple(facts), header.FIX)
