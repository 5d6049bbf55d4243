"""An asdf plugin's scripts see the tools above theirs in the file, as asdf's do."""

from __future__ import annotations

import pytest

from tests.support.run import Home
from tests.support.scripted import GREET, write
from tests.support.upstream import Upstream

# Its program says what the install script has found, from another directory too.
NEEDING = """#!/usr/bin/env bash
set -e
mkdir -p "$ASDF_INSTALL_PATH/bin"
cd "$ASDF_DOWNLOAD_PATH"
found=$({command} {word} 2>&1 || echo "no {command}")
printf '#!/bin/sh\\necho "%s"\\n' "$found" >"$ASDF_INSTALL_PATH/bin/{name}"
chmod +x "$ASDF_INSTALL_PATH/bin/{name}"
"""


def add(home: Home, name: str, command: str, word: str = "") -> None:
    """Add a plugin whose install script runs a command."""
    install = NEEDING.format(name=name, command=command, word=word)
    files = {**GREET, "bin/install": install}
    directory = write(home.data / "plugins" / name, files)
    assert directory.is_dir()


def says(home: Home, command: str) -> str:
    return home.toolpin("exec", command).out.strip()


@pytest.fixture
def machine(home: Home, upstream: Upstream) -> Home:
    """A machine whose own `node` and `greet` are on PATH, and are not to run."""
    upstream.publish("10.15.3")
    home.env.pop("TOOLPIN_SOURCES")
    for name in ("node", "greet"):
        path = home.root / "usr" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\necho the system\n")
        path.chmod(0o755)
    home.env["PATH"] = f"{home.root}/usr:{home.env['PATH']}"
    write(home.data / "plugins/greet", GREET)
    return home


@pytest.mark.parametrize("jobs", ["1", "8"])
def test_a_script_sees_what_stands_above_it_and_comes_in_the_same_run(
    jobs: str, machine: Home
) -> None:
    add(machine, "first", "node", "--version")
    add(machine, "second", "greet", "you")
    add(machine, "third", "second")
    machine.pin("nodejs 10.15.3\nfirst 1.0.0\ngreet 1.1.0\nsecond 1.0.0\nthird 1.0.0\n")
    result = machine.toolpin("install", "--jobs", jobs)
    assert result.code == 0, result.err
    assert says(machine, "first") == "v10.15.3"
    assert says(machine, "second") == says(machine, "third")
    assert says(machine, "third") == "greet 1.1.0 says hello to you"


def test_what_it_sees_is_installed_already_or_pinned_above_the_project(
    machine: Home,
) -> None:
    (machine.root / ".tool-versions").write_text("greet 2.0.0\n")
    add(machine, "second", "greet", "you")
    machine.pin("second 1.0.0\n")
    assert machine.toolpin("install", "greet", "2.0.0").code == 0
    assert machine.toolpin("install").code == 0
    assert says(machine, "second") == "greet 2.0.0 says hello to you"


def test_a_tool_above_that_fails_stops_no_script(machine: Home) -> None:
    add(machine, "second", "greet", "you")
    machine.pin("nodejs 99.0.0\ngreet 1.1.0\nsecond 1.0.0\n")
    machine.env["TOOLPIN_SOURCES"] = "upstream asdf-plugin"
    assert machine.toolpin("install").code == 1
    assert says(machine, "second") == "greet 1.1.0 says hello to you"
