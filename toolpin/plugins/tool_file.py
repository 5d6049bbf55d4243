"""The schema of a tool's TOML file: every field with its meaning, read into a Tool.

Parses text that is already loaded; it reads no files and no network. A user's own file
in `<config>/plugins/` has the same schema as the bundled ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from toolpin.errors import UsageError, shown
from toolpin.model import DefaultPackages, Defaults, Recipe
from toolpin.plugins.tool_schema import BUILD, TOOL
from toolpin.sources.fields import HOST_VALUES, Field, UnfitError, placeholders
from toolpin.sources.kinds import IN_FILES
from toolpin.sources.protocol import Groups, Kind
from toolpin.sources.shared_fields import COMPANION, FIXED, WHEN
from toolpin.sources.spec import Companion, SourceSpec, When
from toolpin.toml_lines import Path, line_of
from toolpin.toml_text import parse_toml
from toolpin.versions import is_older

# The length of a source's path: ("source", NUMBER).
_SOURCE_DEPTH = 2
_ALL_FIELDS = {
    key: field for kind in IN_FILES.values() for key, field in kind.fields.items()
}


class Tool(NamedTuple):
    """One plugin: the `[tool]` table and the sources, in order."""

    name: str
    also: tuple[str, ...]
    requires: tuple[str, ...]
    uses: tuple[str, ...]
    description: str
    homepage: str
    commands: tuple[str, ...]
    proof: tuple[str, ...]
    demands: tuple[str, ...]
    bin_dirs: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    defaults: Defaults
    files: tuple[tuple[str, str], ...]
    homes: tuple[tuple[str, str], ...]
    home_bins: tuple[str, ...]
    default_packages: DefaultPackages | None
    reshim_after: tuple[tuple[str, tuple[str, ...]], ...]
    added_by: tuple[tuple[str, tuple[str, ...]], ...]
    idiomatic: tuple[str, ...]
    spellings: Mapping[str, str]
    manifests: Mapping[str, str]
    mutable: tuple[str, ...]
    channels: Mapping[str, str]
    channels_date: str
    long_term: Mapping[str, str]
    pairs: Mapping[str, str]
    refused_hosts: Mapping[str, str]
    refused_versions: Mapping[str, str]
    sources: tuple[SourceSpec, ...]
    recipe: Recipe | None
    file: str

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a project file may use, the canonical one first."""
        return (self.name, *self.also)

    def for_version(self, version: str) -> Tool:
        """Return the tool with the sources that may have a version, or a prefix.

        These are the ones with an edition that it names; for others all without one.
        """
        named = [spec for spec in self.sources if spec.names_edition(version)]
        plain = [spec for spec in self.sources if "" in (spec.editions or ("",))]
        return self._replace(sources=tuple(named or plain or self.sources))


def parse_tool(text: str, file: str) -> Tool:
    """Return the Tool that a TOML text describes.

    Raises UsageError that names the file, the line, the key and what was expected.
    """
    tool, faults = examine(text, file)
    if tool is None:
        raise faults[0]
    return tool


def examine(text: str, file: str) -> tuple[Tool | None, list[UsageError]]:
    """Return the Tool, or None and every fault of the text."""
    try:
        document = parse_toml(text)
    except (ValueError, RecursionError) as error:
        facts = [("reason", str(error))]
        return None, [UsageError(f"{file} is not TOML", facts)]
    reader = _Reader(text, file)
    head, sources = document.pop("tool", {}), document.pop("source", [])
    build = document.pop("build", None)
    if document or not isinstance(sources, list) or not sources:
        reader.fault(
            tuple(document)[:1],
            "there must be one [tool] table, [[source]] tables, and at most a [build]",
            [("also holds", ", ".join(document) or "no [[source]]")],
        )
        return None, reader.faults
    values = reader.table(head, TOOL, ("tool",))
    specs = [
        reader.source(reader.completed(table, sources, at), at)
        for at, table in enumerate(sources)
    ]
    read = tuple(spec for spec in specs if spec)
    recipe = reader.table(build, BUILD, ("build",)) if build is not None else None
    for at, spec in enumerate(specs):
        if spec and spec.build and recipe is None:
            facts = [("missing", "[build]")]
            reader.fault(("source", at), f"source {spec.id} is not complete", facts)
    if reader.faults:
        return None, reader.faults
    made = Recipe(**recipe) if recipe else None
    return Tool(**values, sources=read, recipe=made, file=file), []


class _Reader:
    """Reads tables by their schema, and collects the faults."""

    def __init__(self, text: str, file: str) -> None:
        self.faults: list[UsageError] = []
        self._text = text
        self._file = file

    def fault(self, path: Path, what: str, facts: list[tuple[str, str]]) -> None:
        """Record a fault, with the line of the key or of its parent."""
        place = f"{self._file}:{line_of(self._text, path)}"
        self.faults.append(UsageError(f"{place}: {what}", facts))

    def completed(self, table: object, sources: list[object], at: int) -> object:
        """Return a `[[source]]` with the fields of the earlier one that it is like."""
        if not isinstance(table, dict) or "like" not in table:
            return table
        tables = [source for source in sources[:at] if isinstance(source, dict)]
        same = [source for source in tables if source.get("id") == table["like"]]
        if not same:
            facts = [("like", shown(table["like"])), ("expected", "an earlier id")]
            self.fault(("source", at, "like"), "source.like names no source", facts)
        return {**next(iter(same), {}), **table}

    def source(self, table: object, at: int) -> SourceSpec | None:
        """Read one `[[source]]`; None if it is invalid."""
        before, path = len(self.faults), ("source", at)
        name = table.get("kind") if isinstance(table, dict) else None
        kind = IN_FILES.get(name) if isinstance(name, str) else None
        fields = kind.fields if kind else _ALL_FIELDS
        values = self.table(table, fields, path)
        values["id"] = values["id"] or str(name)
        values.pop("like", None)
        companions = [
            self._companion(element, (*path, "with", number))
            for number, element in enumerate(values.pop("with", None) or ())
        ]
        ranges = [
            self._when(element, kind, (*path, "when", number))
            for number, element in enumerate(values.pop("when", None) or ())
            if kind
        ]
        if len(self.faults) > before:
            return None
        if kind is None:
            facts = [("kind", f"{name}, of {', '.join(IN_FILES)}")]
            what = f"source {values['id']} is not complete"
            facts.append(("missing", "an existing kind"))
            self.fault((*path, "kind"), what, facts)
            return None
        own = {key: values.pop(key) for key in kind.fields if key in kind.own._fields}
        spec = SourceSpec(
            **values,
            companions=tuple(filter(None, companions)),
            own=kind.own(**own),
            when=tuple(filter(None, ranges)),
        )
        self._check_source(spec, kind, path)
        return spec

    def _check_source(self, spec: SourceSpec, kind: Kind, path: Path) -> None:
        """Check what depends on several fields."""
        missing = [key for key in kind.needs if not getattr(spec.own, key)]
        if missing:
            facts = [("kind", spec.kind), ("missing", ", ".join(missing))]
            self.fault(path, f"source {spec.id} is not complete", facts)
            return
        for fault in kind.faults(spec):
            place = (*path, fault.field) if fault.field else path
            self.fault(place, fault.what, list(fault.facts))
        self._check_filled(spec, kind, kind.fields, path)
        for number, element in enumerate(spec.when):
            changed = spec.with_fields(element.fields)
            fields = {key: kind.fields[key] for key in element.fields}
            self._check_filled(changed, kind, fields, (*path, "when", number))

    def _check_filled(
        self, spec: SourceSpec, kind: Kind, fields: Mapping[str, Field], path: Path
    ) -> None:
        """Check that each placeholder of these fields has a value on every host."""
        read = {**spec._asdict(), **spec.own._asdict()}
        named = [spec.editions.get(edition, {}) for edition in spec.editions or ("",)]
        values = {host: spec.values(host, **named[0]) for host in spec.hosts}
        self._check_placeholders(fields, read, path, kind.groups(spec), values)

    def _check_placeholders(
        self,
        fields: Mapping[str, Field],
        read: Mapping[str, Any],
        path: Path,
        groups: Groups,
        hosts: Mapping[str, Mapping[str, str]],
    ) -> None:
        """Record every placeholder that has no value on one of the hosts."""
        results: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for host, values in hosts.items():
            unfilled = _unfilled(fields, read, {**groups, HOST_VALUES: values})
            for key, name, known in unfilled:
                results.setdefault((key, name), []).append((host, known))
        for (key, name), places in results.items():
            on = ", ".join(host for host, _ in places)
            facts = [("host", on)] if on else []
            facts.append(("values", places[0][1]))
            what = f"{_dotted(path)}.{key} has no value for {{{name}}}"
            self.fault((*path, key), what, facts)

    def table(
        self, table: object, fields: Mapping[str, Field], path: Path
    ) -> dict[str, Any]:
        """Return the value of every field, or its default."""
        where, before = _dotted(path), len(self.faults)
        is_source = len(path) == _SOURCE_DEPTH or "when" in path
        if not isinstance(table, dict):
            self.fault(path, f"{where} must be a table", [("received", shown(table))])
            return dict.fromkeys(fields)
        for key in table:
            if key not in fields:
                self._no_field(table, key, fields, path)
        values = {
            key: self._value(table, key, field, path) for key, field in fields.items()
        }
        if len(self.faults) == before and not is_source:
            self._check_placeholders(fields, values, path, {}, {"": {}})
        return values

    def _no_field(
        self,
        table: Mapping[str, Any],
        key: str,
        fields: Mapping[str, Field],
        path: Path,
    ) -> None:
        """Record an unknown field, or one of another kind of source."""
        what, facts = f"{_dotted(path)}.{key} is not a field", []
        if len(path) == _SOURCE_DEPTH and key in _ALL_FIELDS:
            kinds = [name for name, kind in IN_FILES.items() if key in kind.fields]
            what = f"kind {table['kind']} has no field `{key}`"
            facts = [("kinds with it", ", ".join(kinds))]
        facts.append(("fields", ", ".join(fields)))
        self.fault((*path, key), what, facts)

    def _value(
        self, table: Mapping[str, Any], key: str, field: Field, path: Path
    ) -> object:
        name = f"{_dotted(path)}.{key}"
        if key not in table:
            if field.required:
                facts = [("expected", field.expected), ("meaning", field.help)]
                self.fault(path, f"{name} is missing", facts)
            return field.default
        try:
            return field.read(table[key])
        except UnfitError:
            facts = [("received", shown(table[key])), ("meaning", field.help)]
            self.fault((*path, key), f"{name} must be {field.expected}", facts)
            return field.default

    def _when(self, table: object, kind: Kind, path: Path) -> When | None:
        before = len(self.faults)
        varying = {
            key: field._replace(required=False)
            for key, field in kind.fields.items()
            if key not in FIXED
        }
        values = self.table(table, {**varying, **WHEN}, path)
        if len(self.faults) > before or not isinstance(table, dict):
            return None
        since, below, on, begins = (values.pop(key) for key in WHEN)
        fields = {key: values[key] for key in table if key in values}
        if not (since or below or on or begins) or not fields:
            expected = "since, below, on or begins, and a field that differs"
            facts = [("expected", expected)]
            self.fault(path, f"{_dotted(path)} changes nothing", facts)
        elif since and below and not is_older(since, below):
            facts = [("since", since), ("below", below)]
            self.fault(path, f"{_dotted(path)} is for no version", facts)
        return When(since, below, on, begins, fields)

    def _companion(self, table: object, path: Path) -> Companion | None:
        before = len(self.faults)
        values = self.table(table, COMPANION, path)
        return None if len(self.faults) > before else Companion(**values)


def _dotted(path: Path) -> str:
    return ".".join(part for part in path if isinstance(part, str))


def _unfilled(
    fields: Mapping[str, Field], read: Mapping[str, Any], groups: Groups
) -> Iterator[tuple[str, str, str]]:
    """Yield the placeholders without a value: field, name, valid names."""
    for key, field in fields.items():
        if field.holds is not None:
            known = {
                name
                for placeholder in field.holds
                for name in groups.get(placeholder, (placeholder,))
            }
            for name in sorted(placeholders(field.filled(read[key])) - known):
                yield key, name, ", ".join(sorted(known)) or "none"
