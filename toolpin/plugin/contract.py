"""The schema of a tool's TOML file: every field with its meaning, read into a Tool.

Reads text that is already loaded; knows no source and no network. A user's own file in
`<config>/plugins/` has the same schema as the bundled ones.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from toolpin.errors import UsageError, shown
from toolpin.model import Defaults, Link, Recipe, Rewrite
from toolpin.plugin.fields import NO_CHECKSUMS, Field, UnfitError
from toolpin.plugin.schema import BUILD, COMPANION, SOURCE, TOOL
from toolpin.toml_lines import Path, line_of

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
    since: Mapping[str, tuple[str, ...]]
    optional: bool
    catalogue: Mapping[str, str]
    artifacts: tuple[str, ...]
    checksums: str
    repo: str
    tag: str
    assets: tuple[str, ...]
    checksums_asset: str
    package: str
    numbers: int
    strip: int
    only: str
    without: tuple[str, ...]
    links: tuple[Link, ...]
    suites: Mapping[str, Mapping[str, str]]
    packages: tuple[str, ...]
    shared: Mapping[str, str]
    runtime: tuple[str, ...]
    rewrite: tuple[Rewrite, ...]
    list: str
    line: str
    images: Mapping[str, Mapping[str, str]]
    releases: str
    built_for: Mapping[str, str]
    variants: str
    program: str
    run: tuple[str, ...]
    build: bool
    named_only: bool
    companions: tuple[Companion, ...]

    def is_release(self, version: str) -> bool:
        """Say whether a name is a release's, and not a branch's or a moving tag's."""
        return not self.releases or bool(re.fullmatch(self.releases, version))


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
    homes: tuple[tuple[str, str], ...]
    home_bins: tuple[str, ...]
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
    sources: tuple[SourceSpec, ...]
    recipe: Recipe | None
    file: str

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a project file may use, the canonical one first."""
        return (self.name, *self.also)


_NEEDS = {
    "http": ("artifacts", "catalogue"),
    "github": ("repo", "assets"),
    "npm": ("package",),
    "pypi": ("package",),
    "debian": ("package", "suites"),
    "lines": ("list", "line", "artifacts"),
}


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
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        facts = [("because", str(error))]
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
    specs = [reader.source(table, at) for at, table in enumerate(sources)]
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
    """Reads tables by their schema, and gathers what is wrong with them."""

    def __init__(self, text: str, file: str) -> None:
        self.faults: list[UsageError] = []
        self._text = text
        self._file = file

    def fault(self, path: Path, what: str, facts: list[tuple[str, str]]) -> None:
        """Note a fault, with the line of the key or of what should hold it."""
        place = f"{self._file}:{line_of(self._text, path)}"
        self.faults.append(UsageError(f"{place}: {what}", facts))

    def source(self, table: object, at: int) -> SourceSpec | None:
        """Read one `[[source]]`; None when something is wrong with it."""
        before, path = len(self.faults), ("source", at)
        values = self.table(table, SOURCE, path)
        values["companions"] = tuple(
            self._companion(one, (*path, "with", number))
            for number, one in enumerate(values.pop("with") or ())
        )
        if len(self.faults) > before:
            return None
        spec = SourceSpec(**values)
        self._check_complete(spec, path)
        self._check_placeholders(spec, path)
        return spec

    def table(
        self, table: object, fields: Mapping[str, Field], path: Path
    ) -> dict[str, Any]:
        """Return the value of every field, the default where it has none."""
        where = _dotted(path)
        if not isinstance(table, dict):
            self.fault(path, f"{where} must be a table", [("received", shown(table))])
            return dict.fromkeys(fields)
        for key in table:
            if key not in fields:
                facts = [("fields", ", ".join(fields))]
                self.fault((*path, key), f"{where}.{key} is no field", facts)
        return {
            key: self._value(table, key, field, path) for key, field in fields.items()
        }

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

    def _companion(self, table: object, path: Path) -> Companion | None:
        before = len(self.faults)
        values = self.table(table, COMPANION, path)
        return None if len(self.faults) > before else Companion(**values)

    def _check_complete(self, spec: SourceSpec, path: Path) -> None:
        needs = _NEEDS.get(spec.kind)
        missing = [key for key in needs or () if not getattr(spec, key)]
        if spec.kind == "http" and not spec.catalogue.get("sha256"):
            missing += [] if spec.checksums else ["checksums"]
        if spec.checksums == NO_CHECKSUMS:
            self._check_undigested(spec, path)
        if needs is None or missing:
            self.fault(
                path,
                f"source {spec.id} is not complete",
                [
                    ("kind", f"{spec.kind}, of {', '.join(_NEEDS)}"),
                    ("missing", ", ".join(missing) or "a kind that there is"),
                ],
            )

    def _check_undigested(self, spec: SourceSpec, path: Path) -> None:
        """Make sure that it is plain which file is trusted, and that nobody vouches."""
        digested = spec.checksums_asset or spec.catalogue.get("sha256")
        if spec.kind not in ("http", "github") or digested or len(spec.artifacts) > 1:
            facts = [("expected", "kind http or github, one artifact, no digest")]
            what = f"source {spec.id} cannot have `checksums` none"
            self.fault((*path, "checksums"), what, facts)

    def _check_placeholders(self, spec: SourceSpec, path: Path) -> None:
        """Make sure that `fill` finds a value for every {name}, on every host."""
        columns = {"image", *_PLACEHOLDER.findall(spec.line)} if spec.line else set()
        names = {"version", "variant", "asset"} if spec.variants else {"version"}
        with_version = (*spec.artifacts, spec.only, spec.checksums)
        with_version += (*spec.assets, spec.checksums_asset)
        without = (spec.package, spec.publisher, spec.catalogue.get("file", ""))
        for host, values in spec.hosts.items():
            for texts, known in (
                (with_version, {*values, *columns, *names}),
                ((spec.list,), {*values, "image"}),
                (without, set(values)),
                (tuple(spec.built_for.values()), {*columns, *names} - {"version"}),
            ):
                unknown = set(_PLACEHOLDER.findall(" ".join(texts))) - known
                for name in sorted(unknown):
                    values_known = ", ".join(sorted(known)) or "none"
                    self.fault(
                        (*path, "hosts", host),
                        f"source {spec.id} has no value for {{{name}}}",
                        [("host", host), ("values", values_known)],
                    )


def _dotted(path: Path) -> str:
    return ".".join(part for part in path if isinstance(part, str))
