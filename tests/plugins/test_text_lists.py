"""Text lists with tabs, several rows a version, and URLs in a column.

Rows as cache.ruby-lang.org's index.txt and asdf-java's jdk-linux-x86_64.tsv have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clients import clients_with
from tests.support.server import Server
from toolpin.digests import make_digest
from toolpin.errors import NotPublished
from toolpin.install.planner import assemble, make_plan
from toolpin.model import Artifact, Pin
from toolpin.plugins.tool_file import Tool, examine, parse_tool
from toolpin.sources.clients import Clients
from toolpin.system.host import any_of

X64 = any_of("linux-x64")
A, B, C = "a" * 64, "b" * 64, "c" * 128
HEAD = """\
[tool]
name = "demo"
description = "a demo"
homepage = "https://demo.example/"
commands = ["demo"]
[[source]]
id = "list"
kind = "lines"
publisher = "demo.example"
list = "https://demo.example/list"
hosts = ["linux-x64"]
"""
PUB = "https://cache.ruby-lang.org/pub/ruby"
DIGESTS = r"\t{sha1}\t{sha256}\t{sha512}"
RUBY = (
    HEAD
    + rf"""line = "ruby-{{version}}\t{PUB}/{{line}}/{{file}}.tar.gz{DIGESTS}"
artifacts = ["{PUB}/{{line}}/{{file}}.tar.gz"]
"""
)
JAVA = (
    HEAD
    + r"""line = "{version}\t{file}\t{url}\t{sha256}"
artifacts = ["{url}"]
publishers = ["https://cdn.azul.com/", "https://corretto.aws/downloads/"]
releases = ".+"
"""
)
RUBY_ROWS = "name\turl\tsha1\tsha256\tsha512\n" + "".join(
    f"ruby-3.3.0\t{PUB}/3.3/ruby-3.3.0{end}\t{'1' * 40}\t{digest}\t{C}\n"
    for end, digest in ((".tar.gz", A), (".tar.xz", B), (".zip", B))
)
ZULU = "https://cdn.azul.com/zulu/bin/zulu17.46.19-ca-jdk17.0.9-linux_x64.tar.gz"
EVIL = "https://evil.example/zulu.tar.gz"
JAVA_ROWS = (
    f"zulu-17.46.19\tzulu17.tar.gz\t{ZULU}\t{A}\n"
    f"evil-17\tzulu.tar.gz\t{EVIL}\t{A}\n"
    f"climb-17\tx\thttps://cdn.azul.com/../x.tar.gz\t{A}\n"
    f"prefix-17\tx\thttps://cdn.azul.com.evil.example/x.tar.gz\t{A}\n"
)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def on(server: Server, tmp_path: Path) -> Clients:
    return clients_with((("https://demo.example", server.url),), X64, tmp_path)


def tool(text: str) -> Tool:
    return parse_tool(text, "demo.toml")


def test_one_of_several_rows_of_a_version_is_read(server: Server, on: Clients) -> None:
    server.put("/list", RUBY_ROWS.encode())
    known = tool(RUBY)
    spec = known.sources[0]
    assert [release.version for release in on.open(spec).releases(X64)] == ["3.3.0"]
    (artifact,) = make_plan(known, spec, Pin("demo", "3.3.0"), X64, on).artifacts
    assert artifact.locator.endswith("/pub/ruby/3.3/ruby-3.3.0.tar.gz")
    assert str(artifact.digest) == f"sha256:{A}"


def test_a_url_of_a_column_is_a_publishers(server: Server, on: Clients) -> None:
    server.put("/list", JAVA_ROWS.encode())
    known = tool(JAVA)
    spec, pin = known.sources[0], Pin("demo", "zulu-17.46.19")
    assert [release.version for release in on.open(spec).releases(X64)] == [
        "zulu-17.46.19"
    ]
    (artifact,) = make_plan(known, spec, pin, X64, on).artifacts
    assert artifact.locator == ZULU
    other = artifact._replace(locator=EVIL, filename="zulu.tar.gz")
    with pytest.raises(NotPublished):
        assemble(known, spec, pin, X64, [other])


def test_of_two_rows_the_one_that_is_no_zip_is_used(
    server: Server, on: Clients
) -> None:
    text = JAVA_ROWS + f"zulu-17.46.19\tx\t{ZULU.replace('.tar.gz', '.zip')}\t{B}\n"
    server.put("/list", text.encode())
    known = tool(JAVA)
    plan = make_plan(known, known.sources[0], Pin("demo", "zulu-17.46.19"), X64, on)
    assert plan.artifacts[0].locator == ZULU


@pytest.mark.parametrize("value", ["[]", "{}", "{ a = [] }", '{ a = ["http://x/"] }'])
def test_publishers_have_addresses(value: str) -> None:
    lines = [line for line in JAVA.splitlines() if not line.startswith("publishers")]
    text = "\n".join([*lines, f"publishers = {value}"])
    assert examine(text, "demo.toml")[1]


def test_a_column_with_urls_needs_their_publishers() -> None:
    lines = [line for line in JAVA.splitlines() if not line.startswith("publishers")]
    faults = examine("\n".join(lines), "demo.toml")[1]
    assert "is not complete" in faults[0].what


@pytest.mark.parametrize(
    "path",
    ["%2e%2e/x", "%2E./x", ".%2e/x", "a/%2e%2e/%2e%2e/x", "%2e%2e%2fx", "./x"],
)
def test_hostile_109_an_encoded_step_up_leads_away_from_no_publisher(
    path: str, server: Server, on: Clients
) -> None:
    url = f"https://corretto.aws/downloads/{path}.tar.gz"
    server.put("/list", f"17.0.9\tx\t{url}\t{A}\n".encode())
    known = tool(JAVA)
    spec, pin = known.sources[0], Pin("demo", "17.0.9")
    assert on.open(spec).releases(X64) == []
    locked = Artifact(url, make_digest("sha256", A), None, "x.tar.gz")
    with pytest.raises(NotPublished):
        assemble(known, spec, pin, X64, [locked])


@pytest.mark.parametrize(
    "path",
    [
        "demo/files/1/x.tar.gz",
        "demo/raw/refs/pull/9/head/x.tar.gz",
        "demo/archive/refs/pull/9/merge.tar.gz",
        f"demo/archive/{'1' * 40}.tar.gz",
        "demo/releases/x.tar.gz",
        "releases/download/x.tar.gz",
        "demo/x/releases/download/x.tar.gz",
        "user-attachments/files/1/x.tar.gz",
    ],
)
def test_hostile_109_what_anyone_can_add_to_a_repository_is_not_published(
    path: str, server: Server, on: Clients
) -> None:
    """Only its owners can add to a release: not to issues, nor to pull requests."""
    publisher = "https://github.com/owner/"
    url = f"{publisher}{path}"
    released = f"{publisher}demo/releases/download/v17/x.tar.gz"
    server.put("/list", f"17.0.9\tx\t{url}\t{A}\n17.1.0\tx\t{released}\t{A}\n".encode())
    known = tool(JAVA.replace("https://cdn.azul.com/", publisher))
    spec, pin = known.sources[0], Pin("demo", "17.0.9")
    assert [release.version for release in on.open(spec).releases(X64)] == ["17.1.0"]
    locked = Artifact(url, make_digest("sha256", A), None, url.rpartition("/")[2])
    with pytest.raises(NotPublished):
        assemble(known, spec, pin, X64, [locked])


@pytest.mark.parametrize("name", ["\u00e9", "x\u0663", "\u4e2d\u6587"])
def test_hostile_115_a_url_that_a_lockfile_cannot_hold_is_no_build(
    name: str, server: Server, on: Clients
) -> None:
    rows = JAVA_ROWS + f"zulu-18.1\tx\thttps://cdn.azul.com/{name}.tar.gz\t{A}\n"
    server.put("/list", rows.encode())
    (release,) = on.open(tool(JAVA).sources[0]).releases(X64)
    assert release.version == "zulu-17.46.19"
