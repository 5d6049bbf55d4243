"""What a CI's directory, a store or a plugin may hold against a job."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.ci import Runner
from tests.support.code import Code
from tests.support.run import Home, Result
from tests.support.scripted import GREET, INSTALL, commit, git, repository
from tests.support.server import Server
from tests.support.upstream import Upstream

NEEDS_CC = pytest.mark.skipif(
    not (shutil.which("cc") and shutil.which("make")),
    reason="a build needs a C compiler and make",
)
SAYS_LESS = '#include <stdio.h>\nint main(void) { puts("hello VERSION\\nwx no"); }\n'


@pytest.fixture
def runner(home: Home) -> Runner:
    return Runner(home)


@pytest.fixture
def node(upstream: Upstream, runner: Runner) -> Runner:
    """A job that has run once, with Node.js."""
    upstream.publish("10.15.3")
    runner.lock("nodejs 10.15.3")
    runner.job()
    return runner


@pytest.fixture
def code(home: Home) -> Iterator[Code]:
    with Server() as server:
        published = Code(server)
        published.mirror_for(home)
        home.env.pop("TOOLPIN_SOURCES", None)
        yield published


@pytest.fixture
def greet(home: Home, runner: Runner) -> Path:
    """The repository of an asdf plugin; its tool is locked, and nothing is here yet."""
    where = repository(home.root / "upstream" / "asdf-greet", GREET)
    assert home.toolpin("plugin", "add", "greet", f"file://{where}").code == 0
    runner.lock("greet 1.0.0")
    return where


def test_a_planted_name_writes_no_line_of_its_own(node: Runner) -> None:
    (node.directory / "a\n::set-output name=cache-hit::exact").write_text("")
    output = _install(node)
    assert "a\\n::set-output" in output.err
    assert not any(line.lstrip().startswith("::") for line in output.err.splitlines())


def test_a_name_that_is_no_text_is_removed_and_told(node: Runner) -> None:
    with open(os.fsencode(node.directory) + b"/\xff", "wb"):
        pass
    output = _install(node)
    assert "\\udcff: not in the plan, removed" in output.err


@pytest.mark.parametrize("kind", ["itself", "copy", "pipe", "file"])
def test_a_directory_that_is_none_is_made_again(kind: str, node: Runner) -> None:
    aside = node.home.root / "aside"
    node.directory.rename(aside)
    if kind == "pipe":
        os.mkfifo(node.directory)
    elif kind == "file":
        node.directory.write_text("")
    else:
        node.directory.symlink_to(node.directory if kind == "itself" else aside)
    answer = _result(_install(node, "--format", "json"))
    assert (answer["cache_hit"], answer["changed"]) == ("none", True)
    assert node.directory.is_dir()
    assert not node.directory.is_symlink()
    assert len(list((aside / "archives/sha256").iterdir())) == 1


def test_a_directory_of_a_project_that_is_called_as_the_ci_s_is_left_alone(
    home: Home, node: Runner
) -> None:
    """A CI keeps only what lies in the project: its directory may be the cache's."""
    script = home.project / "ci/test.sh"
    script.parent.mkdir()
    script.write_text("mine")
    env = {"TOOLPIN_CACHE_DIR": str(home.project)}
    for words in ("install", "prune"):
        result = home.toolpin("ci", words, env=env)
        assert result.code == 1
        assert f"{script.parent} exists and was not created by toolpin" in result.err
    assert script.exists()
    assert node.plan()["key"]


def test_an_archive_of_another_size_is_not_read(node: Runner) -> None:
    (archive,) = (node.directory / "archives/sha256").iterdir()
    os.truncate(archive, 1 << 42)  # a hole: to read it takes hours
    output = _install(node, "--format", "json")
    assert "in the restored cache has an unexpected digest" in output.err
    assert _result(output)["tools"][0]["from"] == "fetched"


@NEEDS_CC
def test_a_receipt_without_end_is_not_read(runner: Runner, code: Code) -> None:
    code.publish("2.0.1")
    runner.lock("hello 2.0.1")
    runner.job()
    (receipt,) = runner.directory.glob("trees/*/receipt.json")
    os.truncate(receipt, 1 << 28)
    output = _install(runner, "--format", "json")
    assert "larger than" in output.err
    assert _result(output)["tools"][0]["from"] == "built"


@NEEDS_CC
def test_a_tree_that_was_built_otherwise_gets_no_key_of_this_build(
    runner: Runner, code: Code
) -> None:
    """The store of a machine that lives on holds what an earlier job built."""
    code.publish("2.0.1")
    runner.lock("hello 2.0.1")
    home = runner.home
    assert home.toolpin("install", env={"CFLAGS": "-O1"}).code == 0
    answer = _result(home.toolpin("ci", "install", "--format", "json"))
    assert answer["tools"][0]["from"] == "present"
    assert not list(runner.directory.glob("trees/*"))


@NEEDS_CC
def test_what_a_job_forgoes_it_forgoes_of_a_tree_too(
    runner: Runner, code: Code
) -> None:
    plugin = runner.home.config / "plugins/hello.toml"
    text = plugin.read_text()
    plugin.write_text(text.replace("proof =", 'demands = ["wx"]\nproof =', 1))
    code.publish("2.0.1", SAYS_LESS)
    runner.lock("hello 2.0.1")
    runner.home.env["TOOLPIN_ALLOW"] = "hello.wx"
    runner.job()
    answer, _ = runner.job()
    assert answer["tools"][0]["from"] == "restored"


@NEEDS_CC
def test_build_options_of_the_settings_change_a_builds_key(
    runner: Runner, code: Code
) -> None:
    code.publish("2.0.1")
    runner.lock("hello 2.0.1")
    before = runner.plan()["key"]
    config = runner.home.config / "config.toml"
    config.write_text('[build_options]\nhello = "--greet=hello"\n')
    assert runner.plan()["key"] != before


def test_what_did_not_come_has_no_version_among_the_outputs(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\ngolang 1.2.3\n")
    outputs = home.root / "outputs"
    result = home.toolpin(
        "ci",
        "install",
        "--format",
        "github",
        env={"CI": "true", "GITHUB_OUTPUT": str(outputs)},
    )
    assert result.code == 1
    assert 'versions={"nodejs": "10.15.3"}\n' in outputs.read_text()
    assert "golang" not in outputs.read_text()


def test_a_path_that_is_no_text_is_no_output(home: Home, upstream: Upstream) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    env = {
        "TOOLPIN_CACHE_DIR": os.fsdecode(os.fsencode(home.root) + b"/\xff"),
        "GITHUB_OUTPUT": str(home.root / "outputs"),
    }
    result = home.toolpin("ci", "plan", "--format", "github", env=env)
    assert result.code == 2
    assert "path cannot be a CI output" in result.err


def test_a_project_with_a_version_file_alone_has_a_plan(
    home: Home, upstream: Upstream, runner: Runner
) -> None:
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    pinned = runner.plan()
    (home.project / ".tool-versions").unlink()
    (home.project / ".nvmrc").write_text("v10.15.3\n")
    assert runner.plan() == pinned
    answer, _ = runner.job()
    assert answer["tools"][0]["from"] == "fetched"


def test_of_what_scripts_make_nothing_is_cached(
    greet: Path, home: Home, runner: Runner
) -> None:
    home.env["TOOLPIN_ALLOW_PLUGINS"] = f"file://{greet}"
    done = home.toolpin("ci", "plan")
    assert "greet 1.0.0  built here  not cached" in done.out
    here = runner.plan()
    for _ in range(2):
        answer, result = runner.job()
        assert answer["tools"][0]["from"] == "built"
        assert answer["cache_hit"] == "none"
        assert "not in any archive" not in result.err
        assert not runner.directory.exists() or not list(
            runner.directory.rglob("*/*/*")
        )
    assert home.run(home.shim("greet")).code == 0
    assert runner.plan() == here
    (tool,) = here["tools"]
    assert (tool["builds"], tool["cached"], here["needs_build"]) == (True, None, True)


def test_a_plugin_that_is_not_there_gives_the_same_plan(
    greet: Path, runner: Runner
) -> None:
    before = runner.plan()
    runner.fresh()
    assert runner.plan() == before
    commit(greet, {"bin/install": INSTALL + "# more\n"})
    assert runner.plan() == before


def test_a_plugin_of_a_bundled_tools_name_gives_the_same_plan_too(
    home: Home, runner: Runner
) -> None:
    where = repository(home.root / "upstream" / "asdf-golang", GREET)
    assert home.toolpin("plugin", "add", "golang", f"file://{where}").code == 0
    runner.lock("golang 1.0.0")
    before = runner.plan()
    runner.fresh()
    assert runner.plan() == before


@pytest.mark.usefixtures("greet")
def test_what_scripts_make_keeps_no_archive_without_a_lockfile(
    home: Home, runner: Runner
) -> None:
    (home.project / "toolpin.lock").unlink()
    archive = runner.directory / "archives/sha256" / hashlib.sha256(b"mine").hexdigest()
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"mine")
    assert home.toolpin("ci", "prune").code == 0
    assert not archive.exists()


@pytest.mark.usefixtures("runner")
def test_scripts_that_are_not_the_locked_ones_do_not_run(
    greet: Path, home: Home
) -> None:
    moved = commit(greet, {"bin/install": INSTALL + f"touch {home.root}/ran\n"})
    assert home.toolpin("plugin", "update", "greet", moved).code == 0
    result = home.toolpin("ci", "install")
    assert result.code == 1
    assert "a plugin is not installed as locked" in result.err
    assert not (home.root / "ran").exists()
    home.env["TOOLPIN_ALLOW_PLUGINS"] = f"file://{greet}"
    assert home.toolpin("ci", "install").code == 0
    assert not (home.root / "ran").exists()
    assert git(home.data / "plugins/greet", "rev-parse", "HEAD") != moved


def _install(runner: Runner, *more: str) -> Result:
    """Install on a machine whose store is new, out of the directory as it is."""
    shutil.rmtree(runner.home.data)
    result = runner.home.toolpin("ci", "install", *more, timeout_s=60)
    assert result.code == 0, result.err
    return result


def _result(told: Result) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(told.out)["result"]
    return answer
