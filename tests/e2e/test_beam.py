"""Erlang and Elixir from where their people publish them, as a project has them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.beam import BeamUpstream
from tests.support.run import Home
from tests.support.server import Server
from tests.support.upstream import Upstream
from toolpin.host import detect

IMAGES = ("ubuntu-20.04", "ubuntu-22.04", "ubuntu-24.04")


@pytest.fixture
def beam(home: Home) -> Iterator[BeamUpstream]:
    with Server() as server:
        copy = BeamUpstream(server)
        copy.mirror_for(home)
        Upstream(server).publish("10.15.3")
        home.env["TOOLPIN_MIRRORS"] += f" https://nodejs.org/dist={server.url}/dist"
        yield copy


def test_three_runtimes_of_a_project_answer_through_shims(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("22.2", IMAGES)
    beam.elixir("1.9.4")
    home.pin("erlang 22.2\nelixir 1.9.4\nnodejs 10.15.3\n")
    result = home.toolpin("install")
    assert result.code == 0, result.err
    assert home.run(home.shim("erl")).out == "22.2\n"
    assert home.run(home.shim("mix")).out == "mix 1.9.4 on 22.2\n"
    assert home.run(home.shim("node"), "--version").out == "v10.15.3\n"
    asked = len(beam.server.requests)
    assert home.toolpin("install").code == 0
    assert len(beam.server.requests) == asked
    assert home.toolpin("verify").code == 0


def test_what_mix_does_in_a_dependency_keeps_its_callers_versions(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("22.2", IMAGES)
    beam.elixir("1.9.4")
    project = home.pin("erlang 22.2\nelixir 1.9.4\n").parent
    assert home.toolpin("install").code == 0
    dependency = project / "deps/x"
    dependency.mkdir(parents=True)
    (dependency / ".tool-versions").write_text("erlang 17.0\nelixir 1.0.0\n")
    inside = ("sh", "-c", "cd deps/x && mix")
    assert home.run(home.shim("mix"), *inside).out == "mix 1.9.4 on 22.2\n"
    assert home.toolpin("exec", "mix", *inside).out == "mix 1.9.4 on 22.2\n"


def test_an_otp_whose_openssl_is_not_here_says_so_and_what_to_do(
    home: Home, beam: BeamUpstream
) -> None:
    libraries = detect().libraries or frozenset()
    if "libcrypto.so.1.1" in libraries:
        pytest.skip("this machine has OpenSSL 1.1")
    beam.otp("22.2", ["ubuntu-20.04"])
    home.pin("erlang 22.2\n")
    result = home.toolpin("install")
    assert result.code == 1
    assert "erlang 22.2 has no build that runs on this machine" in result.err
    assert "needs libcrypto.so.1.1" in result.err
    assert "try: toolpin install erlang 22.2 --source hex-openssl" in result.err
    assert home.toolpin("list").out == ""


def test_what_cannot_be_built_says_why_before_the_next_source_is_asked(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("27.1", IMAGES)
    result = home.toolpin("install", "erlang", "25.2.3", env={"PATH": "/nowhere"})
    assert result.code == 1
    remark = (
        "erlang 25.2.3: cannot be built on this machine, for want of a C compiler, "
    )
    assert remark in result.err
    assert result.err.index("; next: Debian") < result.err.index("toolpin: erlang")


def test_a_host_that_cannot_be_reached_is_reported_once_for_all_tools(
    home: Home,
) -> None:
    with Server() as stopped:
        url = stopped.url
    names = ("builds.hex.pm", "github.com", "api.github.com")
    mirrors = [f"https://{name}={url}" for name in names]
    home.env["TOOLPIN_MIRRORS"] = " ".join(mirrors)
    home.pin("erlang 27.1\nelixir 1.17.3\n")
    result = home.toolpin("install")
    assert result.code == 1
    assert result.err.count(" cannot be reached; next: ") == 1, result.err
    for tool in ("erlang 27.1", "elixir 1.17.3"):
        assert f"toolpin: {tool} was not found\n" in result.err


def test_what_is_locked_is_what_this_machine_can_run(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("27.1.2", IMAGES)
    beam.otp_for_macos("27.1.2")
    beam.elixir("1.17.3-otp-27")
    home.pin("erlang 27\nelixir 1.17.3-otp-27\n")
    assert home.toolpin("lock").code == 0
    text = (home.root / "project/toolpin.lock").read_text()
    assert text.count("OTP-27.1.2.tar.gz") == 2 * len(IMAGES)
    assert "aarch64-apple-darwin" in text
    assert 'requires.soname = "libcrypto.so.3"' in text
    asked = len(beam.server.requests)
    assert home.toolpin("install", env={"CI": "true"}).code == 0
    lists = [one.path for one in beam.server.requests[asked:] if ".txt" in one.path]
    assert lists == []
    built_on = home.data / "installs/erlang/27.1.2/built_on"
    assert built_on.read_text() == "amd64 ubuntu-22.04"
    assert home.toolpin("lock", "--check").code == 0


def test_what_was_locked_for_here_alone_is_made_whole_as_if_it_had_not_been(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("27.1.2", IMAGES)
    beam.otp("27.2", IMAGES)
    beam.otp_for_macos("27.1.2")
    beam.otp_for_macos("27.2")
    lockfile = home.pin("erlang 27.1.2\n").parent / "toolpin.lock"
    assert home.toolpin("lock").code == 0
    whole = lockfile.read_text()
    assert home.toolpin("install").code == 0
    home.pin("erlang 27.2\n")
    assert home.toolpin("lock").code == 0
    assert home.toolpin("--offline", "pin", "erlang", "27.1.2").code == 0
    assert "macos" not in lockfile.read_text()
    assert home.toolpin("lock").code == 0
    assert lockfile.read_text() == whole


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("erlang 27.1\nelixir 1.17.3-otp-26\n", "toolpin pin elixir 1.17.3-otp-27"),
        ("erlang 29.0\nelixir 1.17.3\n", "toolpin pin erlang latest:27"),
    ],
    ids=["suffix", "table"],
)
def test_a_pair_that_cannot_work_is_refused_before_anything_is_asked(
    text: str, fix: str, home: Home, beam: BeamUpstream
) -> None:
    home.pin(text)
    result = home.toolpin("install")
    assert result.code == 1
    assert f"try: {fix}" in result.err
    for line in (1, 2):
        assert f".tool-versions:{line}" in result.err
    assert beam.server.requests == []


def test_lock_refuses_a_pair_that_cannot_work_before_it_asks_too(
    home: Home, beam: BeamUpstream
) -> None:
    home.pin("erlang 29.0\nelixir 1.17.3\n")
    result = home.toolpin("lock")
    assert result.code == 1
    assert "try: toolpin pin erlang latest:27" in result.err
    assert beam.server.requests == []


def test_what_a_beginning_of_a_version_becomes_is_judged_when_it_is_known(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("26.2", IMAGES)
    beam.elixir("1.14.0")
    home.pin("erlang 26.2\nelixir 1.14\n")
    for command in ("install", "lock"):
        result = home.toolpin(command)
        assert result.code == 1
        assert "elixir 1.14.0 does not go with erlang 26.2" in result.err
    beam.elixir("1.14.5")
    assert home.toolpin("cache", "clean").code == 0
    assert home.toolpin("lock").code == 0


def test_a_pair_that_cannot_work_is_refused_where_all_is_installed_too(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("27.1", IMAGES)
    beam.otp("22.2", IMAGES)
    beam.elixir("1.9.4")
    home.pin("erlang 22.2\nelixir 1.9.4\n")
    assert home.toolpin("install").code == 0
    assert home.toolpin("install", "erlang", "27.1").code == 0
    home.pin("erlang 27.1\nelixir 1.9.4\n")
    assert home.toolpin("install").code == 1
    allowed = home.toolpin("install", env={"TOOLPIN_CHECK_PAIRS": "false"})
    assert allowed.code == 0
    assert allowed.err.count("does not go with") == 1


def test_pin_says_that_a_pair_will_not_work_and_writes_it(
    home: Home, beam: BeamUpstream
) -> None:
    """Two lines are changed one after the other."""
    home.pin("erlang 22.2\nelixir 1.9.4\n")
    result = home.toolpin("pin", "erlang", "27.1")
    assert result.code == 0
    assert "elixir 1.9.4 does not go with erlang 27.1" in result.err
    assert "does not" not in home.toolpin("pin", "elixir", "1.17.3").err
    assert beam.server.requests == []


def test_what_mix_installs_belongs_to_one_elixir_on_one_otp(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("22.2", IMAGES)
    beam.otp("21.3", IMAGES)
    beam.elixir("1.9.4")
    home.pin("erlang 22.2\nelixir 1.9.4\n")
    assert home.toolpin("install").code == 0
    assert home.toolpin("install", "erlang", "21.3").code == 0
    state = home.data / "state/elixir"
    tell = ("sh", "-c", 'echo "$MIX_HOME $MIX_ARCHIVES"')
    expected = f"{state}/1.9-otp-22 {state}/1.9-otp-22/archives\n"
    mix = home.shim("mix")
    assert home.run(mix, *tell).out == expected
    assert home.toolpin("exec", "mix", *tell).out == expected
    sourced = f'{home.toolpin("env").out}echo "$MIX_HOME $MIX_ARCHIVES"'
    assert home.run("sh", "-c", sourced).out == expected
    other = home.run(mix, *tell, env={"TOOLPIN_ERLANG_VERSION": "21.3"})
    assert other.out == expected.replace("otp-22", "otp-21")
    theirs = home.run(mix, *tell, env={"MIX_HOME": "/mine"})
    assert theirs.out == expected.replace(f"{state}/1.9-otp-22 ", "/mine ")


def test_a_callers_variable_of_the_shims_names_no_home_and_goes_no_further(
    home: Home, beam: BeamUpstream
) -> None:
    beam.elixir("1.9.4")
    home.pin("elixir 1.9.4\n")
    assert home.toolpin("install").code == 0
    tell = ("sh", "-c", 'echo "$MIX_HOME ${toolpin_major-none}"')
    result = home.run(home.shim("mix"), *tell, env={"toolpin_major": "99"})
    assert result.out == f"{home.data}/state/elixir/1.9-otp- none\n"


def test_an_escript_is_a_command_as_soon_as_mix_has_installed_it(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("22.2", IMAGES)
    beam.otp("21.3", IMAGES)
    beam.elixir("1.9.4")
    home.pin("erlang 22.2\nelixir 1.9.4\n")
    assert home.toolpin("install").code == 0
    assert home.toolpin("install", "erlang", "21.3").code == 0
    program = '#!/bin/sh\necho "hello on $(erl)"\n'
    install = (
        'mkdir -p "$MIX_HOME/escripts" && cd "$MIX_HOME/escripts" && '
        f"printf '%s' '{program}' >hello && chmod +x hello"
    )
    done = home.run(home.shim("mix"), "sh", "-c", install, "escript.install")
    assert done.code == 0, done.err
    hello = home.shim("hello")
    assert home.run(hello).out == "hello on 22.2\n"
    assert home.toolpin("exec", "hello").out == "hello on 22.2\n"
    missing = home.run(hello, env={"TOOLPIN_ERLANG_VERSION": "21.3"})
    assert missing.code == 126
    assert home.toolpin("uninstall", "elixir", "1.9.4").code == 0
    assert not (home.data / "shims/hello").exists()


def test_the_receipt_tells_what_the_runtime_can_do(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("27.1.2", IMAGES)
    home.pin("erlang 27.1.2\n")
    assert home.toolpin("install").code == 0
    path = home.data / "installs/erlang/27.1.2/.toolpin/receipt.json"
    facts = dict(json.loads(path.read_text())["facts"])
    assert facts["crypto"] == facts["jit"] == "yes"
    assert facts["wx"] == "no"


def test_an_erlang_without_crypto_is_refused_unless_it_is_allowed_by_name(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("27.1.2", IMAGES, has_crypto=False)
    home.pin("erlang 27.1.2\n")
    result = home.toolpin("install")
    assert result.code == 1
    assert "erlang 27.1.2 from hex has no crypto, asn1" in result.err
    assert home.toolpin("list").out == ""
    names = "erlang.crypto erlang.asn1 erlang.public_key"
    some = home.toolpin("install", env={"TOOLPIN_ALLOW": names})
    assert "has no ssl" in some.err
    every = home.toolpin("install", env={"TOOLPIN_ALLOW": f"{names} erlang.ssl"})
    assert every.code == 0


def test_an_upgrade_to_a_pair_that_cannot_work_changes_neither_file(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("27.1.2", IMAGES)
    beam.elixir("1.17.3-otp-27")
    file = home.pin("erlang 27.1.2\nelixir 1.17.3-otp-27\n")
    assert home.toolpin("lock").code == 0
    lock = file.with_name("toolpin.lock")
    before = file.read_text(), lock.read_text()
    beam.otp("28.1.1", IMAGES)
    result = home.toolpin("upgrade", "--latest", "erlang")
    assert result.code == 1
    assert "was built for erlang 27" in result.err
    assert (file.read_text(), lock.read_text()) == before


def test_a_source_that_lacks_a_host_is_no_way_out_of_one_that_is_silent(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp_for_macos("27.1.2")
    home.env["TOOLPIN_MIRRORS"] = home.env["TOOLPIN_MIRRORS"].replace(
        f"https://builds.hex.pm={beam.server.url}",
        "https://builds.hex.pm=http://127.0.0.1:9",
    )
    home.pin("erlang 27\n")
    result = home.toolpin("lock")
    assert result.code == 1
    assert "127.0.0.1:9" in result.err
    assert "erlef" in result.err
    assert "--source erlef" not in result.err
