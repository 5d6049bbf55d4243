"""Writes a plugin's TOML file from the names in a GitHub release.

Pure: names of assets and of an archive's files come in, text comes out. It follows
common names of builds, and leaves out what it does not recognize.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from toolpin.errors import ToolpinError, UsageError
from toolpin.model import TreeFile
from toolpin.plugins.draft_hosts import words_for
from toolpin.project.validation import RESERVED_COMMANDS, VERSION, fits
from toolpin.toml_lines import render_value

_ARCHIVES = (".tar.xz", ".tar.gz", ".tgz", ".txz", ".tar.bz2", ".zip")
_OTHER = re.compile(
    r"(?i)(?<![a-z])(src|source|sources|sbom|debug|debuginfo|symbols|dbg|windows|win32"
    r"|win64|msvc|android|freebsd|netbsd|openbsd|vendor|completions|docs?)(?![a-z])"
)
_SYSTEMS = {"linux": "linux", "macos": "darwin|macos|osx|apple|mac"}
_ARCHS = {
    "x64": r"x86[_-]64|amd64|x64|64bit|linux64|macos64",
    "arm64": r"aarch64|arm64|armv8",
}
_ANY_ARCH = "universal2?|all"
_HOSTS = (
    ("linux-x64", "linux", "x64", ""),
    ("linux-arm64", "linux", "arm64", ""),
    ("linux-x64-musl", "linux", "x64", "musl"),
    ("linux-arm64-musl", "linux", "arm64", "musl"),
    ("macos-x64", "macos", "x64", ""),
    ("macos-arm64", "macos", "arm64", ""),
)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+~-]{0,199}")
_SUMS = re.compile(r"(?i)(.*[._-])?(sha256(sums?)?|shasums?(256)?|checksums?)(\.txt)?")


class Naming(NamedTuple):
    """How a repository names tags and assets, as templates of a plugin."""

    tag: str
    asset: str
    hosts: dict[str, dict[str, str]]


class Layout(NamedTuple):
    """The content of an archive: leading directories, programs, links into bin."""

    strip: int
    commands: tuple[str, ...]
    links: dict[str, str]


class Draft(NamedTuple):
    """The content of a drafted plugin; `checksums` is "" for GitHub's own digests."""

    name: str
    repo: str
    naming: Naming
    checksums: str
    layout: Layout


def version_in(tag: str) -> str:
    """Return the version that a tag ends with: `v1.2` and `jq-1.2` have `1.2`."""
    match = re.search(r"(?<![0-9])[0-9].*", tag)
    if not match or not fits(match[0], VERSION):
        raise ToolpinError(f"the tag {tag} holds no version that toolpin can use")
    return match[0]


def choose_assets(names: Iterable[str]) -> dict[str, str]:
    """Return the best archive for each host that has one, by its name."""
    usable = [
        name
        for name in sorted(names)
        if _NAME.fullmatch(name)
        and name.lower().endswith(_ARCHIVES)
        and not _OTHER.search(name)
    ]
    chosen = {}
    for host, system, arch, libc in _HOSTS:
        fitting = [name for name in usable if _fits(name, system, arch, libc)]
        if fitting:
            chosen[host] = min(fitting, key=lambda name: _rank(name, arch))
    return chosen


def checksum_names(names: Iterable[str]) -> list[str]:
    """Return the assets that look like a list of all SHA-256 sums."""
    return [
        name
        for name in sorted(names)
        if _NAME.fullmatch(name)
        and _SUMS.fullmatch(name)
        and not any(f"{form}." in name.lower() for form in _ARCHIVES)
    ]


def name_assets(assets: Mapping[str, str], tag: str, version: str) -> Naming:
    """Return one template for the hosts' assets, and the values that differ.

    A host whose asset has an unrelated name is left out.
    """
    pieces = {host: name.split(version) for host, name in assets.items()}
    count = len(next(iter(pieces.values())))
    pieces = {host: parts for host, parts in pieces.items() if len(parts) == count}
    columns = list(zip(*pieces.values(), strict=True))
    differing = [at for at, column in enumerate(columns) if len(set(column)) > 1]
    template, hosts = [], {host: dict[str, str]() for host in pieces}
    for at, column in enumerate(columns):
        if at not in differing:
            template.append(column[0])
            continue
        key = "target" if len(differing) == 1 else f"target{differing.index(at) + 1}"
        head, tail = _common(column)
        if any(len(part) <= len(head) + len(tail) for part in column):
            head, tail = "", ""  # a value must not be empty
        for host, parts in pieces.items():
            hosts[host][key] = parts[at][len(head) : len(parts[at]) - len(tail)]
        template.append(f"{head}{{{key}}}{tail}")
    prefix, _, suffix = tag.partition(version)
    return Naming(f"{prefix}{{version}}{suffix}", "{version}".join(template), hosts)


def read_layout(files: Sequence[TreeFile], names: Sequence[str]) -> Layout:
    """Return where the programs of an unpacked archive are; `names` are likely ones."""
    tops = {file.path.partition("/")[0] for file in files}
    nested = tops != {"bin"} and len(tops) == 1
    nested = nested and all("/" in file.path for file in files)
    paths = [
        file.path.partition("/")[2] if nested else file.path
        for file in files
        if file.mode & 0o111 and not file.link and _is_command(file.path)
    ]
    commands = _programs(paths, names)
    if not commands:
        raise ToolpinError(
            "the archive contains no program",
            [("holds", ", ".join(sorted(file.path for file in files)[:8]))],
        )
    links = {
        f"bin/{path.rpartition('/')[2]}": f"../{path}"
        for path in commands
        if not re.fullmatch(r"bin/[^/]+", path)
    }
    words = tuple(path.rpartition("/")[2] for path in commands)
    return Layout(int(nested), words, links)


def render_draft(draft: Draft) -> str:
    """Render the TOML file."""
    naming, layout = draft.naming, draft.layout
    source: dict[str, object] = {
        "id": "github",
        "kind": "github",
        "publisher": f"github.com/{draft.repo}",
        "repo": draft.repo,
        "tag": naming.tag,
        "assets": [naming.asset],
    }
    values = naming.hosts.values()
    listed = all(value.keys() == {"target"} for value in values) and words_for(
        {host: value["target"] for host, value in naming.hosts.items()}
    )
    if listed:
        template, words = listed
        source["assets"] = [naming.asset.replace("{target}", template)]
        if words:
            source["words"] = words
    if draft.checksums:
        source["checksums_asset"] = draft.checksums
    if layout.strip:
        source["strip"] = layout.strip
    if listed:
        source["hosts"] = list(naming.hosts)
    tool = {
        "name": draft.name,
        "description": f"{draft.repo} on GitHub",
        "homepage": f"https://github.com/{draft.repo}",
        "commands": layout.commands,
    }
    sections: list[tuple[str, Mapping[str, object]]] = [
        ("[tool]", tool),
        ("[[source]]", source),
        *([] if listed else [("[source.hosts]", naming.hosts)]),
        *([("[source.links]", layout.links)] if layout.links else []),
    ]
    lines: list[str] = []
    for head, table in sections:
        lines += ["", head] if lines else [head]
        for key, value in table.items():
            is_bare = re.fullmatch(r"[A-Za-z0-9_-]+", key)
            name = key if is_bare else render_value(key)
            lines.append(f"{name} = {render_value(value)}")
    return "\n".join([*lines, ""])


def _fits(name: str, system: str, arch: str, libc: str) -> bool:
    other = next(other for other in _SYSTEMS if other != system)
    if not _holds(name, _SYSTEMS[system]) or _holds(name, _SYSTEMS[other]):
        return False
    if libc == "musl" and not _holds(name, "musl"):
        return False
    any_arch = system == "macos" and _holds(name, _ANY_ARCH)
    return any_arch or _holds(name, _ARCHS[arch])


def _rank(name: str, arch: str) -> tuple[bool, bool, int, int, str]:
    """Rank the exact processor first, then glibc's build, then the smaller archive."""
    form = next(
        at for at, archive in enumerate(_ARCHIVES) if name.lower().endswith(archive)
    )
    exact = _holds(name, _ARCHS[arch])
    return not exact, _holds(name, "musl"), form, len(name), name


def _holds(name: str, words: str) -> bool:
    return bool(re.search(rf"(?i)(?<![a-z0-9])({words})(?![a-z])", name)) or bool(
        re.search(rf"(?i)(?<![a-z])({words})(?![a-z0-9])", name)
    )


def _common(texts: Sequence[str]) -> tuple[str, str]:
    """Return the common prefix and suffix, up to a `-`, `_` or `.`."""
    shortest = min(map(len, texts))
    first = texts[0]
    size = 0
    while size < shortest and len({text[size] for text in texts}) == 1:
        size += 1
    head = re.match(r"(.*[-_.])?", first[:size])
    begin = len(head[0]) if head else 0
    size = 0
    while size < shortest - begin and len({text[-size - 1] for text in texts}) == 1:
        size += 1
    tail = re.search(r"[-_.].*", first[len(first) - size :])
    return first[:begin], tail[0] if tail else ""


def _is_command(path: str) -> bool:
    name = path.rpartition("/")[2]
    return (
        bool(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,127}", name))
        and name not in RESERVED_COMMANDS
        and not re.search(r"\.(so|dylib|dll|exe)(\.|$)|\.(1|md|txt|html)$", name)
    )


def _programs(paths: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the program of that name, or all in bin, or all at the top."""
    for name in names:
        likely = [path for path in paths if path.rpartition("/")[2] == name]
        if likely:
            return [min(likely, key=len)]
    for directory in ("bin", ""):
        inside = [path for path in paths if path.rpartition("/")[0] == directory]
        if inside:
            return sorted(inside)
    return []


def no_archives(repo: str, tag: str, names: Iterable[str]) -> UsageError:
    """Return the error of a release without assets that can be unpacked."""
    return UsageError(
        f"{repo} {tag} has no archive that names a host",
        [
            ("assets", ", ".join(sorted(names)[:12]) or "none"),
            ("expected", f"such as x-1.0-linux-x86_64.tar.gz; {', '.join(_ARCHIVES)}"),
        ],
    )
