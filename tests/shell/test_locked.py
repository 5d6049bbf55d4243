"""One table of lockfiles: shims of every shell and `exec` run the same version."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.shell.store import KNOWN, SHELLS, Store
from toolpin.env_patch import render_record
from toolpin.model import EnvPatch
from toolpin.shims.shim_directory import refresh

V10, V12 = "nodejs 10.15.3", "nodejs 12.22.0"
HEAD = "schema = 1\n[pins]\n"
LTS = f'{HEAD}"nodejs lts" = "10.15.3"\n\n'


class Case(NamedTuple):
    """A line, its lockfile, and what its user must see."""

    line: str
    lock: str | bytes
    out: str = ""
    code: int = 0
    err: str = ""
    env: dict[str, str] | None = None


OVERRIDE = "TOOLPIN_NODEJS_VERSION"
PLAIN = {
    "lts": Case("nodejs lts\n", LTS, V10),
    "comment": Case("nodejs lts  # long-term\n", LTS, V10),
    "other-name": Case("node lts\n", LTS, V10),
    "prefix": Case("nodejs 10\n", f'{HEAD}"nodejs 10" = "10.15.3"\n\n', V10),
    "latest": Case("nodejs latest\n", f'{HEAD}"nodejs latest" = "10.15.3"\n\n', V10),
    "latest-of": Case(
        "nodejs latest:10\n", f'{HEAD}"nodejs latest:10" = "10.15.3"\n\n', V10
    ),
    "among-others": Case(
        "nodejs lts\n",
        f'{HEAD}"a 1" = "1.2"\n"nodejs-x lts" = "9"\n"nodejs lts" = "12.22.0"\n\n',
        V12,
    ),
    "crlf": Case("nodejs lts\r\n", LTS.replace("\n", "\r\n"), V10),
    "first-word": Case("nodejs lts 12.22.0\n", LTS, V10),
    "what-follows": Case("nodejs lts\n", f"{LTS}<<<<<<< is not read\n", V10),
    "exact": Case("nodejs 10.15.3\n", f'{HEAD}"nodejs 10.15.3" = "12.22.0"\n\n', V10),
    "two-numbers": Case("nodejs 12.22\n", f'{HEAD}"nodejs 12.22" = "12.22.0"\n\n', V12),
    "before-its-own-name": Case(
        "nodejs 12\n", f'{HEAD}"nodejs 12" = "12.22.0"\n\n', V12
    ),
    "its-own-name": Case("nodejs 12\n", LTS, "nodejs 12"),
    "exact-beside-damage": Case("nodejs 10.15.3\n", "<<<<<<<\n", V10),
}
CASES = {
    **PLAIN,
    "absent-key": Case("nodejs 10\n", LTS, V10),
    "absent-key-newest": Case("nodejs latest\n", LTS, V12),
    "missing": Case(
        "# x\nnodejs lts\n",
        f'{HEAD}"nodejs lts" = "11.0.0"\n\n',
        code=126,
        err=".tool-versions:2",
    ),
    "missing-names-it": Case(
        "nodejs 11\n", f'{HEAD}"nodejs 11" = "11.0.0"\n\n', code=126, err="11.0.0"
    ),
    "fallback": Case("nodejs lts 12.22.0\n", f'{HEAD}"nodejs lts" = "11.0.0"\n\n', V12),
    "override-is-locked": Case("nodejs 12.22.0\n", LTS, V10, env={OVERRIDE: "lts"}),
    "hostile-67-conflict": Case(
        "nodejs lts\n", f"{HEAD}<<<<<<< HEAD\n", code=2, err="toolpin.lock:3"
    ),
    "hostile-67-future": Case(
        "nodejs lts\n", LTS.replace("= 1", "= 2"), code=2, err="toolpin.lock:1"
    ),
    "hostile-67-path": Case(
        "nodejs lts\n", f'{HEAD}"nodejs lts" = "../nodejs/10.15.3"\n\n', code=126
    ),
    "hostile-67-command": Case(
        "nodejs lts\n", f'{HEAD}"nodejs lts" = "$(id)"\n\n', code=126
    ),
    "hostile-67-quotes": Case(
        "nodejs lts\n", f'{HEAD}"nodejs lts" = "10.15.3" "\n\n', code=126
    ),
    "hostile-67-nul": Case("nodejs lts\n", b"schema = 1\0\n[pins]\n", code=2),
    "hostile-67-comment": Case(
        "nodejs lts\n", f"{HEAD}# mine\n", code=2, err="toolpin.lock:3"
    ),
    "ref-is-no-prefix": Case("nodejs ref:10\n", LTS, code=126),
    "hostile-67-colon": Case(
        "nodejs lts\n", f'{HEAD}"x:"nodejs lts" = "10.15.3"\n\n', code=126
    ),
    "hostile-67-exact-is-another": Case(
        "nodejs 11.0.0\n",
        f'{HEAD}"nodejs 11.0.0" = "10.15.3"\n\n',
        code=4,
        err="toolpin.lock:3",
    ),
    "hostile-67-latest-of-another": Case(
        "nodejs latest:12\n",
        f'{HEAD}"nodejs latest:12" = "10.15.3"\n\n',
        code=4,
        err="toolpin.lock:3",
    ),
    "hostile-67-latest-of-a-longer-number": Case(
        "nodejs latest:1\n",
        f'{HEAD}"nodejs latest:1" = "10.15.3"\n\n',
        code=4,
        err="toolpin.lock:3",
    ),
    "hostile-67-prefix-of-another": Case(
        "nodejs 1\n",
        f'{HEAD}"nodejs 1" = "10.15.3"\n\n',
        code=4,
        err="toolpin.lock:3",
    ),
    "hostile-67-two-numbers-of-another": Case(
        "nodejs 12.2\n",
        f'{HEAD}"nodejs 12.2" = "12.22.0"\n\n',
        code=4,
        err="toolpin.lock:3",
    ),
    "before-its-own-name-and-missing": Case(
        "nodejs 12\n", f'{HEAD}"nodejs 12" = "12.1.0"\n\n', code=126, err="12.1.0"
    ),
    "override-before-its-own-name": Case(
        "nodejs 10\n",
        f'{HEAD}"nodejs 12" = "12.22.0"\n\n',
        V12,
        env={OVERRIDE: "12"},
    ),
    "ends-in-a-dot": Case(
        "nodejs 12.\n",
        f'{HEAD}"nodejs 12." = "12..1"\n\n',
        code=4,
        err="does not satisfy it",
    ),
    "empty": Case("nodejs lts\n", "", code=2, err="toolpin.lock:1"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_road_obeys_the_lockfile(store: Store, road: str, case: Case) -> None:
    _lay_out(store, case)
    done = store.run(road, "node", env=case.env)
    assert done.code == case.code, done.err
    assert done.out == (f"{case.out}\n" if case.out else "")
    assert case.err in done.err


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("case", PLAIN.values(), ids=PLAIN.keys())
def test_a_locked_request_never_starts_python(
    store: Store, shell: str, case: Case
) -> None:
    refresh(store.paths, KNOWN, "/gone/python")
    _lay_out(store, case)
    assert store.run(shell, "node") == (0, f"{case.out}\n", "")


def test_a_file_above_has_its_own_lockfile(store: Store, road: str) -> None:
    _lay_out(store, PLAIN["lts"])
    below = store.home.project / "below"
    below.mkdir()
    (below / "toolpin.lock").write_text(LTS.replace("10.15.3", "12.22.0"))
    assert store.run(road, "node", cwd=below).out == f"{V10}\n"
    (below / ".tool-versions").write_text("nodejs lts\n")
    assert store.run(road, "node", cwd=below).out == f"{V12}\n"


def test_a_lockfile_below_does_not_answer_for_a_file_above(
    store: Store, road: str
) -> None:
    _lay_out(store, PLAIN["lts"])
    below = store.home.project / "below"
    below.mkdir()
    (below / ".tool-versions").write_text("golang 1.26\n")
    (below / "toolpin.lock").write_text(LTS.replace("10.15.3", "12.22.0"))
    assert store.run(road, "node", cwd=below).out == f"{V10}\n"


def test_a_variable_of_the_callers_names_no_lockfile(store: Store, road: str) -> None:
    _lay_out(store, PLAIN["lts"])
    elsewhere = store.home.root / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "toolpin.lock").write_text(LTS.replace("10.15.3", "12.22.0"))
    env = {OVERRIDE: "lts", "_tp_dir": str(elsewhere)}
    assert store.run(road, "node", env=env).out == f"{V10}\n"


@pytest.mark.parametrize("kind", ["fifo", "directory", "dangling", "device"])
def test_hostile_67_what_is_no_file_is_an_error_at_once(
    store: Store, road: str, kind: str
) -> None:
    store.home.pin("nodejs lts\n")
    lock = store.home.project / "toolpin.lock"
    if kind == "fifo":
        os.mkfifo(lock)
    elif kind == "directory":
        lock.mkdir()
    else:
        lock.symlink_to("/nowhere" if kind == "dangling" else "/dev/zero")
    done = store.run(road, "node")
    assert done.code == 2, done.err
    assert "toolpin.lock" in done.err
    store.home.pin("nodejs 10.15.3\n")
    assert store.run(road, "node").out == f"{V10}\n"


@pytest.mark.parametrize("mode", [0o1777, 0o777])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_hostile_62_101_a_strangers_lockfile_in_a_shared_directory_does_not_count(
    store: Store, road: str, mode: int
) -> None:
    _lay_out(store, PLAIN["lts"])
    store.home.project.chmod(mode)
    os.chown(store.home.project / "toolpin.lock", 12345, 12345)
    done = store.run(road, "node")
    assert done.code == 126, done.err


def test_an_exact_request_may_have_a_variant_of_its_version(
    store: Store, road: str
) -> None:
    store.publish("nodejs", "11.0.0-x", {"node": ""})
    _lay_out(store, Case("nodejs 11.0.0\n", f'{HEAD}"nodejs 11.0.0" = "11.0.0-x"\n\n'))
    assert store.run(road, "node").out == "nodejs 11.0.0-x\n"


def test_a_version_whose_name_begins_with_latest_is_a_version(
    store: Store, road: str
) -> None:
    store.publish("nodejs", "latest-1", {"node": ""})
    _lay_out(store, Case("nodejs latest-1\n", LTS))
    assert store.run(road, "node").out == "nodejs latest-1\n"


@pytest.mark.parametrize(("key", "out"), [("lts", V10), ("absent-key-newest", V12)])
def test_no_more_of_a_lockfile_is_read_than_its_head(
    store: Store, road: str, key: str, out: str
) -> None:
    _lay_out(store, CASES[key])
    os.truncate(store.home.project / "toolpin.lock", 1 << 30)
    assert store.run(road, "node").out == f"{out}\n"


def test_hostile_61_a_head_of_too_many_pins_is_refused(store: Store, road: str) -> None:
    """Every look for a version would take long: at each `cd` it is looked for."""
    pins = "".join(f'"a {number}" = "{number}"\n' for number in range(1000))
    _lay_out(store, Case("nodejs lts\n", f'{HEAD}{pins}"nodejs lts" = "10.15.3"\n\n'))
    done = store.run(road, "node")
    assert done.code == 2
    assert "toolpin.lock:1003" in done.err
    pins = pins.removeprefix('"a 0" = "0"\n')
    _lay_out(store, Case("nodejs lts\n", f'{HEAD}{pins}"nodejs lts" = "10.15.3"\n\n'))
    assert store.run(road, "node").out == f"{V10}\n"


def _lay_out(store: Store, case: Case) -> None:
    if case.line == "nodejs 12\n":
        store.publish("nodejs", "12", {"node": ""})
    directory: Path = store.home.project
    (directory / ".tool-versions").write_bytes(case.line.encode())
    data = case.lock.encode() if isinstance(case.lock, str) else case.lock
    (directory / "toolpin.lock").write_bytes(data)


def test_of_an_install_whose_plugin_is_asked_the_lockfile_says_nothing(
    store: Store, road: str
) -> None:
    tree = store.publish("nodejs", "11.0.0", {"node": ""})
    patch = EnvPatch((f"{tree}/bin",), (), runtime_scripts="all")
    (tree / ".toolpin/record.sh").write_text(render_record(patch))
    store.script(store.home.data / "plugins/nodejs/bin/list-all", "11.0.0")
    store.publish("nodejs", "11.0.0-x", {"node": ""})
    _lay_out(store, Case("nodejs 11.0.0\n", f'{HEAD}"nodejs 11.0.0" = "11.0.0-x"\n\n'))
    assert store.run(road, "node").out == "nodejs 11.0.0\n"


def test_what_is_no_three_numbers_is_locked(store: Store, road: str) -> None:
    for name in ("1a.2.3", "1.2a.3"):
        store.publish("nodejs", name, {"node": ""})
        lock = f'{HEAD}"nodejs {name}" = "12.22.0"\n\n'
        _lay_out(store, Case(f"nodejs {name}\n", lock))
        assert store.run(road, "node").out == f"{V12}\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_a_record_that_is_gone_by_then_is_told_in_toolpins_words(
    store: Store, shell: str
) -> None:
    """As where another shell uninstalls it in that moment."""
    record = Path(store.paths.install("nodejs", "10.15.3")) / ".toolpin/record.sh"
    library = Path(store.paths.shim_library)
    gone = f"rm -r {record.parents[1]}; command .".encode()
    library.write_bytes(library.read_bytes().replace(b"command .", gone))
    store.home.pin("nodejs 10.15.3\n")
    done = store.run(shell, "node")
    assert done.code == 126, done.err
    assert "nodejs 10.15.3 is not installed" in done.err


def test_an_override_is_answered_by_the_lockfile_beside_an_idiomatic_file(
    store: Store, road: str
) -> None:
    (store.home.project / ".nvmrc").write_text("lts/*\n")
    (store.home.project / "toolpin.lock").write_text(LTS)
    below = store.home.project / "below"
    below.mkdir()
    (below / ".node-version").write_text("12.22.0\n")
    for directory in (store.home.project, below):
        done = store.run(road, "node", env={OVERRIDE: "lts"}, cwd=directory)
        assert done.out == f"{V10}\n", done.err
