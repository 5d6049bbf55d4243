"""docs/reference/plugins.md has every field of a plugin's file as the code has it."""

from __future__ import annotations

from tests.support.plugin_reference import COMMAND, PAGE, in_page, render


def test_the_documentation_has_the_fields_as_they_are() -> None:
    assert in_page(PAGE.read_text()) == render(), f"write it again: {COMMAND}"
