"""Which bytes an install was made of: what is locked is not taken on trust."""

from __future__ import annotations

import hashlib
import json
import lzma

import pytest

from tests.support.run import Home, Result
from tests.support.upstream import Upstream

BUNDLE = "tools.bundle"
VERSION = "22.20.0"


@pytest.fixture
def locked(home: Home, upstream: Upstream) -> Home:
    """A project that is locked; nothing is installed."""
    upstream.publish(VERSION)
    home.pin(f"nodejs {VERSION}\n")
    assert home.toolpin("lock").code == 0
    return home


def _publish_otherwise(upstream: Upstream, folder: str) -> str:
    """Publish the version once more, in other bytes; return the mirror to ask."""
    copy = Upstream(upstream.server)
    tarball = copy.publish(VERSION, folder=folder)
    other = lzma.compress(lzma.decompress(tarball), check=lzma.CHECK_CRC32)
    assert other != tarball
    path = copy.tarball_path(VERSION, folder)
    line = f"{hashlib.sha256(other).hexdigest()}  {path.rpartition('/')[2]}\n"
    upstream.server.put(f"/{folder}/v{VERSION}/SHASUMS256.txt", line.encode())
    upstream.server.put(path, other)
    return f"https://nodejs.org/dist={upstream.server.url}/{folder}"


@pytest.fixture
def elsewhere(locked: Home, upstream: Upstream) -> dict[str, str]:
    """An environment in which a mirror has other bytes of the locked version."""
    mirror = _publish_otherwise(upstream, "other")
    return {"TOOLPIN_MIRRORS": mirror, "TOOLPIN_CACHE_DIR": f"{locked.root}/c2"}


def _change(home: Home) -> None:
    """Lock other bytes than those that are installed."""
    file = home.project / "toolpin.lock"
    text = file.read_text()
    digest = text.partition("sha256:")[2][:64]
    file.write_text(text.replace(digest, "0" * 64))


def _strict(home: Home, how: str) -> Result:
    if how == "ci install":
        return home.toolpin("ci", "install", env={"CI": "true"})
    if how == "CI":
        return home.toolpin("install", env={"CI": "true"})
    return home.toolpin("install", "--locked")


STRICT = pytest.mark.parametrize("how", ["--locked", "CI", "ci install"])


@STRICT
def test_an_install_without_a_receipt_is_no_locked_one(how: str, locked: Home) -> None:
    assert locked.toolpin("install").code == 0
    (locked.data / "installs/nodejs" / VERSION / ".toolpin/receipt.json").unlink()
    result = _strict(locked, how)
    assert result.code == 4, result.err
    assert "of which bytes" in result.err
    assert f"try: toolpin uninstall nodejs {VERSION}" in result.err


@STRICT
def test_an_adopted_version_is_no_locked_one(how: str, locked: Home) -> None:
    program = locked.home / f".nvm/versions/node/v{VERSION}/bin/node"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho v{VERSION}\n")
    program.chmod(0o755)
    assert locked.toolpin("import", "nvm").code == 0
    result = _strict(locked, how)
    assert result.code == 4, result.err
    assert "of which bytes" in result.err
    assert locked.toolpin("install").code == 0


@STRICT
def test_other_bytes_in_the_machines_store_are_stood_before(
    how: str, locked: Home, elsewhere: dict[str, str]
) -> None:
    words = ("install", "nodejs", VERSION, "--system")
    system = locked.toolpin(*words, env=elsewhere, cwd=locked.home)
    assert system.code == 0, system.err
    assert locked.toolpin("list").out == f"nodejs\n* {VERSION} (system)\n"
    result = _strict(locked, how)
    assert result.code == 0, result.err
    assert locked.toolpin("list").out == f"nodejs\n* {VERSION}\n"
    own = json.loads(
        (locked.data / f"installs/nodejs/{VERSION}/.toolpin/receipt.json").read_text()
    )
    text = (locked.project / "toolpin.lock").read_text()
    assert own["artifacts"][0]["digest"] in text


def test_the_machines_store_serves_what_is_locked(locked: Home) -> None:
    assert locked.toolpin("install", "--system").code == 0
    assert "already there" in locked.toolpin("install", "--locked").err
    assert locked.toolpin("list").out == f"nodejs\n* {VERSION} (system)\n"


def test_a_plain_install_says_that_other_bytes_are_there(locked: Home) -> None:
    assert locked.toolpin("install").code == 0
    assert locked.toolpin("install").err == "toolpin: 1 already there\n"
    _change(locked)
    result = locked.toolpin("install")
    assert result.code == 0
    assert "not with the bytes that are locked" in result.err
    assert f"toolpin uninstall nodejs {VERSION}" in result.err


def test_a_bundle_of_other_bytes_than_those_installed_is_refused(
    locked: Home, elsewhere: dict[str, str]
) -> None:
    assert locked.toolpin("bundle", "create", BUNDLE).code == 0
    (locked.project / "toolpin.lock").unlink()
    assert locked.toolpin("install", env=elsewhere).code == 0
    result = locked.toolpin("bundle", "install", BUNDLE)
    assert result.code == 4, result.err
    assert "not with the bytes that are locked" in result.err


def test_a_mirror_is_named_beside_the_publisher(home: Home, upstream: Upstream) -> None:
    upstream.publish(VERSION)
    result = home.toolpin("install", "nodejs", VERSION)
    place = upstream.server.url.removeprefix("http://")
    assert f"from nodejs.org by {place}" in result.err
