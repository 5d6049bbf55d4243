"""The JSON answers, each as a contract: what the reference promises, key by key."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.run import REPOSITORY, Home, Result
from tests.support.server import Server
from tests.support.upstream import Upstream
from toolpin import __version__
from toolpin.cli import VERBS

_PINS = "# runtimes\nnodejs 9.9.0\n"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A machine with two versions of three, for tests that change nothing of it."""
    home = Home(tmp_path_factory.mktemp("machine"))
    with Server() as server:
        upstream = Upstream(server)
        upstream.mirror_for(home)
        for version in ("9.9.0", "10.15.3", "10.16.0", "11.0.0-rc.1"):
            upstream.publish(version)
        home.pin(_PINS)
        done = home.toolpin("install", "nodejs", "9.9.0", "10.15.3")
        assert done.code == 0, done.err
        yield home


def _document(result: Result) -> dict[str, Any]:
    document = json.loads(result.out)
    assert isinstance(document, dict)
    assert document.pop("schema") == 1
    return document


def _answer(home: Home, *words: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return the result of a command that succeeds and changes nothing."""
    done = home.toolpin(*words, "--json")
    assert done.code == 0, done.err
    document = _document(done)
    assert document.keys() == {"command", "result"}
    assert document["command"].replace(" ", "-") in "-".join(words)
    return document["result"]


def _tree(home: Home, version: str) -> str:
    return f"{home.data}/installs/nodejs/{version}"


def _origin(home: Home) -> dict[str, object]:
    return {"place": f"{home.project}/.tool-versions", "line": 2}


def test_version(machine: Home) -> None:
    assert _answer(machine, "version") == {"version": __version__}


def test_list(machine: Home) -> None:
    rows = [
        {
            "tool": "nodejs",
            "version": version,
            "pinned": version == "9.9.0",
            "path": _tree(machine, version),
            "system": False,
        }
        for version in ("9.9.0", "10.15.3")
    ]
    assert _answer(machine, "list") == rows
    assert _answer(machine, "list", "node", "10") == rows[1:]


def test_list_all(machine: Home) -> None:
    expected = {"tool": "nodejs", "versions": ["10.15.3", "10.16.0"], "silent": []}
    assert _answer(machine, "list-all", "node", "10") == expected
    document = _document(machine.toolpin("list", "all", "node", "10", "--json"))
    assert document == {"command": "list-all", "result": expected}


def test_latest_is_the_newest_release_and_no_candidate(machine: Home) -> None:
    expected = {"tool": "nodejs", "version": "10.16.0", "installed": False}
    assert _answer(machine, "latest", "node") == expected
    assert machine.toolpin("latest", "nodejs", "9").out == "9.9.0\n"
    assert machine.toolpin("latest", "nodejs", "11.0.0-rc").out == "11.0.0-rc.1\n"
    early = machine.toolpin("latest", "nodejs", "11")
    assert early.code == 1
    assert "11.0.0-rc.1" in early.err


def test_current(machine: Home) -> None:
    row = {
        "tool": "nodejs",
        "wanted": ["9.9.0"],
        "wanted_by": _origin(machine),
        "runs": "9.9.0",
        "missing": [],
        "locked": [None],
        "known": True,
    }
    assert _answer(machine, "current") == [row]
    env = {"TOOLPIN_NODEJS_VERSION": "7.7.7"}
    missing = machine.toolpin("current", "node", "--json", env=env)
    assert missing.code == 1
    assert _document(missing)["result"] == [
        {
            "tool": "nodejs",
            "wanted": ["7.7.7"],
            "wanted_by": {"place": "TOOLPIN_NODEJS_VERSION", "line": None},
            "runs": None,
            "missing": ["7.7.7"],
            "locked": [None],
            "known": True,
        }
    ]


def test_which_and_where(machine: Home) -> None:
    assert _answer(machine, "which", "node") == {
        "command": "node",
        "path": f"{_tree(machine, '9.9.0')}/bin/node",
        "tool": "nodejs",
        "version": "9.9.0",
        "wanted_by": _origin(machine),
    }
    nobodys = _answer(machine, "which", "env")
    assert (nobodys["tool"], nobodys["version"], nobodys["wanted_by"]) == (None,) * 3
    assert _answer(machine, "where", "node", "10.15.3") == {
        "tool": "nodejs",
        "version": "10.15.3",
        "path": _tree(machine, "10.15.3"),
    }


def test_shimversions(machine: Home) -> None:
    pairs = [
        {"tool": "nodejs", "version": "9.9.0"},
        {"tool": "nodejs", "version": "10.15.3"},
    ]
    assert _answer(machine, "shimversions", "node") == pairs
    text = machine.toolpin("shimversions", "node").out
    assert text == "nodejs 9.9.0\nnodejs 10.15.3\n"
    unknown = machine.toolpin("shimversions", "nodee")
    assert unknown.code == 127
    assert "similar  node" in unknown.err


def test_env(machine: Home) -> None:
    tree = _tree(machine, "9.9.0")
    headers = {"npm_package_config_node_gyp_devdir": f"{tree}/libexec/node-gyp"}
    expected = {"path": [f"{tree}/bin"], "variables": headers}
    assert _answer(machine, "env") == expected
    assert _answer(machine, "env", "node", "--format", "docker") == expected


def test_cache_list(machine: Home) -> None:
    answer = _answer(machine, "cache", "list")
    assert answer["folder"] == str(machine.cache)
    assert len(answer["archives"]) == 2
    for archive in answer["archives"]:
        assert archive.keys() == {"digest", "size_bytes", "path", "filename", "of"}
        assert Path(archive["path"]).stat().st_size == archive["size_bytes"]
        assert re.fullmatch("sha256:[0-9a-f]{64}", archive["digest"])
        [pin] = archive["of"]
        assert archive["filename"] == f"node-v{pin['version']}-linux-x64.tar.xz"


def test_a_dry_run_shows_plans_and_changes_nothing(machine: Home) -> None:
    done = machine.toolpin("install", "node", "10.16.0", "--dry-run", "--json")
    document = _document(done)
    assert done.code == 5
    assert document["command"] == "install"
    assert document["changed"] is False
    [plan] = document["result"].pop("plans")
    assert document["result"] == {"errors": []}
    [artifact] = plan.pop("artifacts")
    assert artifact.keys() == {"locator", "digest", "size_bytes", "filename"}
    host = plan.pop("host")
    assert host.startswith(("linux-", "macos-"))
    assert plan == {
        "tool": "nodejs",
        "version": "10.16.0",
        "source": "upstream",
        "publisher": "nodejs.org",
        "into": _tree(machine, "10.16.0"),
    }


def test_what_changes_says_whether_it_did(home: Home, upstream: Upstream) -> None:
    upstream.publish("9.9.0")

    def changed(*words: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        done = home.toolpin(*words, "--json")
        assert done.code == 0, done.err
        document = _document(done)
        assert document.keys() == {"command", "changed", "result"}
        return document["changed"], document["result"]

    file = f"{home.project}/.tool-versions"
    pinned = {"tool": "nodejs", "wanted": ["9.9.0"], "file": file, "missing": ["9.9.0"]}
    assert changed("pin", "nodejs", "9.9.0") == (True, pinned)
    assert changed("pin", "nodejs", "9.9.0") == (False, pinned)
    outcome = {
        "tool": "nodejs",
        "version": "9.9.0",
        "status": "installed",
        "wanted_by": {"place": file, "line": 1},
        "path": _tree(home, "9.9.0"),
        "error": None,
    }
    assert changed("install") == (True, {"outcomes": [outcome], "errors": []})
    outcome["status"] = "present"
    assert changed("install") == (False, {"outcomes": [outcome], "errors": []})
    nothing: dict[str, list[str]] = {"added": [], "removed": [], "skipped": []}
    assert changed("reshim") == (False, nothing)
    did, cleaned = changed("cache", "clean")
    assert did
    assert cleaned.keys() == {"removed", "busy", "dry_run"}
    assert [item.keys() for item in cleaned["removed"]] == [{"path", "size_bytes"}] * 3
    removed = {"removed": [{"tool": "nodejs", "version": "9.9.0"}], "dry_run": False}
    assert changed("uninstall", "node", "9.9.0") == (True, removed)


def test_an_install_that_fails_in_part_answers_for_each(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("9.9.0")
    home.pin("nodejs 9.9.0 9.9.1\nnodesj 1.0\n")
    done = home.toolpin("install", "--json")
    assert done.code == 1
    document = _document(done)
    states = {
        outcome["version"]: outcome["status"]
        for outcome in document["result"]["outcomes"]
    }
    assert states == {"9.9.0": "installed", "9.9.1": "failed"}
    failed = document["result"]["outcomes"][1]["error"]
    assert failed["what"].startswith("nodejs 9.9.1 does not exist")
    [unknown] = document["result"]["errors"]
    near = {"label": "similar", "value": "nodejs"}
    assert near in unknown["facts"]
    assert failed["what"] in done.err


@pytest.mark.parametrize(
    ("words", "code", "command"),
    [
        (("where", "nodejs", "1.2.3"), 1, "where"),
        (("--json", "which", "no-such-command"), 127, "which"),
        (("list", "all", "no-such-tool"), 1, "list-all"),
        (("set", "nodejs", "../x"), 2, "pin"),
        (("list", "--no-such-option"), 2, "list"),
        (("no-such-verb",), 2, None),
        (("-C", "/no/such", "env"), 2, "env"),
    ],
)
def test_an_error_is_an_answer_too(
    words: tuple[str, ...], code: int, command: str | None, machine: Home
) -> None:
    done = machine.toolpin(*words, "--json")
    assert done.code == code
    document = _document(done)
    assert document.keys() == {"command", "error"}
    assert document["command"] == command
    error = document["error"]
    assert error.keys() == {"what", "facts", "hint"}
    assert all(fact.keys() == {"label", "value"} for fact in error["facts"])
    assert done.err.startswith(f"toolpin: {error['what']}\n")


def test_the_json_of_a_child_is_its_own(machine: Home) -> None:
    shown = machine.toolpin("exec", "node", "x", "--json")
    assert shown.out == "x\n--json\n"
    assert machine.toolpin("exec", "no-such-command", "--json").out == ""
    here = str(machine.project)
    assert machine.toolpin("-C", here, "exec", "nobody", "--json").out == ""


def test_hostile_70_a_path_that_is_no_text_has_an_answer(home: Home) -> None:
    data = home.root / "\udcff\u00e9"
    tree = data / "installs/one/1.0"
    (tree / "bin").mkdir(parents=True)
    # What a locale such as en_US.UTF-8 makes of stdout.
    script = (
        "import sys; sys.stdout.reconfigure(encoding='utf-8', errors='strict')\n"
        "from toolpin.__main__ import main; main()"
    )
    words = (sys.executable, "-I", "-c", script, "where", "one", "1.0")
    env = {"TOOLPIN_DATA_DIR": str(data)}
    output = home.run(*words, env=env).out
    # As bytes: a red assertion could not be shown otherwise.
    assert os.fsencode(output) == os.fsencode(f"{tree}\n")
    answer = home.run(*words, "--json", env=env)
    assert answer.out.isascii()
    document = _document(answer)
    assert os.fsencode(document["result"]["path"]) == os.fsencode(tree)


def test_every_command_has_its_place_in_the_document() -> None:
    pages = ("json.md", "json-changes.md")
    reference = REPOSITORY / "docs/reference"
    text = "".join((reference / page).read_text() for page in pages)
    for name, verb in VERBS.items():
        if verb.module and name != "set":
            assert f"`{name}" in text, name
