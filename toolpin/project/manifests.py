"""Finds a tool's version in the manifests `package.json`, `go.mod` and others.

Pure. The plugin states which manifest to read, and the tool's name in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from toolpin.errors import UsageError
from toolpin.json_text import parse_json
from toolpin.model import Origin
from toolpin.project.toolversions import text_of
from toolpin.toml_text import parse_toml


class Pinned(NamedTuple):
    """A version and its line, and what the manifest names that is not installed."""

    word: str
    origin: Origin
    unmet: tuple[str, ...] = ()


def _package_json(data: bytes, place: str, name: str) -> Pinned | None:
    """Return the version and line of a runtime or package manager in a manifest.

    It is in `packageManager`, `devEngines`, `volta` or `engines`. Sources: the
    documentation of npm's package.json, of corepack, and of Volta.
    """
    text, document = _parsed(data, place)
    for table, value in _engines(document, name):
        if word := _pin_of(value):
            return Pinned(word, Origin(place, _line_of(text, table, value), 1))
    return None


def _global_json(data: bytes, place: str, name: str) -> Pinned | None:
    """Return the version of an SDK that .NET's own commands would select."""
    text, document = _parsed(data, place)
    word = _table(_table(document).get(name)).get("version")
    if not isinstance(word, str) or not word:
        return None
    return Pinned(word, Origin(place, _line_of(text, name, word), 1))


def _parsed(data: bytes, place: str) -> tuple[str, object]:
    """Return the text of a JSON file, and its content."""
    text = text_of(data, place)
    try:
        return text, parse_json(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        reason = [("reason", str(error))]
        raise UsageError(f"{place}:{line} is not JSON", reason) from error


def _engines(document: object, name: str) -> Iterator[tuple[str, str]]:
    if not isinstance(document, dict):
        return
    manager = document.get("packageManager")
    if isinstance(manager, str) and manager.startswith(f"{name}@"):
        yield "packageManager", manager.removeprefix(f"{name}@")
    for key in ("runtime", "packageManager"):
        stated = _table(document.get("devEngines")).get(key)
        listed = stated if isinstance(stated, list) else [stated]
        for engine in map(_table, listed):
            if engine.get("name") == name and isinstance(engine.get("version"), str):
                yield f"devEngines.{key}", str(engine["version"])
    for table in ("volta", "engines"):
        value = _table(document.get(table)).get(name)
        if isinstance(value, str):
            yield table, value


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _line_of(text: str, table: str, value: str) -> int:
    """Return the line of a value: the first one with it after its table's name."""
    start = text.find(f'"{table.partition(".")[0]}"')
    return text.count("\n", 0, max(text.find(f'{value}"', start), 0)) + 1


def _pin_of(text: str) -> str | None:
    """Return an npm range as a version or a prefix; None for any other range.

    `>=18` states what works, not what to use: such a range pins nothing.
    """
    word = text.strip().removeprefix("=").strip().removeprefix("v")
    word = word.partition("+")[0]  # after it corepack has a digest
    parts = word.split(".")
    while len(parts) > 1 and parts[-1] in ("x", "X", "*"):
        del parts[-1]
    plain = all(part.isascii() and part.isdigit() for part in parts[:3])
    return ".".join(parts) if plain and " " not in word else None


def _go_mod(data: bytes, place: str, name: str) -> Pinned | None:
    """Return the toolchain that a module requests, or else its language version."""
    origins: dict[str, Pinned] = {}
    for number, line in enumerate(text_of(data, place).split("\n"), 1):
        words = line.partition("//")[0].split()
        if len(words) == 2 and words[0] in ("toolchain", name):
            word = words[1].removeprefix("go")
            origins.setdefault(words[0], Pinned(word, Origin(place, number, 1)))
    chain = origins.get("toolchain")
    return chain if chain and chain.word != "default" else origins.get(name)


def _rust_toolchain(data: bytes, place: str, installed: str) -> Pinned | None:
    """Return the channel that a toolchain file names, alone or in a TOML table.

    `installed` are the components that every install has. Source: the documentation of
    rustup, "overrides".
    """
    text = text_of(data, place)
    if len(words := text.split()) == 1 and words[0][0].isalnum():
        at = text.count("\n", 0, text.index(words[0])) + 1
        return Pinned(words[0], Origin(place, at, 1))
    try:
        table = _table(parse_toml(text).get("toolchain"))
    except (ValueError, RecursionError) as error:
        reason = [("reason", str(error))]
        raise UsageError(f"{place} is not TOML", reason) from error
    channel = table.get("channel")
    if not isinstance(channel, str) or not channel:
        return None
    unmet = _unmet(table, installed.split(","))
    at = text.count("\n", 0, max(text.find(f'{channel}"', text.find("channel")), 0)) + 1
    return Pinned(channel, Origin(place, at, 1), unmet)


def _unmet(table: dict[str, object], installed: Sequence[str]) -> tuple[str, ...]:
    """Return the components and targets of a toolchain that are not `installed`."""
    results = []
    for key, noun in (("components", "component"), ("targets", "target")):
        names = table.get(key)
        for name in names if isinstance(names, list) else ():
            if isinstance(name, str) and name.removesuffix("-preview") not in installed:
                results.append(f"{noun} {name}")
    return tuple(results)


def _gemfile(data: bytes, place: str, name: str) -> Pinned | None:
    """Return the version of the first line such as `ruby "3.3.0"`; no Ruby reads it.

    With `engine: "jruby"` it is that engine's. Source: the gemfile(5) page of Bundler.
    """
    own = re.escape(name)
    line_shape = re.compile(rf"""\s*{own}\b[\s(]*(["'])([^"'#]*)\1\s*(.*)""")
    for number, line in enumerate(text_of(data, place).split("\n"), 1):
        match = line_shape.fullmatch(line.rstrip())
        if match is None:
            continue
        options = dict(_GEMFILE_OPTION.findall(match[3]))
        word = _gem_pin_of(match[2])
        if options.get("engine", name) != name:
            word = f"{options['engine']}-{options.get('engine_version', '')}"
        elif re.match(r"""\s*,\s*["']""", match[3]):  # a range has two ends
            word = None
        return Pinned(word, Origin(place, number, 1)) if word else None
    return None


_GEMFILE_OPTION = re.compile(
    r""":?(engine(?:_version)?)(?::|\s*=>)\s*["']([^"']+)["']"""
)


def _gem_pin_of(text: str) -> str | None:
    """Return the version, or the prefix, that a requirement of RubyGems means.

    `3.3` is 3.3.0 and no other, `~> 3.3.0` is any 3.3. Other ranges pin nothing.
    """
    match = re.fullmatch(r"(=|~>)?\s*(\d+(?:\.\d+){1,2})", text.strip())
    if match is None:
        return None
    parts = match[2].split(".")
    if match[1] == "~>":
        return ".".join(parts[:-1]) if parts[-1] == "0" else None
    return ".".join([*parts, "0"][:3])


def _sdkmanrc(data: bytes, place: str, name: str) -> Pinned | None:
    """Return the version of a candidate: `java=17.0.9-tem`.

    Source: SDKMAN's documentation of `sdk env`.
    """
    for number, line in enumerate(text_of(data, place).split("\n"), 1):
        key, equals, word = line.partition("#")[0].partition("=")
        if equals and key.strip() == name and word.strip():
            return Pinned(word.strip(), Origin(place, number, 1))
    return None


# The supported manifests: a plugin states which one it uses, and its name in it.
MANIFESTS: dict[str, Callable[[bytes, str, str], Pinned | None]] = {
    "package.json": _package_json,
    "global.json": _global_json,
    "go.mod": _go_mod,
    "Gemfile": _gemfile,
    ".sdkmanrc": _sdkmanrc,
    "rust-toolchain": _rust_toolchain,
    "rust-toolchain.toml": _rust_toolchain,
}
