"""The names of tools, found without the TOML parser where the text is plain."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.run import REPOSITORY
from toolpin.errors import ToolpinError, UsageError
from toolpin.plugins.light_fields import stated_words
from toolpin.plugins.registry import read_registry
from toolpin.system.paths import Paths

NODEJS = (REPOSITORY / "plugins/nodejs.toml").read_text()


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A machine with a directory for the user's plugins."""
    (tmp_path / "config/plugins").mkdir(parents=True)
    return Paths(str(tmp_path / "data"), str(tmp_path / "config"))


def _add(paths: Paths, name: str, also: str) -> Path:
    text = NODEJS.replace('name = "nodejs"', f'name = "{name}"')
    text = text.replace('also = ["node"]', also)
    file = Path(paths.config) / f"plugins/{name}.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('name = "x"\n', ()),
        ('also = ["a"]\n', ("a",)),
        ('also=["a","b-c"]\r\n', ("a", "b-c")),
        ("# also = [not this]\n", ()),
    ],
)
def test_a_plain_text_is_read_without_the_parser(
    text: str, names: tuple[str, ...]
) -> None:
    assert stated_words(text, "also") == names


@pytest.mark.parametrize(
    "text",
    [
        'also = [\n  "a",\n]\n',
        'also = ["a",]\n',
        'also = ["a"] # one\n',
        "also = ['a']\n",
        "also = []\n",
        'also = ["A"]\n',
        'also = "a"\n',
        "also\n",
        "also =\n",
        '"also" = ["a"]\n',
        'tool.also = ["a"]\n',
        'tool = { also = ["a"] }\n',
        'also = ["a"]\nalso = ["b"]\n',
        '"\\u0061lso" = ["a"]\n',
        'description = """\nalso = ["a"]\n"""\n',
        "description = '''\nalso = [\"a\"]\n'''\n",
        'description = "this also"\n',
    ],
)
def test_any_other_text_is_left_to_the_parser(text: str) -> None:
    assert stated_words(text, "also") is None


@pytest.mark.parametrize(
    "also", ['also = ["mi"]', 'also = [\n "mi",\n]', "also = ['mi'] # short"]
)
def test_another_name_counts_however_it_is_written(also: str, paths: Paths) -> None:
    _add(paths, "mine", also)
    registry = read_registry(paths)
    assert registry.canonical("mi") == "mine"
    assert registry.require("mi").names == ("mine", "mi")
    assert registry.aliases["node"] == "nodejs"


def test_a_users_file_takes_the_place_of_the_bundled_one(paths: Paths) -> None:
    file = _add(paths, "nodejs", 'also = ["njs"]')
    registry = read_registry(paths)
    assert registry.require("njs").file == str(file)
    assert registry.get("node") is None


def test_a_tool_under_another_name_than_its_files_is_refused_when_it_is_needed(
    paths: Paths,
) -> None:
    _add(paths, "mine", "").rename(f"{paths.config}/plugins/other.toml")
    registry = read_registry(paths)
    with pytest.raises(UsageError, match=r"other\.toml"):
        registry.require("other")


def test_a_file_whose_name_is_no_tools_is_a_fault_and_no_tool(paths: Paths) -> None:
    _add(paths, "mine", "").rename(f"{paths.config}/plugins/My Tool.toml")
    registry = read_registry(paths)
    assert "My Tool.toml" in registry.faults["My Tool"].what
    assert registry.get("My Tool") is None


@pytest.mark.parametrize(
    "text", [b"[tool]\nalso = ['y'\n", b"\xff\xfe", b"[tool]\nalso = [7]\n", b""]
)
def test_a_file_that_cannot_be_read_stops_its_own_tool_alone(
    text: bytes, paths: Paths
) -> None:
    _add(paths, "mine", 'also = ["mi"]')
    Path(paths.config, "plugins/bad.toml").write_bytes(text)
    registry = read_registry(paths)
    assert registry.require("mi").name == "mine"
    with pytest.raises(UsageError, match=r"bad\.toml"):
        registry.require("bad")
    assert list(registry.faults) == ["bad"]
    names = [tool.name for tool in registry.tools]
    assert {"mine", "nodejs"} < set(names)
    assert "bad" not in names


def test_a_damaged_file_in_a_bundled_ones_place_keeps_its_names(paths: Paths) -> None:
    """Else `node` would be no tool at all, or somebody else's."""
    Path(paths.config, "plugins/nodejs.toml").write_text("[tool]\nalso = [\n")
    registry = read_registry(paths)
    assert registry.canonical("node") == "nodejs"
    with pytest.raises(UsageError, match="config/plugins/nodejs"):
        registry.require("node")


def test_what_nobody_knows_names_its_neighbours(paths: Paths) -> None:
    with pytest.raises(ToolpinError) as caught:
        read_registry(paths).check("nodjs")
    assert dict(caught.value.facts)["similar"].startswith("nodejs")
