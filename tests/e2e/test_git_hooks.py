"""The lines of docs/guide/git-hooks.md, in hooks that a real Git runs."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.shell.store import Store
from tests.support.run import REPOSITORY, Home

_PAGE = (REPOSITORY / "docs/guide/git-hooks.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", _PAGE, re.DOTALL)
SH = [text for kind, text in BLOCKS if kind == "sh"]
YAML = [text for kind, text in BLOCKS if kind == "yaml"]
# What node prints shows which version has checked which file.
NODE = '#!/bin/sh\necho checked by 10.15.3 "$@"\n'


@pytest.fixture
def repository(home: Home) -> Home:
    """A repository that pins a version of node, for a user with toolpin installed."""
    store = Store(home)
    store.publish("nodejs", "10.15.3", {"node": NODE})
    store.refresh()
    program = home.home / ".local/bin/toolpin"
    words = shlex.join((sys.executable, "-I", "-m", "toolpin"))
    store.script(program, f'#!/bin/sh\nexec {words} "$@"\n')
    home.env["PATH"] = "/usr/bin:/bin"
    home.pin("nodejs 10.15.3\n")
    (home.project / "index.js").write_text("")
    git(home, "init", "-q", ".")
    git(home, "config", "user.name", "A")
    git(home, "config", "user.email", "a@example.org")
    git(home, "add", ".")
    return home


def git(home: Home, *words: str) -> str:
    """Run git, and return what its hooks printed: it sends that to stderr."""
    done = home.run("git", *words)
    assert done.code == 0, done.err
    return done.err


def hook(home: Home, text: str) -> None:
    path = home.project / ".git/hooks/pre-commit"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def test_a_hook_of_ones_own_runs_the_pinned_version(repository: Home) -> None:
    hook(repository, SH[0])
    output = git(repository, "commit", "-qm", "x")
    assert "checked by 10.15.3 --check index.js" in output


@pytest.mark.parametrize(
    ("file", "line"), [(".config/husky/init.sh", SH[1]), (".lefthookrc", SH[2])]
)
def test_a_hook_manager_reads_the_line_under_sh(
    repository: Home, file: str, line: str
) -> None:
    init = repository.home / file
    init.parent.mkdir(parents=True, exist_ok=True)
    init.write_text(line)
    # Each of them sources the file in a hook of its own, run by /bin/sh.
    hook(repository, f'#!/bin/sh\n. "$HOME/{file}"\nexec sh -e -c "node index.js"\n')
    assert "checked by 10.15.3 index.js" in git(repository, "commit", "-qm", "x")
    assert ".lefthookrc" in YAML[0]


def test_an_entry_of_pre_commit_and_a_profile_find_the_pinned_version(
    repository: Home,
) -> None:
    (entry,) = re.findall(r"entry: (.*)", YAML[1])
    profile = Path(repository.home / ".profile")
    profile.write_text(SH[3])
    hook(repository, f'#!/bin/sh\n. "$HOME/.profile"\n{entry} a.js\nnode b.js\n')
    output = git(repository, "commit", "-qm", "x")
    assert "checked by 10.15.3 --check a.js" in output
    assert "checked by 10.15.3 b.js" in output
