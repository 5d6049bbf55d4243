"""`toolpin why`: what decided, what it beat, what the lockfile says, and what runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.support.login import BASH, FISH, OTHER, PINNED, ZSH, Login, Shell
from tests.support.run import Home
from tests.support.scripted import write
from tests.support.terminal import Terminal
from tests.support.upstream import Upstream

LOCK = f'schema = 1\n[pins]\n"nodejs 10" = "{PINNED}"\n\n'


@pytest.fixture
def login(home: Home, upstream: Upstream) -> Login:
    """A machine on which node is what is pinned."""
    return Login(home, upstream)


class Wrong(NamedTuple):
    """A setup in which node is not what is pinned, and what must be said of it.

    `kinds` are those of the programs on PATH, in order.
    """

    arrange: Callable[[Login], object]
    words: tuple[str, ...]
    kinds: list[str]
    fix: str = "toolpin doctor"
    shell: Shell = BASH


def _in_front(directory: str) -> Callable[[Login], None]:
    def arrange(login: Login) -> None:
        login.program(login.home.home / directory / "node", "echo v18")
        line = f'export PATH="$HOME/{directory}:$PATH"'
        login.rc(".bashrc", login.path_line, line)

    return arrange


def _other_version_in_front(login: Login) -> None:
    line = f"export PATH='{login.tree(OTHER)}/bin':\"$PATH\""
    login.rc(".bashrc", login.path_line, line)


def _other_store_in_front(login: Login) -> None:
    other = login.home.root / "other"
    env = {"TOOLPIN_DATA_DIR": str(other)}
    assert login.home.toolpin("install", env=env).code == 0
    line = f"export PATH='{other}/shims':\"$PATH\""
    login.rc(".bashrc", login.path_line, line)


def _not_on_path(login: Login) -> None:
    login.rc(".bashrc", "")


def _not_installed(login: Login) -> None:
    login.home.pin("nodejs 11.0.0\n")


def _locked_and_not_installed(login: Login) -> None:
    login.home.pin("nodejs 10\n")
    lock = login.home.project / "toolpin.lock"
    lock.write_text(LOCK.replace(PINNED, "10.99.0"))


def _unreadable_lockfile(login: Login) -> None:
    login.home.pin("nodejs 10\n")
    (login.home.project / "toolpin.lock").write_text("<<<<<<< HEAD\n")


def _variable_left(login: Login) -> None:
    lines = (login.path_line, "export TOOLPIN_NODEJS_VERSION=9.9.9")
    login.rc(".bashrc", *lines)


def _mark_left(login: Login) -> None:
    mark = login.home.data / "incomplete/nodejs" / PINNED
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


WRONG = {
    "asdf": Wrong(_in_front(".asdf/shims"), ("asdf",), ["manager", "shims"]),
    "mise": Wrong(
        _in_front(".local/share/mise/installs/node/18/bin"),
        ("mise",),
        ["manager", "shims"],
    ),
    "nvm": Wrong(
        _in_front(".nvm/versions/node/v18/bin"), ("nvm",), ["manager", "shims"]
    ),
    "volta": Wrong(_in_front(".volta/bin"), ("volta",), ["manager", "shims"]),
    "somebody's own": Wrong(_in_front("tools"), ("/tools/node",), ["system", "shims"]),
    "another version": Wrong(
        _other_version_in_front, (f"nodejs {OTHER}",), ["install", "shims"]
    ),
    "another store": Wrong(
        _other_store_in_front, ("another toolpin store",), ["manager", "shims"]
    ),
    "not on PATH": Wrong(_not_on_path, ("not on PATH",), []),
    "zsh without a line": Wrong(_not_on_path, ("not on PATH",), [], shell=ZSH),
    "fish without a line": Wrong(_not_on_path, ("not on PATH",), [], shell=FISH),
    "not installed": Wrong(
        _not_installed,
        ("nodejs 11.0.0 is not installed",),
        ["shims"],
        "toolpin install",
    ),
    "locked, not installed": Wrong(
        _locked_and_not_installed,
        ("locked as", "10.99.0", "toolpin.lock"),
        ["shims"],
        "toolpin install",
    ),
    "an unreadable lockfile": Wrong(
        _unreadable_lockfile,
        ("toolpin.lock", "merge conflict"),
        ["shims"],
        "git checkout --ours toolpin.lock && toolpin lock",
    ),
    "a variable left": Wrong(
        _variable_left,
        ("TOOLPIN_NODEJS_VERSION", "9.9.9", "instead of", ".tool-versions:1"),
        ["shims"],
        "toolpin install",
    ),
    "a mark left": Wrong(
        _mark_left, (f"nodejs {PINNED}",), ["shims"], "toolpin install"
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_the_pinned_one_is_told_with_its_cause(
    name: str, login: Login
) -> None:
    wrong = WRONG[name]
    wrong.arrange(login)
    code, result = login.answer(wrong.shell, "toolpin why node --json")
    assert (code, result["is_right"]) == (1, False)
    assert [candidate["kind"] for candidate in result["candidates"]] == wrong.kinds
    screen = login.type(wrong.shell, "toolpin why node")
    assert screen.code == 1
    for word in wrong.words:
        assert word in screen.out
    assert f"try: {wrong.fix}" in screen.err


@pytest.mark.parametrize("name", ["asdf", "somebody's own", "another version"])
def test_the_program_that_why_names_is_the_one_that_the_shell_runs(
    name: str, login: Login
) -> None:
    WRONG[name].arrange(login)
    _, result = login.answer(BASH, "toolpin why node --json")
    assert login.type(BASH, "command -v node").out == f"{result['runs']}\n"


def test_the_winner_and_all_that_it_beat_are_told_nearest_first(login: Login) -> None:
    home = login.home
    home.pin("node 10\nnodejs 12.22.0\n")
    (home.project / "toolpin.lock").write_text(LOCK)
    (home.home / ".tool-versions").write_text("erlang 27\nnodejs lts\n")
    (home.config / ".tool-versions").write_text("nodejs system\n")
    done = login.type(BASH, "toolpin why node")
    assert (done.code, done.err) == (0, _silent(done.err))
    rows = [line.split() for line in done.out.splitlines()]
    shims = f"{home.data}/shims/node"
    assert done.out.splitlines()[0] == f"node runs nodejs {PINNED}, as pinned"
    assert rows[1:] == [
        ["required", "by", "10", f"{home.project}/.tool-versions:1"],
        ["instead", "of", "12.22.0", f"{home.project}/.tool-versions:2"],
        ["instead", "of", "lts", f"{home.home}/.tool-versions:2"],
        ["instead", "of", "system", f"{home.config}/.tool-versions:1"],
        ["locked", "as", PINNED, f"{home.project}/toolpin.lock"],
        ["installed", PINNED, str(login.tree())],
        ["runs", "shim", shims],
    ]


def _silent(err: str) -> str:
    """Return what an interactive shell without a terminal says of itself."""
    assert "toolpin" not in err.replace("/toolpin", "")
    return err


@pytest.mark.parametrize("columns", [40, 400])
def test_a_path_that_does_not_fit_beside_its_word_has_a_line_of_its_own(
    login: Login, columns: int
) -> None:
    env = {**login.home.env, "PS1": "$ "}
    shell = ("bash", "--noprofile", "--norc", "-i")
    where = login.home.project
    with Terminal(*shell, env=env, cwd=where, columns=columns) as terminal:
        terminal.send("toolpin why node; echo 'the'' end'\n")
        shown = terminal.until("the end").replace("\r\n", "\n")
    beside = "\n             " if columns == 40 else "  "
    for words in (
        f"required by  {PINNED}{beside}{where}/.tool-versions:1\n",
        f"installed    {PINNED}{beside}{login.tree()}\n",
    ):
        assert words in shown


def test_the_document_has_every_reason(login: Login) -> None:
    code, result = login.answer(BASH, "toolpin why node --json")
    place = {"place": f"{login.home.project}/.tool-versions", "line": 1}
    program = f"{login.tree()}/bin/node"
    assert code == 0
    assert result == {
        "command": "node",
        "tool": "nodejs",
        "version": PINNED,
        "is_right": True,
        "runs": program,
        "meant": program,
        "wanted": {"versions": [PINNED], "wanted_by": place},
        "overridden": [],
        "ignored": [],
        "locked": [],
        "install": str(login.tree()),
        "candidates": [
            {
                "path": f"{login.shims}/node",
                "kind": "shims",
                "manager": None,
                "tool": None,
                "version": None,
            }
        ],
        "problem": None,
    }


def test_a_real_directory_in_front_is_right_where_it_is_the_pinned_one(
    login: Login,
) -> None:
    line = f"export PATH='{login.tree()}/bin':\"$PATH\""
    login.rc(".bashrc", login.path_line, line)
    code, result = login.answer(BASH, "toolpin why node --json")
    assert code == 0
    assert [candidate["version"] for candidate in result["candidates"]] == [
        PINNED,
        None,
    ]


def test_what_nothing_pins_is_the_machines_own(login: Login) -> None:
    done = login.type(BASH, "toolpin why env")
    env = shutil.which("env", path=login.home.env["PATH"])
    assert done.code == 0
    assert done.out.startswith(f"env runs {env}; it is not pinned here\n")


def test_a_far_file_that_cannot_be_read_changes_nothing(login: Login) -> None:
    (login.home.home / ".tool-versions").write_bytes(b"nodejs \xff\n")
    done = login.type(BASH, "toolpin why node")
    assert done.code == 0
    assert f"{login.home.home}/.tool-versions is not UTF-8" in done.out


def test_a_command_of_nobody_is_127_with_names_near_it(login: Login) -> None:
    done: Any = login.type(BASH, "toolpin why noed")
    assert done.code == 127
    assert "similar  node" in done.err


@pytest.mark.parametrize("has_own", [True, False])
def test_a_command_of_a_pinned_tool_of_which_nothing_was_ever_installed(
    has_own: bool, home: Home
) -> None:
    home.pin("nodejs 11.0.0\n")
    if has_own:
        write(home.root / "usual", {"bin/npm": "#!/bin/sh\n"})
    env = {"PATH": f"{home.root}/usual/bin"}
    result = home.toolpin("why", "npm", env=env)
    assert result.code == 1
    assert "nodejs 11.0.0 is not installed" in result.out
    assert (f"runs {home.root}/usual/bin/npm" in result.out) == has_own
    assert ".tool-versions:1" in result.out
    assert result.err.endswith("  try: toolpin install --missing\n")
    home.pin("nodejs system\n")
    assert home.toolpin("why", "npm", env=env).code == (0 if has_own else 127)


def test_a_command_that_only_another_version_has_says_which(login: Login) -> None:
    write(login.tree(OTHER), {"bin/extra": "#!/bin/sh\necho extra\n"})
    assert login.home.toolpin("reshim").code == 0
    done = login.type(BASH, "toolpin why extra")
    assert done.code == 1
    rows = [line.split() for line in done.out.splitlines()]
    assert f"extra cannot run: nodejs {PINNED} does not provide extra" in done.out
    assert ["installed", PINNED, str(login.tree())] in rows
    assert ["available", "in", OTHER] in rows
    _, _, hint = done.err.partition("  try: ")
    assert hint == f"toolpin pin nodejs {OTHER}\n"
    assert login.type(BASH, hint).code == 0
    assert login.type(BASH, "toolpin exec extra").out == "extra\n"
