"""The story of an Elixir release, twice on one machine, with real Erlangs.

Both come out of Debian's packages: one fits Debian 12 as it is, the other is of a newer
suite and brings its own loader and libraries.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.support.beam_release import (
    evaluates,
    make_release,
    serves,
    with_shims,
)
from tests.support.run import Home
from tests.support.shared import share_apt
from tests.support.wheels import package_index_environment

needs_apt = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="only Debian and its like have an apt"
)
pytestmark = [pytest.mark.network, needs_apt]


@pytest.fixture
def machine(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A fresh machine that has Debian's lists of today."""
    return share_apt(Home(tmp_path), tmp_path_factory)


OLD = ("erlang 25.2.3\nelixir 1.14.0\nnodejs 20.18.1\n", "25", "1.14.0")
TELL = 'IO.puts(System.get_env("MIX_HOME"))'
SUITE = """
-module(tiny_SUITE).
-export([all/0, reverses/1]).
all() -> [reverses].
reverses(_) -> [2, 1] = lists:reverse([1, 2]).
"""
MODULES = ("ct", "observer", "dialyzer", "wx", "odbc")
NEW = ("erlang 27.3.4.1\nelixir 1.18.3\n", "27", "1.18.3")


def _fits(home: Home, old: Path, new: Path) -> None:
    """Both run here; the one that was bound to this machine runs on no other."""
    for release in (old, new):
        assert home.toolpin("release-check", str(release)).code == 0
    assert home.toolpin("release-check", str(old), "--glibc", "2.36").code == 0
    too_old = home.toolpin("release-check", str(old), "--glibc", "2.31")
    assert (too_old.code, "beam.smp" in too_old.err) == (1, True)
    bound = home.toolpin("release-check", str(new), "--glibc", "2.36")
    assert bound.code == 1
    for text in ("beam.smp", "needs glibc 2.38", "is bound to", "27.3.4.1/runtime"):
        assert text in bound.err


def _runs_common_test(home: Home, project: Path) -> None:
    """A suite passes, and its report has the scripts that it loads."""
    directory = project / "ct"
    (directory / "logs").mkdir(parents=True)
    (directory / "tiny_SUITE.erl").write_text(SUITE)
    command = ("ct_run", "-noshell", "-suite", "tiny_SUITE", "-logdir", "logs")
    result = with_shims(home, directory, *command)
    assert result.code == 0, result.out + result.err
    assert "TEST COMPLETE, 1 ok, 0 failed of 1 test cases" in result.out
    assert (directory / "logs/jquery.tablesorter.min.js").stat().st_size > 10_000


def _left_out(home: Home, project: Path, install: Path) -> None:
    """What docs/guide/erlang-builds.md lists is missing, and nothing else of these."""
    text = ", ".join(f"code:which({name}) =/= non_existing" for name in MODULES)
    code = f'io:format("~w", [[{text}]]), halt().'
    result = with_shims(home, project, "erl", "-noshell", "-eval", code)
    assert result.out == "[true,true,true,false,false]", result.err
    assert not list(install.glob("lib/jinterface-*/priv"))
    assert not (install / "man").exists()


def test_two_releases_with_their_erlangs_on_one_machine(
    machine: Home, tmp_path: Path
) -> None:
    home = machine
    home.env |= package_index_environment() | {"TOOLPIN_SOURCES": "debian npm"}
    releases = []
    for name, (text, otp, elixir) in (("old", OLD), ("new", NEW)):
        project = tmp_path / name
        project.mkdir()
        (project / ".tool-versions").write_text(text)
        result = home.toolpin("install", cwd=project, timeout_s=600)
        assert result.code == 0, result.err
        version = with_shims(home, project, "elixir", "--version")
        assert f"Elixir {elixir}" in version.out, version.err
        assert f"Erlang/OTP {otp}" in version.out
        _runs_common_test(home, project)
        number = text.split()[1]
        _left_out(home, project, home.data / f"installs/erlang/{number}")
        releases.append((make_release(home, project), otp))
    for release, otp in releases:
        evaluates(home, release, otp)
        serves(home, release, otp)
    _fits(home, *(release for release, _ in releases))
    moved = tmp_path / "moved"
    os.rename(releases[0][0], moved)
    evaluates(home, moved, "25")

    # A rollback is one edited line.
    project = tmp_path / "new"
    for text, otp, minor in ((OLD[0], "25", "1.14"), (NEW[0], "27", "1.18")):
        (project / ".tool-versions").write_text(text)
        assert home.toolpin("install", cwd=project).code == 0
        assert f"OTP {otp}" in with_shims(home, project, "elixir", "--version").out
        output = with_shims(home, project, "mix", "run", "--no-mix-exs", "-e", TELL)
        assert output.out.endswith(f"state/elixir/{minor}-otp-{otp}\n")
    for number, bound, docs in (("25.2.3", False, "no"), ("27.3.4.1", True, "yes")):
        path = home.data / f"installs/erlang/{number}/.toolpin/receipt.json"
        receipt = json.loads(path.read_text())
        assert receipt["bound"] == bound
        facts = dict(receipt["facts"])
        assert (facts["jit"], facts["ssl"], facts["wx"]) == ("yes", "yes", "no")
        assert facts["docs"] == docs
        assert facts["openssl"].startswith("OpenSSL 3")
    assert home.toolpin("verify", timeout_s=120).code == 0


def test_debian_serves_where_upstream_does_not_and_nothing_is_bound(
    machine: Home,
) -> None:
    home = machine
    home.pin("erlang 25.2.3\nelixir 1.14.0\n")
    result = home.toolpin("install", timeout_s=300)
    assert result.code == 0, result.err
    assert result.err.count("next: Debian\n") == 2
    path = home.data / "installs/erlang/25.2.3/.toolpin/receipt.json"
    receipt = json.loads(path.read_text())
    assert (receipt["source"], receipt["bound"]) == ("debian", False)
    output = with_shims(home, home.project, "elixir", "--version")
    assert "Erlang/OTP 25" in output.out, output.err


def test_what_is_bound_to_a_machine_is_used_only_where_its_source_is_named(
    machine: Home,
) -> None:
    home = machine
    home.env |= package_index_environment()
    home.pin("erlang 27.3.4.1\n")
    result = home.toolpin("install", timeout_s=120)
    assert result.code == 1
    assert "would run on this machine only" in result.err
    assert "try: toolpin install erlang 27.3.4.1 --source debian\n" in result.err
    assert home.toolpin("list").out == ""


def test_a_locked_package_comes_by_its_pool_path(machine: Home) -> None:
    home = machine
    home.pin("elixir 1.14.0\n")
    locked = home.toolpin("lock", "--source", "debian", timeout_s=300)
    assert locked.code == 0, locked.err
    text = (home.root / "project/toolpin.lock").read_text()
    assert 'locator = "deb:pool/main/e/elixir-lang/elixir_1.14.0' in text
    assert 'verified = "signature"' in text
    assert "://" not in text
    result = home.toolpin("install", env={"CI": "true"}, timeout_s=300)
    assert result.code == 0, result.err
    assert home.toolpin("lock", "--check").code == 0
