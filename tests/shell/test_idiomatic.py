"""One table of other managers' files: shims of every shell and `exec` agree."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.shell.store import KNOWN, SHELLS, Store
from toolpin.shims.shim_directory import refresh

V10, V12 = "nodejs 10.15.3", "nodejs 12.22.0"
LTS = 'schema = 1\n[pins]\n"nodejs lts" = "10.15.3"\n\n'


class Case(NamedTuple):
    """Files of the project and of a directory below it, where `node` runs."""

    files: dict[str, str | bytes]
    out: str = ""
    code: int = 0
    err: str = ""
    env: dict[str, str] | None = None


PLAIN = {
    "nvmrc": Case({".nvmrc": "10.15.3\n"}, V10),
    "v": Case({".nvmrc": "v10.15.3"}, V10),
    "crlf": Case({".node-version": "v10.15.3\r\n"}, V10),
    "comments": Case({".nvmrc": "# ours\n\n10.15.3 # why\n# end\n"}, V10),
    "locked": Case({".nvmrc": "lts/*\n", "toolpin.lock": LTS}, V10),
    "prefix-locked": Case(
        {".nvmrc": "v10\n", "toolpin.lock": LTS.replace(" lts", " 10")}, V10
    ),
    "preferred": Case({".nvmrc": "12.22.0\n", ".node-version": "10.15.3\n"}, V10),
    "tool-versions-first": Case(
        {".node-version": "12.22.0\n", ".tool-versions": "nodejs 10.15.3\n"}, V10
    ),
    "nearer": Case(
        {"below/.nvmrc": "10.15.3\n", ".tool-versions": "nodejs 12.22.0\n"}, V10
    ),
    "above": Case({".nvmrc": "10.15.3\n"}, V10),
    "empty-passes": Case(
        {"below/.nvmrc": "# none\n", ".tool-versions": "nodejs 10.15.3\n"}, V10
    ),
    "other-tools-line": Case(
        {".tool-versions": "erlang 27\n", ".nvmrc": "10.15.3\n"}, V10
    ),
}
CASES = {
    **PLAIN,
    "newest": Case({".nvmrc": "node\n"}, V12),
    "prefix": Case({".nvmrc": "12\n"}, V12),
    "codename": Case({".nvmrc": "lts/dubnium\n"}, code=126, err="dubnium"),
    "fallbacks": Case({".nvmrc": "9.9.9\n10.15.3\n"}, V10),
    "missing": Case({".nvmrc": "\n11.0.0\n"}, code=126, err=".nvmrc:2"),
    "no-version": Case({".nvmrc": "../../x\n"}, code=2, err=".nvmrc:1"),
    "command": Case({".nvmrc": "$(id)\n"}, code=2, err=".nvmrc:1"),
    "glob": Case({".nvmrc": "*\n"}, code=2, err=".nvmrc:1"),
    "equals": Case({".nvmrc": "lts/*=lts\n"}, code=2, err=".nvmrc:1"),
    "no-text": Case({".nvmrc": b"\xff\xfe1\0"}, code=2, err=".nvmrc"),
    "off": Case({".nvmrc": "10.15.3\n"}, code=126, env={"TOOLPIN_IDIOMATIC": "none"}),
    "manifest-is-off": Case({"package.json": '{"engines": {"node": "10"}}'}, code=126),
    "manifest": Case(
        {"package.json": '{"engines": {"node": "10.x"}}'},
        V10,
        env={"TOOLPIN_IDIOMATIC": "all"},
    ),
    "dependency": Case(
        {".tool-versions": "nodejs 10.15.3\n", "deps/x/.nvmrc": "12.22.0\n"}, V10
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_road_reads_other_files_alike(
    store: Store, road: str, case: Case
) -> None:
    done = store.run(road, "node", cwd=_lay_out(store, case), env=case.env)
    assert done.code == case.code, done.err
    assert done.out == (f"{case.out}\n" if case.out else "")
    assert case.err in done.err


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("case", PLAIN.values(), ids=PLAIN.keys())
def test_a_plain_file_never_starts_python(store: Store, shell: str, case: Case) -> None:
    refresh(store.paths, KNOWN, "/gone/python")
    directory = _lay_out(store, case)
    assert store.run(shell, "node", cwd=directory) == (0, f"{case.out}\n", "")


@pytest.mark.parametrize("name", ["node_modules", "deps", "_build", "vendor"])
def test_what_dependencies_bring_along_does_not_count(
    store: Store, road: str, name: str
) -> None:
    store.home.pin("nodejs 10.15.3\n")
    directory = store.home.project / name / "some" / "deep"
    directory.mkdir(parents=True)
    (directory / ".nvmrc").write_text("12.22.0\n")
    assert store.run(road, "node", cwd=directory).out == f"{V10}\n"


def test_home_has_such_files_too(store: Store, road: str) -> None:
    (store.home.home / ".nvmrc").write_text("10.15.3\n")
    assert store.run(road, "node").out == f"{V10}\n"


@pytest.mark.parametrize("kind", ["fifo", "directory", "dangling"])
def test_what_is_no_file_does_not_count(store: Store, road: str, kind: str) -> None:
    store.home.pin("nodejs 10.15.3\n")
    directory = store.home.project / "below"
    directory.mkdir()
    if kind == "fifo":
        os.mkfifo(directory / ".nvmrc")
    elif kind == "directory":
        (directory / ".nvmrc").mkdir()
    else:
        (directory / ".nvmrc").symlink_to("/nowhere")
    assert store.run(road, "node", cwd=directory).out == f"{V10}\n"


@pytest.mark.parametrize("mode", [0o1777, 0o777])
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_hostile_62_101_a_strangers_nvmrc_in_a_shared_directory_does_not_count(
    store: Store, road: str, mode: int
) -> None:
    directory = _lay_out(store, Case({".nvmrc": "10.15.3\n"}))
    store.home.project.chmod(mode)
    os.chown(store.home.project / ".nvmrc", 12345, 12345)
    assert store.run(road, "node", cwd=directory).code == 126


def _lay_out(store: Store, case: Case) -> Path:
    """Write the files, and return the directory below to run in."""
    for name, text in case.files.items():
        file = store.home.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    below = "deps/x" if "deps/x/.nvmrc" in case.files else "below"
    directory = store.home.project / below
    directory.mkdir(parents=True, exist_ok=True)
    return directory
