"""Compares what plugins name with a list of artifacts that are known to exist.

    TOOLPIN_MIRRORS=... python -m tests.support.vectors ARTIFACTS.tsv NAMES.md [TOOL]

ARTIFACTS.tsv has a tool, a URL and a SHA-256 a line; NAMES.md has the names of each
repository's assets by ranges of versions. Of each tool at most 40 versions are planned,
for each host with a known artifact: the newest, the oldest, those around a change of
names, and others in between. Names are compared without regard to case, as GitHub does.
Prints a line for each tool, and the artifacts that differ.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from tests.support.clients import clients_with
from toolpin.errors import ToolpinError
from toolpin.plugins.registry import read_registry
from toolpin.plugins.tool_file import Tool
from toolpin.sources.clients import Clients
from toolpin.sources.spec import SourceSpec
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.versions import sort_key

MOST = 40
# Names of tools in the list, where toolpin's differ.
_NAMES = {"flux": "flux2", "gh": "github-cli"}
# Repositories that have moved since: the list and its copy have the old names.
_MOVED = {
    "cosmtrek/air": "air-verse/air",
    "errata-ai/vale": "vale-cli/vale",
    "vmware-tanzu/velero": "velero-io/velero",
    "bitnami-labs/sealed-secrets": "bitnami/sealed-secrets",
}
_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)*(?:[.-]?(?:rc|alpha|beta|dev)[\d.-]*\d)?")
_OTHER = re.compile(r"(?i)windows|freebsd|openbsd|i386|386|armv|armhf|ppc|s390|riscv")


class Row(NamedTuple):
    """A known artifact: of a version, for some hosts."""

    url: str
    sha256: str
    versions: frozenset[str]
    hosts: frozenset[str]


class Verdict(NamedTuple):
    """What a plugin says of one version and host, "" for what is known to be right."""

    version: str
    host: str
    reason: str


def hosts_of(url: str) -> set[str]:
    """Return the hosts that an artifact is for, by its URL; none for an unclear one."""
    text = url.lower()
    arms = re.search("arm64|aarch64|aarch_64", text)
    any_arch = re.search(r"universal|[-_]all\b", text)
    archs = {"x64", "arm64"} if any_arch else {"arm64"} if arms else {"x64"}
    if _OTHER.search(text):
        return set()
    if re.search("darwin|macos|osx|[-_]mac", text):
        return {f"macos-{arch}" for arch in archs}
    if "linux" not in text:
        return set()
    libcs = ["-musl"] if "musl" in text else [""] if "gnu" in text else ["", "-musl"]
    return {f"linux-{arch}{libc}" for arch in archs for libc in libcs}


def read_rows(path: str) -> dict[str, list[Row]]:
    """Return the known artifacts of each tool."""
    rows = defaultdict(list)
    for line in Path(path).read_text().splitlines():
        tool, url, sha256 = line.split("\t")
        url = unquote(url)
        for old, new in _MOVED.items():
            url = url.replace(f"/{old}/", f"/{new}/")
        rows[_NAMES.get(tool, tool)].append(
            Row(
                url,
                sha256,
                frozenset(_VERSION.findall(url)),
                frozenset(hosts_of(url)),
            )
        )
    return rows


def read_names(path: str) -> dict[str, list[tuple[str, str]]]:
    """Return (newest tag, line) of each range of a repository, the newest first."""
    names: dict[str, list[tuple[str, str]]] = defaultdict(list)
    repo = ""
    for line in Path(path).read_text().splitlines():
        if line.startswith("## "):
            repo = "/".join(line[3:].split()[0].lower().split("/")[:2])
        elif repo and (match := re.match(r"- (\S+): (.*?) ; ", line)):
            names[repo].append((match[1], match[2]))
    return names


def is_named(url: str, version: str, names: dict[str, list[tuple[str, str]]]) -> bool:
    """Say whether a list of names has a URL for its version."""
    parts = url.lower().split("/")
    repo = "/".join(parts[3:5])
    short = url.lower().replace("/release/", "/")
    number = sort_key(version)
    for place, ranges in names.items():
        if "github.com" in url and place != repo:
            continue
        fitting = [item for item in ranges if sort_key(_number(item[0])) >= number]
        for _, cells in fitting[-1:]:
            for cell in cells.split(" | "):
                name = cell.split(" ")[0].split("!")[0]
                for tag in (f"v{version}", version):
                    full = name.replace("{V}", tag).replace("{v}", version).lower()
                    if full in (parts[-1], url.lower(), short):
                        return True
    return False


def _number(tag: str) -> str:
    match = re.search(r"\d.*", tag)
    return match[0] if match else tag


def sample(versions: list[str], rows: list[Row]) -> list[str]:
    """Return at most 40 versions: both ends, changes of names, others in between."""
    ordered = sorted(versions, key=sort_key)
    if len(ordered) <= MOST:
        return ordered
    shapes = {}
    for version in ordered:
        names = {row.url.rpartition("/")[2] for row in rows if version in row.versions}
        shapes[version] = frozenset(_VERSION.sub("V", name) for name in names)
    chosen = {ordered[0], ordered[-1]}
    seen: set[str] = set()
    for version in ordered:
        if new := shapes[version] - seen:
            seen |= new
            chosen.add(version)
    step = len(ordered) / MOST
    for at in range(MOST):
        if len(chosen) < MOST:
            chosen.add(ordered[int(at * step)])
    return sorted(chosen, key=sort_key)[:MOST]


def judge(
    tool: Tool, rows: list[Row], names: dict[str, list[tuple[str, str]]], on: Clients
) -> Iterator[Verdict]:
    """Yield a verdict for each sampled version and host with a known artifact."""
    known = {row.url.lower(): row.sha256 for row in rows}
    for spec in tool.sources[:1]:
        listed: dict[str, set[str]] = defaultdict(set)
        for host in spec.hosts:
            for release in on.open(spec).releases(any_of(host)):
                if spec.is_release(release.version):
                    listed[release.version].add(host)
        wanted = [row for row in rows if _hosts(spec, row)]
        having = {v for row in wanted for v in row.versions}
        versions = [v for v in listed if spec.split_edition(v)[1] in having]
        unlisted = {v for row in wanted for v in row.versions} - {
            spec.split_edition(v)[1] for v in listed
        }
        print(f"  {tool.name}: not listed: {sorted(unlisted, key=sort_key)[:12]}")
        for version in sample(versions, wanted):
            base = spec.split_edition(version)[1]
            hosts = {
                host
                for row in wanted
                if base in row.versions and _in_edition(spec, version, row)
                for host in _hosts(spec, row)
            }
            for host in sorted(hosts):
                yield _verdict(spec, version, host, (known, names, on))


def _in_edition(spec: SourceSpec, version: str, row: Row) -> bool:
    """Say whether a row has in its name what its edition has there, and no more."""
    mine = spec.split_edition(version)[0]
    return all(
        (not text or text in row.url) if edition == mine else text not in row.url
        for edition, values in spec.editions.items()
        for text in values.values()
        if text
    )


def _hosts(spec: SourceSpec, row: Row) -> set[str]:
    """Return those of a source's hosts that a row is for."""
    hosts = {host for host in row.hosts if _serves(spec, row, host)}
    if spec.words.get("glibc") == "musl":
        hosts |= {host.removesuffix("-musl") for host in hosts}
    return hosts & set(spec.hosts)


def _serves(spec: SourceSpec, row: Row, host: str) -> bool:
    """Say whether a row is for a musl host: where glibc's has no name of its own."""
    if not host.endswith("-musl") or "musl" in row.url:
        return True
    version = min(row.versions, default="0")
    glibc = spec.at(version, host.removesuffix("-musl"))
    return bool(spec.at(version, host).own == glibc.own)


def _verdict(
    spec: SourceSpec,
    version: str,
    host: str,
    told: tuple[dict[str, str], dict[str, list[tuple[str, str]]], Clients],
) -> Verdict:
    known, names, on = told
    base = spec.split_edition(version)[1]
    try:
        artifact = on.open(spec).artifacts(version, any_of(host))[0]
    except ToolpinError as error:
        return Verdict(version, host, f"not planned: {error.what}")
    url = unquote(artifact.locator)
    expected = known.get(url.lower())
    if expected is None and not is_named(url, base, names):
        return Verdict(version, host, f"no known artifact: {url}")
    digest = artifact.digest
    if expected and digest.algorithm == "sha256" and digest.hex != expected:
        return Verdict(version, host, f"another SHA-256: {url}")
    return Verdict(version, host, "")


def main(artifacts: str, history: str, *chosen: str) -> int:
    """Print the table; return 1 where fewer than 97 % are right."""
    rows, names = read_rows(artifacts), read_names(history)
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="toolpin-vectors-") as directory:
        registry = read_registry(Paths(directory, directory))
        on = clients_with(_mirrors(), any_of("linux-x64"), Path(directory))
        wanted = rows.keys() & (chosen or rows)
        tools = [tool for tool in registry.tools if tool.name in wanted]
        for tool in tools:
            results = list(judge(tool, rows[tool.name], names, on))
            wrong = [item for item in results if item.reason]
            good = len(results) - len(wrong)
            totals.update(all=len(results), good=good)
            share = 100 * good / max(len(results), 1)
            print(f"{tool.name:16} {len(results):5} {good:5} {share:6.1f} %")
            for item in wrong[:12]:
                print(f"    {item.version} {item.host}: {item.reason}")
    share = 100 * totals["good"] / max(totals["all"], 1)
    print(f"{'all':16} {totals['all']:5} {totals['good']:5} {share:6.1f} %")
    return int(share < 97)


def _mirrors() -> tuple[tuple[str, str], ...]:
    pairs = [word.split("=", 1) for word in os.environ["TOOLPIN_MIRRORS"].split()]
    places = {"https://github.com": "/", "https://api.github.com": "/repos/"}
    moved = (
        (f"{publisher}{place}{new}{end}", f"{copy}{place}{old}{end}")
        for publisher, copy in pairs
        if (place := places.get(publisher))
        for old, new in _MOVED.items()
        for end in ("", ".git")
    )
    known = ((publisher, copy) for publisher, copy in pairs)
    return tuple(sorted((*known, *moved), key=lambda pair: -len(pair[0])))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
