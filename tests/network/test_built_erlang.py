"""A real Erlang and an Elixir out of their source code, and a release on both.

Minutes: `-m long`.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.beam_release import evaluates, make_release, serves, with_shims
from tests.support.run import Home

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        shutil.which("apt-get") is None, reason="only Debian and its like have an apt"
    ),
]


def test_a_release_on_an_erlang_that_was_built_here(tmp_path: Path) -> None:
    home = Home(tmp_path)
    file = home.pin("erlang 25.2.3\nelixir 1.14.0\n")
    env = {"TOOLPIN_SOURCES": "debian-source"}
    result = home.toolpin("install", env=env, timeout_s=7200)
    assert result.code == 0, result.err
    told = with_shims(home, file.parent, "elixir", "--version")
    assert "Erlang/OTP 25" in told.out, told.err
    path = home.data / "installs/erlang/25.2.3/.toolpin/receipt.json"
    facts = dict(json.loads(path.read_text())["facts"])
    assert (facts["crypto"], facts["jit"], facts["wx"]) == ("yes", "yes", "no")
    assert facts["docs"] == "yes"
    release = make_release(home, file.parent)
    evaluates(home, release, "25")
    serves(home, release, "25")
    assert home.toolpin("release-check", str(release)).code == 0
    assert home.toolpin("verify", timeout_s=120).code == 0
