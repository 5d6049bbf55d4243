"""The user's plugins folder: what is let in."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolpin.errors import ToolpinError, UsageError
from toolpin.paths import Paths
from toolpin.plugin import shelf
from toolpin.plugin.registry import read_registry

GOOD = """
[tool]
name = "demo"
description = "a demo"
homepage = "https://demo.example/"
commands = ["demo"]
[[source]]
id = "upstream"
kind = "github"
publisher = "demo.example"
repo = "demo/demo"
assets = ["demo-{target}.tar.gz"]
hosts.linux-x64 = { target = "linux-x64" }
"""


WITH = """with = [{package = "p", table = "%s", column = "c", into = "i"}]
hosts.linux-x64"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(data=str(tmp_path / "data"), config=str(tmp_path / "config"))


def _add(paths: Paths, text: str, name: str = "demo") -> str:
    file = Path(paths.config).parent / "demo.toml"
    file.write_text(text)
    return shelf.add(paths, read_registry(paths), name, str(file), force=False).path


def test_what_is_added_is_known_and_what_is_removed_is_not(paths: Paths) -> None:
    assert Path(_add(paths, GOOD)).read_text() == GOOD
    registry = read_registry(paths)
    assert registry.get("demo")
    shelf.remove(paths, registry, "demo")
    assert read_registry(paths).get("demo") is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "demo"', 'name = "other"'),
        ('name = "demo"', 'name = "demo"\nalso = ["node"]'),
        ('kind = "github"', 'kind = "ftp"'),
        ('repo = "demo/demo"', 'repo = "../demo"'),
        ('repo = "demo/demo"', 'repo = "demo/.."'),
        ('repo = "demo/demo"', 'repo = "demo/a/b"'),
        ('repo = "demo/demo"', ""),
        ("demo-{target}.tar.gz", "../{target}"),
        ("demo-{target}.tar.gz", "-{target}"),
        ("demo-{target}.tar.gz", "{other}"),
        ('repo = "demo/demo"', 'repo = "demo/demo"\ntag = "../{version}"'),
        ('repo = "demo/demo"', 'repo = "demo/demo"\ntag = "a?{version}"'),
        ('repo = "demo/demo"', 'repo = "demo/demo"\ntag = "latest"'),
        ("hosts.linux-x64", WITH % "absent.tsv"),
        ("hosts.linux-x64", WITH % "golang.toml"),
        ("hosts.linux-x64", WITH % "table"),
    ],
)
def test_hostile_68_what_breaks_the_rules_is_not_added(
    old: str, new: str, paths: Paths
) -> None:
    assert old in GOOD
    for table in ("golang.toml", "table"):  # they are there, and are no table's name
        (Path(paths.config).parent / table).write_text(GOOD)
    with pytest.raises(UsageError):
        _add(paths, GOOD.replace(old, new, 1))
    assert not Path(paths.config).exists()


def test_a_file_that_differs_stays_and_a_bundled_one_is_not_removed(
    paths: Paths,
) -> None:
    kept = _add(paths, GOOD)
    with pytest.raises(ToolpinError):
        _add(paths, GOOD + "# more\n")
    assert Path(kept).read_text() == GOOD
    with pytest.raises(ToolpinError):
        shelf.remove(paths, read_registry(paths), "nodejs")


def test_a_table_of_other_bytes_that_is_there_stays(paths: Paths) -> None:
    table = Path(paths.config) / "plugins/t.tsv"
    table.parent.mkdir(parents=True)
    table.write_text("version\tc\n1.0\t2.0\n")
    (Path(paths.config).parent / "t.tsv").write_text("version\tc\n1.0\t6.6.6\n")
    text = GOOD.replace("hosts.linux-x64", WITH % "t.tsv", 1)
    with pytest.raises(ToolpinError) as caught:
        _add(paths, text)
    assert ("file", str(table)) in caught.value.facts
    assert table.read_text() == "version\tc\n1.0\t2.0\n"
    assert not (table.parent / "demo.toml").exists()
    (Path(paths.config).parent / "t.tsv").write_text(table.read_text())
    assert Path(_add(paths, text)).exists()


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "demo.toml"
    text = GOOD.replace('"demo"', '"De mo"', 1).replace("tool]", "tool]\ncolour = 1")
    file.write_text(text.replace('"upstream"', "7").replace("{ target", "{ torget"))
    told = [fault.what.removeprefix(f"{file}:") for fault in shelf.faults_of(str(file))]
    assert [line.partition(" must")[0] for line in told] == [
        "3: tool.colour is no field",
        "4: tool.name",
        "9: source.id",
    ]
