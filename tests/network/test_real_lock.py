"""A loose project locked from real registries, installed, lost and brought back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.run import TOOLPIN, Home, Result
from tests.support.wheels import package_index_environment

pytestmark = pytest.mark.network


def _without_network(home: Home, *args: str) -> Result:
    return home.run("unshare", "-rn", *TOOLPIN, *args, timeout_s=300)


def _receipts(home: Home) -> list[dict[str, object]]:
    receipts = []
    for place in sorted((home.data / "installs").glob("*/*/.toolpin/receipt.json")):
        table = json.loads(place.read_text())
        del table["installed_at"]
        receipts.append(table)
    return receipts


def _answers(home: Home) -> tuple[str, str]:
    node = home.run(home.shim("node"), "--version")
    go = home.run(home.shim("go"), "env", "GOVERSION", "GOTOOLCHAIN")
    assert (node.code, go.code) == (0, 0), node.err + go.err
    return node.out, go.out


def test_a_locked_toolchain_comes_back_without_network(tmp_path: Path) -> None:
    home = Home(tmp_path / "one")
    home.env |= package_index_environment()
    home.pin("nodejs jod\ngolang 1.24\n")
    result = home.toolpin("lock", "--source", "pypi", timeout_s=300)
    assert result.code == 0, result.err
    text = (home.project / "toolpin.lock").read_text()
    assert text.count("[[build]]") >= 8
    assert home.toolpin("lock", timeout_s=300).code == 0
    assert (home.project / "toolpin.lock").read_text() == text

    assert home.toolpin("install", "--locked", timeout_s=300).code == 0
    before, receipts = _answers(home), _receipts(home)
    assert before[0].startswith("v22.")
    assert before[1].startswith("go1.24.")
    assert before[1].endswith("\nlocal\n")
    _builds_a_program(home)

    for tool, version in (("nodejs", before[0][1:]), ("golang", before[1][2:])):
        gone = home.toolpin("uninstall", tool, version.split("\n")[0])
        assert gone.code == 0, gone.err
    assert _without_network(home, "install", "--offline").code == 0
    assert _answers(home) == before
    assert _receipts(home) == receipts

    assert home.toolpin("bundle", "create", "tools.bundle").code == 0
    other = Home(tmp_path / "other")
    for name in (".tool-versions", "toolpin.lock", "tools.bundle"):
        shutil.copy(home.project / name, other.project / name)
    assert _without_network(other, "bundle", "install", "tools.bundle").code == 0
    assert _answers(other) == before
    # The same bytes; that no source was asked for them stands there, too.
    assert _receipts(other) == [
        {**receipt, "verified": "lockfile"} for receipt in receipts
    ]


def _builds_a_program(home: Home) -> None:
    """A go.mod that asks for a newer Go downloads none: GOTOOLCHAIN is local."""
    directory = home.project / "hello"
    directory.mkdir()
    (directory / "go.mod").write_text("module hello\n\ngo 1.24\n")
    program = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hi") }\n'
    (directory / "main.go").write_text(program)
    env = {"GOCACHE": str(home.root / "gocache"), "GOPATH": str(home.root / "go")}
    done = home.run(home.shim("go"), "run", ".", cwd=directory, env=env, timeout_s=300)
    assert done.out == "hi\n", done.err
