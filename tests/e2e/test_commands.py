"""What each command answers, on which stream, and with which code."""

from __future__ import annotations

import json
import os

import pytest

from tests.support.run import TOOLPIN, Home
from tests.support.upstream import Upstream
from toolpin import __version__


@pytest.fixture
def installed(home: Home, upstream: Upstream) -> Home:
    """A machine with two versions, the older one pinned on line 2."""
    upstream.publish("10.15.3")
    upstream.publish("9.9.0")
    home.pin("# runtimes\nnodejs 9.9.0\n")
    result = home.toolpin("install", "nodejs", "10.15.3", "9.9.0")
    assert result.code == 0, result.err
    return home


@pytest.mark.parametrize("locked", [False, True])
def test_list_marks_what_a_loose_request_means(installed: Home, locked: bool) -> None:
    oldest, *_, newest = (
        installed.toolpin("list", "nodejs").out.replace("*", "").split()
    )
    installed.pin("nodejs latest\n")
    if locked:
        head = f'schema = 1\n[pins]\n"nodejs latest" = "{oldest}"\n\n'
        (installed.project / "toolpin.lock").write_text(head)
    lines = installed.toolpin("list", "nodejs").out.splitlines()
    marked = [line for line in lines if line.startswith("*")]
    assert marked == [f"* {oldest if locked else newest}"]


def test_shims_that_are_a_file_are_told(home: Home) -> None:
    home.data.mkdir()
    (home.data / "shims").touch()
    result = home.toolpin("reshim")
    assert result.code == 1
    assert f"{home.data}/shims" in result.err


def test_list_is_in_the_order_of_versions(installed: Home) -> None:
    assert installed.toolpin("list").out == "nodejs\n* 9.9.0\n  10.15.3\n"
    assert installed.toolpin("list", "node").out == "* 9.9.0\n  10.15.3\n"
    assert installed.toolpin("list", "nodejs", "10").out == "  10.15.3\n"
    assert installed.toolpin("list", "nodejs", "1").code == 1


def test_current_names_file_line_and_state(installed: Home) -> None:
    file = f"{installed.project}/.tool-versions:2"
    result = installed.toolpin("current")
    assert result.out.split() == ["nodejs", "9.9.0", file, "installed"]
    installed.pin("nodejs 9.9.1\n")
    missing = installed.toolpin("current", "node")
    assert missing.code == 1
    assert missing.out.endswith("missing: 9.9.1\n")


@pytest.mark.parametrize(
    ("line", "state", "code"),
    [
        ("9.9.0", "installed", 0),
        ("1.1.1 10.15.3", "runs 10.15.3, missing: 1.1.1", 0),
        ("10.15", "runs 10.15.3", 0),
        ("latest:99", "missing: latest:99", 1),
        ("ref:abc", "missing: ref:abc", 1),
        ("path:/nonexistent", "missing: path:/nonexistent", 1),
        ("path:/usr 9.9.0", "in place", 0),
        ("system", "in place", 0),
    ],
)
def test_current_tells_what_runs(
    line: str, state: str, code: int, installed: Home
) -> None:
    installed.pin(f"nodejs {line}\n")
    result = installed.toolpin("current", "nodejs")
    assert result.out.endswith(f"  {state}\n")
    assert result.code == code


def test_where_is_what_the_shim_runs(installed: Home) -> None:
    installed.pin("nodejs path:/usr 10.15.3\n")
    assert installed.toolpin("where", "nodejs").out == "/usr\n"
    installed.pin("nodejs 1.1.1 latest:10\n")
    assert installed.toolpin("where", "nodejs").out.endswith("/nodejs/10.15.3\n")
    installed.pin("nodejs system\n")
    assert installed.toolpin("where", "nodejs").code == 1


def test_an_override_beats_the_file(installed: Home) -> None:
    env = {"TOOLPIN_NODEJS_VERSION": "10.15.3"}
    assert "TOOLPIN_NODEJS_VERSION" in installed.toolpin("current", env=env).out
    shown = installed.toolpin("exec", "node", "--version", env=env)
    assert shown.out == "v10.15.3\n"


def test_which_and_where_agree(installed: Home) -> None:
    tree = installed.data / "installs/nodejs/9.9.0"
    assert installed.toolpin("where", "nodejs").out == f"{tree}\n"
    assert installed.toolpin("which", "node").out == f"{tree}/bin/node\n"
    older = installed.toolpin("where", "node", "10.15.3").out
    assert older == f"{installed.data}/installs/nodejs/10.15.3\n"
    assert installed.toolpin("where", "nodejs", "1.0.0").code == 1
    assert installed.toolpin("which", "no-such-command").code == 127


def test_pin_changes_its_line_and_nothing_else(installed: Home) -> None:
    file = installed.pin("# runtimes\n\nerlang 27.1\nnode   9.9.0   # old\n")
    result = installed.toolpin("pin", "nodejs", "10.15.3", "system")
    assert result.code == 0, result.err
    expected = "# runtimes\n\nerlang 27.1\nnode   10.15.3 system   # old\n"
    assert file.read_text() == expected
    assert installed.toolpin("set", "nodejs", "7.7.7").code == 0
    pinned = installed.toolpin("pin", "node", "7.7.7")
    assert "node 7.7.7 is not installed" in pinned.err


def test_a_pin_that_was_never_installed_runs_nothing_else(home: Home) -> None:
    assert home.toolpin("pin", "nodejs", "7.7.7").code == 0
    result = home.run(home.shim("node"), "--version")
    assert (result.code, result.out) == (126, "")


def test_pin_writes_at_home_or_above(installed: Home) -> None:
    below = installed.project / "a/b"
    below.mkdir(parents=True)
    installed.toolpin("pin", "nodejs", "10.15.3", "--parent", cwd=below)
    assert "nodejs 10.15.3" in (installed.project / ".tool-versions").read_text()
    installed.toolpin("pin", "nodejs", "9.9.0", "--home", cwd=below)
    assert (installed.home / ".tool-versions").read_text() == "nodejs 9.9.0\n"
    assert not (below / ".tool-versions").exists()


@pytest.mark.parametrize("version", ["../x", "/tmp/x", "-rf", "", "$(id)", "a/b"])
def test_hostile_54_55_no_command_takes_such_a_version(
    version: str, installed: Home
) -> None:
    before = (installed.project / ".tool-versions").read_bytes()
    for command in ("install", "uninstall", "pin", "where"):
        result = installed.toolpin(command, "nodejs", "--", version)
        assert result.code in (1, 2), (command, result)
        assert "bug" not in result.err
    assert (installed.project / ".tool-versions").read_bytes() == before
    assert installed.toolpin("list", "nodejs").out.count("\n") == 2


@pytest.mark.parametrize(
    "tool", ["../x", "/tmp", "NODE", "no de", "node\\x", "n\u043ede"]
)
def test_hostile_56_no_command_takes_such_a_tool(tool: str, installed: Home) -> None:
    for command in ("install", "uninstall", "pin", "where"):
        result = installed.toolpin(command, "--", tool, "1.0.0")
        assert result.code in (1, 2), (command, result)
        assert "bug" not in result.err


def test_uninstall_takes_shims_of_nothing_with_it(installed: Home) -> None:
    assert installed.toolpin("uninstall", "nodejs", "9.9.0", "8.8.8").code == 1
    assert "9.9.0" in installed.toolpin("list").out
    assert installed.toolpin("uninstall", "node", "9.9.0").code == 0
    assert os.path.exists(installed.shim("node"))
    assert installed.toolpin("uninstall", "node", "10.15.3").code == 0
    # A pin that is missing must not run the system's node.
    assert sorted(os.listdir(installed.data / "shims")) == ["node", "npm"]
    missing = installed.run(installed.shim("node"), "--version")
    assert missing.code == 126
    assert "toolpin install" in missing.err
    assert installed.toolpin("list").out == ""


def test_a_directory_may_be_named(installed: Home) -> None:
    elsewhere = installed.toolpin(
        "-C", str(installed.project), "current", cwd=installed.root
    )
    assert "9.9.0" in elsewhere.out
    after = installed.toolpin("current", "-C", "project", cwd=installed.root)
    assert after.out == elsewhere.out
    assert installed.toolpin("-C", "/no/such", "current").code == 2


def test_quiet_leaves_answers_and_errors(installed: Home) -> None:
    assert installed.toolpin("--quiet", "install").err == ""
    assert installed.toolpin("list", "-q").out != ""
    assert installed.toolpin("-q", "where", "nodejs", "1.0").err != ""


def test_version_and_help(home: Home) -> None:
    for words in (["version"], ["--version"], ["-v"]):
        assert home.toolpin(*words).out == f"toolpin {__version__}\n"
    for words in ([], ["help"], ["--help"]):
        shown = home.toolpin(*words)
        assert shown.code == 0
        assert "install the pinned versions" in shown.out
        assert max(map(len, shown.out.splitlines())) <= 80
    assert "--dry-run" in home.toolpin("help", "install").out
    assert "--dry-run" in home.toolpin("install", "--help").out


def test_a_misspelt_command_is_answered_with_the_near_one(home: Home) -> None:
    result = home.toolpin("instal")
    assert result.code == 2
    assert result.err == (
        "toolpin: instal is not a toolpin command\n  try: toolpin install\n"
    )
    assert home.toolpin("install", "--no-such-flag").code == 2
    assert home.toolpin("--no-such-flag", "install").code == 2


def test_a_reader_that_has_gone_is_no_error(installed: Home) -> None:
    script = '"$@" | head -n 1'
    result = installed.run(
        "bash", "-o", "pipefail", "-c", script, "-", *TOOLPIN, "help"
    )
    assert result.err == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("words", [("current",), ("current", "nodejs"), ("install",)])
@pytest.mark.parametrize("name", [".tool-versions", "toolpin.lock", ".nvmrc"])
def test_hostile_62_a_strangers_file_in_a_shared_directory_is_named_as_ignored(
    installed: Home, name: str, words: tuple[str, ...]
) -> None:
    shared = installed.root / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    if name != ".tool-versions":
        (shared / ".tool-versions").write_text("nodejs 9.9\n")
    theirs = shared / name
    theirs.write_text("nodejs 10.15.3\n")
    os.chown(theirs, 12345, 12345)
    result = installed.toolpin(*words, cwd=shared)
    assert result.err.count(f"{theirs} is ignored: it belongs to another user") == 1
    answer = json.loads(installed.toolpin("--json", "why", "node", cwd=shared).out)
    assert answer["result"]["ignored"] == [str(theirs)]


def test_a_lockfile_that_answers_nothing_is_not_named_as_ignored(
    installed: Home,
) -> None:
    shared = installed.root / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "toolpin.lock").touch()
    os.chown(shared / "toolpin.lock", 12345, 12345)
    assert "ignored" not in installed.toolpin("current", cwd=shared).err


def test_python_variables_of_the_user_do_not_disturb(installed: Home) -> None:
    (installed.project / "json.py").write_text("raise SystemExit('hijacked')\n")
    env = {"PYTHONPATH": str(installed.project), "PYTHONSTARTUP": "/no/such"}
    assert installed.toolpin("current", env=env).code == 0
    child = installed.toolpin("exec", "node", "--version", env=env)
    assert child.out == "v9.9.0\n"


def test_a_broken_receipt_keeps_no_version_from_running(installed: Home) -> None:
    broken = installed.data / "installs/nodejs/9.9.0/.toolpin/receipt.json"
    broken.write_text("{")
    assert installed.toolpin("list").code == 0
    assert installed.toolpin("exec", "node", "--version").out == "v9.9.0\n"


def test_in_a_directory_that_is_gone_another_one_is_not_believed(
    installed: Home,
) -> None:
    """What a caller says in PWD is its name, where nothing of that name is there."""
    gone = installed.project / "gone"
    gone.mkdir()
    (installed.project / ".tool-versions").unlink()
    other = installed.root / "other"
    other.mkdir()
    (other / ".tool-versions").write_text("nodejs 9.9.0\n")
    line = f"rmdir {gone}; PWD={other} exec {' '.join(TOOLPIN)} exec node --version"
    done = installed.run("sh", "-c", line, cwd=gone)
    assert "v9.9.0" not in done.out
    gone.mkdir()
    (installed.project / ".tool-versions").write_text("nodejs 10.15.3\n")
    line = f"rmdir {gone}; PWD={gone} exec {' '.join(TOOLPIN)} exec node --version"
    assert installed.run("sh", "-c", line, cwd=gone).out == "v10.15.3\n"


@pytest.mark.parametrize("words", [["nodejs"], ["node", "10.15.3"]])
def test_reshim_takes_the_words_that_asdf_takes(
    installed: Home, words: list[str]
) -> None:
    os.unlink(installed.shim("node"))
    done = installed.toolpin("reshim", *words)
    assert (done.code, os.path.exists(installed.shim("node"))) == (0, True), done.err
    done = installed.toolpin("reshim", "xqwzt")
    assert done.code != 0
    assert "xqwzt" in done.err
