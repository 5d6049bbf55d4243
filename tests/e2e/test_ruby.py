"""Ruby from its source code: built, with gems of its own, pinned by Ruby's files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.releases import Releases
from tests.support.ruby import RubyUpstream, portable, supply_libraries
from tests.support.run import Home
from tests.support.server import Server

pytestmark = pytest.mark.skipif(
    not (shutil.which("cc") and shutil.which("make")),
    reason="a build needs a C compiler and make",
)


@pytest.fixture
def upstream(home: Home, tmp_path: Path) -> Iterator[RubyUpstream]:
    with Server() as server:
        copy = RubyUpstream(server)
        copy.mirror_for(home)
        supply_libraries(home, tmp_path / "sysroot")
        copy.publish("3.3.0")
        copy.publish("3.3.1")
        yield copy


@pytest.fixture
def built(home: Home, upstream: RubyUpstream) -> RubyUpstream:
    """Ruby 3.3.0, pinned as rbenv and RVM pin it."""
    (home.project / ".ruby-version").write_text("ruby-3.3.0\n")
    result = home.toolpin("install")
    assert result.code == 0, result.err
    return upstream


def test_a_ruby_version_file_is_built_from_its_tarball(
    home: Home, built: RubyUpstream
) -> None:
    assert home.run(home.shim("ruby"), "-v").out.startswith("ruby 3.3.0\n")
    assert built.server.count("/ruby/3.3/ruby-3.3.0.tar.gz") == 1
    log = (home.data / "logs/ruby@3.3.0.log").read_text()
    tree = home.data / "installs/ruby/3.3.0"
    assert f"--prefix={tree} --enable-load-relative --disable-install-doc\n" in log
    assert home.toolpin("install").code == 0
    assert built.server.count("/ruby/3.3/ruby-3.3.0.tar.gz") == 1


@pytest.mark.usefixtures("built")
def test_the_programs_of_gems_run_at_once_and_belong_to_one_version(home: Home) -> None:
    assert home.run(home.shim("gem"), "install", "xqwzt").code == 0
    assert home.run(home.shim("xqwzt")).out == "xqwzt of 3.3.0\n"
    for words in ((), ("install",)):
        assert home.run(home.shim("bundle"), *words).code == 0
        assert home.run(home.shim("rackup")).out == "rackup of 3.3.0\n"
        (home.data / "installs/ruby/3.3.0/bin/rackup").unlink()
        assert home.toolpin("reshim").code == 0
    assert home.toolpin("verify").code == 0
    (home.project / ".ruby-version").write_text("3.3.1\n")
    assert home.toolpin("install").code == 0
    assert home.run(home.shim("xqwzt")).code != 0


@pytest.mark.usefixtures("built")
def test_a_bundler_of_the_system_does_not_run_in_place_of_the_pinned_one(
    home: Home, tmp_path: Path
) -> None:
    program = tmp_path / "usual/bundle"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho of the system\n")
    program.chmod(0o755)
    env = {"PATH": f"{program.parent}:{home.env['PATH']}"}
    (home.project / ".ruby-version").write_text("3.3.1\n")
    result = home.run(home.shim("bundle"), "install", env=env)
    assert (result.code, result.out) == (126, "")
    assert "ruby 3.3.1 is not installed" in result.err


@pytest.mark.usefixtures("built")
def test_a_ruby_without_a_usual_command_states_what_adds_it(home: Home) -> None:
    result = home.run(home.shim("rake"))
    assert result.code != 0
    assert "try: gem install rake" in result.err


@pytest.mark.usefixtures("upstream")
def test_a_new_ruby_gets_the_default_gems(home: Home) -> None:
    (home.root / "home/.default-gems").write_text("# mine\nxqwzt\n")
    home.pin("ruby 3.3.0\n")
    assert home.toolpin("install").code == 0
    assert home.run(home.shim("xqwzt")).out == "xqwzt of 3.3.0\n"


@pytest.mark.usefixtures("upstream")
def test_a_gemfile_pins_where_manifests_are_on(home: Home) -> None:
    (home.project / "Gemfile").write_text('source "https://x"\nruby "3.3.1"\n')
    assert "ruby" not in home.toolpin("current").out
    on = {"TOOLPIN_IDIOMATIC": "all"}
    assert home.toolpin("install", env=on).code == 0
    assert home.run(home.shim("ruby"), "-v", env=on).out.startswith("ruby 3.3.1\n")
    assert f"{home.project}/Gemfile:2" in home.toolpin("current", env=on).out


def test_what_a_build_lacks_is_named_before_the_download(
    home: Home, upstream: RubyUpstream, tmp_path: Path
) -> None:
    (tmp_path / "sysroot/lib/libyaml.a").unlink()
    (tmp_path / "sysroot/include/yaml.h").write_text("#error no libyaml here\n")
    home.pin("ruby 3.3.0\n")
    result = home.toolpin("install")
    assert result.code == 1
    assert "missing: libyaml, with its headers" in result.err
    if shutil.which("apt-get"):
        fix = result.err.partition("  try: ")[2].splitlines()[0]
        assert fix.removeprefix("sudo ") == "apt-get install -y libyaml-dev"
    assert upstream.server.count("/ruby/3.3/ruby-3.3.0.tar.gz") == 0


@pytest.mark.parametrize("version", ["jruby-9.4.5.0", "truffleruby-24.0.1"])
def test_another_engine_gets_a_plain_answer(
    home: Home, upstream: RubyUpstream, version: str
) -> None:
    (home.project / ".ruby-version").write_text(f"{version}\n")
    for command in ("install", "lock"):
        result = home.toolpin(command)
        assert result.code == 1
        what = f"toolpin: ruby {version} is a build that only an asdf plugin has\n"
        assert what in result.err
        assert "toolpin plugin add ruby https://github.com/asdf-vm" in result.err
    assert not os.path.exists(home.data / "installs/ruby")
    assert upstream.server.count("/ruby/index.txt") == 0


@pytest.mark.usefixtures("upstream")
def test_a_tarball_is_locked_when_its_source_is_named(home: Home) -> None:
    home.pin("ruby 3.3.0\n")
    result = home.toolpin("lock")
    assert result.code == 1
    assert "portable has no ruby 3.3.0" in result.err
    assert "  try: toolpin lock --source ruby-source\n" in result.err
    assert home.toolpin("lock", "--source", "ruby-source").code == 0
    assert home.toolpin("install", env={"CI": "true"}).code == 0
    assert home.run(home.shim("ruby"), "-v").out.startswith("ruby 3.3.0\n")


def test_a_lockfile_keeps_the_revision_of_a_portable_build(
    home: Home, upstream: RubyUpstream
) -> None:
    releases = Releases(upstream.server, "jdx/ruby")
    for tag in ("3.3.0-1", "3.3.0", "3.3.0-2"):
        releases.publish(tag, portable("3.3.0", tag))
    home.pin("ruby 3.3\n")
    hosts = ("linux-x64", "linux-arm64", "macos-arm64")
    words = [word for host in hosts for word in ("--host", host)]
    result = home.toolpin("lock", *words)
    assert result.code == 0, result.err
    locked = (home.project / "toolpin.lock").read_text()
    assert locked.count("/jdx/ruby/releases/download/3.3.0-2/") == len(hosts)
    releases.publish("3.3.0-3", portable("3.3.0", "3.3.0-3"))
    assert home.toolpin("install").code == 0
    program = home.data / "installs/ruby/3.3.0/bin/ruby"
    assert program.read_text().endswith("# build 3.3.0-2\n")
