"""An asdf plugin's whole life: added, asked, locked, installed, run, moved, removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.run import Home
from tests.support.scripted import GREET, INSTALL, commit, git, repository


@pytest.fixture
def greet(home: Home) -> Path:
    """A plugin's repository, as it would lie on a server."""
    return repository(home.root / "upstream" / "asdf-greet", GREET)


def test_a_plugin_goes_from_its_repository_to_a_running_program(
    home: Home, greet: Path
) -> None:
    first = git(greet, "rev-parse", "HEAD")
    added = home.toolpin("plugin", "add", "greet", f"file://{greet}")
    assert added.code == 0, added.err
    listed = home.toolpin("plugin", "list", "--urls", "--refs")
    assert f"greet  file://{greet}  {first}" in listed.out
    versions = home.toolpin("list-all", "greet")
    assert versions.out.split() == ["1.0.0", "1.1.0", "2.0.0-rc1", "2.0.0"]
    assert home.toolpin("latest", "greet").out == "2.0.0\n"
    assert home.toolpin("latest", "greet", "1").out == "1.1.0\n"

    home.pin("greet 1\n")
    locked = home.toolpin("lock")
    assert locked.code == 0, locked.err
    lockfile = (home.project / "toolpin.lock").read_text()
    assert '"greet 1" = "1.1.0"' in lockfile
    assert f'locator = "git:file://{greet}@{first}"' in lockfile
    assert 'verified = "plugin-only"' in lockfile

    installed = home.toolpin("install", "--locked")
    assert installed.code == 0, installed.err
    result = home.run(home.shim("greet"), "you", "and me")
    assert result.out == "greet 1.1.0 says hello to you and me\n", result.err
    assert home.toolpin("exec", "greet").out == "greet 1.1.0 says hello to \n"
    assert home.toolpin("where", "greet").out.strip().endswith("/installs/greet/1.1.0")

    louder = INSTALL.replace("hello", "HELLO")
    second = commit(greet, {"bin/install": louder})
    difference = home.toolpin("plugin", "diff", "greet")
    assert "+echo" in difference.out
    assert "HELLO" in difference.out
    updated = home.toolpin("plugin", "update", "greet")
    assert updated.code == 0, updated.err
    assert first[:7] in updated.err
    assert second[:7] in updated.err
    home.toolpin("uninstall", "greet", "1.1.0")
    refused = home.toolpin("install", "--locked")
    assert refused.code == 1
    assert f"toolpin plugin update greet {first}" in refused.err
    assert home.toolpin("lock", "--refresh", "greet").code == 0
    assert home.toolpin("install", "--locked").code == 0
    assert home.run(home.shim("greet")).out == "greet 1.1.0 says HELLO to \n"

    removed = home.toolpin("plugin", "remove", "greet")
    assert removed.code == 0, removed.err
    assert not (home.data / "plugins" / "greet").exists()
    assert home.run(home.shim("greet")).code == 0, "what was installed stays"
