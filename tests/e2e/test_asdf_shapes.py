"""What a user of asdf's best-known plugins does, from an empty home and in place."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.asdf_shapes import SHAPES, Shape, put
from tests.support.run import Home, Result
from tests.support.scripted import git
from tests.support.server import Server

GEMSPEC = """Gem::Specification.new do |gem|
  gem.name, gem.version, gem.summary = "tool", "1.0", "A tool"
  gem.authors, gem.files, gem.executables = ["Ana"], ["bin/tool"], ["tool"]
  gem.bindir = "bin"
end
"""
WORDS = {
    "asdf": {"list-all": "list all", "pin": "set"},
    "toolpin": {"list-all": "list-all", "pin": "pin"},
}


class User:
    """A user of one front, with a plugin's upstream; `type` runs a line in their sh."""

    def __init__(self, home: Home, front: str, shape: Shape, url: str) -> None:
        self.home, self.front, self.shape, self.url = home, front, shape, url
        place = home.root / "programs"
        place.mkdir()
        modules = {"asdf": "toolpin.asdf_cli", "toolpin": "toolpin"}
        text = f'#!/bin/sh\nexec {sys.executable} -I -m {modules[front]} "$@"\n'
        (place / front).write_text(text)
        (place / front).chmod(0o755)
        self.path = f"{place}:/usr/local/bin:/usr/bin:/bin"

    def use(self, data: Path) -> None:
        """Work in a data directory, whose shims are first on PATH."""
        env = self.home.env
        env.pop("TOOLPIN_DATA_DIR", None)
        env.pop("TOOLPIN_CONFIG_DIR", None)
        env[f"{self.front.upper()}_DATA_DIR"] = str(data)
        env["PATH"] = f"{data}/shims:{self.path}"
        self.home.data = data

    def type(self, line: str) -> Result:
        """Run a line."""
        return self.home.run("sh", "-c", line)

    def do(self, words: str) -> str:
        """Run a command of the front, which succeeds; return its output."""
        for word, spelled in WORDS[self.front].items():
            words = words.replace(f"{word} ", f"{spelled} ", 1)
        result = self.type(f"{self.front} {words}")
        assert result.code == 0, (words, result.out, result.err)
        return result.out

    def expected(self, version: str) -> str:
        """Return what the shape's command prints for a version."""
        tree = self.home.data / "installs" / self.shape.name / version
        plugin = self.home.data / "plugins" / self.shape.name
        return self.shape.prints.format(version=version, tree=tree, plugin=plugin)


# `toolpin` with those that wrap a package manager, load a hook, or set variables.
CASES = [
    *((shape, "asdf") for shape in SHAPES),
    *((shape, "toolpin") for shape in SHAPES if shape.name in "nodejs ruby golang"),
]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0].name} by {case[1]}")
def user(request: pytest.FixtureRequest, home: Home) -> Iterator[User]:
    """A user with the plugin's upstream, and none of its versions."""
    shape, front = request.param
    if shape.name == "ruby" and not shutil.which("gem", path="/usr/bin"):
        pytest.skip("Ruby is not installed: apt-get install ruby")
    (home.home / ".asdfrc").write_text("legacy_version_file = yes\n")
    builds = (
        f'[url "file://{home.root}/builds/"]\n insteadOf = https://builds.example/\n'
    )
    (home.home / ".gitconfig").write_text(builds)
    with Server() as server:
        home.env["http_proxy"] = server.url
        yield User(home, front, shape, put(shape, home.root, server))


def _lay_out(user: User, version: str) -> None:
    """Do what asdf itself does to add a plugin and to install a version."""
    name, data = user.shape.name, user.home.data
    plugin, tree = data / "plugins" / name, data / "installs" / name / version
    downloads = data / "downloads" / name / version
    for place in (plugin.parent, tree, downloads, data / "shims", data / "old"):
        place.mkdir(parents=True, exist_ok=True)
    git(data, "clone", "-q", user.url, str(plugin))
    (data / "old/asdf").symlink_to("/bin/true")  # the asdf of those days
    env = {
        **user.home.env,
        "PATH": f"{data}/old:/usr/local/bin:/usr/bin:/bin",
        "ASDF_INSTALL_TYPE": "version",
        "ASDF_INSTALL_VERSION": version,
        "ASDF_INSTALL_PATH": str(tree),
        "ASDF_DOWNLOAD_PATH": str(downloads),
        "ASDF_CONCURRENCY": "1",
    }
    for script in ("download", "install"):
        if (plugin / "bin" / script).exists():
            words = ["bash", "-c", f"'{plugin}/bin/{script}'"]
            subprocess.run(words, env=env, check=True, stdin=subprocess.DEVNULL)
    shutil.rmtree(data / "old")
    programs = [path for path in tree.glob("**/bin/*") if path.is_file()]
    for program in [*programs, *plugin.glob("shims/*")]:
        shim = data / "shims" / program.name
        line = f'exec asdf exec "{program.name}" "$@"'
        shim.write_text(f"#!/usr/bin/env bash\n# asdf-plugin: {name} {version}\n{line}")
        shim.chmod(0o777)


def _gem(root: Path) -> None:
    """Build a gem, as its author does."""
    source = root / "gem"
    (source / "bin").mkdir(parents=True)
    (source / "tool.gemspec").write_text(GEMSPEC)
    (source / "bin/tool").write_text('#!/usr/bin/env ruby\nputs "added"\n')
    (source / "bin/tool").chmod(0o755)
    line = ["/usr/bin/gem", "build", "-q", "-o", f"{root}/tool-1.0.gem", "tool.gemspec"]
    subprocess.run(line, cwd=source, check=True, capture_output=True)


@pytest.mark.parametrize("place", ["an empty home", "asdf's directory"])
def test_a_plugin_of_asdfs_lives_its_life(place: str, user: User) -> None:
    shape, home = user.shape, user.home
    old, new = shape.versions
    name, text = shape.legacy
    if place == "an empty home":
        user.use(home.root / "mine")
        user.do(f"plugin add {shape.name} {user.url}")
        user.do(f"install {shape.name} {old}")
    else:
        user.use(home.home / ".asdf")
        _lay_out(user, old)
        name, text = (shape.plain, f"{old}\n") if shape.plain else shape.legacy
        if user.front == "toolpin":  # asdf's shims start `asdf`
            user.do("reshim")
    (home.project / name).write_text(text)
    row = user.do(f"current {shape.name}")
    assert old in row
    assert f"{home.project}/{name}" in row
    ran = user.type(shape.command)
    assert (ran.code, ran.out) == (0, user.expected(old)), ran.err

    user.do(f"plugin add {shape.name} {user.url}")
    assert new in user.do(f"list-all {shape.name}").split()
    if shape.latest:
        home.pin("erlang 26.2.1\n")  # for the plugin of Elixir, which asks for it
        assert user.do(f"latest {shape.name}") == f"{shape.latest}\n"
    user.do(f"install {shape.name} {new}")
    home.pin("")
    user.do(f"pin {shape.name} {new}")
    ran = user.type(shape.command)
    assert (ran.code, ran.out) == (0, user.expected(new)), ran.err
    if shape.package:
        _add_package(user, new)
    user.do(f"uninstall {shape.name} {new}")
    assert not (home.data / "installs" / shape.name / new).exists()
    assert not (home.data / "shims" / shape.program).is_file()
    home.pin("")
    assert user.type(shape.command).out == user.expected(old)
    user.do(f"plugin remove {shape.name}")
    assert not (home.data / "plugins" / shape.name).exists()


def _add_package(user: User, version: str) -> None:
    """Let the tool's package manager add a program, which then has a shim."""
    shape, home = user.shape, user.home
    if shape.name == "ruby":
        _gem(home.root)
    added = user.type(shape.package.format(root=home.root))
    assert added.code == 0, added.err
    if shape.name == "golang":  # its plugin leaves that to its user
        user.do(f"reshim {shape.name}" if user.front == "asdf" else "reshim")
    ran = user.type(shape.program)
    assert (ran.code, ran.out) == (0, "added\n"), ran.err
    found = user.do(f"which {shape.program}").strip()
    assert found.startswith(f"{home.data}/installs/{shape.name}/{version}/")
    assert os.access(home.data / "shims" / shape.program, os.X_OK)
