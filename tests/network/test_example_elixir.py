"""The example of docs/elixir.md: built twice, switched forward and back."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.beam_release import alone
from tests.support.run import REPOSITORY, TOOLPIN, Home
from tests.support.shared import share_apt

needs_apt = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="only Debian and its like have an apt"
)
pytestmark = [pytest.mark.network, needs_apt]


def test_the_example_is_built_deployed_and_rolled_back(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = share_apt(Home(tmp_path), tmp_path_factory)
    command = tmp_path / "bin/toolpin"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {" ".join(TOOLPIN)} "$@"\n')
    command.chmod(0o755)
    home.env |= {
        "TOOLPIN_SOURCES": "debian",
        "PATH": f"{command.parent}:/usr/bin:/bin",
    }
    app, server = tmp_path / "app", tmp_path / "srv"
    shutil.copytree(REPOSITORY / "examples/elixir", app)
    for version in ("0.1.0", "0.2.0"):
        mixfile = app / "mix.exs"
        mixfile.write_text(mixfile.read_text().replace("0.1.0", version))
        built = home.run("sh", "build.sh", "2.36", cwd=app, timeout_s=300)
        assert built.code == 0, built.err
        assert built.out.splitlines()[-1] == f"demo-{version}.tar.gz"
        _switch(home, app, server, version, f"demo-{version}.tar.gz")
        assert _about(home, server) == f"demo {version} on Erlang/OTP 25"
    _switch(home, app, server, "0.1.0")
    assert _about(home, server) == "demo 0.1.0 on Erlang/OTP 25"
    wrong = home.run("sh", "deploy/switch.sh", str(server), "9.9", cwd=app)
    assert (wrong.code, os.readlink(server / "current")) == (1, "releases/0.1.0")


def _switch(home: Home, app: Path, server: Path, *words: str) -> None:
    done = home.run("sh", "deploy/switch.sh", str(server), *words, cwd=app)
    assert done.code == 0, done.err


def _about(home: Home, server: Path) -> str:
    code = "Application.load(:demo); IO.puts(Demo.about())"
    program = str(server / "current/bin/demo")
    return home.run(*alone(home), program, "eval", code).out.strip()
