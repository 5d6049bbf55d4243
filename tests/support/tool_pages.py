"""Writes docs/reference/tools.md and the list of tools in README from the plugins.

The oldest version of a tool is the oldest one in tests/upstream/tools.tsv, whose URLs
are known to exist.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from tests.support.plugin_index import bundled_tools
from tests.support.run import REPOSITORY
from toolpin.plugins.tool_file import Tool
from toolpin.sources.fields import NO_CHECKSUMS
from toolpin.sources.kinds import KINDS
from toolpin.sources.spec import SourceSpec
from toolpin.versions import sort_key

COMMAND = ".venv/bin/python -m tests.support.tool_pages"
PAGE = REPOSITORY / "docs/reference/tools.md"
README = REPOSITORY / "README.md"

_KNOWN = REPOSITORY / "tests/upstream/tools.tsv"
_BEGIN = (
    "<!-- The tools, written from the plugins. To write them again:\n"
    f"     {COMMAND}\n-->\n"
)
_END = "<!-- End of the tools. -->\n"
_SYSTEMS = {"linux": "Linux", "macos": "macOS"}
_HEAD = f"""\
# Bundled tools

{_BEGIN}
The sources of a tool are tried in the order of the table. The word after a source is
how its files are verified:

- `signature`: an index that the publisher has signed.
- `checksum`: a checksum that the publisher publishes with the file.
- `checksum, of GitHub`: a checksum that GitHub computes. It exists for files that were
  uploaded since June 2025; an older file requires `--trust-on-first-use`.
- `registry`: the checksum of a package registry, PyPI or npm.
- `third-party`: a checksum in a list that another party keeps. Of some versions it must
  also be the publisher's.
- `none`: no checksum is published, and `--trust-on-first-use` is required.

"Linux" means glibc and musl, unless the entry names one of them. "oldest" is the oldest
version whose file was found.

| tool | commands | sources: level | hosts | oldest |
|---|---|---|---|---|
"""


def page() -> str:
    """Return the page with a row for every bundled tool."""
    oldest = _oldest()
    rows = (_row(tool, oldest.get(tool.name, "")) for tool in bundled_tools())
    return _HEAD + "".join(rows) + f"\n{_END}"


def replaced(readme: str) -> str:
    """Return README with the list of tools as it is today."""
    before, after = readme.partition(_BEGIN)[0], readme.partition(_END)[2]
    return f"{before}{_BEGIN}\n{_names()}\n{_END}{after}"


def _names() -> str:
    """Return a paragraph with the names of all tools."""
    names = [tool.name for tool in bundled_tools()]
    text = f"{len(names)} tools are bundled: {', '.join(names)}."
    return textwrap.fill(text, 96, break_on_hyphens=False) + "\n"


def _row(tool: Tool, oldest: str) -> str:
    names = f"[{tool.name}]({tool.homepage})" + "".join(
        f", {name}" for name in tool.also
    )
    cells = (
        names,
        ", ".join(tool.commands),
        "; ".join(f"{spec.id}: {_level(spec)}" for spec in tool.sources),
        "; ".join(_hosts(tool)),
        oldest,
    )
    return f"| {' | '.join(cells)} |\n"


def _level(spec: SourceSpec) -> str:
    if getattr(spec.own, "checksums", "") == NO_CHECKSUMS:
        return "none"
    level = str(KINDS[spec.kind].level(spec))
    return f"{level}, of GitHub" if _is_of_github(spec) else level


def _is_of_github(spec: SourceSpec) -> bool:
    """Return whether GitHub's own checksum is used: the release has no list of them."""
    return spec.kind == "github" and not spec.own.checksums_asset


def _hosts(tool: Tool) -> Iterator[str]:
    hosts = {host for spec in tool.sources for host in spec.hosts}
    for key, system in _SYSTEMS.items():
        for arch in ("x64", "arm64"):
            has_musl = f"{key}-{arch}-musl" in hosts
            if f"{key}-{arch}" in hosts:
                libc = "" if has_musl or key == "macos" else ", glibc"
                yield f"{system} {arch}{libc}"
            elif has_musl:
                yield f"{system} {arch}, musl"


def _oldest() -> dict[str, str]:
    """Return the oldest known version of each tool, by its name."""
    versions: dict[str, list[str]] = {}
    for line in _KNOWN.read_text().splitlines():
        tool, version, *_ = line.split("\t")
        versions.setdefault(tool, []).append(version)
    return {tool: min(known, key=sort_key) for tool, known in versions.items()}


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
    README.write_text(replaced(README.read_text()))
