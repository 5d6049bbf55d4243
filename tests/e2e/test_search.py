"""`toolpin search` and `toolpin plugin list`: which tools there are."""

from __future__ import annotations

import json

from tests.support.run import REPOSITORY, Home


def test_a_word_finds_tools_by_name_command_and_description(home: Home) -> None:
    found = home.toolpin("search", "json").out.splitlines()
    assert "jq     a processor of JSON" in found
    assert "yq     a processor of YAML, JSON and XML" in found
    assert home.toolpin("search", "gofmt").out.startswith("golang, go ")
    listed = json.loads(home.toolpin("search", "k9", "--json").out)["result"]
    assert [tool["name"] for tool in listed] == ["k9s"]


def test_a_word_that_no_tool_has_is_an_error_with_the_longer_list(home: Home) -> None:
    failed = home.toolpin("search", "qqq")
    assert failed.code == 1
    assert "try: toolpin plugin list all" in failed.err


def test_the_list_has_yours_first_and_all_the_others_on_one_screen(home: Home) -> None:
    file = REPOSITORY / "plugins/jq.toml"
    assert home.toolpin("plugin", "add", "jq", str(file)).code == 0
    lines = home.toolpin("plugin", "list").out.splitlines()
    others = len(list((REPOSITORY / "plugins").glob("*.toml"))) - 1
    assert lines[:3] == [
        "yours",
        f"  jq  {home.config}/plugins/jq.toml",
        f"bundled ({others})",
    ]
    assert (
        " ".join(lines[3:]).split()[:2]
        == sorted(path.stem for path in (REPOSITORY / "plugins").glob("*.toml"))[:2]
    )
    assert len(lines) < 24
    assert max(map(len, lines[3:])) <= 80
