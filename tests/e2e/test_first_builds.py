"""Versions from before a host's first build, and hosts of a source that is silent."""

from __future__ import annotations

import json

from tests.support.run import Home
from tests.support.upstream import HOSTS, Upstream

SILENT = "https://unofficial-builds.nodejs.org/download/release=http://127.0.0.1:9"
FOR_MAC = ("install", "--dry-run", "--host", "macos-arm64", "--into", "tree")


def without_unofficial(home: Home) -> None:
    """Let nodejs.org's mirror answer, and no mirror of the unofficial builds."""
    home.env["TOOLPIN_MIRRORS"] += f" {SILENT}"
    home.env.pop("TOOLPIN_SOURCES")


def test_a_version_older_than_all_builds_is_an_error_that_states_the_first(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("0.8.6", hosts=HOSTS)
    upstream.publish("0.12.18", hosts=HOSTS)
    upstream.server.put("/dist/v0.8.5/SHASUMS256.txt", b"")
    plugins = home.config / "plugins"
    plugins.mkdir()
    home.env["TOOLPIN_SOURCES"] = "upstream"
    result = home.toolpin("install", "nodejs", "0.8.5")
    assert result.code == 1
    first, *rest = result.err.splitlines()
    assert first.startswith("toolpin: nodejs 0.8.5 has no build for ")
    assert "does not exist" not in result.err
    assert any("nodejs.org has builds for" in line for line in rest)
    assert "  try: toolpin install nodejs " in result.err


def test_the_hint_writes_the_file_that_asks_for_the_old_version(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("0.8.6", hosts=HOSTS)
    upstream.server.put("/dist/v0.8.5/SHASUMS256.txt", b"")
    home.pin("nodejs 0.8.5\n")
    result = home.toolpin("install")
    assert f"  try: toolpin -C {home.project} pin nodejs " in result.err


def test_what_is_locked_for_other_hosts_states_the_first_build_for_this_one(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("14.21.3", hosts=("linux-x64", "linux-arm64", "macos-x64"))
    home.pin("nodejs 14.21.3\n")
    assert home.toolpin("lock").code == 0
    result = home.toolpin(*FOR_MAC)
    assert result.code == 4
    assert "nodejs.org has builds for macos-arm64 only from 16.0.0 on" in result.err
    assert f"try: toolpin -C {home.project} pin nodejs 16\n" in result.err


def test_an_optional_source_that_is_silent_does_not_stop_a_lock(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod")
    without_unofficial(home)
    for wanted in ("22.20.0", "lts"):
        home.pin(f"nodejs {wanted}\n")
        (home.project / "toolpin.lock").unlink(missing_ok=True)
        result = home.toolpin("lock")
        assert result.code == 0, result.err
        assert result.err.count("locked without unofficial") == 1
        assert "none: linux-arm64-musl linux-x64-musl" in result.out + result.err
    assert home.toolpin("lock", "--check").code == 0


def test_an_optional_source_is_locked_later_by_the_command_that_was_shown(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0", hosts=HOSTS)
    without_unofficial(home)
    home.pin("nodejs 22.20.0\n")
    shown = home.toolpin("lock").err.splitlines()[0].rpartition("it is available: ")[2]
    assert shown.startswith("toolpin lock ")
    Upstream(upstream.server).publish(
        "22.20.0", hosts=("linux-x64-musl",), directory="unofficial"
    )
    home.env["TOOLPIN_MIRRORS"] = home.env["TOOLPIN_MIRRORS"].replace(
        "http://127.0.0.1:9", f"{upstream.server.url}/unofficial"
    )
    result = home.toolpin(*shown.split()[1:])
    assert result.code == 0, result.err
    assert "5 of 6 hosts, none: linux-arm64-musl\n" in result.out


def test_a_silent_source_that_is_not_optional_stops_a_lock(
    home: Home,
) -> None:
    home.env["TOOLPIN_MIRRORS"] = f"https://nodejs.org/dist=http://127.0.0.1:9 {SILENT}"
    home.pin("nodejs 22.20.0\n")
    result = home.toolpin("lock")
    assert result.code == 1
    assert "  try: toolpin lock --source pypi" in result.err


def test_musl_is_locked_from_nodejs_org_or_else_from_the_unofficial_builds(
    home: Home, upstream: Upstream
) -> None:
    musl = {"linux-x64-musl": "nodejs.org", "linux-arm64-musl": "unofficial"}
    upstream.publish("24.21.0", hosts=(*HOSTS, "linux-x64-musl"))
    other = Upstream(upstream.server)
    other.publish("24.21.0", hosts=tuple(musl), directory="unofficial")
    home.env["TOOLPIN_MIRRORS"] += (
        " https://unofficial-builds.nodejs.org/download/release"
        f"={upstream.server.url}/unofficial"
    )
    home.env.pop("TOOLPIN_SOURCES")
    home.pin("nodejs 24.21.0\n")
    assert home.toolpin("lock").code == 0
    for host, publisher in musl.items():
        into = home.root / host
        planned = home.toolpin(
            "install", "--dry-run", "--host", host, "--into", str(into)
        )
        assert planned.code == 5, planned.err
        assert publisher in planned.out.splitlines()[0]
    shown = json.loads(home.toolpin("plugin", "show", "nodejs", "--json").out)
    assert shown["result"]["refused_hosts"] == {}
