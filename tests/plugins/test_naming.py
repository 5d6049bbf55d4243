"""Names that change with the version and the host, as a plugin's file states them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with
from tests.support.server import Server
from toolpin.errors import NotPublished
from toolpin.install.planner import assemble, make_plan
from toolpin.model import Artifact, Digest, Link, Pin, Place, Unpack
from toolpin.plugins.tool_file import Tool, examine, parse_tool
from toolpin.sources.clients import Clients
from toolpin.system.host import any_of

HEAD = """\
[tool]
name = "demo"
description = "a demo"
homepage = "https://demo.example/"
commands = ["demo"]
[[source]]
id = "one"
publisher = "demo.example"
hosts = ["linux-x64", "linux-arm64-musl", "macos-arm64"]
"""
GITHUB = f"""\
{HEAD}kind = "github"
repo = "demo/demo"
checksums_asset = "sums"
"""
X64, MUSL, MAC = map(any_of, ("linux-x64", "linux-arm64-musl", "macos-arm64"))
SHA = "a" * 64


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def on(server: Server, tmp_path: Path) -> Clients:
    mirrors = (
        ("https://api.github.com", f"{server.url}/api"),
        ("https://github.com", f"{server.url}/web"),
        ("https://demo.example", f"{server.url}/demo"),
    )
    return clients_with(mirrors, X64, tmp_path)


def tool(text: str) -> Tool:
    return parse_tool(text, "demo.toml")


def name_in(text: str, version: str, host: str) -> str:
    spec = tool(text).sources[0].at(version, host)
    values = spec.values(host, version=version)
    return str(spec.own.assets[0]).format(**values)


def faults(text: str) -> list[str]:
    return [fault.what for fault in examine(text, "demo.toml")[1]]


WORDS = f"""{GITHUB}assets = ["demo-{{version}}-{{os}}-{{arch}}.tgz"]
words = {{ macos = "macOS" }}
when = [
  {{ below = "2.0", words = {{ x64 = "x86_64" }} }},
  {{ below = "1.5", on = ["macos-arm64"], assets = ["demo-mac.tgz"] }},
  {{ since = "1.1", below = "1.2", assets = ["odd-{{os}}.tgz"] }},
]
"""


@pytest.mark.parametrize(
    ("version", "host", "name"),
    [
        ("2.0", "linux-x64", "demo-2.0-linux-amd64.tgz"),
        ("2.0-rc1", "linux-x64", "demo-2.0-rc1-linux-amd64.tgz"),
        ("1.9.9", "linux-x64", "demo-1.9.9-linux-x86_64.tgz"),
        ("1.9.9", "linux-arm64-musl", "demo-1.9.9-linux-arm64.tgz"),
        ("1.5", "macos-arm64", "demo-1.5-macOS-arm64.tgz"),
        ("1.4.9", "macos-arm64", "demo-mac.tgz"),
        ("1.1.3", "macos-arm64", "odd-macOS.tgz"),
        ("1.2", "linux-x64", "demo-1.2-linux-x86_64.tgz"),
    ],
)
def test_the_ranges_that_apply_count_in_order(
    version: str, host: str, name: str
) -> None:
    assert name_in(WORDS, version, host) == name


@pytest.mark.parametrize(
    ("template", "more", "host", "name"),
    [
        ("{triple}", "", "linux-x64", "x86_64-unknown-linux-gnu"),
        ("{triple}", "", "linux-arm64-musl", "aarch64-unknown-linux-musl"),
        ("{triple}", "", "macos-arm64", "aarch64-apple-darwin"),
        (
            "{triple}",
            'words = {glibc = "musl"}',
            "linux-x64",
            "x86_64-unknown-linux-musl",
        ),
        ("{major}-{minor}", "", "linux-x64", "27-27.0"),
        ("{written}", 'written = {"-rc" = "-rc-"}', "linux-x64", "27.0-rc-1"),
    ],
)
def test_words_and_numbers_fill_in(
    template: str, more: str, host: str, name: str
) -> None:
    text = f'{GITHUB}assets = ["x{template}"]\n{more}\n'
    assert name_in(text, "27.0-rc1", host) == f"x{name}"


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ('{ below = "2" }', "source.when changes nothing"),
        ("{ strip = 1 }", "source.when changes nothing"),
        ('{ begins = ["x-"] }', "source.when changes nothing"),
        ('{ since = "2", below = "1", strip = 1 }', "source.when is for no version"),
        ('{ below = "2", repo = "a/b" }', "source.when.repo is not a field"),
        ('{ below = "2", assets = "x" }', "source.when.assets must be"),
        ('{ below = "../2", strip = 1 }', "source.when.below must be a version"),
        ('{ below = "2", assets = ["{typo}"] }', "source.when.assets has no value"),
        ('"x"', "source.when must be a table"),
    ],
)
def test_a_mistake_in_a_range_is_found(table: str, what: str) -> None:
    text = f'{GITHUB}assets = ["x"]\nwhen = [{table}]\n'
    assert [fault for fault in faults(text) if what in fault]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('words = { windows = "win" }', "source.words must be"),
        ("hosts = [3]", "source.hosts must be"),
        ('tag = "x"', "source.tag must be"),
        ('tag = "{version}-{revision}-{revision}"', "source.tag must be"),
        ('editions = { "../" = {} }', "source.editions must be"),
        ('editions = { "t*" = {} }', "source.editions must be"),
        ('rewrite = { "../x" = "/usr" }', "source.rewrite must be"),
        ('rewrite = { "x" = "usr" }', "source.rewrite must be"),
        ('rewrite = { "x" = { "(" = "" } }', "source.rewrite must be"),
        ('rewrite = { "x" = { "/usr" = "{typo}" } }', "has no value for {typo}"),
        ('like = "two"', "source.like names no source"),
        ('written = ["-rc"]', "source.written must be"),
        ('parts = ["{typo}"]', "source.parts has no value for {typo}"),
        ('program = "bin/{os}"', "source.program has no value for {os}"),
    ],
)
def test_a_mistake_in_a_field_is_found(line: str, what: str) -> None:
    text = f'{GITHUB}assets = ["x"]\n'
    if line.startswith("hosts"):
        text = text.replace(
            'hosts = ["linux-x64", "linux-arm64-musl", "macos-arm64"]\n', ""
        )
    assert [fault for fault in faults(f"{text}{line}\n") if what in fault]


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ('artifacts = ["https://demo.example/x"]', "is not complete"),
        (
            'artifacts = ["https://demo.example/x"]\nchecksums = "{url}.sha256"\n'
            'versions = "gitlab:a/b"',
            "source.versions must be",
        ),
        (
            'artifacts = ["https://demo.example/x"]\nversions = "github:a/b"',
            "is not complete",
        ),
        (
            'artifacts = ["https://demo.example/x"]\n'
            'catalogue = { url = "https://demo.example/i", next = "x" }',
            "source.catalogue must be",
        ),
        (
            'artifacts = ["https://demo.example/x"]\n'
            'catalogue = { url = "https://demo.example/i", sha512 = "x" }',
            "source.catalogue must be",
        ),
    ],
)
def test_a_mistake_in_a_list_is_found(lines: str, what: str) -> None:
    assert [
        fault for fault in faults(f'{HEAD}kind = "http"\n{lines}\n') if what in fault
    ]


def steps_of(text: str, filename: str, version: str = "1.0") -> list[object]:
    known, pin = tool(text), Pin("demo", version)
    url = f"https://github.com/demo/demo/releases/download/v{version}/{filename}"
    artifact = Artifact(url, Digest("sha256", SHA), None, filename)
    return list(assemble(known, known.sources[0], pin, MAC, [artifact]).steps)


def test_one_source_has_programs_and_archives() -> None:
    text = f"""{GITHUB}assets = ["demo-{{os}}.tar.gz", "demo-{{os}}.gz", "demo-{{os}}"]
program = "bin/demo"
strip = 1
links = {{ "bin/demo" = "../demo-{{version}}-{{arch}}" }}
"""
    link = Link("bin/demo", "../demo-1.0-arm64")
    assert steps_of(text, "demo-darwin.tar.gz") == [Unpack(0, strip=1), link]
    assert steps_of(text, "demo-darwin.gz") == [Place(0, "bin/demo"), link]
    assert steps_of(text, "demo-darwin") == [Place(0, "bin/demo"), link]


def test_an_archive_of_another_name_is_not_taken_for_the_tools() -> None:
    with pytest.raises(NotPublished):
        steps_of(f'{GITHUB}assets = ["demo-{{os}}"]\n', "demo-linux")


def test_a_version_of_an_edition_has_its_names(server: Server, on: Clients) -> None:
    known = tool(f"""{GITHUB}assets = ["demo{{edition}}_{{version}}_{{os}}.tgz"]
editions = {{ "" = {{ edition = "" }}, full_ = {{ edition = "_full" }} }}
when = [{{ below = "2", words = {{ linux = "Linux" }} }}]
""")
    names = ["demo_1.0_Linux.tgz", "demo_full_1.0_Linux.tgz"]
    sums = "".join(f"{str(at) * 64}  {name}\n" for at, name in enumerate(names))
    assets = [{"name": name, "size": 1} for name in names]
    releases = [{"tag_name": "v1.0", "assets": assets}]
    path = "/api/repos/demo/demo/releases?per_page=100&page=1"
    server.put(path, json.dumps(releases).encode())
    server.put("/web/demo/demo/releases/download/v1.0/sums", sums.encode())
    source = on.open(known.sources[0])
    assert [release.version for release in source.releases(X64)] == ["1.0", "full_1.0"]
    for version, name in zip(("1.0", "full_1.0"), names, strict=True):
        plan = make_plan(known, known.sources[0], Pin("demo", version), X64, on)
        assert plan.artifacts[0].filename == name


def test_the_newest_revision_of_a_version_is_planned(
    server: Server, on: Clients
) -> None:
    """Tags as jdx/ruby has them: `3.4.9` moves, `3.4.9-2` does not."""
    known = tool(f"""{GITHUB}assets = ["ruby-{{version}}.tar.gz"]
tag = "{{version}}-{{revision}}"
""")
    tags = ["3.4.9-2", "3.4.9-10", "3.4.9", "3.4.9-1", "3.4.10-1"]
    table = [{"tag_name": tag, "assets": []} for tag in tags]
    path = "/api/repos/demo/demo/releases?per_page=100&page=1"
    server.put(path, json.dumps(table).encode())
    sums = f"{SHA}  ruby-3.4.9.tar.gz\n".encode()
    server.put("/web/demo/demo/releases/download/3.4.9-10/sums", sums)
    pin, spec = Pin("demo", "3.4.9"), known.sources[0]
    (artifact,) = make_plan(known, spec, pin, X64, on).artifacts
    assert "/3.4.9-10/" in artifact.locator
    older = artifact._replace(locator=artifact.locator.replace("-10/", "-2/"))
    assert assemble(known, spec, pin, X64, [older]).artifacts == (older,)
    other = artifact._replace(locator=artifact.locator.replace("3.4.9-10", "3.4.10-1"))
    with pytest.raises(NotPublished):
        assemble(known, spec, pin, X64, [other])


def test_revisions_before_the_first_of_a_host_do_not_count(
    server: Server, on: Clients
) -> None:
    known = tool(f"""{HEAD}kind = "http"
tag = "{{version}}+{{revision}}"
artifacts = ["https://demo.example/{{version}}-{{revision}}.tgz"]
catalogue = {{ url = "https://demo.example/i.ndjson", version = "v", files = "f", \
name = "n", sha256 = "s" }}
revisions = {{ linux-arm64-musl = "20250311" }}
""")
    lines = [
        json.dumps({"v": f"{name}+{at}", "f": [{"n": f"{name}-{at}.tgz", "s": SHA}]})
        for name, at in (("1.1", "20250401"), ("1.1", "20250101"), ("1.0", "20250101"))
    ]
    server.put("/demo/i.ndjson", "\n".join(lines).encode())
    source = on.open(known.sources[0])
    assert [release.version for release in source.releases(X64)] == ["1.1", "1.0"]
    assert [release.version for release in source.releases(MUSL)] == ["1.1"]
    with pytest.raises(NotPublished):
        source.artifacts("1.0", MUSL)
    assert source.artifacts("1.1", X64)[0].filename == "1.1-20250401.tgz"


def test_a_source_has_the_fields_of_the_one_that_it_is_like() -> None:
    text = f"""{GITHUB}assets = ["a"]
strip = 1
[[source]]
id = "two"
like = "one"
assets = ["b"]
"""
    one, two = tool(text).sources
    own = two.own._replace(assets=("a",))
    assert two._replace(id="one", own=own) == one


def test_parts_belong_to_an_install(server: Server, on: Clients) -> None:
    known = tool(f"""{HEAD}kind = "http"
versions = "github:demo/demo"
artifacts = ["https://demo.example/rustc-{{version}}-{{triple}}.tar.xz"]
parts = ["https://demo.example/cargo-{{version}}-{{triple}}.tar.xz"]
checksums = "{{url}}.sha256"
strip = 2
""")
    for at, name in enumerate(("rustc", "cargo")):
        file = f"{name}-1.84.0-x86_64-unknown-linux-gnu.tar.xz"
        sums = f"{str(at) * 64}  dist/{file}\n".encode()
        server.put(f"/demo/{file}.sha256", sums)
    pin, spec = Pin("demo", "1.84.0"), known.sources[0]
    plan = make_plan(known, spec, pin, X64, on)
    assert [artifact.digest.hex[0] for artifact in plan.artifacts] == ["0", "1"]
    assert plan.steps == (Unpack(0, strip=2), Unpack(1, strip=2))
    with pytest.raises(NotPublished):
        assemble(known, spec, pin, X64, plan.artifacts[:1])


def test_a_version_before_a_hosts_first_one_is_not_guessed(on: Clients) -> None:
    known = tool(f"""{HEAD}kind = "http"
versions = "github:demo/demo"
artifacts = ["https://demo.example/{{version}}-{{os}}"]
checksums = "none"
program = "bin/demo"
since = {{ macos-arm64 = "1.21.0" }}
""")
    with pytest.raises(NotPublished, match=r"only from 1\.21\.0 on"):
        make_plan(known, known.sources[0], Pin("demo", "1.20.9"), MAC, on)
