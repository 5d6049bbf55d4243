"""Activated from an rc file, on a terminal, with prompts; and what a prompt costs."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Iterator

import pytest

from tests.shell.scenario import SHELLS, TOOLPIN, activate, play, same
from tests.shell.store import Store
from tests.support.run import Home
from tests.support.terminal import Terminal

V10, V12 = "nodejs 10.15.3", "nodejs 12.22.0"
# The marks stand in parts, so that the typed line itself shows none.
ANSWER = {
    "bash": 'printf "<%s%s>%s\\n" "<" "$({})" ">"',
    "zsh": 'printf "<%s%s>%s\\n" "<" "$({})" ">"',
    "fish": 'printf "<%s%s>%s\\n" "<" ({}) ">"',
}
STATUS = {
    "bash": 'printf "<%s%s>%s\\n" "<" "$?" ">"',
    "zsh": 'printf "<%s%s>%s\\n" "<" "$?" ">"',
    "fish": 'printf "<%s%s>%s\\n" "<" "$status" ">"',
}
# The interpreter of a hook, which waits once where the file says so.
_SLOW = """#!{0} -I
import os, signal, sys
if os.path.exists({1!r}) and "--update" in sys.argv:
    os.unlink({1!r})
    try:
        print("it", "waits", file=sys.stderr, flush=True)
        signal.pause()
    except KeyboardInterrupt:
        sys.exit(130)
os.execv({0!r}, [{0!r}, *sys.argv[1:]])
"""
# A fork, or a program; a thread is neither.
_BIRTH = re.compile(
    r"execve\(.* = 0$|v?fork\(.* = \d+$|clone3?\((?!.*CLONE_THREAD).* = \d+$",
    re.MULTILINE,
)


@pytest.fixture
def store(home: Home) -> Store:
    """A project with one version, and a directory below it with another."""
    store = Store(home)
    for version in ("10.15.3", "12.22.0"):
        store.publish("nodejs", version, {"node": ""})
    store.refresh()
    home.pin("nodejs 10.15.3\n")
    below = home.project / "below"
    below.mkdir()
    (below / ".nvmrc").write_text("v12.22.0\n")
    return store


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    """One of the shells."""
    return str(request.param)


@pytest.fixture
def terminal(store: Store, shell: str) -> Iterator[Terminal]:
    """That shell with one line in its rc file, at its prompt."""
    home = store.home.home
    line = activate()(shell) + "\n"
    files = {"bash": "rc", "zsh": ".zshrc", "fish": ".config/fish/config.fish"}
    file = home / files[shell]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(line)
    command = {
        "bash": ("bash", "--noprofile", "--rcfile", str(file), "-i"),
        "zsh": ("zsh", "-d", "-i"),
        "fish": ("fish", "-i"),
    }[shell]
    env = {**store.home.env, "ZDOTDIR": str(home)}
    with Terminal(*command, env=env, cwd=store.home.project) as terminal:
        yield terminal


def test_at_a_prompt_the_directory_the_file_and_the_status_count(
    terminal: Terminal, shell: str, store: Store
) -> None:
    node = ANSWER[shell].format("node")
    assert _ask(terminal, node) == V10
    terminal.send("cd below\n")
    assert _ask(terminal, node) == V12
    terminal.send("cd ..\n")
    assert _ask(terminal, node) == V10
    store.home.pin("nodejs 12.22.0\n")
    terminal.send("sh -c 'exit 7'\n")
    assert _ask(terminal, STATUS[shell]) == "7"
    assert _ask(terminal, node) == V12
    terminal.send("toolpin shell nodejs 10.15.3\n")
    assert _ask(terminal, node) == V10


@pytest.mark.parametrize("locked", [False, True], ids=["pinned", "locked"])
def test_an_unchanged_prompt_starts_no_process(
    store: Store, shell: str, locked: bool
) -> None:
    if locked:
        store.home.pin("nodejs 10\n")
        head = 'schema = 1\n[pins]\n"nodejs 10" = "10.15.3"\n\n'
        (store.home.project / "toolpin.lock").write_text(f"{head}# and the rest\n")
    few, many = (_processes(store, shell, prompts) for prompts in (1, 25))
    assert few == many


def test_a_changed_directory_starts_one(store: Store, shell: str) -> None:
    before = _processes(store, shell, 1)
    directory = store.home.project / "below"
    # The fork and the program that it becomes.
    assert _processes(store, shell, 1, f"cd {directory}") == before + 2


def test_after_an_interrupted_update_the_next_prompt_is_right(
    store: Store, shell: str
) -> None:
    slow = store.home.root / "slow"
    python = store.home.root / "python"
    python.write_text(_SLOW.format(sys.executable, str(slow)))
    python.chmod(0o755)
    hook = store.home.run(*shlex.split(TOOLPIN), "activate", shell)
    file = store.home.home / "hook"
    file.write_text(hook.out.replace(sys.executable, str(python)))
    with Terminal(*SHELLS[shell], env=store.home.env, cwd=store.home.project) as item:
        item.send(f". {file}\n")
        assert _ask(item, ANSWER[shell].format("node")) == V10
        slow.touch()
        item.send("cd below\n")
        item.until("it waits")
        item.send("\x03")
        assert _ask(item, STATUS[shell]) in ("0", "130")
        assert _ask(item, ANSWER[shell].format("node")) == V12


def _ask(terminal: Terminal, line: str) -> str:
    """Type a line that prints `<<TEXT>>` in the end, and return that text."""
    terminal.send(f"{line}\n")
    shown = terminal.until("<<", ">>")
    return shown.partition("<<")[2].partition(">>")[0]


def _processes(store: Store, shell: str, prompts: int, line: str = "true") -> int:
    """Return how many forks and programs an activated shell has made so far."""
    directory = store.home.root / f"trace-{prompts}-{len(line)}"
    directory.mkdir()
    strace = shutil.which("strace")
    assert strace, "apt-get install strace"
    # A file for each process: in one, calls of two threads are torn apart.
    log = str(directory / "log")
    under = (strace, "-ff", "-qq", "-o", log, "-e", "trace=execve,process")
    lines = (activate(), same(line), *[same("true")] * prompts)
    play(store, shell, *lines, under=under)
    return sum(len(_BIRTH.findall(file.read_text())) for file in directory.iterdir())
