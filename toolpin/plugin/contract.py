"""The schema of a tool's TOML file: every field with its meaning, read into a Tool.

Reads text that is already loaded; knows no source and no network. A user's own file in
`<config>/plugins/` has the same schema as the bundled ones.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from toolpin.errors import UsageError
from toolpin.model import Link
from toolpin.plugin.fields import (
    Field,
    UnfitError,
    read_commands,
    read_count,
    read_inside,
    read_insides,
    read_links,
    read_lists,
    read_name,
    read_names,
    read_table,
    read_tables,
    read_text,
    read_texts,
    read_url,
    read_urls,
    read_variables,
)


class Companion(NamedTuple):
    """A second package that completes a source's main one."""

    package: str
    table: str
    column: str
    into: str
    links: tuple[Link, ...]


class SourceSpec(NamedTuple):
    """One `[[source]]`: a place that has builds of the tool."""

    id: str
    kind: str
    publisher: str
    hosts: Mapping[str, Mapping[str, str]]
    catalogue: Mapping[str, str]
    artifacts: tuple[str, ...]
    checksums: str
    package: str
    strip: int
    only: str
    without: tuple[str, ...]
    links: tuple[Link, ...]
    companions: tuple[Companion, ...]


class Tool(NamedTuple):
    """One plugin: the `[tool]` table and the sources, in order."""

    name: str
    also: tuple[str, ...]
    requires: tuple[str, ...]
    description: str
    homepage: str
    commands: tuple[str, ...]
    proof: tuple[str, ...]
    bin_dirs: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    reshim_after: tuple[tuple[str, tuple[str, ...]], ...]
    mutable: tuple[str, ...]
    refused_hosts: Mapping[str, str]
    sources: tuple[SourceSpec, ...]
    file: str

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a project file may use, the canonical one first."""
        return (self.name, *self.also)


def _companions(value: object) -> tuple[Companion, ...]:
    if not isinstance(value, list):
        raise UnfitError
    return tuple(
        Companion(**_read(table, COMPANION, "source.with", "")) for table in value
    )


_PATHS = "a list of relative paths"
TOOL: dict[str, Field] = {
    "name": Field(
        read_name, "a tool name", "the name in .tool-versions", required=True
    ),
    "also": Field(
        read_names, "a list of tool names", "other names it may have there", ()
    ),
    "requires": Field(
        read_names,
        "a list of tool names",
        "tools that its programs need: their programs are on PATH behind its own",
        (),
    ),
    "description": Field(read_text, "a line of text", "what it is", required=True),
    "homepage": Field(read_url, "an https URL", "where to read more", required=True),
    "commands": Field(
        read_commands,
        "a list of command names",
        "programs that every install must have; they are checked against the host",
        required=True,
    ),
    "proof": Field(
        read_texts,
        "a list: command, arguments, and the first line of its answer",
        "run before an install is published; the answer holds {version}: some places "
        "publish another version's build under a version's name",
        (),
    ),
    "bin_dirs": Field(
        read_insides, _PATHS, "folders whose programs get shims", ("bin",)
    ),
    "variables": Field(
        read_variables,
        "a table of variables",
        "the environment of its programs; {install} is the install's path",
        (),
    ),
    "reshim_after": Field(
        read_lists,
        "a table: command = [words]",
        "when the command has one of these words, it may have added programs",
        (),
    ),
    "mutable": Field(
        read_insides, _PATHS, "folders to which the tool itself adds files", ()
    ),
    "refused_hosts": Field(
        read_table, "a table: host = reason", "hosts without any build, and why", {}
    ),
}
COMPANION: dict[str, Field] = {
    "package": Field(read_text, "a package name", "the second package", required=True),
    "table": Field(
        read_name,
        "a file name",
        "tab-separated versions, beside the plugin",
        required=True,
    ),
    "column": Field(
        read_name,
        "a column's name",
        "holds the package's version in the tool's row; `-` for none",
        required=True,
    ),
    "into": Field(
        read_inside, "a relative path", "where it is unpacked", required=True
    ),
    "links": Field(read_links, "a table: path = target", "links it adds", ()),
}
SOURCE: dict[str, Field] = {
    "id": Field(read_name, "a name", "what --source calls it", required=True),
    "kind": Field(
        read_name, "http, npm or pypi", "the kind of place it is", required=True
    ),
    "publisher": Field(
        read_text, "a line of text", "who made the bytes", required=True
    ),
    "hosts": Field(
        read_tables,
        "a table: host = {name = value}",
        "hosts it has builds for; the values fill {name} in the other fields",
        required=True,
    ),
    "catalogue": Field(
        read_table,
        "a table of url, version, prefix, files, file",
        "http: a JSON list of releases; the keys of version and files in each, the "
        "prefix before a version, and what `files` holds for this host",
        {},
    ),
    "artifacts": Field(read_urls, "a list of https URLs", "http: the first listed", ()),
    "checksums": Field(
        read_url, "an https URL", "http: the SHA-256 list of a release", ""
    ),
    "package": Field(read_text, "a package name", "npm, pypi: the package", ""),
    "strip": Field(read_count, "a number from 0 to 9", "leading folders to drop", 0),
    "only": Field(read_inside, "a relative path", "the one folder to take", ""),
    "without": Field(
        read_insides, _PATHS, "files that are the package's, not the tool's", ()
    ),
    "links": Field(read_links, "a table: path = target", "links to place", ()),
    "with": Field(_companions, "a list of tables", "packages that complete it", ()),
}
_NEEDS = {"http": ("artifacts", "checksums"), "npm": ("package",), "pypi": ("package",)}


def parse_tool(text: str, file: str) -> Tool:
    """Return the Tool that a TOML text describes.

    Raises UsageError that names the file, the key and what was expected there.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file} is not TOML", [("because", str(error))]) from error
    head, sources = document.pop("tool", {}), document.pop("source", [])
    if document or not isinstance(sources, list) or not sources:
        raise UsageError(
            f"{file} must hold one [tool] table and [[source]] tables",
            [("also holds", ", ".join(document) or "no [[source]]")],
        )
    values = _read(head, TOOL, "tool", file)
    return Tool(
        **values, sources=tuple(_source(table, file) for table in sources), file=file
    )


def _source(table: object, file: str) -> SourceSpec:
    values = _read(table, SOURCE, "source", file)
    kind = values["kind"]
    missing = [key for key in _NEEDS.get(kind, ()) if not values[key]]
    if kind not in _NEEDS or missing:
        raise UsageError(
            f"{file}: source {values['id']} is not complete",
            [("kind", f"{kind}, of {', '.join(_NEEDS)}"), ("missing", f"{missing}")],
        )
    values["companions"] = values.pop("with")
    return SourceSpec(**values)


def _read(
    table: object, fields: Mapping[str, Field], where: str, file: str
) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise UsageError(f"{file}: {where} must be a table")
    for key in table:
        if key not in fields:
            raise UsageError(
                f"{file}: {where}.{key} is no field", [("fields", ", ".join(fields))]
            )
    return {key: _value(table, key, fields[key], f"{file}: {where}") for key in fields}


def _value(table: Mapping[str, Any], key: str, field: Field, where: str) -> object:
    if key not in table:
        if field.required:
            raise UsageError(
                f"{where}.{key} is missing", [("expected", field.expected)]
            )
        return field.default
    try:
        return field.read(table[key])
    except UnfitError:
        raise UsageError(
            f"{where}.{key} must be {field.expected}",
            [("received", repr(table[key])), ("meaning", field.help)],
        ) from None
