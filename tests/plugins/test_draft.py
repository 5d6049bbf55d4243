"""How people name their builds, and what a draft makes of it."""

from __future__ import annotations

import tomllib

import pytest

from toolpin.errors import ToolpinError
from toolpin.model import TreeFile
from toolpin.plugins.draft import (
    Draft,
    Layout,
    Naming,
    checksum_names,
    choose_assets,
    name_assets,
    read_layout,
    render_draft,
    version_in,
)
from toolpin.plugins.tool_file import parse_tool
from toolpin.sources.protocol import fill

GH = """gh_2.62.0_checksums.txt gh_2.62.0_linux_386.deb gh_2.62.0_linux_386.tar.gz
gh_2.62.0_linux_amd64.deb gh_2.62.0_linux_amd64.tar.gz gh_2.62.0_linux_arm64.tar.gz
gh_2.62.0_linux_armv6.tar.gz gh_2.62.0_macOS_amd64.zip gh_2.62.0_macOS_arm64.zip
gh_2.62.0_macOS_universal.pkg gh_2.62.0_windows_amd64.zip"""
DENO = """deno-aarch64-apple-darwin.zip deno-aarch64-unknown-linux-gnu.zip
deno-x86_64-apple-darwin.zip deno-x86_64-pc-windows-msvc.zip
deno-x86_64-unknown-linux-gnu.zip deno_src.tar.gz lib.deno.d.ts
denort-x86_64-unknown-linux-gnu.zip"""
BAT = """bat-v0.24.0-aarch64-unknown-linux-gnu.tar.gz bat_0.24.0_amd64.deb
bat-v0.24.0-i686-unknown-linux-musl.tar.gz bat-v0.24.0-x86_64-apple-darwin.tar.gz
bat-v0.24.0-x86_64-unknown-linux-gnu.tar.gz bat-v0.24.0-x86_64-pc-windows-msvc.zip
bat-v0.24.0-x86_64-unknown-linux-musl.tar.gz"""
HUGO = """hugo_0.139.0_checksums.txt hugo_0.139.0_darwin-universal.tar.gz
hugo_0.139.0_linux-amd64.tar.gz hugo_0.139.0_Linux-64bit.tar.gz
hugo_0.139.0_linux-arm64.tar.gz hugo_0.139.0_windows-amd64.zip"""


@pytest.mark.parametrize(
    ("listed", "tag", "template", "chosen"),
    [
        pytest.param(
            GH,
            "v2.62.0",
            "gh_{version}_{target}",
            {
                "linux-x64": "gh_2.62.0_linux_amd64.tar.gz",
                "linux-arm64": "gh_2.62.0_linux_arm64.tar.gz",
                "macos-x64": "gh_2.62.0_macOS_amd64.zip",
                "macos-arm64": "gh_2.62.0_macOS_arm64.zip",
            },
            id="two kinds of archive",
        ),
        pytest.param(
            DENO,
            "v2.1.0",
            "deno-{target}.zip",
            {
                "linux-x64": "deno-x86_64-unknown-linux-gnu.zip",
                "linux-arm64": "deno-aarch64-unknown-linux-gnu.zip",
                "macos-x64": "deno-x86_64-apple-darwin.zip",
                "macos-arm64": "deno-aarch64-apple-darwin.zip",
            },
            id="no version in the name",
        ),
        pytest.param(
            BAT,
            "v0.24.0",
            "bat-v{version}-{target}.tar.gz",
            {
                "linux-x64": "bat-v0.24.0-x86_64-unknown-linux-gnu.tar.gz",
                "linux-x64-musl": "bat-v0.24.0-x86_64-unknown-linux-musl.tar.gz",
                "linux-arm64": "bat-v0.24.0-aarch64-unknown-linux-gnu.tar.gz",
                "macos-x64": "bat-v0.24.0-x86_64-apple-darwin.tar.gz",
            },
            id="glibc and musl",
        ),
        pytest.param(
            HUGO,
            "v0.139.0",
            "hugo_{version}_{target}.tar.gz",
            {
                "linux-x64": "hugo_0.139.0_Linux-64bit.tar.gz",
                "linux-arm64": "hugo_0.139.0_linux-arm64.tar.gz",
                "macos-x64": "hugo_0.139.0_darwin-universal.tar.gz",
                "macos-arm64": "hugo_0.139.0_darwin-universal.tar.gz",
            },
            id="one build for both processors",
        ),
    ],
)
def test_the_template_gives_back_every_name(
    listed: str, tag: str, template: str, chosen: dict[str, str]
) -> None:
    version = version_in(tag)
    assets = choose_assets(listed.split())
    assert assets == chosen
    naming = name_assets(assets, tag, version)
    assert naming.asset == template
    assert naming.tag == "v{version}"
    for host, values in naming.hosts.items():
        assert fill(naming.asset, {**values, "version": version}) == chosen[host]
        assert all(values.values())


def test_a_version_that_stands_between_two_differences_is_found() -> None:
    names = {"linux-x64": "x-linux-1.2-amd64.tgz", "macos-x64": "x-darwin-1.2-x64.tgz"}
    naming = name_assets(names, "x-1.2", "1.2")
    assert (naming.tag, naming.asset) == (
        "x-{version}",
        "x-{target1}-{version}-{target2}.tgz",
    )
    for host, values in naming.hosts.items():
        assert fill(naming.asset, {**values, "version": "1.2"}) == names[host]


def test_only_lists_of_sha256_sums_are_tried() -> None:
    names = "SHA256SUMS x_1_checksums.txt sha256.txt x.tar.gz.sha256 SHA512SUMS a.md5"
    assert checksum_names(names.split()) == [
        "SHA256SUMS",
        "sha256.txt",
        "x_1_checksums.txt",
    ]


@pytest.mark.parametrize(
    "name", ["x-linux-amd64.tar.gz\n", 'x"-linux-amd64.zip', "../x-linux-amd64.zip"]
)
def test_hostile_68_a_name_that_could_leave_its_quotes_is_not_used(name: str) -> None:
    assert choose_assets([name]) == {}


@pytest.mark.parametrize("tag", ["nightly", "v1/2", "1 2", "1;rm", ""])
def test_a_tag_without_a_version_is_an_error(tag: str) -> None:
    with pytest.raises(ToolpinError):
        version_in(tag)


def _file(path: str, mode: int = 0o755, link: str = "") -> TreeFile:
    return TreeFile(path, 1, mode, "", link)


@pytest.mark.parametrize(
    ("files", "layout"),
    [
        ([_file("x-1/bin/x"), _file("x-1/bin/y")], Layout(1, ("x",), {})),
        ([_file("x"), _file("README", 0o644)], Layout(0, ("x",), {"bin/x": "../x"})),
        (
            [_file("t/sub/z/x"), _file("t/other")],
            Layout(1, ("x",), {"bin/x": "../sub/z/x"}),
        ),
        ([_file("bin/a"), _file("bin/b")], Layout(0, ("a", "b"), {})),
        (
            [
                _file("t/rg"),
                _file("t/env"),
                _file("t/lib.so.1"),
                _file("t/l", link="rg"),
            ],
            Layout(1, ("rg",), {"bin/rg": "../rg"}),
        ),
    ],
)
def test_programs_are_found_where_they_are(
    files: list[TreeFile], layout: Layout
) -> None:
    assert read_layout(files, ("x",)) == layout


def test_an_archive_without_a_program_is_an_error() -> None:
    with pytest.raises(ToolpinError):
        read_layout([_file("README", 0o644)], ("x",))


def test_a_draft_reads_as_a_plugin() -> None:
    naming = Naming("v{version}", "x-{target}.tar.gz", {"linux-x64": {"target": "a"}})
    layout = Layout(1, ("x",), {"bin/x": "../x"})
    text = render_draft(Draft("x", "a/b", naming, "SHA256SUMS", layout))
    tool = parse_tool(text, "x.toml")
    source = tool.sources[0]
    assert (source.own.repo, source.own.checksums_asset, source.strip) == (
        "a/b",
        "SHA256SUMS",
        1,
    )
    assert source.links[0] == ("bin/x", "../x")


@pytest.mark.parametrize(
    ("targets", "asset", "words"),
    [
        (
            {"linux-x64": "linux_amd64", "macos-arm64": "darwin_arm64"},
            "x_{version}_{os}_{arch}.tgz",
            {},
        ),
        (
            {"linux-x64": "Linux-x86_64", "macos-x64": "macOS-x86_64"},
            "x_{version}_{os}-{arch}.tgz",
            {"linux": "Linux", "macos": "macOS", "x64": "x86_64"},
        ),
        (
            {
                "linux-x64": "x86_64-unknown-linux-musl",
                "macos-arm64": "aarch64-apple-darwin",
            },
            "x_{version}_{triple}.tgz",
            {"glibc": "musl"},
        ),
    ],
)
def test_hosts_are_a_list_where_words_tell_them_apart(
    targets: dict[str, str], asset: str, words: dict[str, str]
) -> None:
    hosts = {host: {"target": target} for host, target in targets.items()}
    naming = Naming("v{version}", "x_{version}_{target}.tgz", hosts)
    layout = Layout(0, ("x",), {"bin/x": "../x"})
    text = render_draft(Draft("x", "y/x", naming, "", layout))
    source = tomllib.loads(text)["source"][0]
    assert (source["assets"], source["hosts"]) == ([asset], list(targets))
    assert source.get("words", {}) == words
    spec = parse_tool(text, "x.toml").sources[0]
    for host, target in targets.items():
        values = {**spec.values(host), "version": "1.2"}
        assert fill(asset, values) == f"x_1.2_{target}.tgz"


def test_hosts_are_a_table_where_one_differs() -> None:
    hosts = {
        "linux-x64": {"target": "x86_64-unknown-linux-musl"},
        "linux-arm64": {"target": "aarch64-unknown-linux-gnu"},
    }
    naming = Naming("v{version}", "x-{target}.tgz", hosts)
    text = render_draft(Draft("x", "y/x", naming, "", Layout(0, ("x",), {})))
    assert tomllib.loads(text)["source"][0]["hosts"] == hosts
