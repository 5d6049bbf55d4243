"""A company's mirror: its own authority, and a token that shows up nowhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.run import Home
from tests.support.server import Server
from tests.support.upstream import Upstream

TOKEN = "hunter2-of-the-mirror"
CONFIG = """
[mirrors]
"https://nodejs.org/dist" = "{url}/dist"
[credentials]
"{url}" = "env:MIRROR_TOKEN"
"""


def test_hostile_46_a_mirror_s_token_is_sent_and_written_down_nowhere(
    home: Home, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with Server(tls=authority.issue("IP:127.0.0.1")) as server:
        Upstream(server).publish("10.15.3")
        home.config.mkdir(parents=True, exist_ok=True)
        (home.config / "config.toml").write_text(CONFIG.format(url=server.url))
        home.env |= {
            "TOOLPIN_SOURCES": "upstream",
            "MIRROR_TOKEN": TOKEN,
            "SSL_CERT_FILE": str(authority.certificate),
        }
        home.pin("nodejs 10.15.3\n")
        result = home.toolpin("install")
    assert result.code == 0, result.err
    shown = {seen.headers.get("authorization") for seen in server.requests}
    assert shown == {f"Bearer {TOKEN}"}
    assert TOKEN not in result.out + result.err
    assert not [path for path in files_below(home.root) if TOKEN in text_of(path)]


def test_a_mirror_s_password_is_written_into_no_note_and_no_list(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3", lts="Dubnium")
    url = upstream.server.url.replace("//", f"//ana:{TOKEN}@")
    home.env["TOOLPIN_MIRRORS"] = f"https://nodejs.org/dist={url}/dist"
    home.pin("nodejs lts\n")
    results = [home.toolpin("lock"), home.toolpin("install")]
    results += [
        home.toolpin("config", "list"),
        home.toolpin("config", "list", "--json"),
    ]
    mirror = "mirrors.https://nodejs.org/dist"
    results += [home.toolpin("config", "set", mirror, f"{url}/dist")]
    (home.config / "config.toml").unlink()
    (home.project / "toolpin.lock").unlink()
    home.pin("nodejs 10.15.3\n")
    results += [home.toolpin("uninstall", "nodejs", "10.15.3"), home.toolpin("install")]
    assert "from the cache" in results[-1].err
    for result in results:
        assert result.code == 0, result.err
        assert TOKEN not in result.out + result.err
    assert not [path for path in files_below(home.root) if TOKEN in text_of(path)]


def files_below(directory: Path) -> list[Path]:
    return [Path(at, name) for at, _, names in os.walk(directory) for name in names]


def text_of(path: Path) -> str:
    return path.read_bytes().decode("latin-1") if path.is_file() else ""


def test_a_missing_token_is_a_usage_error_that_names_the_variable(home: Home) -> None:
    home.env |= {
        "TOOLPIN_SOURCES": "upstream",
        "TOOLPIN_MIRRORS": "https://nodejs.org/dist=https://mirror.example/node",
        "TOOLPIN_CREDENTIALS": "https://mirror.example=env:MIRROR_TOKEN",
    }
    home.pin("nodejs 10.15.3\n")
    result = home.toolpin("install")
    assert result.code != 0
    assert "MIRROR_TOKEN is not set" in result.err
    assert "try: export MIRROR_TOKEN=<token>" in result.err
