"""What the documentation tells others to match does match."""

from __future__ import annotations

import json
import re

from tests.support.run import REPOSITORY
from toolpin.lockfile.document import Key, Lockfile, render
from toolpin.lockfile.parser import parse
from toolpin.shell.env_formats import FORMATS


def test_renovates_pattern_finds_the_pin_of_a_loose_request() -> None:
    page = (REPOSITORY / "docs/guide/bots.md").read_text()
    recipe = json.loads(page.partition("```json\n")[2].partition("```")[0])
    (pattern,) = recipe["customManagers"][0]["matchStrings"]
    pins = {
        Key("golang", "1.26"): "1.26.6",
        Key("nodejs", "lts"): "24.19.0",
    }
    text = render(Lockfile(pins, ()))
    matches = re.findall(pattern.replace("(?<", "(?P<"), text)
    assert matches == ["24.19.0"]


def test_the_documented_format_is_what_is_read_and_written() -> None:
    page = (REPOSITORY / "docs/reference/lockfile-format.md").read_text()
    text = page.partition("```toml\n")[2].partition("```")[0]
    lock = parse(text, "toolpin.lock")
    assert lock.pins[Key("nodejs", "lts")] == "24.19.0"
    assert [entry.has_build for entry in lock.entries] == [False, True]
    assert render(lock) == text


def test_every_format_has_a_row_among_the_recipes() -> None:
    page = (REPOSITORY / "docs/guide/recipes.md").read_text()
    assert re.findall(r"^\| `([a-z]+)`", page, re.MULTILINE) == list(FORMATS)


def test_the_settings_of_an_editor_are_json() -> None:
    page = (REPOSITORY / "docs/guide/recipes.md").read_text()
    settings, launch = map(
        json.loads, re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    )
    shims = settings["terminal.integrated.env.linux"]["PATH"].partition(":$")[0]
    runs = launch["configurations"][0]["runtimeExecutable"]
    assert runs == f"{shims}/node"
    assert launch["configurations"][0]["program"] == "${workspaceFolder}/server.js"
