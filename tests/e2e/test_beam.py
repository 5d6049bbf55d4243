"""Erlang and Elixir from where their people publish them, as a project has them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.beam import TIME, BeamUpstream
from tests.support.run import Home
from tests.support.server import Server
from tests.support.upstream import Upstream
from toolpin.system.host import detect

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
        "erlang 25.2.3: cannot be built on this machine, because of "
        "missing a C compiler, "
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
        assert f"toolpin: {tool} cannot be installed: " in result.err
        assert "was not found" not in result.err


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
    lists = [
        request.path
        for request in beam.server.requests[asked:]
        if ".txt" in request.path
    ]
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
        ("erlang 26.1\nelixir 1.17.3-otp-27\n", "toolpin pin elixir 1.17.3-otp-26"),
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
        assert "elixir 1.14.0 is not compatible with erlang 26.2" in result.err
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
    assert allowed.err.count("is not compatible with") == 1


def test_pin_says_that_a_pair_will_not_work_and_writes_it(
    home: Home, beam: BeamUpstream
) -> None:
    """Two lines are changed one after the other."""
    home.pin("erlang 22.2\nelixir 1.9.4\n")
    result = home.toolpin("pin", "erlang", "27.1")
    assert result.code == 0
    assert "elixir 1.9.4 is not compatible with erlang 27.1" in result.err
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
    beam.elixir("1.17.3")
    file = home.pin("erlang 27.1.2\nelixir 1.17.3\n")
    assert home.toolpin("lock").code == 0
    lock = file.with_name("toolpin.lock")
    before = file.read_text(), lock.read_text()
    beam.otp("28.1.1", IMAGES)
    result = home.toolpin("upgrade", "--latest", "erlang")
    assert result.code == 1
    assert "elixir 1.17.3 is not compatible with erlang 28.1.1" in result.err
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


def test_a_build_without_a_checksum_is_skipped_with_a_line_and_a_command(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("25.3", IMAGES, has_checksum=False)
    result = home.toolpin("install", "erlang", "25.3", env={"PATH": "/nowhere"})
    assert result.code == 1
    line = "erlang 25.3: OTP-25.3.tar.gz is published without a checksum; next: "
    assert result.err.count(line) == 1
    assert "toolpin: erlang 25.3 is published without a checksum" in result.err
    assert "does not exist" not in result.err
    command = "toolpin install erlang 25.3 --trust-on-first-use"
    assert f"  try: {command}\n" in result.err
    assert home.toolpin("list").out == ""
    done = home.toolpin(*command.split()[1:])
    assert done.code == 0, done.err
    assert "trusted on first use: sha256:" in done.err
    receipt = home.data / "installs/erlang/25.3/.toolpin/receipt.json"
    assert json.loads(receipt.read_text())["verified"] == "first-use"


def test_what_was_trusted_is_locked_for_two_hosts_and_installed_again_offline(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("25.3", IMAGES, has_checksum=False)
    lockfile = home.pin("erlang 25.3\n").with_name("toolpin.lock")
    hosts = ("--host", "linux-x64", "--host", "linux-arm64")
    refused = home.toolpin("lock", *hosts)
    assert refused.code == 1
    assert "erlang 25.3 is published without a checksum" in refused.err
    assert "try: toolpin lock --trust-on-first-use" in refused.err
    assert not lockfile.exists()
    assert home.toolpin("lock", *hosts, "--trust-on-first-use").code == 0
    text = lockfile.read_text()
    assert text.count('verified = "first-use"') == 2 * len(IMAGES)
    for arch in ("amd64", "arm64"):
        for image in IMAGES:
            path = f"/hex/builds/otp/{arch}/{image}/OTP-25.3.tar.gz"
            assert beam.server.count(path) == 1
    assert home.toolpin("lock", *hosts).code == 0
    assert lockfile.read_text() == text
    assert home.toolpin("install", "--locked").code == 0
    assert home.toolpin("uninstall", "erlang", "25.3").code == 0
    assert home.toolpin("install", "--locked", "--offline").code == 0


def test_other_bytes_than_the_ones_that_were_trusted_are_refused(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("25.3", IMAGES, has_checksum=False)
    home.pin("erlang 25.3\n")
    assert home.toolpin("lock", "--trust-on-first-use").code == 0
    beam.otp("25.3", IMAGES, has_crypto=False, has_checksum=False)
    other = {"TOOLPIN_CACHE_DIR": str(home.root / "other")}
    for flags in ([], ["--trust-on-first-use"]):
        result = home.toolpin("install", "--locked", *flags, env=other)
        assert result.code == 1
        assert "differ from those that are locked" in result.err
    assert home.toolpin("list").out == ""


def test_lock_reports_the_builds_that_it_leaves_out(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("26.2", ["ubuntu-22.04"], has_checksum=False)
    beam.otp("26.2", ["ubuntu-24.04"])
    home.pin("erlang 26.2\n")
    result = home.toolpin("lock", "--host", "linux-x64")
    assert result.code == 0
    assert "26.2 for linux-x64: the builds for ubuntu-22.04" in result.err
    assert "--trust-on-first-use" in result.err


def test_a_rebar_is_the_one_for_the_otp_that_is_pinned_beside_it(
    home: Home, beam: BeamUpstream
) -> None:
    beam.rebar("3.24.0", otps=("25", "26", "27"))
    for otp in ("26.2", "28.1", "25.3"):
        beam.otp(otp, IMAGES)
    for otp, expected in (("26.2", "26"), ("28.1", "27"), ("25.3", "25")):
        home.pin(f"rebar 3.24.0\nerlang {otp}\n")
        assert home.toolpin("install").code == 0
        shown = home.run(home.shim("rebar3")).out
        assert shown == f"rebar 3.24.0 for {expected} on {otp}\n"
        assert home.toolpin("uninstall", "rebar", "3.24.0").code == 0


def test_a_locked_rebar_is_the_one_for_the_otp_that_is_pinned_beside_it(
    home: Home, beam: BeamUpstream
) -> None:
    beam.rebar("3.24.0", otps=("25", "26", "27"))
    beam.otp("26.2", IMAGES)
    lockfile = home.pin("rebar 3.24.0\nerlang 26.2\n").with_name("toolpin.lock")
    assert home.toolpin("lock", "--host", "linux-x64").code == 0
    assert 'requires.tool-erlang = "25"' in lockfile.read_text()
    assert home.toolpin("install", "--locked").code == 0
    assert home.run(home.shim("rebar3")).out == "rebar 3.24.0 for 26 on 26.2\n"


def test_an_elixir_for_an_older_otp_is_installed_with_a_warning(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("27.1", IMAGES)
    beam.elixir("1.17.3-otp-26")
    home.pin("erlang 27.1\nelixir 1.17.3-otp-26\n")
    result = home.toolpin("install")
    assert result.code == 0, result.err
    warning = "elixir 1.17.3-otp-26 was built for erlang 26, which is older than "
    assert result.err.count(warning) == 1


def test_a_pinned_rebar_is_the_one_that_mix_uses(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("26.2", IMAGES)
    beam.elixir("1.17.3")
    beam.rebar("3.24.0", otps=("26",))
    home.pin("elixir 1.17.3\nerlang 26.2\n")
    assert home.toolpin("install").code == 0
    show = ("sh", "-c", 'echo "${MIX_REBAR3-none}"')
    assert home.run(home.shim("mix"), *show).out == "none\n"
    home.pin("elixir 1.17.3\nerlang 26.2\nrebar 3.24.0\n")
    # Pinned and not installed: mix runs, as it does without it.
    assert home.run(home.shim("mix"), *show).out == "none\n"
    assert home.toolpin("install").code == 0
    rebar = f"{home.data}/installs/rebar/3.24.0/bin/rebar3\n"
    assert home.run(home.shim("mix"), *show).out == rebar
    assert home.toolpin("exec", "mix", *show).out == rebar
    sourced = f'{home.toolpin("env").out}echo "$MIX_REBAR3"'
    assert home.run("sh", "-c", sourced).out == rebar
    on_path = home.run(home.shim("mix"), "sh", "-c", "command -v rebar3").out
    assert on_path == rebar


def test_an_elixir_of_github_alone_is_the_one_for_the_pinned_otp(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("26.2", IMAGES)
    assets = [f"elixir-otp-{name}.zip" for name in ("25", "26", "27")]
    beam.elixir_on_github("1.17.3", assets)
    home.pin("erlang 26.2\nelixir 1.17.3\n")
    result = home.toolpin("install")
    assert result.code == 0, result.err
    line = "elixir 1.17.3: github has no plain build; using elixir-otp-26.zip"
    assert line in result.err
    receipt = home.data / "installs/elixir/1.17.3/.toolpin/receipt.json"
    (artifact,) = json.loads(receipt.read_text())["artifacts"]
    assert artifact["filename"] == "elixir-otp-26.zip"


def test_a_listed_build_that_is_missing_is_no_version_that_does_not_exist(
    home: Home, beam: BeamUpstream
) -> None:
    place = "/hex/builds/elixir/builds.txt"
    line = f"v1.9.4 055526057ac9992cc1df87441357c4e56d45235d {TIME} {'0' * 64}"
    beam.add_line(place, line)
    result = home.toolpin("install", "elixir", "1.9.4")
    assert result.code == 1
    assert "404 Not Found, though v1.9.4.zip is listed" in result.err
    assert "does not exist" not in result.err
    assert "nearest 1.9.4" not in result.err


def test_a_listed_build_that_is_missing_is_not_locked_as_none(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp_for_macos("25.3")
    for arch in ("amd64", "arm64"):
        place = f"/hex/builds/otp/{arch}/ubuntu-22.04/builds.txt"
        beam.add_line(
            place, f"OTP-25.3 5400ccf243a31d664153a4b9ceb9de3edfce1e0e {TIME}"
        )
    home.pin("erlang 25.3\n")
    result = home.toolpin("lock", "--trust-on-first-use")
    assert result.code == 1
    assert "404 Not Found, though OTP-25.3.tar.gz is listed" in result.err
    assert not (home.project / "toolpin.lock").exists()


def test_lock_warns_of_a_build_that_does_not_run_on_this_machine(
    home: Home, beam: BeamUpstream
) -> None:
    beam.otp("27.1", ["ubuntu-26.04"])
    home.pin("erlang 27.1\n")
    result = home.toolpin("lock", "--host", "linux-x64")
    assert result.code == 0
    assert (
        "erlang 27.1: needs glibc 2.43, libcrypto.so.3, and this machine has"
        in result.err
    )
