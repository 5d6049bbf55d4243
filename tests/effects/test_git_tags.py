"""Tags of a repository, read with Git's own protocol: the answers are git's own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.support.server import Server, Status
from toolpin.cache.first_use import FirstUse
from toolpin.cache.indexes import Indexes
from toolpin.cache.verified import Cache
from toolpin.config.settings import Settings
from toolpin.errors import Unreachable
from toolpin.http.fetch import Fetcher, Limits
from toolpin.plugins.tool_file import parse_tool
from toolpin.sources.github import GithubSource
from toolpin.sources.version_lists import read_tags
from toolpin.system.host import any_of

PATH = "/web/demo/demo.git/git-upload-pack"
# What git 2.39 sends, but for its agent: command=ls-refs, of tags alone.
BODY = b"0014command=ls-refs\n0001001aref-prefix refs/tags/\n0000"
PLUGIN = """
[tool]
name = "demo"
description = "a demo"
homepage = "https://demo.example/"
commands = ["demo"]
[[source]]
id = "github"
kind = "github"
publisher = "demo.example"
repo = "demo/demo"
assets = ["demo-{version}"]
hosts = ["linux-x64", "macos-arm64"]
since = { macos-arm64 = "0.5.0" }
[[source.when]]
below = "0.5"
tag = "{version}"
"""
NEVER = cast(FirstUse, None)
X64, MAC = any_of("linux-x64"), any_of("macos-arm64")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def indexes(server: Server, tmp_path: Path) -> Indexes:
    mirrors = (
        ("https://api.github.com", f"{server.url}/api"),
        ("https://github.com", f"{server.url}/web"),
    )
    rewrite = Settings(mirrors=mirrors).rewrite
    return Indexes(Fetcher(rewrite, Limits(attempts=1)), Cache(str(tmp_path)), rewrite)


def answer_of(repository: Path, *tags: str) -> bytes:
    """Return what git answers of a repository with a branch and these tags."""
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    for tag in tags:
        subprocess.run([*git, "tag", "-a", "-m", "x", tag], check=True)
    return subprocess.run(
        ["git", "upload-pack", "--stateless-rpc", str(repository)],
        input=BODY,
        env={**os.environ, "GIT_PROTOCOL": "version=2"},
        capture_output=True,
        check=True,
    ).stdout


def test_tags_are_what_git_answers(
    server: Server, indexes: Indexes, tmp_path: Path
) -> None:
    tags = ["0.4.1", "kustomize/v5.1.0", "v0.5.0", "v1.0.0-rc1"]
    server.answer(PATH, BODY, answer_of(tmp_path / "r", *tags))
    assert read_tags(indexes, "demo/demo") == tags
    (request,) = server.requests
    assert request.headers["git-protocol"] == "version=2"


def test_versions_are_those_whose_tag_is_expected(
    server: Server, indexes: Indexes, tmp_path: Path
) -> None:
    tags = ["0.4.1", "v0.4.2", "v0.5.0", "0.6.0", "v0.7.0", "nightly", "v-x"]
    server.answer(PATH, BODY, answer_of(tmp_path / "r", *tags))
    spec = parse_tool(PLUGIN, "demo.toml").sources[0]
    source = GithubSource(spec, indexes, NEVER)
    assert [release.version for release in source.releases(X64)] == [
        "0.4.1",
        "0.5.0",
        "0.7.0",
    ]
    assert [release.version for release in source.releases(MAC)] == ["0.5.0", "0.7.0"]
    assert not [request for request in server.requests if "/api" in request.path]


@pytest.mark.parametrize("status", [403, 404, 405])
def test_releases_are_read_where_there_are_no_tags(
    status: int, server: Server, indexes: Indexes
) -> None:
    server.put(f"{PATH} {BODY!r}", fault=Status(status))
    releases = [
        {"tag_name": f"v{name}", "assets": [{"name": f"demo-{name}", "size": 1}]}
        for name in ("1.1", "1.0")
    ]
    path = "/api/repos/demo/demo/releases?per_page=100&page=1"
    server.put(path, json.dumps(releases).encode())
    spec = parse_tool(PLUGIN, "demo.toml").sources[0]
    source = GithubSource(spec, indexes, NEVER)
    assert [release.version for release in source.releases(X64)] == ["1.1", "1.0"]


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"00", b"0003x", b"00ffrefs", b"-001x", b"\xff\xff\xff\xff"],
)
def test_an_answer_that_is_not_gits_is_no_list(
    answer: bytes, server: Server, indexes: Indexes
) -> None:
    server.answer(PATH, BODY, answer)
    with pytest.raises(Unreachable, match="not Git's answer"):
        read_tags(indexes, "demo/demo")


def test_an_answer_about_a_release_is_kept_once_it_has_the_digest(
    server: Server, indexes: Indexes
) -> None:
    path = "/api/repos/demo/demo/releases/tags/v1.0"
    asset: dict[str, object] = {"name": "demo-1.0", "size": 1}
    server.put(path, json.dumps({"tag_name": "v1.0", "assets": []}).encode())
    spec = parse_tool(PLUGIN, "demo.toml").sources[0]

    def ask() -> None:
        fresh = Indexes(indexes._fetcher, indexes._cache, indexes._rewrite)
        GithubSource(spec, fresh, NEVER).artifacts("1.0", X64)

    with pytest.raises(Exception, match="has no build"):
        ask()
    asset["digest"] = f"sha256:{'a' * 64}"
    server.put(path, json.dumps({"tag_name": "v1.0", "assets": [asset]}).encode())
    ask()
    before = server.count(path)
    ask()
    assert server.count(path) == before == 2
