"""Reads what every command needs of each plugin: without the TOML parser.

`plugins/index.tsv` has it for the bundled tools. Of a user's file only two plain lists
are read here; the parser and the schema cost half of Python's own start to import.
"""

from __future__ import annotations

from typing import NamedTuple

from toolpin.project.validation import NAME, fits

INDEX = "index.tsv"
# With one of these a line may be something else than it seems: escapes, long strings.
_NOT_PLAIN = ("\\", '"""', "'''")


class LightFields(NamedTuple):
    """Fields of a plugin; `manifests` and `spellings` have a `key=value` each.

    `has_pairs` says that its versions are built for those of another tool.
    """

    also: tuple[str, ...] = ()
    idiomatic: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()
    has_pairs: bool = False


def pairs_of(words: tuple[str, ...]) -> dict[str, str]:
    """Return the table that `key=value` words state."""
    return {key: value for key, _, value in (word.partition("=") for word in words)}


def parse_index(text: str) -> dict[str, LightFields]:
    """Return the fields of each bundled tool: a line each, cells split at tabs."""
    results = {}
    for line in text.splitlines():
        name, *cells = line.split("\t")
        also, idiomatic, requires, commands, manifests, spellings, pairs = map(
            tuple, map(str.split, cells)
        )
        results[name] = LightFields(
            also, idiomatic, requires, commands, manifests, spellings, bool(pairs)
        )
    return results


def render_line(name: str, fields: LightFields) -> str:
    """Return a tool's line of the index."""
    *lists, has_pairs = fields
    cells = [" ".join(words) for words in lists]
    return "\t".join([name, *cells, "pairs" if has_pairs else ""]) + "\n"


def plain_fields(text: str) -> LightFields | None:
    """Return a user's file's other names, idiomatic files, and whether it has pairs.

    None for a text that only the TOML parser can read.
    """
    also, idiomatic = stated_words(text, "also"), stated_words(text, "idiomatic")
    if also is None or idiomatic is None:
        return None
    return LightFields(also, idiomatic, has_pairs="pairs" in text)


def stated_words(text: str, key: str) -> tuple[str, ...] | None:
    """Return what a plugin's plain `key = ["WORD", ...]` states, () without one.

    None for a text that only the TOML parser can read.
    """
    if any(mark in text for mark in _NOT_PLAIN):
        return None
    lines = [line.strip() for line in text.split("\n") if key in line]
    stated = [line for line in lines if not line.startswith("#")]
    if not stated:
        return ()
    result, _, value = (part.strip() for part in stated[0].partition("="))
    if len(stated) > 1 or result != key or value[:1] + value[-1:] != "[]":
        return None
    words = [word.strip() for word in value[1:-1].split(",")]
    names = tuple(word[1:-1] for word in words)
    plain = all(fits(name.removeprefix("."), NAME) for name in names)
    return names if plain and words == [f'"{name}"' for name in names] else None
