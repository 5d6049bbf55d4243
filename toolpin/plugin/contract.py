"""The schema of a tool's TOML file: every field with its meaning, read into a Tool.

Reads text that is already loaded; knows no source and no network. A user's own file in
`<config>/plugins/` has the same schema as the bundled ones.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from toolpin.errors import UsageError
from toolpin.model import Link
from toolpin.plugin.fields import Field, UnfitError
from toolpin.plugin.schema import COMPANION, SOURCE, TOOL

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


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


_NEEDS = {
    "http": ("artifacts", "checksums", "catalogue"),
    "npm": ("package",),
    "pypi": ("package",),
}


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
    values["companions"] = tuple(
        Companion(**_read(one, COMPANION, "source.with", file))
        for one in values.pop("with")
    )
    spec = SourceSpec(**values)
    _check_placeholders(spec, file)
    return spec


def _check_placeholders(spec: SourceSpec, file: str) -> None:
    """Make sure that `fill` finds a value for every {name}, on every host."""
    with_version = (*spec.artifacts, spec.checksums)
    without = (spec.package, spec.publisher, spec.catalogue.get("file", ""))
    for host, values in spec.hosts.items():
        for texts, known in (
            (with_version, {*values, "version"}),
            (without, set(values)),
        ):
            unknown = set(_PLACEHOLDER.findall(" ".join(texts))) - known
            if unknown:
                raise UsageError(
                    f"{file}: source {spec.id} has no value for {{{unknown.pop()}}}",
                    [("host", host), ("values", ", ".join(sorted(known)) or "none")],
                )


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
