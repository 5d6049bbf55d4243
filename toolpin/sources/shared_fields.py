"""The fields that several kinds of source share, and the steps for archives."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from toolpin.archive.names import is_archive
from toolpin.model import Artifact, Host, Link, Place, Release, Run, Step, Unpack
from toolpin.sources import fields
from toolpin.sources.fields import Field
from toolpin.sources.protocol import fill
from toolpin.sources.spec import SourceSpec

COMMON: dict[str, Field] = {
    "id": Field(
        fields.read_name,
        "a name",
        "the name of the source for --source. Without it, its kind",
        "",
    ),
    "like": Field(
        fields.read_name,
        "the id of an earlier source",
        "the source whose fields this one has, except those that it states itself",
        "",
    ),
    "kind": Field(
        fields.read_name,
        "the name of a kind",
        "the kind of source, which decides which other fields it can have",
        required=True,
    ),
    "publisher": Field(
        fields.read_text,
        "a line of text",
        "the publisher of the artifacts",
        required=True,
        holds=(fields.HOST_VALUES,),
    ),
    "hosts": Field(
        fields.read_hosts,
        "a list of hosts such as linux-x64, or a table: host = {name = value}",
        "the hosts that it has builds for. The values replace {name} in other fields. "
        'Each host has {os}, {arch}, {triple}: `hosts = ["linux-x64", "macos-arm64"]`',
        required=True,
    ),
    "words": Field(
        fields.read_words,
        "a table: linux, macos, x64, arm64, glibc, musl = word",
        "what the publisher calls these in {os} and {arch}, and the C libraries in "
        "{triple}, where it is not linux, darwin, amd64, arm64, gnu and musl: `words = "
        '{ macos = "macOS", x64 = "x86_64" }`',
        {},
    ),
    "written": Field(
        fields.read_table,
        "a table: text = text",
        'how {written} differs from {version}: `written = { "-rc" = "-rc-" }` '
        "makes 27.0-rc-1 of 27.0-rc1",
        {},
    ),
    "editions": Field(
        fields.read_editions,
        "a table: beginning or *end of a version = {name = value}",
        "further versions that begin so, or after a * end so, with values of their "
        'own: `editions = { "" = { edition = "" }, extended_ = { edition = '
        '"_extended" } }`. Without an empty beginning there are only these',
        {},
    ),
    "since": Field(
        fields.read_since,
        "a table: host = version, or a list of versions",
        "the first version with a build for the host, or the first of each series of "
        'versions: `since = { macos-arm64 = "1.0.2" }`. Older ones are not listed '
        "where a list does not state hosts, and the reason is reported",
        {},
    ),
    "when": Field(
        fields.read_list,
        "a list of tables: since, below, on, begins, and fields",
        "what differs for versions from `since` on and below `below`, on the hosts "
        '`on`: `[[source.when]]`, `below = "0.27"`, `words = { x64 = "x86_64" }`. All '
        "entries that match apply, and later ones override earlier ones",
        (),
    ),
    "optional": Field(
        fields.read_flag,
        "true or false",
        "`lock` continues without this source if it cannot be reached, and reports it",
        default=False,
    ),
    "releases": Field(
        fields.read_pattern,
        "a regular expression",
        "versions that match it as a whole are releases; other names, such as "
        "branches, are ignored. Without it every version is a release",
        "",
    ),
    "strip": Field(
        fields.read_count,
        "a number from 0 to 9",
        "how many leading directories to remove",
        0,
    ),
    "only": Field(
        fields.read_inside,
        "a relative path",
        "the one directory to take; `*` matches any name: `*/Contents/Home`. With "
        "`*/*` files beside that directory are left out",
        "",
        holds=(*fields.VERSION_WORDS, fields.HOST_VALUES),
    ),
    "links": Field(
        fields.read_links,
        "a table: path = target",
        'symbolic links to create: `links = { "bin/x" = "../x-{os}" }`',
        (),
        holds=(*fields.VERSION_WORDS, fields.HOST_VALUES),
    ),
    "build": Field(
        fields.read_flag,
        "true or false",
        "the download is source code, and [build] states how to build it",
        default=False,
    ),
    "named_only": Field(
        fields.read_flag,
        "true or false",
        "used only if --source or the setting `sources` names it",
        default=False,
    ),
}
TAG = Field(
    fields.read_tag,
    "a tag with {version} in it",
    "how versions are written where they are listed: a release's tag. Of several with "
    'a {revision}, a number, the newest is used: `tag = "{version}-{revision}"`',
    "{version}",
)
REWRITE = Field(
    fields.read_rewrites,
    "a table: path = text, or path = {regular expression = text}",
    "text of matching files that is replaced in the install's final place; a path may "
    "contain *. A plain text is a path, which becomes the install's; else {install} is "
    'that: `rewrite = { "lib/*.pc" = { "clang" = "cc" } }`',
    (),
    holds=("install",),
    filled=lambda rewrites: tuple(rewrite.new for rewrite in rewrites),
)
ARCHIVE: dict[str, Field] = {
    "rewrite": REWRITE,
    "without": Field(
        fields.read_insides,
        "a list of relative paths",
        "files to leave out: those that belong to the package, not to the tool",
        (),
    ),
    "program": Field(
        fields.read_inside,
        "a relative path",
        "the path of a download that is a program, not an archive: `bin/jq`. It may be "
        "compressed as .gz, .xz or .zst",
        "",
        holds=(),
    ),
    "run": Field(
        fields.read_texts,
        "a list: command, arguments",
        "a command to run in the final directory of the install, {install}, after "
        "unpacking",
        (),
        holds=("install",),
    ),
}
# The fields of `[[source.when]]`: all but those that determine the versions.
WHEN: dict[str, Field] = {
    "since": Field(
        fields.read_version, "a version", "the first version that the entry is for", ""
    ),
    "below": Field(
        fields.read_version, "a version", "the first version that it is not for", ""
    ),
    "on": Field(
        fields.read_host_names,
        "a list of hosts",
        "the hosts that it is for. Without it, all",
        (),
    ),
    "begins": Field(
        fields.read_texts,
        "a list of texts",
        'beginnings of the versions that it is for: `begins = ["zulu-"]`; else all',
        (),
    ),
}
FIXED = frozenset(
    (
        *("id", "like", "kind", "since", "optional", "releases", "build", "named_only"),
        *("when", "with", "repo", "versions", "editions", "catalogue", "list", "line"),
        *("revisions", "musl"),
        *("images", "suites", "runtime", "variants", "built_for", "numbers"),
    )
)
WITH: dict[str, Field] = {
    "with": Field(
        fields.read_list, "a list of tables", "npm packages to unpack into it, too", ()
    ),
}
COMPANION: dict[str, Field] = {
    "package": Field(
        fields.read_text, "a package name", "the second package", required=True
    ),
    "table": Field(
        fields.read_table_name,
        "a file name that ends in .tsv",
        "a table of versions, separated by tabs, beside the plugin",
        required=True,
    ),
    "column": Field(
        fields.read_name,
        "a column's name",
        "the column with the package's version in the tool's row; `-` for no package",
        required=True,
    ),
    "into": Field(
        fields.read_inside,
        "a relative path",
        "the directory to unpack to",
        required=True,
        holds=(),
    ),
    "links": Field(
        fields.read_links,
        "a table: path = target",
        "symbolic links to create",
        (),
        holds=(),
    ),
}


def built_for(*holds: str) -> dict[str, Field]:
    """Return the field of kinds whose builds are for versions of another tool."""
    meaning = (
        "the version of another tool that a build was made for. It runs with that "
        "version and newer ones: the newest build that runs with the pinned tool is "
        "used, or the oldest build if no such tool is pinned"
    )
    expected = "a table: tool = {name}"
    return {"built_for": Field(fields.read_table, expected, meaning, {}, holds=holds)}


def archive_steps(
    spec: SourceSpec, artifacts: tuple[Artifact, ...], version: str, host: Host
) -> list[Step]:
    """Return the steps that unpack artifacts, archives or programs, into one tree."""
    steps: list[Step] = []
    only = fill(spec.only, spec.values(host, version=version))
    for index, artifact in enumerate(artifacts):
        if spec.program and not is_archive(artifact.filename):
            steps.append(Place(index, spec.program))
        else:
            steps.append(
                Unpack(index, strip=spec.strip, only=only, without=spec.without)
            )
    steps += filled_links(spec, version, host)
    return [*steps, *spec.rewrite, *([Run(spec.run)] if spec.run else [])]


def filled_links(spec: SourceSpec, version: str, host: Host) -> list[Link]:
    """Return the links of a source for one version on one host."""
    values = spec.values(host, version=version)
    return [Link(*(fill(end, values) for end in link)) for link in spec.links]


def package_releases(
    spec: SourceSpec, host: Host, versions_of: Callable[[str], Iterable[str]]
) -> list[Release]:
    """Return the versions of every registry package that a source takes them from."""
    changed = [spec.with_fields(condition.fields) for condition in spec.when]
    packages = dict.fromkeys(package_of(variant, host) for variant in (spec, *changed))
    return [
        Release(edition)
        for package in packages
        for version in versions_of(package)
        for edition in spec.in_editions(version)
        if package_of(spec.at(edition, host), host) == package
    ]


def package_of(spec: SourceSpec, host: Host) -> str:
    """Return the registry package that a source takes a host's versions from."""
    return fill(spec.own.package, spec.values(host))
