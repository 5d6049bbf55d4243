"""A build script that says `asdf`, word for word as it was written for asdf."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.run import Home
from tests.support.scripted import GREET, repository

SCRIPT = """#!/bin/bash
set -euo pipefail
asdf --version | grep -Eq '^asdf version 0\\.(1[6-9]|[2-9][0-9])'
asdf plugin list 2>/dev/null | grep -q '^greet$' || asdf plugin add greet "$URL"
asdf plugin-add greet "$URL"
asdf install
asdf current greet --no-header | awk '{print $2, $4}'
"$(asdf where greet)/bin/greet" from where
asdf exec greet from exec
greet from the shim
ASDF_GREET_VERSION=1.0.0 asdf install
ASDF_GREET_VERSION=1.0.0 greet from the variable
grep '^# asdf-plugin: greet' "$ASDF_DATA_DIR/shims/greet"
asdf set greet 1.0.0
asdf list greet
asdf uninstall greet 1.1.0
asdf shimversions greet
"""

SAID = """1.1.0 true
greet 1.1.0 says hello to from where
greet 1.1.0 says hello to from exec
greet 1.1.0 says hello to from the shim
greet 1.0.0 says hello to from the variable
# asdf-plugin: greet 1.1.0
# asdf-plugin: greet 1.0.0
 *1.0.0
  1.1.0
greet 1.0.0
"""


@pytest.fixture
def greet(home: Home) -> Path:
    """A plugin's repository, as it would lie on a server."""
    return repository(home.root / "upstream" / "asdf-greet", GREET)


def test_a_script_written_for_asdf_runs_unchanged(home: Home, greet: Path) -> None:
    place = home.root / "bin"
    made = home.toolpin("asdf-alias", str(place))
    assert made.code == 0, made.err
    file = home.pin("# ours\n\nnosuch 1.0\ngreet 1.1.0\n")
    script = home.root / "build.sh"
    script.write_text(SCRIPT)
    data = home.root / "asdf data"
    env = {
        "PATH": f"{data}/shims:{place}:{os.environ['PATH']}",
        "ASDF_DATA_DIR": str(data),
        "URL": f"file://{greet}",
    }
    done = home.run("bash", str(script), env=env)
    assert done.code == 0, done.err
    assert done.out == SAID
    assert "asdf plugin add" in done.err, "an old spelling names the new one"
    assert file.read_text() == "# ours\n\nnosuch 1.0\ngreet 1.0.0\n"
    assert not home.data.exists(), "asdf's directory is the one that is worked in"
