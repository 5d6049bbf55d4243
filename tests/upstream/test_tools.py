"""Artifacts of bundled tools that exist: tool, version, host and URL, in tools.tsv.

The first and the last of every shape of name that public manifests of packages have
(cashapp/hermit-packages, aquaproj/aqua-registry). Names that differ from GitHub's in
case alone are written as GitHub has them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.upstream import page
from toolpin.model import Artifact, Digest
from toolpin.plugins.registry import Registry, read_registry
from toolpin.sources.kinds import KINDS
from toolpin.sources.spec import first_build
from toolpin.system.host import any_of
from toolpin.system.paths import Paths

ROWS = [line.split("\t") for line in page("../tools.tsv").decode().splitlines()]
OTHERS = {"linux": "macos", "macos": "linux"}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    empty = str(tmp_path_factory.mktemp("empty"))
    return read_registry(Paths(empty, empty))


def names(registry: Registry, tool: str, version: str, host: str, url: str) -> bool:
    """Say whether a tool's first source would name this URL for the host."""
    spec = registry.require(tool).sources[0]
    artifact = Artifact(url, Digest("sha256", "0" * 64), None, url.rpartition("/")[2])
    kind = KINDS[spec.kind]
    return kind.names(spec.at(version, host), (artifact,), version, any_of(host))


@pytest.mark.parametrize("tool", sorted({row[0] for row in ROWS}))
def test_a_plugin_names_what_exists_and_for_that_system_alone(
    tool: str, registry: Registry
) -> None:
    rows = [row for row in ROWS if row[0] == tool]
    assert [row for row in rows if not names(registry, *row)] == []
    for _, version, host, url in rows:
        system, _, rest = host.partition("-")
        other = f"{OTHERS[system]}-{rest.removesuffix('-musl')}"
        if other in registry.require(tool).sources[0].hosts:
            assert not names(registry, tool, version, other, url)


@pytest.mark.parametrize("tool", sorted({row[0] for row in ROWS}))
def test_what_exists_is_not_before_the_first_version_of_its_host(
    tool: str, registry: Registry
) -> None:
    spec = registry.require(tool).sources[0]
    early = [
        (version, host)
        for name, version, host, _ in ROWS
        if name == tool
        and first_build(spec.split_edition(version)[1], spec.since.get(host, ()))
    ]
    assert early == []


def test_the_tools_have_few_lines(registry: Registry) -> None:
    """At most 20 up to a second source, but for pnpm, whose names changed most."""
    results = {}
    for tool in {row[0] for row in ROWS} - {"pnpm"}:
        text = Path(registry.require(tool).file).read_text()
        first = "[[source]]".join(text.split("[[source]]")[:2])
        results[tool] = sum(bool(line.strip()) for line in first.splitlines())
    assert {tool: lines for tool, lines in results.items() if lines > 20} == {}
