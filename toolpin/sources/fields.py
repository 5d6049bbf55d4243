"""Reads the values of a plugin's fields: each reader checks one shape and returns it.

A reader raises UnfitError for anything else; `tool_file` adds the file, the key and
what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from toolpin.model import Link, Rewrite
from toolpin.project.validation import VERSION, fits

_Value = TypeVar("_Value")

# `{name}`; but not the `${name}` of a shell.
PLACEHOLDER = re.compile(r"(?<!\$)\{(\w+)\}")
# Groups of placeholders, whose names depend on the source.
HOST_VALUES = "the host's values"
COLUMNS = "the columns of `line`"
VARIANT = "{variant} with `variants`"
REVISION = "{revision} where `tag` has it"
# Placeholders for a version: the version, its first number, its first two, its form in
# file names (`written`), and its numbers alone, without `rc1`.
VERSION_WORDS = ("version", "major", "minor", "written", "numbers")

_CATALOG = frozenset(
    "url list next then version prefix files file name sha256 sha512 size "
    "channel".split()
)


# The value of a plugin's `checksums` if no digest is published.
NO_CHECKSUMS = "none"


class Field(NamedTuple):
    """A key of the schema: how its value is checked and read, and what it means.

    `holds` are the placeholders that its text may hold, as names or as one of the
    groups above; None for a text without placeholders. `filled` returns the texts of
    its value that have placeholders, if not all of them do.
    """

    read: Callable[[object], Any]
    expected: str
    help: str
    default: Any = None
    required: bool = False
    holds: tuple[str, ...] | None = None
    filled: Callable[[Any], object] = lambda value: value


def placeholders(value: object) -> set[str]:
    """Return the names of the placeholders in all texts of a field's value."""
    if isinstance(value, str):
        return set(PLACEHOLDER.findall(value))
    if isinstance(value, Mapping):
        return placeholders(tuple(value.values()))
    if isinstance(value, tuple):
        return {name for element in value for name in placeholders(element)}
    return set()


class UnfitError(Exception):
    """A value that is not what its field expects."""


def must(fits: object) -> None:
    """Raise UnfitError if a value does not fit."""
    if not fits:
        raise UnfitError


def read_str(value: object) -> str:
    """Accept any text, also an empty one."""
    if not isinstance(value, str):
        raise UnfitError
    return value


def read_list(value: object) -> list[object]:
    """Accept any list; its items are read by a separate schema."""
    if not isinstance(value, list):
        raise UnfitError
    return value


def read_dict(value: object) -> dict[str, Any]:
    """Accept any table."""
    if not isinstance(value, dict):
        raise UnfitError
    return value


def read_text(value: object) -> str:
    """Accept one printable line."""
    text = read_str(value)
    must(text and text.isprintable())
    return text


def each(read: Callable[[object], _Value]) -> Callable[[object], tuple[_Value, ...]]:
    """Return the reader of a list of such values."""

    def read_list_of(value: object) -> tuple[_Value, ...]:
        return tuple(map(read, read_list(value)))

    return read_list_of


def matching(pattern: str) -> Callable[[object], str]:
    """Return the reader of a text that a pattern matches as a whole."""

    def read_match(value: object) -> str:
        must(re.fullmatch(pattern, read_text(value)))
        return str(value)

    return read_match


read_texts = each(read_text)
# A name as tools have it.
read_name = matching(r"[a-z0-9][a-z0-9_.-]{0,63}")
read_names = each(read_name)
# The https URLs, and the names of a release's files, may have {placeholders}.
read_url = matching(r"https://[^\s/]+/\S*")
read_urls = each(read_url)
read_asset = matching(r"[A-Za-z0-9_{][A-Za-z0-9._+~@{}-]*")
read_assets = each(read_asset)
# The URL of the file beside an artifact.
read_beside = matching(r"\{url\}[\w.-]+")
# Debian packages (deb-control(5)).
read_packages = each(matching(r"[a-z0-9][a-z0-9+.-]{1,63}"))


def read_table_name(value: object) -> str:
    """Accept a table's file name, which must not look like a plugin's."""
    name = read_name(value)
    must(name.endswith(".tsv"))
    return name


def read_inside(value: object) -> str:
    """Accept a relative path without `.` and `..`."""
    text = read_text(value)
    must({"", ".", ".."}.isdisjoint(text.split("/")) and "\\" not in text)
    return text


read_insides = each(read_inside)


def read_checksums(value: object) -> str:
    """Accept an https URL or one that begins with {url}, or `none`."""
    text = read_text(value)
    if text == NO_CHECKSUMS:
        return text
    return read_beside(text) if text.startswith("{url}") else read_url(text)


def read_publishers(value: object) -> dict[str, tuple[str, ...]]:
    """Accept a list of https URLs, or a table of them by how versions begin."""
    table = value if isinstance(value, dict) else {"": value}
    must(all(table.values()))
    return {start: read_urls(urls) for start, urls in table.items()}


def read_versions(value: object) -> str:
    """Accept `github:OWNER/NAME`, `npm:PACKAGE`, `pypi:PACKAGE` or an https URL."""
    place, _, name = read_text(value).partition(":")
    if place == "github":
        read_repo(name)
    elif place == "https":
        return read_url(value)
    else:
        must(place in ("npm", "pypi") and re.fullmatch(r"[@\w./-]+", name))
    return str(value)


def read_line_urls(value: object) -> tuple[str, ...]:
    """Accept a list of https URLs, or `{url}` for a column that has them."""
    return ("{url}",) if value == ["{url}"] else read_urls(value)


def read_repo(value: object) -> str:
    """Accept OWNER/NAME as GitHub has them."""
    text = read_text(value)
    must(re.fullmatch(r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}", text))
    must(text.rpartition("/")[2] not in (".", ".."))
    return text


def read_tag(value: object) -> str:
    """Accept a Git tag with {version} in it, once, and perhaps {revision}."""
    text = read_text(value)
    plain = re.sub(r"\{revision\}", "", text, count=1)
    must(re.fullmatch(r"[A-Za-z0-9._/+@-]*\{version\}[A-Za-z0-9._/+@-]*", plain))
    must({".", ".."}.isdisjoint(text.split("/")))
    return text


def read_version(value: object) -> str:
    """Accept a version."""
    must(fits(text := read_text(value), VERSION))
    return text


def read_count(value: object) -> int:
    """Accept a small number."""
    if type(value) is not int or not 0 <= value <= 9:
        raise UnfitError
    return value


def read_table(value: object) -> dict[str, str]:
    """Accept a table of texts."""
    table = read_dict(value)
    return {read_text(key): read_text(entry) for key, entry in table.items()}


def read_words(value: object) -> dict[str, str]:
    """Accept a table of words for systems, processors and C libraries."""
    table = read_table(value)
    must(table.keys() <= set("linux macos x64 arm64 glibc musl".split()))
    return table


_HOST = re.compile(r"linux-[a-z0-9_]+(-musl)?|macos-[a-z0-9_]+")


def read_since(value: object) -> dict[str, tuple[str, ...]]:
    """Accept a table of hosts, each with a version or a list of versions."""
    results = {
        host: each(read_version)(entry if isinstance(entry, list) else [entry])
        for host, entry in read_dict(value).items()
    }
    read_host_names(list(results))
    must(all(results.values()))
    return results


def read_revisions(value: object) -> dict[str, str]:
    """Accept a table of hosts, each with a number."""
    table = read_table(value)
    must(all(number.isdigit() for number in table.values()))
    return table


def read_hosts(value: object) -> dict[str, dict[str, str]]:
    """Accept names of hosts, or a table of hosts with the values that each has."""
    results = (
        {host: {} for host in read_names(value)}
        if isinstance(value, list)
        else read_tables(value)
    )
    must(all(map(_HOST.fullmatch, results)))
    return results


def read_host_names(value: object) -> tuple[str, ...]:
    """Accept names of hosts."""
    return tuple(read_hosts(list(read_names(value))))


def read_editions(value: object) -> dict[str, dict[str, str]]:
    """Accept beginnings and `*ends` of versions, each with the values that it has."""
    tables = {start: read_dict(values) for start, values in read_dict(value).items()}
    must(all(re.fullmatch(r"[a-z]*[._-]?|\*[a-z]+", start) for start in tables))
    return {
        start: {read_text(name): read_str(text) for name, text in values.items()}
        for start, values in tables.items()
    }


def read_tables(value: object) -> dict[str, dict[str, str]]:
    """Accept a table of tables of texts."""
    return {key: read_table(entry) for key, entry in read_dict(value).items()}


def read_links(value: object) -> tuple[Link, ...]:
    """Accept `{"bin/npm" = "../lib/x"}`: both ends inside the install."""
    links = []
    for path, target in read_table(value).items():
        depth = read_inside(path).count("/")
        climbs = target.split("/").count("..")
        must(climbs <= depth and "/../" not in target.lstrip("./"))
        must(not target.startswith("/"))
        links.append(Link(path, target))
    return tuple(links)


def read_line(value: object) -> str:
    """Accept the shape of a list's lines: each name once, a version and a digest.

    A tab may be between them. Columns of newer lines only are in brackets at the end.
    """
    text = read_str(value)
    read_text(text.replace("\t", " "))
    names = re.findall(r"\{([a-z_][a-z0-9_]*)\}", text)
    plain = re.sub(r"\{[a-z_][a-z0-9_]*\}", "", text)
    must(re.fullmatch(r"[^{}\[\]]*(\[[^{}\[\]]*\])?", plain))
    must(len(set(names)) == len(names) and "{version}" in text.partition("[")[0])
    must({"sha256", "sha512"} & set(names))
    return text


def read_pattern(value: object) -> str:
    """Accept a regular expression."""
    text = read_text(value)
    try:
        re.compile(text)
    except re.error as error:
        raise UnfitError from error
    return text


def read_catalog(value: object) -> dict[str, str]:
    """Accept the address of a JSON list of releases, and the keys to read from it."""
    table = dict.fromkeys(_CATALOG, "") | read_table(value)
    must(set(table) == _CATALOG and bool(table["next"]) == bool(table["then"]))
    if table["sha256"] or table["sha512"]:
        must(table["name"] and table["files"])
    read_url(table["url"])
    return table


def read_flag(value: object) -> bool:
    """Accept true or false."""
    if type(value) is not bool:
        raise UnfitError
    return value


def read_shared(value: object) -> dict[str, str]:
    """Accept `{libjs-jquery = "usr/share/javascript"}`: packages, their directories."""
    table = read_table(value)
    read_packages(list(table))
    return {name: read_inside(path) for name, path in table.items()}


def read_rewrites(value: object) -> tuple[Rewrite, ...]:
    """Accept `{"bin/erl" = "/usr/lib/erlang"}`: absolute paths become the install's.

    Or, for each path, a table of regular expressions with what replaces them.
    """
    results = []
    for pattern, changes in read_dict(value).items():
        path = read_inside(pattern)
        if isinstance(changes, dict):
            for old, new in changes.items():
                results.append(Rewrite(path, read_pattern(old), read_str(new)))
            continue
        must(re.fullmatch(r"(/[A-Za-z0-9._-]+)+", read_text(changes)))
        results.append(Rewrite(path, re.escape(changes)))
    return tuple(results)
