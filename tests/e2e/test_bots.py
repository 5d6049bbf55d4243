"""The recipes of docs/guide/bots.md, tried with a bot that edits `.tool-versions`.

The bot reads lines as Renovate's `asdf` manager does (its lib/modules/manager/asdf/
extract.ts): a name, one space, and the first version.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.support.run import REPOSITORY, TOOLPIN, Home, Result
from tests.support.upstream import HOSTS, Upstream

_PAGE = (REPOSITORY / "docs/guide/bots.md").read_text()
_RENOVATE = json.loads(re.findall(r"```json\n(.*?)```", _PAGE, re.DOTALL)[0])
_JOB, _SCHEDULED = re.findall(r"```sh\n(.*?)```", _PAGE, re.DOTALL)
_LINE = re.compile(r"^([\w_-]+) ([^\s#]+)(?: [^\s#]+)* *(?: #.*)?$", re.MULTILINE)


@pytest.fixture
def project(home: Home, upstream: Upstream) -> Home:
    """A locked project in a clone, and a release that is newer than its pin."""
    upstream.publish("22.20.0", hosts=HOSTS, lts="Jod")
    programs = home.root / "programs"
    programs.mkdir()
    (programs / "toolpin").write_text(f'#!/bin/sh\nexec {shlex.join(TOOLPIN)} "$@"\n')
    (programs / "toolpin").chmod(0o755)
    home.env["PATH"] = f"{programs}:{home.env['PATH']}"
    home.env |= {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "bot"), ("EMAIL", "bot@example.org"))
    }
    home.pin("# tools\nnodejs 22.20.0 # the one we run\n")
    assert home.toolpin("lock").code == 0
    _sh(home, f"git init -q --bare {home.root}/origin.git; git init -q -b main")
    done = _sh(
        home,
        "git add . && git commit -qm 'Pin tools' && git remote add origin "
        f"{home.root}/origin.git && git push -qu origin main",
    )
    assert done.code == 0, done.err
    upstream.publish("22.21.0", hosts=HOSTS, lts="Jod")
    return home


def _sh(home: Home, text: str) -> Result:
    return home.run("sh", "-e", "-c", text, cwd=home.project)


def _bump(file: Path, version: str) -> None:
    """Do what a bot does: put another version in place of the first one."""
    text = file.read_text()
    match = _LINE.search(text)
    assert match
    assert match[1] == "nodejs"
    file.write_text(text[: match.start(2)] + version + text[match.end(2) :])


def _commands(file: str) -> list[str]:
    """Return what Renovate runs after it has changed a file of this name."""
    return [
        command
        for rule in _RENOVATE["packageRules"]
        if f"**/{file}" in rule["matchFileNames"]
        for command in rule["postUpgradeTasks"]["commands"]
    ]


def test_a_bot_s_edit_leaves_the_lockfile_stale_and_the_recipe_locks_it(
    project: Home,
) -> None:
    _bump(project.project / ".tool-versions", "22.21.0")
    assert project.toolpin("lock", "--check").code == 4
    assert project.toolpin("install", "--locked").code == 4
    for command in _commands(".tool-versions"):
        assert _sh(project, command).code == 0
    assert project.toolpin("lock", "--check").code == 0
    assert _sh(project, "git diff --name-only").out.split() == [
        ".tool-versions",
        "toolpin.lock",
    ]


def test_the_custom_manager_finds_the_version_of_a_loose_request(
    project: Home,
) -> None:
    project.pin("nodejs lts\n")
    assert project.toolpin("lock").code == 0
    file = project.project / "toolpin.lock"
    (manager,) = _RENOVATE["customManagers"]
    (shape,) = manager["matchStrings"]
    pattern = re.compile(shape.replace("(?<", "(?P<"))
    file.write_text(file.read_text().replace("22.21.0", "22.20.0"))
    match = pattern.search(file.read_text())
    assert match
    assert match["currentValue"] == "22.20.0"
    start, end = match.span("currentValue")
    text = file.read_text()
    file.write_text(f"{text[:start]}22.21.0{text[end:]}")
    assert project.toolpin("lock", "--check").code == 4
    for command in _commands("toolpin.lock"):
        assert _sh(project, command).code == 0
    assert project.toolpin("lock", "--check").code == 0


def test_the_job_on_a_bot_s_branch_locks_commits_and_pushes(project: Home) -> None:
    project.env["CI"] = "true"
    assert _sh(project, _JOB).code == 0
    assert _sh(project, "git log --oneline origin/main").out.count("\n") == 1
    _sh(project, "git checkout -qb renovate/nodejs")
    _bump(project.project / ".tool-versions", "22.21.0")
    _sh(project, "git commit -qam 'Update nodejs'; git push -qu origin HEAD")
    done = _sh(project, _JOB)
    assert done.code == 0, done.err
    done = _sh(project, "git show origin/renovate/nodejs:toolpin.lock")
    assert '"nodejs 22.21.0" = "22.21.0"' in done.out
    assert project.toolpin("lock", "--check").code == 0


def test_the_scheduled_job_pushes_both_files_and_repeats(project: Home) -> None:
    for _ in range(2):
        done = _sh(project, _SCHEDULED)
        assert done.code == 0, done.err
        done = _sh(project, "git diff --stat main origin/toolpin-upgrade")
        assert ".tool-versions" in done.out
        assert "toolpin.lock" in done.out
        assert _sh(project, "git checkout -q main").code == 0
