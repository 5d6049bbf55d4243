"""Moving in: what asdf, pyenv and nvm have installed runs here, and is not touched."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.machine import without_rights
from tests.support.run import TOOLPIN, Home
from tests.support.scripted import GREET, repository, write
from tests.support.upstream import Upstream

# Programs beside `bin`, and variables: what a directory of files alone does not tell.
ODD = {
    **GREET,
    "bin/list-bin-paths": "echo odd/bin\n",
    "bin/exec-env": 'export ODD_ROOT="$ASDF_INSTALL_PATH/odd"\n',
    "bin/list-legacy-filenames": "echo .odd-version\n",
}
_DESTROYER = {"bin/uninstall": '#!/bin/sh\nrm -r "$ASDF_INSTALL_PATH"/bin/*\n'}
_PLAIN = {"TOOLPIN_PLAIN_VERSION": "2.0"}


@pytest.fixture
def old(home: Home) -> Path:
    """An `~/.asdf` with three plugins, versions of them, and shims of its own."""
    old = home.home / ".asdf"
    repository(old / "plugins/odd", ODD)
    write(old / "plugins/plain", GREET)
    write(old / "plugins/nodejs", GREET)
    _program(old / "installs/odd/1.0/odd/bin/odd", 'echo odd "$ODD_ROOT"')
    _program(old / "installs/plain/2.0/bin/plain", "echo plain 2.0")
    _program(old / "installs/nodejs/20.1.0/bin/node", "echo node 20.1.0")
    _program(old / "installs/nodejs/20.1.0/bin/npm", "echo npm")
    (old / "installs/plain/not a version").mkdir()
    (old / "shims").mkdir()
    for tool, version, name in (("odd", "1.0", "odd"), ("plain", "2.0", "plain")):
        shim = old / "shims" / name
        shim.write_text(
            "#!/usr/bin/env bash\n"
            f'# asdf-plugin: {tool} {version}\nexec asdf exec "{name}" "$@"'
        )
        shim.chmod(0o755)
    (old / "shims/mine").write_text("#!/bin/sh\n")
    return old


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _snapshot(directory: Path) -> dict[str, float]:
    return {str(path): path.lstat().st_mtime for path in directory.rglob("*")}


def test_who_comes_from_asdf_is_told_to_import(home: Home, old: Path) -> None:
    assert old.is_dir()
    assert "import asdf" not in home.toolpin("doctor").out
    home.pin("odd 1.0\n")
    assert "toolpin import asdf" in home.toolpin("doctor").out
    missing = home.toolpin("install", "odd", "1.0")
    assert f"asdf's plugin  {old}/plugins/odd" in missing.err
    assert "try: toolpin import asdf\n" in missing.err
    assert home.toolpin("import", "asdf").code == 0
    assert home.run(home.shim("odd")).out.startswith("odd /")
    assert "import asdf" not in home.toolpin("doctor").out


def test_what_asdf_installed_runs_without_being_built_or_touched(
    home: Home, old: Path
) -> None:
    before = _snapshot(old)
    done = home.toolpin("import", "asdf", "--json")
    assert done.code == 0, done.err
    result = json.loads(done.out)["result"]
    assert result["plugins"] == ["nodejs", "odd", "plain"]
    assert [tuple(item.values()) for item in result["taken"]] == [
        ("nodejs", "20.1.0"),
        ("odd", "1.0"),
        ("plain", "2.0"),
    ]
    assert "the bundled plugin is used instead" in done.err
    assert _snapshot(old) == before
    home.pin("odd 1.0\nplain 2.0\nnodejs 20.1.0\n")
    text = f"odd {home.data}/installs/odd/1.0/odd\n"
    for shell in ("dash", "bash"):
        assert home.run(shell, home.shim("odd")).out == text
    assert home.run(home.shim("plain")).out == "plain 2.0\n"
    assert home.run(home.shim("node")).out == "node 20.1.0\n"
    record = home.data / "installs/odd/1.0/.toolpin/record.sh"
    assert "return 1" not in record.read_text(), "its shim never asks its plugin"
    verified = home.toolpin("verify")
    assert verified.code == 0, verified.out
    assert verified.out.count(": imported: ") == 3
    assert "is missing a file" not in home.toolpin("doctor").out
    again = home.toolpin("import", "asdf", "--json")
    assert json.loads(again.out)["changed"] is False
    assert home.toolpin("uninstall", "plain", "2.0").code == 0
    assert home.toolpin("plugin", "remove", "odd").code == 0
    assert _snapshot(old) == before


def test_an_imported_plugin_installs_moves_and_reads_its_files(
    home: Home, old: Path
) -> None:
    assert home.toolpin("import", "asdf", "--from", str(old)).code == 0
    (home.project / ".odd-version").write_text("1.0\n")
    assert home.toolpin("exec", "odd").code == 0
    assert home.toolpin("install", "odd", "2.0.0").code == 0
    assert home.toolpin("plugin", "list", "--refs").out.startswith("nodejs  -\nodd")


def test_asdfs_own_directory_works_in_place(home: Home, old: Path) -> None:
    env = {"TOOLPIN_DATA_DIR": str(old)}
    home.pin("odd 1.0\nplain 2.0\n")
    assert home.toolpin("reshim", env=env).code == 0
    text = f"odd {old}/installs/odd/1.0/odd\n"
    assert home.run("dash", str(old / "shims/odd"), env=env).out == text
    assert home.run("dash", str(old / "shims/plain"), env=env).out == "plain 2.0\n"
    assert (old / "shims/mine").read_text() == "#!/bin/sh\n"
    assert home.toolpin("install", "plain", "1.1.0", env=env).code == 0
    for tool in ("odd", "plain", "nodejs"):
        versions = [
            name
            for name in os.listdir(old / "installs" / tool)
            if not (old / "installs" / tool / name).is_dir()
        ]
        assert versions == [], "asdf takes every entry for a version"
    assert sorted(os.listdir(old / "installs")) == ["nodejs", "odd", "plain"]
    assert home.toolpin("import", "asdf", env=env).code == 0


def test_a_version_whose_plugin_fails_is_named_and_the_others_come(
    home: Home, old: Path
) -> None:
    (old / "plugins/plain/bin/list-bin-paths").write_text("exit 3\n")
    (old / "plugins/plain/bin/list-bin-paths").chmod(0o755)
    done = home.toolpin("import", "asdf")
    assert done.code == 1
    assert "plain 2.0 cannot be imported" in done.err
    assert home.toolpin("list").out.split() == ["nodejs", "20.1.0", "odd", "1.0"]
    assert not (home.data / "installs/plain").exists()


def test_removing_a_version_of_asdfs_runs_no_script_that_reaches_through_its_links(
    home: Home, old: Path
) -> None:
    write(old / "plugins/plain", _DESTROYER)
    assert home.toolpin("import", "asdf").code == 0
    before = _snapshot(old)
    assert home.toolpin("uninstall", "plain", "2.0").code == 0
    assert _snapshot(old) == before
    assert not (home.data / "installs/plain").exists()


def test_a_file_that_came_to_the_links_lets_no_script_reach_through_them(
    home: Home, old: Path
) -> None:
    write(old / "plugins/plain", {"bin/uninstall": 'rm -r "$ASDF_INSTALL_PATH"/bin/*'})
    assert home.toolpin("import", "asdf").code == 0
    before = _snapshot(old)
    (home.data / "installs/plain/2.0/.DS_Store").touch()
    assert home.toolpin("uninstall", "plain", "2.0").code == 0
    assert _snapshot(old) == before
    assert not (home.data / "installs/plain").exists()


def test_a_plugin_with_a_socket_is_copied_and_one_that_cannot_be_read_stops_no_other(
    home: Home, old: Path
) -> None:
    os.mkfifo(old / "plugins/odd/.git/fsmonitor--daemon.ipc")
    (old / "plugins/plain/secret").write_text("x")
    (old / "plugins/plain/secret").chmod(0)
    result = home.run(*without_rights(*TOOLPIN, "import", "asdf"))
    assert result.code == 1
    assert f"{old}/plugins/plain cannot be copied" in result.err
    assert "Permission denied" in result.err
    assert sorted(os.listdir(home.data / "plugins")) == ["nodejs", "odd"]
    assert home.toolpin("list").out.split()[:4] == ["nodejs", "20.1.0", "odd", "1.0"]


def test_what_no_request_can_mean_is_passed_over_with_a_word(
    home: Home, old: Path
) -> None:
    for name in ("latest", "system"):
        (old / "installs/plain" / name / "bin").mkdir(parents=True)
    result = home.toolpin("import", "asdf")
    assert result.code == 0, result.err
    for name in ("latest", "system"):
        assert f"installs/plain/{name} is skipped" in result.err
    assert sorted(os.listdir(home.data / "installs/plain")) == ["2.0"]


def test_a_version_that_its_manager_has_removed_is_not_installed_and_can_be(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("24.11.1")
    nvm = home.home / ".nvm/versions/node/v24.11.1"
    _program(nvm / "bin/node", "echo theirs")
    assert home.toolpin("import", "nvm").code == 0
    shutil.rmtree(nvm)
    home.pin("nodejs 24.11.1\n")
    assert home.toolpin("list", "nodejs").code == 1
    assert home.toolpin("where", "nodejs").code == 1
    result = home.toolpin("install")
    assert "1 installed" in result.err
    assert home.run(home.shim("node"), "--version").out == "v24.11.1\n"


def test_a_version_that_its_manager_has_removed_in_part_is_damaged(home: Home) -> None:
    nvm = home.home / ".nvm/versions/node/v24.11.1"
    _program(nvm / "bin/node", "echo theirs")
    (nvm / "lib").mkdir()
    assert home.toolpin("import", "nvm").code == 0
    shutil.rmtree(nvm / "bin")
    result = home.toolpin("verify")
    assert result.code == 1
    assert f"missing  bin  -> {nvm}/bin, which is missing" in result.out
    fix = "toolpin uninstall nodejs 24.11.1 && toolpin install nodejs 24.11.1"
    assert f"try: {fix}" in home.toolpin("verify", "--repair").err
    assert f"try: {fix}" in home.toolpin("doctor").out


def test_a_version_that_is_a_link_to_an_own_directory_is_used_and_never_changed(
    home: Home, old: Path
) -> None:
    write(old / "plugins/plain", {"bin/uninstall": 'rm -r "$ASDF_INSTALL_PATH"/bin/*'})
    own = home.home / "src/plain"
    _program(own / "bin/plain", "echo own")
    (old / "installs/plain/dev").symlink_to(own)
    before = _snapshot(own)
    home.env["TOOLPIN_DATA_DIR"] = str(old)
    home.pin("plain dev\n")
    for words in ("reshim", "import asdf", "install", "verify"):
        assert home.toolpin(*words.split()).code == 0
    assert home.run(str(old / "shims/plain")).out == "own\n"
    home.pin("plain 2.0\n")
    pruned = home.toolpin("prune", "--keep-days", "0", "--no-previous", "--yes")
    assert "a link to a directory" in pruned.out
    assert (old / "installs/plain/dev").is_symlink()
    assert home.toolpin("uninstall", "plain", "dev").code == 0
    assert not os.path.lexists(old / "installs/plain/dev")
    assert _snapshot(own) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_import_that_dies_while_a_plugin_is_asked_leaves_nothing_that_counts(
    number: signal.Signals, home: Home, old: Path
) -> None:
    asked, answer = home.root / "asked", home.root / "answer"
    os.mkfifo(asked)
    os.mkfifo(answer)
    script = f"#!/bin/sh\necho >{asked}\nread word <{answer}\necho bin\n"
    write(old / "plugins/plain", {"bin/list-bin-paths": script, **_DESTROYER})
    before = _snapshot(old)
    with open(os.open(answer, os.O_RDWR), "wb", buffering=0) as go_on:
        importing = subprocess.Popen([*TOOLPIN, "import", "asdf"], env=home.env)
        asked.read_text()
        importing.send_signal(number)
        importing.wait()
        go_on.write(b"\n")
    assert "plain" not in home.toolpin("list").out
    assert home.toolpin("uninstall", "plain", "2.0").code == 1
    assert _snapshot(old) == before
    script = "#!/bin/sh\necho bin\n"
    write(home.data / "plugins/plain", {"bin/list-bin-paths": script})
    assert home.toolpin("import", "asdf").code == 0
    assert home.toolpin("exec", "--", "plain", env=_PLAIN).out == "plain 2.0\n"


def _add_a_file(tree: Path) -> None:
    (tree / ".DS_Store").touch()


def _lose_own_directory(tree: Path) -> None:
    shutil.rmtree(tree / ".toolpin")


def _become_a_link(tree: Path) -> None:
    theirs = (tree / "bin").resolve().parent
    shutil.rmtree(tree)
    tree.symlink_to(theirs)


@pytest.mark.parametrize("change", [_add_a_file, _lose_own_directory, _become_a_link])
def test_a_version_with_links_out_of_it_is_removed_without_a_script(
    change: Callable[[Path], None], home: Home, old: Path
) -> None:
    write(old / "plugins/plain", _DESTROYER)
    assert home.toolpin("import", "asdf").code == 0
    before = _snapshot(old)
    change(home.data / "installs/plain/2.0")
    assert home.toolpin("uninstall", "plain", "2.0").code == 0
    assert _snapshot(old) == before
    assert "plain" not in home.toolpin("list").out


def test_a_script_that_removes_its_version_itself_is_no_failure(
    home: Home, old: Path
) -> None:
    write(old / "plugins/plain", {"bin/uninstall": 'rm -r "$ASDF_INSTALL_PATH"'})
    env = {"TOOLPIN_DATA_DIR": str(old)}
    done = home.toolpin("uninstall", "plain", "2.0", env=env)
    assert done.code == 0, done.err
    assert "2.0" not in home.toolpin("list", env=env).out


class Other(NamedTuple):
    """Another manager: its variable, where its versions are, and one of them."""

    name: str
    variable: str
    version: str
    pin: str
    command: str


@pytest.mark.parametrize("by", ["home", "variable", "option"])
@pytest.mark.parametrize(
    "other",
    [
        Other("pyenv", "PYENV_ROOT", "versions/3.12.1", "python 3.12.1", "python3"),
        Other("nvm", "NVM_DIR", "versions/node/v20.1.0", "nodejs 20.1.0", "node"),
    ],
    ids=lambda item: item.name,
)
def test_what_pyenv_and_nvm_have_is_linked(other: Other, by: str, home: Home) -> None:
    root = home.home / f".{other.name}" if by == "home" else home.root / "elsewhere"
    _program(root / other.version / "bin" / other.command, f"echo {other.pin}")
    before = _snapshot(root)
    env = {other.variable: str(root)} if by == "variable" else {}
    words = ["--from", str(root)] if by == "option" else []
    done = home.toolpin("import", other.name, *words, env=env)
    assert done.code == 0, done.err
    home.pin(f"{other.pin}\n")
    assert home.run("dash", home.shim(other.command)).out == f"{other.pin}\n"
    assert home.toolpin("exec", other.command).out == f"{other.pin}\n"
    assert home.toolpin("uninstall", *other.pin.split()).code == 0
    assert _snapshot(root) == before


def test_where_there_is_nothing_to_take_over_that_is_said(home: Home) -> None:
    done = home.toolpin("import", "nvm")
    assert done.code == 1
    assert f"{home.home}/.nvm/versions/node" in done.err
