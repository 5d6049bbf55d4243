"""A real Erlang and an Elixir out of their source code, and a release on both.

And an Erlang that is older than this machine's OpenSSL. Minutes: `-m long`.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.support.beam_release import evaluates, make_release, serves, with_shims
from tests.support.run import Home
from tests.support.wheels import package_index_environment

AUTOCONF = shutil.which("autoconf")
CIPHER = """
    Key = <<0:128>>, Text = <<"sixteen letters!">>,
    [{_, _, Linked} | _] = crypto:info_lib(),
    Hidden = crypto:crypto_one_time(aes_128_cbc, Key, Key, Text, true),
    Text = crypto:crypto_one_time(aes_128_cbc, Key, Key, Hidden, false),
    {ok, _} = application:ensure_all_started(ssl),
    io:format("~s ~b~n", [Linked, byte_size(crypto:strong_rand_bytes(7))]),
    halt().
"""
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
    output = with_shims(home, file.parent, "elixir", "--version")
    assert "Erlang/OTP 25" in output.out, output.err
    path = home.data / "installs/erlang/25.2.3/.toolpin/receipt.json"
    facts = dict(json.loads(path.read_text())["facts"])
    assert (facts["crypto"], facts["jit"], facts["wx"]) == ("yes", "yes", "no")
    assert facts["docs"] == "yes"
    release = make_release(home, file.parent)
    evaluates(home, release, "25")
    serves(home, release, "25")
    assert home.toolpin("release-check", str(release)).code == 0
    assert home.toolpin("verify", timeout_s=120).code == 0


@pytest.mark.skipif(
    AUTOCONF is None, reason="Debian's code of OTP 23 needs autoconf to be built"
)
def test_an_erlang_older_than_openssl_3_brings_its_own(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.env |= package_index_environment()
    home.env["PATH"] = f"{os.path.dirname(AUTOCONF or '')}:{home.env['PATH']}"
    file = home.pin("erlang 23.2.6\nelixir 1.10.3\n")
    env = {"TOOLPIN_SOURCES": "debian-source debian"}
    result = home.toolpin("install", env=env, timeout_s=7200)
    assert result.code == 0, result.err
    assert "built with libssl1.1 of Debian bullseye" in result.err
    install = home.data / "installs/erlang/23.2.6"
    receipt = json.loads((install / ".toolpin/receipt.json").read_text())
    facts = dict(receipt["facts"])
    assert (facts["crypto"], facts["ssl"], receipt["bound"]) == ("yes", "yes", True)
    assert facts["openssl"].startswith("OpenSSL 1.1.1")
    assert (install / "runtime/libcrypto.so.1.1").is_file()
    assert [
        artifact["locator"].partition(":")[0] for artifact in receipt["artifacts"]
    ] == (["deb"] * 3)
    output = with_shims(home, file.parent, "erl", "-noshell", "-eval", CIPHER)
    assert (output.out.partition(" 1.1.1")[0], output.out[-3:]) == ("OpenSSL", " 7\n")
    output = with_shims(home, file.parent, "elixir", "--version")
    assert "Elixir 1.10.3 (compiled with Erlang/OTP 2" in output.out, output.err
    assert "Erlang/OTP 23" in output.out
    release = make_release(home, file.parent)
    evaluates(home, release, "23")
    assert home.toolpin("verify", timeout_s=120).code == 0
