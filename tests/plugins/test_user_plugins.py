"""The user's plugins directory: what is let in."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolpin.errors import ToolpinError, UsageError
from toolpin.plugins import user_plugins
from toolpin.plugins.registry import read_registry
from toolpin.system.paths import Paths

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


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(data=str(tmp_path / "data"), config=str(tmp_path / "config"))


def _add(paths: Paths, text: str, name: str = "demo") -> str:
    file = Path(paths.config).parent / "demo.toml"
    file.write_text(text)
    return user_plugins.add(
        paths, read_registry(paths), name, str(file), force=False
    ).path


def test_what_is_added_is_known_and_what_is_removed_is_not(paths: Paths) -> None:
    assert Path(_add(paths, GOOD)).read_text() == GOOD
    registry = read_registry(paths)
    assert registry.get("demo")
    user_plugins.remove(paths, registry, "demo")
    assert read_registry(paths).get("demo") is None


def test_what_precedes_a_number_may_be_in_a_users_file(paths: Paths) -> None:
    more = 'name = "demo"\nspellings = { "" = "acme-", "*-x" = "other-*" }'
    _add(paths, GOOD.replace('name = "demo"', more))
    registry = read_registry(paths)
    words = ("1.2", "1.x", "latest:1", "1-x", "acme-1")
    assert [registry.spell("demo", word) for word in words] == [
        *("acme-1.2", "acme-1", "latest:acme-1", "other-1", "acme-1")
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "demo"', 'name = "other"'),
        ('name = "demo"', 'name = "demo"\nspellings = { "" = "" }'),
        ('name = "demo"', 'name = "demo"\nspellings = { x = "a-*" }'),
        ('name = "demo"', 'name = "demo"\nspellings = { "*-x" = "*-a" }'),
        ('name = "demo"', 'name = "demo"\nalso = ["node"]'),
        ('kind = "github"', 'kind = "ftp"'),
        ('repo = "demo/demo"', 'repo = "../demo"'),
        ('repo = "demo/demo"', 'repo = "demo/.."'),
        ('repo = "demo/demo"', 'repo = "demo/a/b"'),
        ('repo = "demo/demo"', ""),
        ("[tool]", '[tool]\nfiles = { "../x" = "text" }'),
        ("[tool]", '[tool]\nfiles = { ".toolpin/receipt.json" = "text" }'),
        ("[tool]", '[tool]\nfiles = { "x" = "" }'),
        ("demo-{target}.tar.gz", "../{target}"),
        ("demo-{target}.tar.gz", "-{target}"),
        ("demo-{target}.tar.gz", "{other}"),
        ('repo = "demo/demo"', 'repo = "demo/demo"\ntag = "../{version}"'),
        ('repo = "demo/demo"', 'repo = "demo/demo"\ntag = "a?{version}"'),
        ('repo = "demo/demo"', 'repo = "demo/demo"\ntag = "latest"'),
        (
            "hosts.linux-x64",
            'with = [{package = "p", table = "t.tsv", column = "c", into = "i"}]\n'
            "hosts.linux-x64",
        ),
    ],
)
def test_hostile_68_what_breaks_the_rules_is_not_added(
    old: str, new: str, paths: Paths
) -> None:
    assert old in GOOD
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
        user_plugins.remove(paths, read_registry(paths), "nodejs")


def _with_table(name: str) -> str:
    line = f'with = [{{package = "p", table = "{name}", column = "c", into = "i"}}]\n'
    return GOOD.replace("hosts.linux-x64", f"{line}hosts.linux-x64", 1)


def test_hostile_68_a_table_takes_the_place_of_no_plugin_and_of_no_other_table(
    paths: Paths,
) -> None:
    plugins = Path(paths.config) / "plugins"
    plugins.mkdir(parents=True)
    mine = {"golang.toml": GOOD.replace('"demo"', '"golang"', 1), "t.tsv": "mine\n"}
    for name, text in mine.items():
        (plugins / name).write_text(text)
        (plugins.parents[1] / name).write_text("theirs\n")
        with pytest.raises(ToolpinError):
            _add(paths, _with_table(name))
    assert {path.name: path.read_text() for path in plugins.iterdir()} == mine


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "demo.toml"
    text = GOOD.replace('"demo"', '"De mo"', 1).replace("tool]", "tool]\ncolour = 1")
    file.write_text(text.replace('"upstream"', "7").replace("{ target", "{ torget"))
    texts = [
        fault.what.removeprefix(f"{file}:")
        for fault in user_plugins.faults_of(str(file))
    ]
    assert [line.partition(" must")[0] for line in texts] == [
        "3: tool.colour is not a field",
        "4: tool.name",
        "9: source.id",
    ]
