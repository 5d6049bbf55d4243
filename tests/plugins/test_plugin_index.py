"""plugins/index.tsv has what the TOML files state, and light commands read only it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import tool_pages
from tests.support.plugin_index import (
    COMMAND,
    DIRECTORY,
    bundled_tools,
    fields_of,
    render,
)
from tests.support.run import REPOSITORY
from toolpin.plugins.light_fields import INDEX, parse_index
from toolpin.plugins.registry import read_registry
from toolpin.system.paths import Paths

TOOLS = bundled_tools()


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A machine with a directory for the user's plugins."""
    (tmp_path / "config/plugins").mkdir(parents=True)
    return Paths(str(tmp_path / "data"), str(tmp_path / "config"))


def test_the_index_has_what_the_files_state() -> None:
    text = (DIRECTORY / INDEX).read_text()
    assert text == render(), f"write it again: {COMMAND}"
    assert parse_index(text) == {tool.name: fields_of(tool) for tool in TOOLS}


def test_names_commands_and_manifests_need_no_plugin_file(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toolpin.plugins.registry._parse", _refuse)
    registry = read_registry(paths)
    for tool in TOOLS:
        for name in tool.names:
            assert registry.canonical(name) == tool.name
        assert registry.commands_of(tool.names[-1]) == tool.commands
        assert registry.requires_of(tool.name) == tool.requires
        assert registry.spell(tool.name, "v1.2").endswith("1.2")
    assert registry.spell("node", "lts/jod") == "jod"
    idioms = registry.idioms("all")
    assert dict(idioms.manifests["package.json"])["nodejs"] == "node"


def _refuse(_text: str, file: str) -> None:
    pytest.fail(f"{file} was parsed")


def test_a_users_plugin_stands_before_the_index(paths: Paths) -> None:
    text = (DIRECTORY / "jq.toml").read_text().replace('["jq"]', '["jay"]')
    Path(paths.config, "plugins/jq.toml").write_text(text)
    assert read_registry(paths).commands_of("jq") == ("jay",)


def test_the_pages_have_the_tools_as_they_are() -> None:
    assert tool_pages.PAGE.read_text() == tool_pages.page(), f"{tool_pages.COMMAND}"
    readme = tool_pages.README.read_text()
    assert readme == tool_pages.replaced(readme), f"{tool_pages.COMMAND}"


def test_the_page_of_version_files_has_those_of_every_tool() -> None:
    page = (REPOSITORY / "docs/reference/version-files.md").read_text()
    files = {name for tool in TOOLS for name in (*tool.idiomatic, *tool.manifests)}
    assert {name for name in files if f"`{name}`" not in page} == set()
