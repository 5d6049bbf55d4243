"""`toolpin plugin`: from a GitHub release to a program that runs; and the rest."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.releases import Releases, grep_assets
from tests.support.run import REPOSITORY, Home
from tests.support.server import Server

REPO = "BurntSushi/ripgrep"
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
def releases(home: Home) -> Iterator[Releases]:
    """A loopback GitHub that the machine's toolpin asks."""
    with Server() as server:
        known = Releases(server, REPO)
        known.mirror_for(home)
        yield known


def _write(home: Home, text: str = GOOD, name: str = "demo") -> Path:
    file = home.project / f"{name}.toml"
    file.write_text(text)
    return file


def test_a_drafted_plugin_reads_the_checksum_file_of_each_asset(
    home: Home, releases: Releases
) -> None:
    assets = grep_assets("14.1.1")
    for name, data in tuple(assets.items()):
        assets[f"{name}.sha256"] = hashlib.sha256(data).hexdigest().encode()
    releases.publish("14.1.1", assets, digests=False)
    drafted = home.toolpin("plugin", "new", "ripgrep", "--github", REPO)
    assert drafted.code == 0, drafted.err
    source = tomllib.loads((home.project / "ripgrep.toml").read_text())["source"][0]
    assert source["checksums_asset"] == "{asset}.sha256"


def test_check_plans_what_is_listed(home: Home, releases: Releases) -> None:
    releases.publish("v1.0", {"demo-linux-x64.tar.gz": b"x"})
    releases.publish("v0.9", {"demo-linux-x64.tar.gz": b"x"}, digests=False)
    text = GOOD.replace("demo/demo", REPO)
    _write(home, text)
    result = home.toolpin("plugin", "check", "demo.toml", "--try")
    assert result.code == 0, result.err
    assert result.out.split() == (
        "upstream linux-x64 1 of 2 planned; 1 without a checksum".split()
    )
    _write(home, text.replace("demo-{target}", "other"))
    assert home.toolpin("plugin", "check", "demo.toml", "--try").code == 1


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        ("demo-{target}", "other", "lists no version for this host"),
        ("[[source]]", '[[source]]\nreleases = "x.*"', "lists 2 names, but no release"),
        ("demo/demo", "demo/gone", "not tried: "),
    ],
)
def test_a_check_reports_why_a_source_has_no_version_to_plan(
    old: str, new: str, result: str, home: Home, releases: Releases
) -> None:
    releases.publish("v1.0", {"demo-linux-x64.tar.gz": b"x"})
    releases.publish("v0.9", {"demo-linux-x64.tar.gz": b"x"})
    other = GOOD.partition("[[source]]")[2].replace('"upstream"', '"other"')
    text = GOOD.replace(old, new) + f"[[source]]{other}"
    _write(home, text.replace("demo/demo", REPO))
    checked = home.toolpin("plugin", "check", "demo.toml", "--try")
    first, second = checked.out.splitlines()
    assert (checked.code, checked.err) == (1, "demo.toml is valid\n")
    assert first.startswith(f"upstream  linux-x64  {result}")
    assert second == "other     linux-x64  2 of 2 planned"


@pytest.mark.parametrize("sums", [False, True], ids=["GitHub's digest", "a sums file"])
def test_a_drafted_plugin_installs_what_was_released(
    sums: bool, home: Home, releases: Releases
) -> None:
    releases.publish("14.1.0", grep_assets("14.1.0", sums=sums))
    releases.publish("14.1.1", grep_assets("14.1.1", sums=sums))
    drafted = home.toolpin("plugin", "new", "ripgrep", "--github", REPO)
    assert drafted.code == 0, drafted.err
    file = home.project / "ripgrep.toml"
    source = tomllib.loads(file.read_text())["source"][0]
    assert ("checksums_asset" in source) == sums
    assert set(source["hosts"]) == {
        "linux-x64",
        "linux-arm64",
        "linux-x64-musl",
        "macos-x64",
        "macos-arm64",
    }
    assert home.toolpin("plugin", "check", "ripgrep.toml").code == 0
    assert home.toolpin("plugin", "add", "ripgrep", "ripgrep.toml").code == 0
    assert home.toolpin("list-all", "ripgrep").out == "14.1.0\n14.1.1\n"
    home.pin("ripgrep 14.1.0\n")
    installed = home.toolpin("install")
    assert installed.code == 0, installed.err
    assert home.run(home.shim("rg")).out == "rg 14.1.0\n"


def test_a_version_that_was_not_released_is_named_with_those_near_it(
    home: Home, releases: Releases
) -> None:
    releases.publish("14.1.1", grep_assets("14.1.1"))
    home.toolpin("plugin", "new", "ripgrep", "--github", REPO)
    home.toolpin("plugin", "add", "ripgrep", "ripgrep.toml")
    result = home.toolpin("install", "ripgrep", "14.1.2")
    assert result.code == 1
    assert "nearest 14.1.1" in result.err


def test_a_release_without_any_digest_is_not_drafted(
    home: Home, releases: Releases
) -> None:
    releases.publish("14.1.1", grep_assets("14.1.1"), digests=False)
    result = home.toolpin("plugin", "new", "ripgrep", "--github", REPO)
    assert result.code == 1
    assert "no SHA-256" in result.err
    assert not (home.project / "ripgrep.toml").exists()


def test_a_release_without_archives_is_not_drafted(
    home: Home, releases: Releases
) -> None:
    releases.publish("1.0", {"jq-linux-amd64": b"\x7fELF"})
    result = home.toolpin("plugin", "new", "jq", "--github", REPO)
    assert result.code == 2
    assert "jq-linux-amd64" in result.err


@pytest.mark.parametrize("repo", ["../x", "a/b?c"])
def test_hostile_68_no_other_address_than_a_repository_is_asked(
    repo: str, home: Home, releases: Releases
) -> None:
    assert home.toolpin("plugin", "new", "x", "--github", repo).code == 2
    assert not releases.server.requests


def test_hostile_56_no_plugin_has_a_name_that_leaves_its_directory(home: Home) -> None:
    _write(home)
    for action in ("add", "remove", "show"):
        assert home.toolpin("plugin", action, "--", "../demo").code in (1, 2)
    assert [path.name for path in home.project.iterdir()] == ["demo.toml"]


def test_check_tells_every_fault_with_its_line(home: Home) -> None:
    text = GOOD.replace('["demo"]', '["sudo"]').replace("repo =", "ropo =")
    text = text.replace("-{target}", "-{terget}")
    _write(home, text)
    result = home.toolpin("plugin", "check", "demo.toml")
    assert result.code == 2
    assert "demo.toml:6: tool.commands must be" in result.err
    assert "demo.toml:11: source.ropo is not a field" in result.err
    answer = json.loads(home.toolpin("plugin", "check", "demo.toml", "--json").out)
    assert len(answer["result"]["faults"]) == 2
    _write(home, GOOD.replace("-{target}", "-{terget}"))
    assert "{terget}" in home.toolpin("plugin", "check", "demo.toml").err
    assert home.toolpin("plugin", "check", "no-such.toml").code == 1


def test_a_misspelled_placeholder_is_a_fault_of_the_file_and_no_bug(home: Home) -> None:
    proof = 'proof = ["demo", "--version", "{verison}"]\n[[source]]'
    _write(home, GOOD.replace("[[source]]", proof))
    for action in (("check", "demo.toml"), ("add", "demo", "demo.toml")):
        result = home.toolpin("plugin", *action)
        assert result.code == 2
        assert "demo.toml:7: tool.proof has no value for {verison}" in result.err


def test_a_field_of_another_kind_is_named_with_the_kinds_that_have_it(
    home: Home,
) -> None:
    _write(home, GOOD + "numbers = 3\n")
    result = home.toolpin("plugin", "check", "demo.toml")
    assert result.code == 2
    assert "demo.toml:14: kind github has no field `numbers`" in result.err
    assert "kinds with it  pypi" in result.err


def test_add_refuses_to_overwrite_what_differs(home: Home) -> None:
    _write(home)
    for changed in (True, False):
        answer = json.loads(
            home.toolpin("plugin", "add", "demo", "demo.toml", "--json").out
        )
        assert (answer["changed"], answer["result"]["tool"]) == (changed, "demo")
    _write(home, GOOD.replace("a demo", "another"))
    assert home.toolpin("plugin", "add", "demo", "demo.toml").code == 1
    kept = home.config / "plugins/demo.toml"
    assert kept.read_text() == GOOD
    assert home.toolpin("plugin", "add", "demo", "demo.toml", "--force").code == 0
    assert "another" in kept.read_text()


def test_add_of_a_bundled_tool_changes_nothing_and_is_no_error(home: Home) -> None:
    assert home.toolpin("plugin", "add", "nodejs").code == 0
    assert not (home.config / "plugins").exists()
    unknown = home.toolpin("plugin", "add", "nosuch")
    assert unknown.code == 1
    assert "index" in unknown.err


def test_a_plugin_of_yours_stands_before_the_bundled_one_until_it_is_removed(
    home: Home,
) -> None:
    file = REPOSITORY / "plugins/nodejs.toml"
    assert home.toolpin("plugin", "add", "nodejs", str(file)).code == 0
    added = sorted(path.name for path in (home.config / "plugins").iterdir())
    assert added == ["nodejs.npm.tsv", "nodejs.toml"]
    listed = json.loads(home.toolpin("plugin", "list", "--json").out)["result"]
    nodejs = next(item for item in listed if item["name"] == "nodejs")
    assert nodejs["file"] == f"{home.config}/plugins/nodejs.toml"
    assert nodejs["bundled"] is False
    assert home.toolpin("plugin", "remove", "node").code == 0
    assert list((home.config / "plugins").iterdir()) == []
    assert "bundled" in home.toolpin("plugin", "list").out
    assert home.toolpin("plugin", "remove", "nodejs").code == 1


def test_show_names_sources_in_order_and_hosts(home: Home) -> None:
    shown = home.toolpin("plugin", "show", "node").out
    sources = ["upstream", "unofficial", "pypi", "pypi-musl", "npm"]
    order = [shown.index(f"{source} (") for source in sources]
    assert order == sorted(order)
    assert "linux-arm64" in shown
    output = json.loads(home.toolpin("plugin", "show", "node", "--json").out)["result"]
    assert [source["id"] for source in output["sources"]] == sources
    assert "linux-arm64-musl" in output["sources"][1]["hosts"]
