"""The fields that several kinds of source have, and the steps that they share."""

from __future__ import annotations

from toolpin.model import Artifact, Host, Place, Run, Step, Unpack
from toolpin.sources.contract import fill
from toolpin.sources.fields import (
    HOST_VALUES,
    Field,
    read_count,
    read_flag,
    read_inside,
    read_insides,
    read_links,
    read_list,
    read_name,
    read_pattern,
    read_since,
    read_table,
    read_table_name,
    read_tables,
    read_text,
    read_texts,
)
from toolpin.sources.spec import SourceSpec

COMMON: dict[str, Field] = {
    "id": Field(read_name, "a name", "its name for --source", required=True),
    "kind": Field(
        read_name,
        "the name of a kind",
        "the kind of place it is, which decides what further fields there are",
        required=True,
    ),
    "publisher": Field(
        read_text,
        "a line of text",
        "the publisher of the artifacts",
        required=True,
        holds=(HOST_VALUES,),
    ),
    "hosts": Field(
        read_tables,
        "a table: host = {name = value}",
        "hosts it has builds for; the values fill {name} in the other fields",
        required=True,
    ),
    "since": Field(
        read_since,
        "a table: host = version, or a list of versions",
        "the first version with a build for the host, or the first of each line of "
        "versions; explains why an older one has none",
        {},
    ),
    "optional": Field(
        read_flag,
        "true or false",
        "`lock` goes on without this source where it does not answer, and reports it",
        default=False,
    ),
    "releases": Field(
        read_pattern,
        "a regular expression",
        "a version that matches it as a whole is a release; other names, such as "
        "branches, do not exist. Without it every version is one",
        "",
    ),
    "strip": Field(
        read_count, "a number from 0 to 9", "leading directories to drop", 0
    ),
    "only": Field(
        read_inside,
        "a relative path",
        "the one directory to take",
        "",
        holds=("version", HOST_VALUES),
    ),
    "links": Field(
        read_links, "a table: path = target", "links to place", (), holds=()
    ),
    "build": Field(
        read_flag,
        "true or false",
        "what is downloaded is source code, and [build] says how it is built",
        default=False,
    ),
    "named_only": Field(
        read_flag,
        "true or false",
        "used only when named: --source, `sources`",
        default=False,
    ),
}
ARCHIVE: dict[str, Field] = {
    "without": Field(
        read_insides,
        "a list of relative paths",
        "files that are the package's, not the tool's",
        (),
    ),
    "program": Field(
        read_inside,
        "a relative path",
        "the download is this program itself",
        "",
        holds=(),
    ),
    "run": Field(
        read_texts,
        "a list: command, arguments",
        "run in the install's final place, which is {install}, when it is unpacked",
        (),
        holds=("install",),
    ),
}
WITH: dict[str, Field] = {
    "with": Field(
        read_list, "a list of tables", "packages of npm that complete it", ()
    ),
}
COMPANION: dict[str, Field] = {
    "package": Field(read_text, "a package name", "the second package", required=True),
    "table": Field(
        read_table_name,
        "a file name that ends in .tsv",
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
        read_inside,
        "a relative path",
        "the directory to unpack to",
        required=True,
        holds=(),
    ),
    "links": Field(read_links, "a table: path = target", "links it adds", (), holds=()),
}


def built_for(*holds: str) -> dict[str, Field]:
    """Return the field of kinds whose builds are for versions of another tool."""
    meaning = (
        "the version of another tool that a build was made for. It runs with that "
        "version and newer ones: the newest build that runs with the pinned tool is "
        "taken, or the oldest where none is pinned"
    )
    expected = "a table: tool = {name}"
    return {"built_for": Field(read_table, expected, meaning, {}, holds=holds)}


def archive_steps(
    spec: SourceSpec,
    artifacts: tuple[Artifact, ...],  # noqa: ARG001 - the shape of every kind's steps
    version: str,
    host: Host,
) -> list[Step]:
    """Return how the first artifact, an archive or a program, becomes a tree."""
    only = fill(spec.only, spec.values(host, version=version))
    unpack = Unpack(0, strip=spec.strip, only=only, without=spec.without)
    main = Place(0, spec.program) if spec.program else unpack
    return [main, *spec.links, *([Run(spec.run)] if spec.run else [])]
