"""Finds a tool's version in the manifests `package.json` and `go.mod`.

Pure. The plugin states which manifest to read, and the tool's name in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from toolpin.errors import UsageError
from toolpin.json_text import parse_json
from toolpin.model import Origin
from toolpin.project.toolversions import text_of

Pinned = tuple[str, Origin]


def _package_json(data: bytes, place: str, name: str) -> Pinned | None:
    """Return the version and line of a runtime or package manager in a manifest.

    It is in `packageManager`, `devEngines`, `volta` or `engines`. Sources: the
    documentation of npm's package.json, of corepack, and of Volta.
    """
    text = text_of(data, place)
    try:
        document = parse_json(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise UsageError(
            f"{place}:{line} is not JSON", [("reason", str(error))]
        ) from error
    for table, value in _engines(document, name):
        if word := _pin_of(value):
            return word, Origin(place, _line_of(text, table, value), 1)
    return None


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
    origins: dict[str, tuple[str, Origin]] = {}
    for number, line in enumerate(text_of(data, place).split("\n"), 1):
        words = line.partition("//")[0].split()
        if len(words) == 2 and words[0] in ("toolchain", name):
            word = words[1].removeprefix("go")
            origins.setdefault(words[0], (word, Origin(place, number, 1)))
    chain = origins.get("toolchain")
    return chain if chain and chain[0] != "default" else origins.get(name)


# The supported manifests: a plugin states which one it uses, and its name in it.
MANIFESTS: dict[str, Callable[[bytes, str, str], Pinned | None]] = {
    "package.json": _package_json,
    "go.mod": _go_mod,
}
