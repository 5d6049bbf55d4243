"""docs/reference/commands.md has every argument of every command of the parser."""

from __future__ import annotations

from tests.support.reference import COMMAND, render, undocumented
from tests.support.run import REPOSITORY
from toolpin.cli import VERBS


def test_the_reference_is_what_the_parser_says() -> None:
    text = (REPOSITORY / "docs/reference/commands.md").read_text()
    assert text == render(), f"write it again: {COMMAND}"


def test_every_argument_has_its_help() -> None:
    assert undocumented() == []


def test_every_command_has_a_section() -> None:
    headings = [line[3:] for line in render().splitlines() if line.startswith("## ")]
    assert headings == list(VERBS)
