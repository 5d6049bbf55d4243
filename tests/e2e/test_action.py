"""action.yml and the templates: their shape, and what they do when they are played."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.action import Player, read_yaml
from tests.support.ci import Runner, size_of
from tests.support.run import REPOSITORY, Home
from tests.support.upstream import Upstream
from toolpin.ci.templates import render
from toolpin.system.home import HOME

ACTION = REPOSITORY / "action.yml"
FILES = {"github": ".github/workflows/toolpin.yml", "gitlab": ".gitlab/toolpin.yml"}


@pytest.fixture(autouse=True)
def _toolpin_on_path(home: Home) -> None:
    directory = home.root / "bin"
    directory.mkdir()
    program = directory / "toolpin"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -m toolpin "$@"\n')
    program.chmod(0o755)
    home.env["PATH"] = f"{directory}:{home.env['PATH']}"
    home.env["CI"] = "true"


def test_the_action_is_composite_and_calls_toolpin_and_the_cache_alone() -> None:
    action = read_yaml(ACTION)
    assert action["runs"]["using"] == "composite"
    setup, *steps = action["runs"]["steps"]
    assert "install.sh" in setup["run"]
    cache = "actions/cache/(restore|save)@[0-9a-f]{40}"
    for step in steps:
        if "uses" in step:
            assert re.fullmatch(cache, step["uses"])
            assert set(step["with"]) <= {"path", "key", "restore-keys"}
    assert [step.get("run", step["id"]) for step in steps] == [
        'toolpin -C "$DIRECTORY" ci plan --format github',
        "restore",
        'toolpin -C "$DIRECTORY" ci install --format github',
        'toolpin -C "$DIRECTORY" ci prune',
        "save",
    ]


def test_the_actions_outputs_are_those_of_its_steps(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    Runner(home).lock("nodejs 10.15.3")
    saved = home.root / "saved"
    saved.mkdir()
    played = Player(home, ACTION, saved).play({"working-directory": "."})
    action = read_yaml(ACTION)
    for name, output in action["outputs"].items():
        match = re.fullmatch(
            r"\$\{\{ steps\.(\w+)\.outputs\.([\w-]+) \}\}", output["value"]
        )
        assert match, name
        assert played.outputs[match[1]][match[2]], name
    text = ACTION.read_text()
    for name in action["inputs"]:
        assert f"inputs.{name} " in text


def test_two_jobs_with_different_pins_in_three_rounds(
    home: Home, upstream: Upstream
) -> None:
    sizes = {
        name: len(upstream.publish(name)) for name in ("10.15.3", "10.16.0", "10.17.0")
    }
    runner = Runner(home)
    saved = home.root / "saved"
    saved.mkdir()
    jobs = {"old": ["10.15.3"], "new": ["10.16.0", "10.15.3"]}
    table = []
    for _ in range(3):
        for job, versions in jobs.items():
            directory = home.root / job
            directory.mkdir(exist_ok=True)
            pins = "".join(f"nodejs {' '.join(versions)}\n")
            runner.fresh()
            (directory / ".tool-versions").write_text(pins)
            if not (directory / "toolpin.lock").exists():
                result = home.toolpin("lock", cwd=directory, env={"CI": ""})
                assert result.code == 0, result.err
            runner.fresh()
            asked = len(upstream.server.requests)
            player = Player(home, ACTION, saved)
            played = player.play({"working-directory": str(directory)})
            ran = player.in_job("sh", "-c", f"cd {directory} && node --version")
            table.append(
                (
                    job,
                    played.outputs["install"]["cache-hit"],
                    played.outputs["install"]["changed"],
                    ran.out.strip(),
                    len(upstream.server.requests) - asked,
                )
            )
            assert size_of(runner.directory) == sum(
                sizes[version] for version in versions
            )
        if len(table) == 4:  # between the second and the third round one moves on
            jobs["old"] = ["10.17.0"]
            (home.root / "old/toolpin.lock").unlink()
    assert table == [
        ("old", "none", "true", "v10.15.3", 1),
        ("new", "partial", "true", "v10.16.0", 1),
        ("old", "exact", "false", "v10.15.3", 0),
        ("new", "exact", "false", "v10.16.0", 0),
        ("old", "none", "true", "v10.17.0", 1),
        ("new", "exact", "false", "v10.16.0", 0),
    ]
    assert len(list(saved.iterdir())) == 3


def test_init_writes_the_files_once_and_overwrites_nothing(home: Home) -> None:
    for target, name in FILES.items():
        result = home.toolpin("ci", "init", target)
        assert result.code == 0, result.err
        file = home.project / name
        assert file.read_text() == (REPOSITORY / f"ci/{target}.yml").read_text()
        assert home.toolpin("ci", "init", target).code == 0
        file.write_text("mine\n")
        result = home.toolpin("ci", "init", target)
        assert result.code == 1
        assert str(file) in result.err
        assert file.read_text() == "mine\n"


def test_init_wants_to_know_for_whom(home: Home) -> None:
    result = home.toolpin("ci", "init")
    assert (result.code, "try: toolpin ci init github" in result.err) == (2, True)


@pytest.mark.parametrize(("target", "name"), FILES.items())
def test_init_in_a_subdirectory_writes_where_the_ci_reads(
    home: Home, target: str, name: str
) -> None:
    (home.project / ".git").mkdir()
    below = home.project / "services/web"
    below.mkdir(parents=True)
    result = home.toolpin("ci", "init", target, cwd=below)
    assert result.code == 0, result.err
    assert not list(below.iterdir())
    workflow = read_yaml(home.project / name)
    if target == "github":
        steps = workflow["jobs"]["runtimes"]["steps"]
        assert steps[1]["with"] == {"working-directory": "./services/web"}
        assert steps[2]["working-directory"] == "./services/web"
        return
    job = workflow[".toolpin"]
    files = ["services/web/.tool-versions", "services/web/toolpin.lock"]
    assert job["cache"]["key"]["files"] == files
    assert "toolpin -C ./services/web ci install" in job["before_script"]
    assert "toolpin -C ./services/web ci prune" in job["before_script"]


def test_init_refuses_a_directory_whose_name_a_shell_would_not_take(home: Home) -> None:
    (home.project / ".git").mkdir()
    below = home.project / "a $(id)"
    below.mkdir()
    result = home.toolpin("ci", "init", "gitlab", cwd=below)
    assert (result.code, "a $(id)" in result.err) == (2, True)
    assert not (home.project / ".gitlab").exists()


def test_the_workflow_that_init_writes_uses_a_copy_until_toolpin_is_published() -> None:
    text = (REPOSITORY / "ci/github.yml").read_text()
    steps = read_yaml(REPOSITORY / "ci/github.yml")["jobs"]["runtimes"]["steps"]
    assert steps[1]["uses"] == "./.github/toolpin"
    published = render(text, "", "owner/name@v1")
    assert "uses: owner/name@v1\n" in published
    assert "./.github/toolpin" not in published
    assert "published" not in published


@pytest.mark.skipif(bool(HOME), reason="toolpin is published there")
def test_hostile_103_no_page_and_no_template_names_what_nobody_owns() -> None:
    """Whoever registers such a name decides what runs where it is used."""
    names = re.compile(
        r"uses: (?!actions/)[\w.-]+/\S+@"
        r"|toolpin/toolpin@"
        r"|github\.com/toolpin\b"
        r"|(?:pip|pipx|uv tool|pip3) (?:install|upgrade|run) (?:-\S+ )*toolpin\b(?!-)"
        r"|(?:uvx|pipx run|docker (?:run|pull)) (?:-\S+ )*toolpin\b"
    )
    pages = [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("*.yml")]
    for directory in ("docs", "ci", "examples", "shims", "toolpin"):
        pages += [
            path
            for path in (REPOSITORY / directory).rglob("*")
            if path.suffix in (".md", ".yml", ".sh", ".py", ".toml")
        ]
    assert len(pages) > 100
    texts = [
        f"{path.relative_to(REPOSITORY)}: {line}"
        for path in pages
        for line in path.read_text().splitlines()
        if names.search(line)
    ]
    assert texts == []


def test_the_gitlab_job_finds_its_own_cache_in_the_project_directory(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    Runner(home).lock("nodejs 10.15.3")
    job: dict[str, Any] = read_yaml(REPOSITORY / "ci/gitlab.yml")[".toolpin"]
    assert job["cache"]["key"]["files"] == [".tool-versions", "toolpin.lock"]
    (path,) = job["cache"]["paths"]
    kept = home.root / "kept"
    asked = []
    for _ in range(2):
        shutil.rmtree(home.project / ".toolpin", ignore_errors=True)
        if kept.exists():
            shutil.copytree(kept, home.project / path)
        before = len(upstream.server.requests)
        result = _run_job(job, home)
        asked.append(len(upstream.server.requests) - before)
        assert result.splitlines()[-1] == "v10.15.3"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(home.project / path, kept)
    assert asked == [1, 0]


def test_a_gitlab_job_runs_nothing_that_its_checkout_brings_as_installed(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("10.15.3")
    Runner(home).lock("nodejs 10.15.3")
    job: dict[str, Any] = read_yaml(REPOSITORY / "ci/gitlab.yml")[".toolpin"]
    store = Path(_variables(job, home)["TOOLPIN_DATA_DIR"])
    assert home.project not in store.parents
    variables = _variables(job, home)
    for name in ("TOOLPIN_DATA_DIR", "TOOLPIN_CACHE_DIR"):
        assert home.project not in Path(variables[name]).parents
    for place in (store, home.project / ".toolpin/store"):
        tree = place / "installs/nodejs/10.15.3"
        (tree / "bin").mkdir(parents=True)
        (tree / ".toolpin").mkdir()
        (tree / "bin/node").write_text("#!/bin/sh\necho out of the checkout\n")
        (tree / "bin/node").chmod(0o755)
        (tree / ".toolpin/record.sh").write_text(f"toolpin_bins='{tree}/bin'\n")
    assert _run_job(job, home).splitlines()[-1] == "v10.15.3"


def test_a_gitlab_job_deletes_no_store_but_the_template_s_own(
    home: Home, upstream: Upstream
) -> None:
    """A group's or a runner's variable beats the template's."""
    upstream.publish("10.15.3")
    Runner(home).lock("nodejs 10.15.3")
    job: dict[str, Any] = read_yaml(REPOSITORY / "ci/gitlab.yml")[".toolpin"]
    theirs = home.root / "theirs"
    (theirs / "installs/nodejs/8.0.0/bin").mkdir(parents=True)
    env = {"TOOLPIN_DATA_DIR": str(theirs)}
    assert _run_job(job, home, env).splitlines()[-1] == "v10.15.3"
    assert (theirs / "installs/nodejs/8.0.0/bin").is_dir()


def _variables(job: dict[str, Any], home: Home) -> dict[str, str]:
    return {
        name: text.replace("$CI_PROJECT_DIR", str(home.project))
        for name, text in job["variables"].items()
    }


def _run_job(
    job: dict[str, Any], home: Home, env: Mapping[str, str] | None = None
) -> str:
    """Run the template's commands, and then a job's own; `env` beats its variables."""
    script = "\n".join([*job["before_script"], "node --version"])
    own = {"CI_PROJECT_DIR": str(home.project), **_variables(job, home)}
    result = home.run("sh", "-e", "-c", script, env={**own, **(env or {})})
    assert result.code == 0, result.err
    return result.out


def test_a_file_of_the_project_is_read_as_yaml_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "x.yml"
    text = "a:\n  - b: 'c d' # e\n    f: |\n      g: h\n      i\n  - [j, k]\nl:\n"
    file.write_text(text)
    assert read_yaml(file) == {
        "a": [{"b": "c d", "f": "g: h\ni\n"}, ["j", "k"]],
        "l": None,
    }
