"""One table of projects: every road gives the same answer."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.shell.store import KNOWN, SHELLS, Store
from toolpin.model import Pin
from toolpin.shims.shim_directory import refresh


class Case(NamedTuple):
    """A project file, the variables, a command, and what its user must see."""

    text: str | bytes | None
    out: str = ""
    code: int = 0
    err: str = ""
    env: dict[str, str] | None = None
    command: str = "node"


V10, V12 = "nodejs 10.15.3", "nodejs 12.22.0"
FILE1, FILE2 = ".tool-versions:1", ".tool-versions:2"
OVERRIDE = "TOOLPIN_NODEJS_VERSION"

CASES = {
    "plain": Case("nodejs 10.15.3\n", V10),
    "other-name": Case("node 12.22.0\n", V12),
    "no-final-newline": Case("nodejs 10.15.3", V10),
    "crlf": Case("erlang 1\r\n\r\nnodejs 10.15.3\r\n", V10),
    "tabs": Case("\tnodejs\t10.15.3\t\n", V10),
    "blanks": Case("  nodejs   10.15.3  \n", V10),
    "comment": Case("# top\nnodejs 10.15.3 # why\n", V10),
    "comment-at-once": Case("nodejs 10.15.3# why\n", V10),
    "bom": Case(b"\xef\xbb\xbfnodejs 10.15.3\n", V10),
    "first-line-wins": Case("nodejs 10.15.3\nnodejs 12.22.0\n", V10),
    "among-others": Case("a 1\nb 2 3\nnodejs 12.22.0\nc 4\n", V12),
    "longer-name": Case("nodejs-x 1\nnodejs 12.22.0\n", V12),
    "fallback-first": Case("nodejs 10.15.3 12.22.0\n", V10),
    "fallback-second": Case("nodejs 9.0.0 12.22.0\n", V12),
    "fallback-has-it": Case("nodejs 12.22.0 10.15.3\n", V10, command="npm"),
    "prefix": Case("nodejs 12\n", V12),
    "v-in-front": Case("nodejs v10.15.3\n", V10),
    "v-of-a-prefix": Case("nodejs v12\n", V12),
    "x-range": Case("nodejs 10.x\n", V10),
    "x-range-of-two": Case("node v12.22.X\n", V12),
    "x-twice": Case("nodejs 10.x.x\n", V10),
    "star-range": Case("nodejs 12.*\n", V12),
    "x-alone": Case("nodejs x\n", code=126, err=FILE1),
    "v-of-no-number": Case("nodejs vx\n", code=126, err=FILE1),
    "spelled-word": Case("nodejs stable\n", V12),
    "beginning": Case("nodejs lts/10.15.3\n", V10),
    "beginning-of-two": Case("nodejs lts/9.0.0 12.22.0\n", V12),
    "beginning-twice": Case("nodejs lts/lts/10.15.3\n", code=2, err=FILE1),
    "beginning-alone": Case("nodejs lts/\n", code=2, err=FILE1),
    "hostile-54-beginning": Case("nodejs lts/../10.15.3\n", code=2, err=FILE1),
    "beginning-and-v": Case("nodejs lts/v10.15.3\n", V10),
    "otp": Case("erlang OTP-27.0.1\n", "erlang 27.0.1", command="erl"),
    "override-v": Case("nodejs 10.15.3\n", V12, env={OVERRIDE: "v12.22.0"}),
    "override-x": Case("nodejs 12.22.0\n", V10, env={OVERRIDE: "10.x"}),
    "override-beginning": Case(None, V10, env={OVERRIDE: "lts/10.15.3 12"}),
    "override-otp": Case(
        None, "erlang 27.0.1", command="erl", env={"TOOLPIN_ERLANG_VERSION": "OTP-27.x"}
    ),
    "latest": Case("nodejs latest\n", V12),
    "latest-of": Case("nodejs latest:10\n", V10),
    "no-half-number": Case("nodejs 1\n", code=126, err=FILE1),
    "missing": Case("# x\nnodejs 11.0.0\n", code=126, err=FILE2),
    "lacks": Case("nodejs 12.22.0\n", code=126, err="10.15.3", command="npm"),
    "override": Case("nodejs 10.15.3\n", V12, env={OVERRIDE: "12.22.0"}),
    "override-alone": Case(None, V12, env={OVERRIDE: "12.22.0"}),
    "override-list": Case(None, V12, env={OVERRIDE: "9.9.9 12.22.0"}),
    "hostile-64-empty": Case("nodejs 10.15.3\n", code=2, env={OVERRIDE: ""}),
    "hostile-64-up": Case("nodejs 10.15.3\n", code=2, env={OVERRIDE: "../../x"}),
    "hostile-64-line": Case(None, code=2, env={OVERRIDE: "12.22.0\nx"}),
    "hostile-54-up": Case("nodejs ../nodejs/10.15.3\n", code=2, err=FILE1),
    "hostile-54-absolute": Case("nodejs /tmp\n", code=2, err=FILE1),
    "hostile-54-later": Case("nodejs 10.15.3 ../x\n", code=2, err=FILE1),
    "hostile-55-command": Case("nodejs $(id)\n", code=2, err=FILE1),
    "hostile-55-glob": Case("nodejs *\n", code=2, err=FILE1),
    "hostile-55-quote": Case("nodejs '10.15.3'\n", code=2, err=FILE1),
    "hostile-55-semicolon": Case("nodejs 10.15.3;id\n", code=2, err=FILE1),
    "later-word-dot": Case("nodejs 10.15.3 .bad\n", code=2, err=FILE1),
    "later-word-dash": Case("nodejs 10.15.3 -x\n", code=2, err=FILE1),
    "later-word-long": Case(f"nodejs 10.15.3 {'a' * 200}\n", code=2, err=FILE1),
    "others-name": Case("Ruby 3.0\nnodejs 10.15.3\n", V10),
    "others-line": Case("ruby\nruby ../../x\nnodejs 10.15.3\n", V10),
    "a-wrong-line-behind": Case("nodejs 10.15.3\nnode a/b\nnodejs\n", V10),
    "no-text-in-comment": Case(b"nodejs 10.15.3 # \xff\n", V10),
    "override-comment": Case(None, code=2, env={OVERRIDE: "10.15.3 # x"}),
    "override-hash": Case(None, code=2, env={OVERRIDE: "10.15.3#x"}),
    "path-gone": Case("nodejs path:/gone\n", code=126, err="path:/gone does not exist"),
    "path-gone-first": Case("nodejs path:/gone 10.15.3\n", V10),
    "path-gone-both": Case("nodejs path:/gone 9.0\n", code=126, err="directory  /gone"),
    "no-version": Case("nodejs\n", code=2, err=FILE1),
    "unpinned": Case(None, code=126, err="toolpin pin nodejs 12.22.0"),
    "unpinned-file": Case("erlang 27\n", code=126, err="toolpin pin nodejs"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_road_gives_the_same_answer(store: Store, road: str, case: Case) -> None:
    if case.text is not None:
        data = case.text.encode() if isinstance(case.text, str) else case.text
        (store.home.project / ".tool-versions").write_bytes(data)
    done = store.run(road, case.command, env=case.env)
    assert done.code == case.code, done.err
    assert done.out == (f"{case.out}\n" if case.out else "")
    assert case.err in done.err
    if not case.code:
        assert done.err == ""


@pytest.mark.parametrize("near", ["ruby\n", "Ruby 3.0\n", "ruby ../../x\n"])
def test_anothers_wrong_line_hides_no_file_above(
    store: Store, road: str, near: str
) -> None:
    store.home.pin("nodejs 10.15.3\n")
    below = store.home.project / "below"
    below.mkdir()
    (below / ".tool-versions").write_text(near)
    assert store.run(road, "node", cwd=below).out == f"{V10}\n"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("line", ["nodejs 10.15.3\n", "nodejs 10\n"])
def test_the_program_gets_none_of_the_shims_own_variables(
    store: Store, shell: str, line: str
) -> None:
    store.home.pin(line)
    node = Path(store.paths.install("nodejs", "10.15.3")) / "bin/node"
    node.write_text("#!/bin/sh\nexec env\n")
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(store.home.home)}
    command = ["env", "-i", *(f"{k}={v}" for k, v in bare.items())]
    done = store.home.run(*command, *store.command(shell, "node"))
    names = {entry.partition("=")[0] for entry in done.out.splitlines()}
    assert done.code == 0, done.err
    assert not {name for name in names if "toolpin" in name.lower()}


PLAIN = (
    "plain other-name no-final-newline crlf tabs blanks comment comment-at-once "
    "first-line-wins among-others longer-name fallback-first override override-alone "
    "v-in-front beginning beginning-and-v otp override-v"
).split()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", PLAIN)
def test_the_plain_cases_never_start_python(
    store: Store, shell: str, name: str
) -> None:
    refresh(store.paths, KNOWN, "/gone/python")
    text = CASES[name].text
    if isinstance(text, str):
        (store.home.project / ".tool-versions").write_bytes(text.encode())
    done = store.run(shell, CASES[name].command, env=CASES[name].env)
    assert done == (0, f"{CASES[name].out}\n", "")


@pytest.mark.parametrize(
    ("line", "locked"),
    [
        ("java 17.0.9+9", ""),
        ("java v17.0.9+9", ""),
        ("java 17", "java temurin-17"),
        ("java 17.x", "java temurin-17"),
        ("java 17.0.9", "java temurin-17.0.9"),
    ],
)
def test_what_precedes_a_number_is_added_on_every_road(
    store: Store, road: str, line: str, locked: str
) -> None:
    store.publish("java", "temurin-17.0.9+9", {"java": ""})
    # In sh no Python is needed.
    refresh(store.paths, KNOWN, sys.executable if road == "exec" else "/gone/python")
    store.home.pin(f"{line}\n")
    if locked:
        text = f'schema = 1\n[pins]\n"{locked}" = "temurin-17.0.9+9"\n\n'
        (store.home.project / "toolpin.lock").write_text(text)
    assert store.run(road, "java") == (0, "java temurin-17.0.9+9\n", "")


@pytest.mark.parametrize("file", [".tool-versions", ".java-version"])
@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("17-tem", "temurin-17"),
        ("17.0.9-tem", "temurin-17.0.9"),
        ("1.8", "temurin-8"),
        ("1.8-tem", "temurin-1.8"),
        ("latest:17", "latest:temurin-17"),
        ("8.fx-librca", "liberica-javafx-8"),
        ("21-graalce", "graalvm-community-21"),
        ("17", "temurin-17"),
    ],
)
def test_hostile_117_a_pin_of_another_spelling_decides_on_no_road(
    store: Store, road: str, word: str, meaning: str, file: str
) -> None:
    """Commands check and install the pin of what a word means: that runs, no other."""
    good, other = "temurin-17.0.9+9", "zulu-1.0"
    for version in (good, other, "temurin-1.8.0", "temurin-1.8", word):
        if ":" not in version:
            store.publish("java", version, {"java": ""})
    store.refresh()
    name = "java " * (file == ".tool-versions")
    (store.home.project / file).write_text(f"{name}{word}\n")
    pins = {f"java {word}": other, f"java {meaning}": good}
    lines = "".join(f'"{key}" = "{version}"\n' for key, version in pins.items())
    (store.home.project / "toolpin.lock").write_text(f"schema = 1\n[pins]\n{lines}\n")
    assert store.run(road, "java") == (0, f"java {good}\n", "")


@pytest.mark.parametrize("start", ["\ufeff", "\ufeff# x\n"])
def test_hostile_59_a_byte_order_mark_hides_no_line(
    store: Store, road: str, start: str
) -> None:
    (store.home.config / ".tool-versions").write_text("nodejs 12.22.0\n")
    store.home.pin(f"{start}nodejs 10.15.3\n")
    assert store.run(road, "node").out == f"{V10}\n"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("nodejs 10.15.3", "nodejs 12.22.0", "nodejs 12.22.0"), V10),
        (("erlang 1", "nodejs 12.22.0", "nodejs 10.15.3"), V12),
        (("erlang 1", "erlang 1", "nodejs 10.15.3"), V10),
        (("", "", "nodejs 12.22.0"), V12),
    ],
)
def test_the_nearest_file_that_names_the_tool_counts(
    store: Store, road: str, texts: tuple[str, str, str], expected: str
) -> None:
    directories = (store.home.project, store.home.home, store.home.config)
    for directory, text in zip(directories, texts, strict=True):
        if text:
            (directory / ".tool-versions").write_text(f"{text}\n")
    deep = store.home.project / "a b" / "c*"
    deep.mkdir(parents=True)
    (deep / ".tool-versions").write_text("elixir 1\n")
    assert store.run(road, "node", cwd=deep).out == f"{expected}\n"


def test_a_version_under_a_mark_does_not_run(store: Store, road: str) -> None:
    store.home.pin("nodejs 10.15.3\n")
    store.mark(Pin("nodejs", "10.15.3"))
    done = store.run(road, "node")
    assert (done.code, done.out) == (126, "")
    assert "toolpin install" in done.err


def test_an_adopted_install_runs(store: Store, road: str) -> None:
    store.script(store.home.data / "installs/nodejs/8.0.0/bin/node", "adopted")
    store.home.pin("nodejs 8.0.0\n")
    assert store.run(road, "node").out == "adopted\n"


def test_a_directory_named_in_the_file_runs(store: Store, road: str) -> None:
    store.script(store.home.home / "own/bin/node", "own")
    store.home.pin("nodejs path:~/own\n")
    assert store.run(road, "node").out == "own\n"


def test_system_is_the_first_match_outside_the_shims(store: Store, road: str) -> None:
    store.home.pin("nodejs system\n")
    usual = store.home.env["PATH"]
    store.script(store.home.root / "usr/node", "the system's")
    link = store.home.root / "linked"
    link.symlink_to(store.home.data / "shims")
    path = f"{link}:{store.home.data}/shims:{store.home.root}/usr:{usual}"
    assert store.run(road, "node", env={"PATH": path}).out == "the system's\n"
    absent = store.run(road, "node", env={"PATH": f"{link}:{usual}"})
    assert absent.code == 126
    assert FILE1 in absent.err


def test_system_is_no_version_that_a_caller_was_started_with(
    store: Store, road: str
) -> None:
    """As in a script of npm that enters a directory with the machine's own pinned."""
    store.home.pin("nodejs 10.15.3\n")
    below = store.home.project / "below"
    below.mkdir()
    (below / ".tool-versions").write_text("nodejs system\n")
    usr = store.home.root / "usr"
    store.script(usr / "node", "the system's")
    store.script(usr / "npm", "#!/usr/bin/env node\n")
    outer = Path(store.paths.install("nodejs", "10.15.3")) / "bin/node"
    path = f"{usr}:{store.home.env['PATH']}"
    for command in ("node", "npm"):
        inner = shlex.join(store.command(road, command))
        outer.write_text(f"#!/bin/sh\ncd '{below}' && PATH=$PATH:{usr} && {inner}\n")
        done = store.run(road, "node", env={"PATH": path})
        assert done.out.startswith("the system's"), done.err
    done = store.run(road, "node", env={"PATH": store.home.env["PATH"]}, cwd=below)
    assert done.code == 126


def test_what_needs_the_systems_gets_no_version_that_a_caller_was_started_with(
    store: Store, road: str
) -> None:
    store.publish("erlang", "27", {"erl": ""})
    store.publish("elixir", "1.18", {"elixir": "#!/bin/sh\nexec erl\n"})
    store.refresh()
    store.home.pin("elixir 1.18\nerlang system\n")
    usr = store.home.root / "usr"
    store.script(usr / "erl", "the system's")
    bins = f"{store.paths.install('erlang', '27')}/bin"
    path = f"{bins}:{usr}:{store.home.env['PATH']}"
    assert store.run(road, "elixir", env={"PATH": path}).out == "the system's\n"


def test_a_foreign_file_among_the_shims_is_not_the_systems(
    store: Store, road: str
) -> None:
    store.publish("other", "1.0", {"thing": ""})
    store.refresh()
    store.home.pin("nodejs system\nother system\n")
    line = store.command(road, "thing")
    if road != "exec":
        line[-1] = str(store.home.root / "stub")
        Path(store.home.shim("thing")).rename(line[-1])
    store.script(Path(store.home.shim("thing")), "foreign")
    path = f"{store.home.data}/shims:{store.home.env['PATH']}"
    assert store.home.run(*line, env={"PATH": path}).code != 0


def test_an_unpinned_tool_is_the_systems(store: Store, road: str) -> None:
    store.script(store.home.root / "usr/node", "the system's")
    path = f"{store.home.data}/shims:{store.home.root}/usr:{store.home.env['PATH']}"
    assert store.run(road, "node", env={"PATH": path}).out == "the system's\n"


def test_a_missing_pin_is_never_the_systems(store: Store, road: str) -> None:
    store.home.pin("nodejs 11.0.0\n")
    store.script(store.home.root / "usr/node", "the system's")
    path = f"{store.home.root}/usr:{store.home.env['PATH']}"
    assert store.run(road, "node", env={"PATH": path}).code == 126


@pytest.mark.parametrize(("first", "second"), [("nodejs", "bun"), ("bun", "nodejs")])
def test_of_two_tools_the_first_line_wins(
    store: Store, road: str, first: str, second: str
) -> None:
    store.publish("bun", "1.0.0", {"npx": ""})
    store.publish("nodejs", "14.0.0", {"npx": ""})
    store.refresh()
    versions = {"nodejs": "14.0.0", "bun": "1.0.0"}
    store.home.pin(f"{first} {versions[first]}\n{second} {versions[second]}\n")
    assert store.run(road, "npx").out == f"{first} {versions[first]}\n"


def test_a_required_tool_is_on_path_as_pinned(store: Store, road: str) -> None:
    store.publish("erlang", "27.0", {"erl": ""})
    store.publish("elixir", "1.17", {"mix": '#!/bin/sh\nerl; echo "$PATH"\n'})
    store.script(store.home.root / "usr/erl", "the system's")
    store.refresh()
    store.home.pin("elixir 1.17\nerlang 27.0\n")
    path = f"{store.home.root}/usr:{store.home.env['PATH']}"
    done = store.run(road, "mix", env={"PATH": path})
    installs = f"{store.home.data}/installs"
    bins = f"{installs}/elixir/1.17/bin:{installs}/erlang/27.0/bin"
    assert done.out == f"erlang 27.0\n{bins}:{store.home.data}/shims:{path}\n"
    store.home.pin("elixir 1.17\nerlang 26.0\n")
    missing = store.run(road, "mix", env={"PATH": path})
    assert (missing.code, missing.out) == (126, "")
    assert FILE2 in missing.err


@pytest.mark.parametrize("kind", ["cut", "empty", "directory"])
def test_a_record_that_cannot_be_read_is_told_in_toolpins_words(
    store: Store, road: str, kind: str
) -> None:
    store.home.pin("nodejs 10.15.3\n")
    record = Path(store.paths.install("nodejs", "10.15.3")) / ".toolpin/record.sh"
    record.unlink()
    if kind == "directory":
        record.mkdir()
    else:
        record.write_text("toolpin_bins='/x" if kind == "cut" else "")
    done = store.run(road, "node")
    assert done.code == 126, done.err
    assert done.err.startswith("toolpin: "), done.err


def test_a_command_that_a_version_comes_without_is_told_with_what_adds_it(
    store: Store, road: str
) -> None:
    store.publish("nodejs", "24.1.0", {"node": "", "corepack": ""})
    store.publish("nodejs", "26.1.0", {"node": ""})
    adds = "npm install -g corepack"
    tool = KNOWN["nodejs"]._replace(added=(("corepack", tuple(adds.split())),))
    refresh(store.paths, {**KNOWN, "nodejs": tool}, sys.executable)
    store.home.pin("nodejs 26.1.0\n")
    done = store.run(road, "corepack")
    assert done.code == 126
    assert f"try: {adds}\n" in done.err
    store.home.pin("nodejs 24.1.0\n")
    assert store.run(road, "corepack").out == "nodejs 24.1.0\n"
