"""`outdated` and `upgrade` cover what files above the project and at home pin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.golang import GoUpstream
from tests.support.run import Home
from tests.support.server import Status
from tests.support.upstream import Upstream

HOST = ("--host", "linux-x64")


@pytest.fixture
def above(home: Home, upstream: Upstream) -> Home:
    """A project on Node below a home that pins Node and Go, each locked and behind."""
    golang = GoUpstream(upstream.server)
    golang.mirror_for(home)
    upstream.publish("22.20.0")
    golang.publish("1.22.0")
    home.project = home.home / "site"
    home.project.mkdir()
    home.pin("nodejs 22\n")
    (home.home / ".tool-versions").write_text("nodejs 22.20\ngolang 1.22\n")
    for directory in (home.project, home.home):
        assert home.toolpin("lock", *HOST, cwd=directory).code == 0
    upstream.publish("22.21.0")
    golang.publish("1.22.1")
    golang.publish("1.23.0")
    return home


def moved(home: Home, *words: str, cwd: Path | None = None) -> list[tuple[str, ...]]:
    result = home.toolpin("upgrade", *words, "--json", cwd=cwd)
    moves = json.loads(result.out)["result"]["moves"]
    keys = ("tool", "now_wanted", "now_version", "file")
    return [tuple(move[key] for key in keys) for move in moves]


def test_outdated_names_what_counts_of_each_file_and_the_file(above: Home) -> None:
    rows = json.loads(above.toolpin("outdated", "--json").out)["result"]
    assert [
        (row["tool"], row["version"], row["within"], row["wanted_by"]) for row in rows
    ] == [
        ("nodejs", "22.20.0", "22.21.0", _at(above.project, 1)),
        ("golang", "1.22.0", "1.22.1", _at(above.home, 2)),
    ]


def test_upgrade_moves_each_lockfile_for_the_tools_of_it_that_count(
    above: Home,
) -> None:
    assert moved(above) == [
        ("nodejs", "22", "22.21.0", f"{above.project}/.tool-versions"),
        ("golang", "1.22", "1.22.1", f"{above.home}/.tool-versions"),
    ]
    at_home = (above.home / "toolpin.lock").read_text()
    assert '"golang 1.22" = "1.22.1"' in at_home
    assert '"nodejs 22.20" = "22.20.0"' in at_home  # the project's counts here


def test_upgrade_of_one_tool_leaves_the_other_file_alone(above: Home) -> None:
    before = (above.project / "toolpin.lock").read_bytes()
    assert [move[0] for move in moved(above, "golang")] == ["golang"]
    assert (above.project / "toolpin.lock").read_bytes() == before


def test_upgrade_latest_writes_the_file_that_asks(above: Home) -> None:
    (above.home / "toolpin.lock").unlink()
    assert moved(above, "--latest", "golang")[0][:2] == ("golang", "1.23")
    text = (above.home / ".tool-versions").read_text()
    assert text == "nodejs 22.20\ngolang 1.23\n"
    assert (above.project / ".tool-versions").read_text() == "nodejs 22\n"


def test_without_a_lockfile_there_a_file_is_passed_over_unless_its_tool_is_named(
    above: Home,
) -> None:
    (above.home / "toolpin.lock").unlink()
    assert [move[0] for move in moved(above)] == ["nodejs"]
    named = above.toolpin("upgrade", "golang")
    assert named.code == 4
    assert f"beside  {above.home}/.tool-versions" in named.err


def test_where_no_project_pins_the_home_directorys_counts(above: Home) -> None:
    elsewhere = above.root / "elsewhere"
    elsewhere.mkdir()
    outdated = above.toolpin("outdated", "--json", cwd=elsewhere)
    rows = json.loads(outdated.out)["result"]
    assert [row["wanted_by"]["line"] for row in rows] == [1, 2]
    assert [move[0] for move in moved(above, cwd=elsewhere)] == ["nodejs", "golang"]


def test_a_home_file_that_is_a_link_to_the_projects_is_moved_once(above: Home) -> None:
    (above.home / ".tool-versions").unlink()
    (above.home / ".tool-versions").symlink_to(above.project / ".tool-versions")
    assert [move[0] for move in moved(above)] == ["nodejs"]


def _at(directory: Path, line: int) -> dict[str, object]:
    return {"place": f"{directory}/.tool-versions", "line": line}


@pytest.mark.parametrize("words", [(), ("--latest",), ("nodejs", "golang")])
def test_a_file_that_cannot_move_keeps_the_others_as_they_are(
    words: tuple[str, ...], above: Home, upstream: Upstream
) -> None:
    upstream.server.put("/go/", b"", fault=Status(503))
    files = [
        directory / name
        for directory in (above.project, above.home)
        for name in (".tool-versions", "toolpin.lock")
    ]
    before = [file.read_bytes() for file in files]
    assert above.toolpin("upgrade", *words).code == 1
    assert [file.read_bytes() for file in files] == before
