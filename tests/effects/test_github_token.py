"""The token of GitHub's users is for its API alone; a used-up limit is explained."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.server import Server, Status
from toolpin.errors import Unreachable
from toolpin.http.credentials import Credentials
from toolpin.http.fetch import Fetcher, Limits
from toolpin.sources.gh import gh_token

API = "https://api.github.com/repos/a/b/releases"


def shown(url: str, env: dict[str, str], gh: str = "") -> str | None:
    known = Credentials(env, home="/nonexistent", gh_token=lambda: gh)
    return known.find(url).header


@pytest.mark.parametrize(
    ("env", "gh", "header"),
    [
        ({"GITHUB_TOKEN": "t1"}, "t3", "Bearer t1"),
        ({"GH_TOKEN": "t2"}, "t3", "Bearer t2"),
        ({"GITHUB_TOKEN": ""}, "t3", "Bearer t3"),
        ({"GITHUB_TOKEN": "two\nlines"}, "", None),
        ({}, "", None),
    ],
)
def test_the_api_is_shown_a_variable_or_what_gh_has(
    env: dict[str, str], gh: str, header: str | None
) -> None:
    assert shown(API, env, gh) == header


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/a/b/releases/download/v1/x",
        "https://api.github.com.evil.example/repos/a/b",
        "https://objects.githubusercontent.com/x",
        "http://api.github.com/repos/a/b",
        "https://api.github.com:8443/repos/a/b",
    ],
)
def test_nothing_else_is_shown_it(url: str) -> None:
    assert shown(url, {"GITHUB_TOKEN": "t1"}, "t3") is None


def gh_in(directory: Path, script: str) -> dict[str, str]:
    directory.mkdir()
    program = directory / "gh"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{directory}:{os.defpath}", "WHERE": str(directory)}


def test_gh_is_run_outside_of_any_project(tmp_path: Path) -> None:
    env = gh_in(
        tmp_path / "bin", 'pwd >"$WHERE/cwd"; echo "$*" >"$WHERE/words"; echo tok'
    )
    assert gh_token(env) == "tok"
    assert (tmp_path / "bin/cwd").read_text() == "/\n"
    words = (tmp_path / "bin/words").read_text()
    assert words == "auth token --hostname github.com\n"


def test_hostile_111_a_token_for_another_server_is_not_taken(tmp_path: Path) -> None:
    script = """case $* in
    *"--hostname github.com"*) echo "no oauth token found for github.com" >&2; exit 1 ;;
    *) echo "token-of-${GH_HOST-the-only-server}" ;;
esac"""
    env = gh_in(tmp_path / "bin", script)
    assert gh_token(env) == ""
    assert gh_token({**env, "GH_HOST": "ghe.example"}) == ""


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GH_TOKEN"])
def test_hostile_111_a_job_on_another_server_shows_its_token_to_nobody_else(
    name: str,
) -> None:
    job = {name: "t1", "GITHUB_ACTIONS": "true"}
    assert shown(API, {**job, "GITHUB_SERVER_URL": "https://ghe.example"}) is None
    assert shown(API, {**job, "GITHUB_SERVER_URL": "https://github.com"}) is not None


@pytest.mark.parametrize("script", ["exit 1", "echo not logged in", "echo", "kill $$"])
def test_gh_that_has_no_token_is_none(script: str, tmp_path: Path) -> None:
    assert gh_token(gh_in(tmp_path / "bin", script)) == ""


@pytest.mark.parametrize("code", [403, 429])
def test_a_used_up_limit_is_named_with_its_end(code: int) -> None:
    headers = {
        "X-RateLimit-Limit": "60",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1764500400",
    }
    with Server() as server:
        url = server.put("/x", fault=Status(code, headers=headers))
        with pytest.raises(Unreachable) as caught:
            Fetcher(lambda url: url, Limits(attempts=1)).document(url)
    limit = "60 requests an hour, used up until 11:00:00 UTC"
    assert ("limit", limit) in caught.value.facts
    assert caught.value.hint == "export GITHUB_TOKEN=<token>"
