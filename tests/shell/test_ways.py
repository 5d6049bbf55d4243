"""The table of docs/reference/what-runs.md, cell by cell: each is a process here."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable

import pytest

from tests.shell.store import Store
from tests.support.run import REPOSITORY, Home
from tests.support.scripted import GREET, git, write

TOOLPIN = shlex.join((sys.executable, "-I", "-m", "toolpin"))
# Starts the rest of its command line, as `make` or a package manager does.
STARTS = '#!/bin/sh\nexec "$@"\n'
# Leaves what it has run, and how that ended, where the test looks.
NOTES = '{line} >"$ANSWER"\necho $? >>"$ANSWER"\n'
INSTALL = """#!/usr/bin/env bash
mkdir -p "$ASDF_INSTALL_PATH/bin"
printf '#!/bin/sh\\n' >"$ASDF_INSTALL_PATH/bin/greet"
chmod +x "$ASDF_INSTALL_PATH/bin/greet"
"""

LINES = {
    "pinned": "nodejs 10.15.3\n",
    "missing": "nodejs 99.0.0\n",
    "misspelled": "nodejs@10.15.3\n",
    "not pinned": "",
    "`system`": "nodejs system\n",
    "`path:`": "nodejs path:~/own\n",
    "nested": "nodejs 10.15.3\n",
    "linked": "nodejs 10.15.3\n",
    "moved": "nodejs 10.15.3\n",
}


class Scene:
    """A machine in one of the situations, and what runs `node` there."""

    def __init__(self, home: Home, situation: str) -> None:
        self.home = home
        self.situation = situation
        self.start = home.project
        self._answer = home.root / "answer"
        store = Store(home)
        store.publish("nodejs", "10.15.3", {"node": "pinned", "npm": STARTS})
        store.publish("nodejs", "12.22.0", {"node": "inner", "npm": STARTS})
        store.publish("elixir", "1.18", {"elixir": STARTS})
        for directory, label in (
            (home.root / "usr", "system"),
            (home.home / "own/bin", "path"),
        ):
            store.script(directory / "node", label)
            store.script(directory / "npm", STARTS)
        home.env["PATH"] = f"{home.root}/usr:{home.env['PATH']}:/usr/bin:/bin"
        home.env["ANSWER"] = str(self._answer)
        home.pin(f"elixir 1.18\n{LINES[situation]}")
        assert home.toolpin("reshim").code == 0
        setup = {"nested": self._nest, "linked": self._link, "moved": self._move}
        setup.get(situation, lambda: None)()

    def _nest(self) -> None:
        inner = self.home.project / "inner"
        inner.mkdir()
        (inner / ".tool-versions").write_text("nodejs 12.22.0\n")

    def _link(self) -> None:
        below = self.home.project / "packages/web"
        below.mkdir(parents=True)
        self.start = self.home.root / "web"
        self.start.symlink_to(below)

    def _move(self) -> None:
        new = self.home.root / "another place"
        self.home.data.rename(new)
        self.home.data = new
        self.home.env["TOOLPIN_DATA_DIR"] = str(new)
        assert self.home.toolpin("reshim").code == 0

    def there(self, command: str) -> str:
        """Return the line that starts a command, in the inner project if it has one."""
        return f"cd inner && {command}" if self.situation == "nested" else command

    @property
    def direct(self) -> str:
        """The line that starts `node`."""
        return self.there("node")

    @property
    def child(self) -> str:
        """A program that goes there itself, and starts `node`."""
        return f"sh -c {shlex.quote(self.direct)}"

    def run(self, *lines: str, shell: str = "sh") -> str:
        """Return what a script of these lines ran, or its exit code."""
        env = {"PWD": str(self.start)}
        done = self.home.run(shell, "-c", "\n".join(lines), cwd=self.start, env=env)
        return self._named(done.out.strip() or str(done.code))

    def shim(self, line: str) -> str:
        """Return what a line runs where the shims are first on PATH."""
        shims = shlex.quote(str(self.home.data / "shims"))
        return self.run(f"PATH={shims}:$PATH", line)

    def env(self, line: str) -> str:
        """Return what a line runs behind `toolpin env`."""
        return self.run(f'eval "$({TOOLPIN} env)"', line)

    def activated(self, line: str) -> str:
        """Return what a line runs in an activated bash."""
        return self.run(f'eval "$({TOOLPIN} activate bash)"', line, shell="bash")

    def plugin(self, line: str) -> str:
        """Return what a line of a plugin's install script runs."""
        script = INSTALL + NOTES.format(line=line)
        write(self.home.data / "plugins/greet", {**GREET, "bin/install": script})
        env = {"PWD": str(self.start)}
        words = ("install", "greet", "1.0.0")
        done = self.home.toolpin(*words, cwd=self.start, env=env)
        return self._noted(done.err)

    def hook(self, line: str) -> str:
        """Return what a line of a Git hook runs, behind `activate sh`."""
        git(self.home.project, "init", "-q", ".")
        hook = self.home.project / ".git/hooks/pre-commit"
        hook.parent.mkdir(exist_ok=True)
        start = f'eval "$({TOOLPIN} activate sh)"'
        hook.write_text(f"#!/bin/sh\n{start}\n{NOTES.format(line=line)}")
        hook.chmod(0o755)
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        words = ("commit", "-q", "--allow-empty", "-m", "x")
        done = self.home.run("git", *who, *words, cwd=self.start)
        return self._noted(done.err)

    def _noted(self, err: str) -> str:
        """Return what the script has noted: what it ran, or its exit code."""
        if not self._answer.exists():
            return err
        *output, code = self._answer.read_text().split()
        return self._named(" ".join(output) or code)

    def _named(self, text: str) -> str:
        return "outer" if (self.situation, text) == ("nested", "pinned") else text


WAYS: dict[str, Callable[[Scene], str]] = {
    "a shim": lambda item: item.shim(item.direct),
    "child of another tool's shim": lambda item: item.shim(f"elixir {item.child}"),
    "child of the tool's own shim": lambda item: item.shim(f"npm {item.child}"),
    "`toolpin exec`": lambda item: item.run(item.there(f"{TOOLPIN} exec node")),
    "child of `exec`": lambda item: item.run(f"{TOOLPIN} exec {item.child}"),
    '`eval "$(toolpin env)"`': lambda item: item.env(item.direct),
    "child of that": lambda item: item.env(item.child),
    "an activated shell": lambda item: item.activated(item.direct),
    "child of that shell": lambda item: item.activated(item.child),
    "a plugin's script": lambda item: item.plugin(item.direct),
    "child of that script": lambda item: item.plugin(item.child),
    "a Git hook": lambda item: item.hook(item.direct),
    "child of that hook": lambda item: item.hook(item.child),
}


def _table() -> dict[tuple[str, str], str]:
    """Return the cells of the page, by the words of row and column."""
    page = (REPOSITORY / "docs/reference/what-runs.md").read_text()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("|")
    ]
    head, _, *body = rows
    return {
        (way, situation): cell
        for way, *cells in body
        for situation, cell in zip(head[1:], cells, strict=True)
    }


CELLS = _table()


def test_the_page_has_every_way_and_every_situation() -> None:
    assert set(CELLS) == {(way, situation) for way in WAYS for situation in LINES}


@pytest.mark.parametrize(("way", "situation"), CELLS)
def test_what_runs_is_what_the_page_says(way: str, situation: str, home: Home) -> None:
    assert WAYS[way](Scene(home, situation)) == CELLS[way, situation]


ENV = f'eval "$({TOOLPIN} env)"'


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((f"{TOOLPIN} -C inner exec node",), "inner"),
        (
            (ENV, 'PATH="$TOOLPIN_DATA_DIR/shims:$PATH" sh -c "cd inner && node"'),
            "inner",
        ),
        ((ENV, "cd inner", ENV, "node"), "inner"),
        (("export TOOLPIN_NODEJS_VERSION=10.15.3", "cd inner", ENV, "node"), "outer"),
    ],
    ids=["-C", "shims in front", "env again", "variable"],
)
def test_the_other_behavior_in_a_nested_project_is_had_as_the_page_says(
    lines: tuple[str, ...], expected: str, home: Home
) -> None:
    assert Scene(home, "nested").run(*lines) == expected
