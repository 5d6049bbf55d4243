"""What the cache remembers of a source is a hint, and never an order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.archives import node_tarball
from tests.support.run import Home
from tests.support.server import Server
from tests.support.upstream import Upstream

VERSION = "10.15.3"


@pytest.fixture
def note(home: Home, upstream: Upstream) -> Path:
    """The note of a version that was installed and removed again."""
    upstream.publish(VERSION)
    home.pin(f"nodejs {VERSION}\n")
    assert home.toolpin("install").code == 0
    assert home.toolpin("uninstall", "nodejs", VERSION).code == 0
    [result] = (home.cache / "plans").rglob("upstream")
    return result


def test_a_note_says_nothing_of_what_is_done(note: Path) -> None:
    assert set(json.loads(note.read_text())) == {"schema", "asked", "artifacts"}


def _elsewhere(artifact: dict[str, object]) -> None:
    artifact["locator"] = "https://evil.example/node-v10.15.3-linux-x64.tar.xz"


def _other_version(artifact: dict[str, object]) -> None:
    artifact["locator"] = str(artifact["locator"]).replace("10.15.3", "10.15.4")


def _weak(artifact: dict[str, object]) -> None:
    artifact["digest"] = "md5:" + "0" * 32


def _climbing(artifact: dict[str, object]) -> None:
    artifact["filename"] = "../../x"


def _none(artifact: dict[str, object]) -> None:
    artifact.clear()


@pytest.mark.parametrize(
    "tamper", [_elsewhere, _other_version, _weak, _climbing, _none]
)
def test_hostile_86_a_tampered_note_does_not_count(
    tamper: Callable[[dict[str, object]], None],
    note: Path,
    home: Home,
    upstream: Upstream,
) -> None:
    answer = json.loads(note.read_text())
    tamper(answer["artifacts"][0])
    note.write_text(json.dumps(answer))
    asked = upstream.server.count(f"/dist/v{VERSION}/SHASUMS256.txt")
    assert home.toolpin("install").code == 0
    assert upstream.server.count(f"/dist/v{VERSION}/SHASUMS256.txt") == asked + 1
    assert home.run(home.shim("node"), "--version").out == f"v{VERSION}\n"


@pytest.mark.parametrize("text", ["", "[" * 200_000, "\0", '{"schema": 1}'])
def test_a_broken_note_does_not_count(text: str, note: Path, home: Home) -> None:
    note.write_text(text)
    assert home.toolpin("install").code == 0


def test_a_note_made_through_another_mirror_does_not_count(
    note: Path, home: Home
) -> None:
    del note
    with Server() as honest:
        other = Upstream(honest)
        other.publish(VERSION)
        other.mirror_for(home)
        assert home.toolpin("install").code == 0
        assert honest.count(f"/dist/v{VERSION}/SHASUMS256.txt") == 1


def test_bytes_that_the_note_does_not_name_are_not_installed(
    note: Path, home: Home
) -> None:
    digest = json.loads(note.read_text())["artifacts"][0]["digest"].split(":")[1]
    planted = node_tarball("6.6.6")
    assert hashlib.sha256(planted).hexdigest() != digest
    (home.cache / f"archives/sha256/{digest}").write_bytes(planted)
    assert home.toolpin("install").code == 0
    assert home.run(home.shim("node"), "--version").out == f"v{VERSION}\n"


def test_a_cache_that_takes_no_note_keeps_nothing_from_being_installed(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish(VERSION)
    home.cache.mkdir()
    (home.cache / "plans").write_text("in the way\n")
    home.pin(f"nodejs {VERSION}\n")
    result = home.toolpin("install")
    assert result.code == 0, result.err
    assert home.run(home.shim("node"), "--version").out == f"v{VERSION}\n"


def test_what_a_broken_off_install_has_fetched_is_of_its_source(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish(VERSION)
    home.pin(f"nodejs {VERSION}\n")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    in_the_way = home.data / "installs/nodejs"
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("")
    assert home.toolpin("install").code == 1
    in_the_way.unlink()
    asked = upstream.server.count(upstream.tarball_path(VERSION))
    assert home.toolpin("install").code == 0
    assert upstream.server.count(upstream.tarball_path(VERSION)) == asked == 1
    receipt = f"{in_the_way}/{VERSION}/.toolpin/receipt.json"
    assert json.loads(Path(receipt).read_text())["verified"] == "checksum"
    assert "no source was asked" not in home.toolpin("why", "node").out
