"""Reads JSON lists of releases of many shapes, by the keys that a plugin names.

A list may be at a path, be an object whose keys are the versions, hold plain strings,
be cut into one document per line of versions, or have one JSON object a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from toolpin.digests import make_digest
from toolpin.json_text import parse_json
from toolpin.model import Digest
from toolpin.sources.protocol import fill

Read = Callable[[str], bytes]
# A document per line of versions: the longest list has some twenty.
_MOST_DOCUMENTS = 200
# Of a list, with the documents that it leads to.
MOST_BYTES = 64 << 20
_ONE_A_LINE = (".ndjson", ".jsonl")


def entries(shape: Mapping[str, str], read: Read) -> Iterator[tuple[str, Any]]:
    """Yield each release's name, without the prefix, and its data.

    Raises ValueError, LookupError, TypeError or AttributeError for another shape.
    """
    read = _limited(read)
    at = _at(_document(shape["url"], read), shape["list"])
    lists = iter((at,))
    if shape["next"]:
        urls = [_at(value, shape["next"]) for _, value in _items(at, keyed=False)]
        if len(urls) > _MOST_DOCUMENTS:
            raise ValueError(f"it leads to more than {_MOST_DOCUMENTS} documents")
        # One after the other: each may have hundreds of megabytes in memory.
        lists = (_at(_next(shape["url"], url, read), shape["then"]) for url in urls)
    for document in lists:
        for key, entry in _items(document, keyed=not shape["version"]):
            name = _at(entry, shape["version"]) if shape["version"] else key
            yield _text(name).removeprefix(shape["prefix"]), entry


def _limited(read: Read) -> Read:
    """Return `read`, which raises ValueError where its documents become too large."""
    total_bytes = 0

    def read_next(url: str) -> bytes:
        nonlocal total_bytes
        data = read(url)
        total_bytes += len(data)
        if total_bytes > MOST_BYTES:
            raise ValueError(f"its documents have more than {MOST_BYTES:,} bytes")
        return data

    return read_next


def has_file(shape: Mapping[str, str], entry: Any, values: Mapping[str, str]) -> bool:  # noqa: ANN401 - JSON
    """Return whether a release's plain list of files has the host's."""
    return fill(shape["file"], values) in _at(entry, shape["files"])


def files(
    shape: Mapping[str, str],
    entry: Any,  # noqa: ANN401 - JSON
    values: Mapping[str, str],
) -> dict[str, Mapping[str, Any]]:
    """Return a release's data about its files, by the last part of their names."""
    path, name = fill(shape["files"], values), shape["name"]
    results = entry.get(path, {}) if path != shape["files"] else _at(entry, path)
    if isinstance(results, Mapping):
        tables = [results, *results.values()]
        results = [
            table for table in tables if isinstance(table, Mapping) and name in table
        ]
    return {_text(file[name]).rpartition("/")[2]: file for file in results}


def digest_of(shape: Mapping[str, str], file: Mapping[str, Any]) -> Digest | None:
    """Return a file's digest, of the kind that the plugin names; None without one."""
    algorithm = "sha256" if shape["sha256"] else "sha512"
    text = str(file.get(digest_key(shape)) or "").strip()
    digits = text.removeprefix(f"{algorithm}:")
    return make_digest(algorithm, digits, shape["url"]) if text else None


def digest_key(shape: Mapping[str, str]) -> str:
    """Return the key of a file's digest, "" where the list has none."""
    return shape["sha256"] or shape["sha512"]


def _document(url: str, read: Read) -> Any:  # noqa: ANN401 - JSON
    data = read(url)
    if urlsplit(url).path.endswith(_ONE_A_LINE):
        # As one list: the limit on values is for all lines together.
        lines = (line for line in data.splitlines() if line.strip())
        return parse_json(b"[%s]" % b",".join(lines))
    return parse_json(data)


def _next(url: str, following: object, read: Read) -> Any:  # noqa: ANN401 - JSON
    """Return the document that an entry links to, if it is on the same server."""
    if urlsplit(str(following))[:2] != urlsplit(url)[:2]:
        raise ValueError(f"{following} is on another server")
    return _document(str(following), read)


def _items(listing: Any, *, keyed: bool) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - JSON
    """Yield the entries of a list, or those of an object with their keys."""
    if keyed and isinstance(listing, Mapping):
        yield from listing.items()
    elif isinstance(listing, list):
        yield from ((entry, entry) for entry in listing)
    else:
        raise TypeError("a list was expected")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _at(value: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    """Return the value at a path of keys: `sdk/version`; `.` and "" are the root.

    `*` takes all entries of a list: `releases/*/sdks` is one list of every `sdks`.
    """
    before, star, after = path.partition("/*/")
    for key in before.split("/") if before not in ("", ".") else ():
        value = value[key]
    if not star:
        return value
    having = (entry for entry in value if after.partition("/")[0] in entry)
    return [element for entry in having for element in _at(entry, after)]
