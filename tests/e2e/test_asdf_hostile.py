"""What a plugin, a lockfile or an index says never leads out of where it belongs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.asdf import ASDF, Machine
from tests.support.run import Home
from tests.support.scripted import GREET, commit, git, repository, write


@pytest.fixture
def greet(home: Home) -> Path:
    """A plugin's repository, as it would lie on a server."""
    return repository(home.root / "upstream" / "asdf-greet", GREET)


def _relock(home: Home, url: str) -> str:
    """Lock a plain directory's plugin, name a URL instead; return its commit."""
    directory = write(home.root / "plain", GREET)
    home.toolpin("plugin", "add", "greet", str(directory))
    home.pin("greet 1.1.0\n")
    assert home.toolpin("lock").code == 0
    commit = git(home.data / "plugins/greet", "rev-parse", "HEAD")
    assert home.toolpin("plugin", "remove", "greet").code == 0
    lock = home.project / "toolpin.lock"
    text = lock.read_text()
    assert "folder:greet@" in text
    lock.write_text(text.replace("folder:greet@", f"git:{url}@"))
    return commit


@pytest.mark.parametrize("at", ["", "@{commit}"])
def test_hostile_69_a_directory_of_the_project_is_no_url_that_is_allowed(
    at: str, home: Home
) -> None:
    home.env["GIT_SSH_COMMAND"] = "false"
    commit = _relock(home, "git@127.0.0.1:org/greet")
    place = f"git@127.0.0.1:org/greet{at.format(commit=commit)}"
    shutil.copytree(home.root / "plain", home.project / place)
    allowed = {"TOOLPIN_ALLOW_PLUGINS": "git@127.0.0.1:org/"}
    refused = home.toolpin("install", env=allowed)
    assert refused.code == 1, refused.err
    assert not (home.data / "plugins/greet").exists()
    assert not (home.data / "installs").exists()


def test_hostile_69_a_command_that_is_told_is_safe_to_paste(home: Home) -> None:
    commit = _relock(home, "https://greet.example/x;touch${IFS}ran;")
    missing = home.toolpin("install")
    assert missing.code == 1
    url = f"https://greet.example/x;touch${{IFS}}ran;@{commit}"
    assert f"toolpin plugin add greet '{url}'" in missing.err


def test_hostile_69_an_index_names_no_url_of_plain_http(home: Home) -> None:
    names = {"plugins/greet": "repository = http://127.0.0.1:1/greet\n"}
    index = repository(home.root / "index", names)
    home.env["TOOLPIN_PLUGIN_INDEX"] = f"file://{index}"
    refused = home.toolpin("plugin", "add", "greet")
    assert refused.code == 1
    assert "transport 'http' not allowed" in refused.err


# Links of a plugin's repository, behind which lies what no digest of it covers.
ELSEWHERE = {
    "bin": {"bin": "{out}/bin"},
    "bin-above": {"bin": "../../../out/bin"},
    "one-script": {"bin/install": "{out}/bin/install"},
    "a-link-to-a-link": {"bin": "there/bin", "there": "{out}"},
    "a-callback": {"bin/post-plugin-add": "{out}/bin/install"},
    "a-command": {"lib/commands/command-x.bash": "{out}/bin/install"},
    "a-library": {"lib": "{out}/bin"},
    "a-shim": {"shims/greet": "{out}/bin/install"},
    "git's": {"bin/exec-env": "../.git/HEAD"},
    "nowhere": {"bin/exec-env": "not-yet-there"},
}


def _with_links(greet: Path, links: dict[str, str], out: Path) -> str:
    """Commit a plugin with links instead of files, and files that they could mean."""
    write(out, GREET)
    for name, target in links.items():
        path = greet / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target.format(out=out))
    return commit(greet, {})


@pytest.mark.parametrize("links", ELSEWHERE.values(), ids=ELSEWHERE)
def test_hostile_69_a_plugin_with_a_script_outside_of_it_is_not_added(
    links: dict[str, str], home: Home, greet: Path
) -> None:
    _with_links(greet, links, home.root / "out")
    refused = home.toolpin("plugin", "add", "greet", f"file://{greet}")
    assert refused.code == 1, refused.err
    assert "links to a file outside the plugin" in refused.err
    assert not (home.data / "plugins/greet").exists()


@pytest.mark.parametrize("links", ELSEWHERE.values(), ids=ELSEWHERE)
def test_hostile_69_a_plugin_does_not_move_to_a_script_outside_of_it(
    links: dict[str, str], home: Home, greet: Path
) -> None:
    home.toolpin("plugin", "add", "greet", f"file://{greet}")
    plugin = home.data / "plugins/greet"
    before = _state(plugin)
    _with_links(greet, links, home.root / "out")
    refused = home.toolpin("plugin", "update", "greet")
    assert refused.code == 1, refused.err
    assert "links to a file outside the plugin" in refused.err
    assert _state(plugin) == before


def test_a_link_within_a_plugin_is_a_script_of_it(home: Home, greet: Path) -> None:
    write(greet, {"tools/greet-list": GREET["bin/list-all"]})
    (greet / "tools/greet-list").chmod(0o755)
    _with_links(greet, {"bin/list-all": "../tools/greet-list"}, home.root / "out")
    added = home.toolpin("plugin", "add", "greet", f"file://{greet}")
    assert added.code == 0, added.err
    assert "2.0.0" in home.toolpin("list-all", "greet").out


def test_hostile_69_files_that_are_not_the_locked_ones_are_not_checked_out(
    home: Home, greet: Path
) -> None:
    first = git(greet, "rev-parse", "HEAD")
    home.toolpin("plugin", "add", "greet", f"file://{greet}")
    commit(greet, {"bin/install": "exit 9\n"})
    home.toolpin("plugin", "update", "greet")
    home.pin("greet 1.1.0\n")
    assert home.toolpin("lock").code == 0
    lock = home.project / "toolpin.lock"
    digest = lock.read_text().partition('"sha256:')[2][:64]
    lock.write_text(lock.read_text().replace(digest, "0" * 64))
    assert home.toolpin("plugin", "update", "greet", first).code == 0
    plugin = home.data / "plugins/greet"
    before = _state(plugin)
    refused = home.toolpin("install", "--allow-plugins")
    assert refused.code == 1
    assert "differs from the one that is locked" in refused.err
    assert _state(plugin) == before


def _state(plugin: Path) -> object:
    """Return what a check-out would change: git's head and log, and a file's time."""
    script = (plugin / "bin/install").stat()
    head = (plugin / ".git/HEAD").read_text(), (plugin / ".git/logs/HEAD").read_text()
    return head, script.st_mtime_ns, script.st_ino


@pytest.mark.parametrize("script", ["latest-stable", "list-all"])
def test_hostile_68_what_a_plugin_names_as_latest_is_a_version(
    script: str, home: Home
) -> None:
    files = {**GREET, f"bin/{script}": "echo 1/../../../../out\n"}
    plugin = write(home.root / "greet", {**files, "bin/download": "true\n"})
    home.toolpin("plugin", "add", "greet", str(plugin))
    asked = [
        home.toolpin("install", "greet", "latest"),
        home.toolpin("latest", "greet"),
        home.toolpin("plugin", "test", "greet", str(plugin)),
        home.toolpin("plugin", "test", "greet", str(plugin), "--version", "../../x"),
    ]
    for item in asked:
        assert item.code in (1, 2), item.out + item.err
        assert "cannot be written" not in item.err
        assert not item.out
    assert not list(home.root.rglob("out"))
    assert not (home.data / "downloads/greet/1").exists()


@pytest.mark.parametrize("name", ["../../../{root}/x", "-index", "_greet", "Greet"])
def test_hostile_69_a_plugins_name_is_judged_before_it_reaches_a_path(
    name: str, tmp_path: Path
) -> None:
    machine = Machine(tmp_path)
    plugin = repository(machine.root / "greet", {**GREET, "bin/download": "true\n"})
    word = name.format(root=str(machine.root).lstrip("/"))
    before = sorted(os.listdir(machine.data / "plugins"))
    for action in ("add", "test"):
        refused = machine.asdf("plugin", action, "--", word, f"file://{plugin}")
        assert refused.code == 1, refused.err
        assert "bug" not in refused.err
    assert sorted(os.listdir(machine.data / "plugins")) == before
    assert not (machine.root / "x").exists()


def test_what_is_half_made_is_not_taken_over(home: Home) -> None:
    old = home.home / ".asdf"
    write(old / "plugins/greet", GREET)
    for version in ("1.0", "2.0"):
        write(old / f"installs/greet/{version}", {"bin/greet": "#!/bin/sh\n"})
    (old / "installs/greet/3.0").mkdir()  # asdf was interrupted at once
    write(old / "incomplete/greet", {"2.0": ""})  # toolpin was, in place
    for env in ({"TOOLPIN_DATA_DIR": str(old)}, {}):
        taken = home.toolpin("import", "asdf", "--from", str(old), env=env)
        assert taken.code == 0, taken.err
        assert "greet 1.0\n" in taken.err
        assert "greet 2.0" not in taken.err
        assert "greet 3.0" not in taken.err
    assert os.listdir(home.data / "installs/greet") == ["1.0"]


def test_hostile_69_a_directory_that_is_called_like_a_url_is_not_asked(
    home: Home, greet: Path
) -> None:
    url = f"file://{greet}"
    assert home.toolpin("plugin", "add", "greet", url).code == 0
    there = git(greet, "rev-parse", "HEAD")
    write(home.project / url, {**GREET, "bin/install": "exit 9\n"})
    assert home.toolpin("plugin", "diff", "greet").out == ""
    assert home.toolpin("plugin", "update", "greet").code == 0
    assert git(home.data / "plugins/greet", "rev-parse", "HEAD") == there


@pytest.mark.parametrize("name", ["a\nevil", "a\tb", "a\r", "a\x0bevil", "a\u2028evil"])
def test_hostile_89_a_directory_to_reshim_adds_no_tool(name: str, home: Home) -> None:
    directory = home.root / name / "bin"
    directory.mkdir(parents=True)
    home.run(*ASDF, "reshim", "nodejs", f"path:{home.root}/{name}")
    assert home.run(*ASDF, "plugin", "list").out == ""


def test_hostile_89_a_command_to_run_writes_one_line(home: Home) -> None:
    done = home.run(*ASDF, "exec", "x\n\x1b[2Jtoolpin: done")
    assert done.code == 126
    assert done.err.startswith("unknown command: x\\n\\x1b[2Jtoolpin: done. Perhaps")
