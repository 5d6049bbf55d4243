"""A link that a checkout brings along leads what `ci init` writes nowhere."""

from __future__ import annotations

import os

import pytest

from tests.support.run import Home


@pytest.mark.parametrize("name", [".github", ".github/workflows"])
def test_ci_init_writes_through_no_link_that_leads_out_of_a_project(
    name: str, home: Home
) -> None:
    (home.root / "mine").mkdir()
    link = home.project / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(home.root / "mine")
    result = home.toolpin("ci", "init", "github")
    assert result.code == 1
    assert os.listdir(home.root / "mine") == []
