"""No project chooses a program that its own checkout brings, by whatever `path:`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.run import Home
from tests.support.upstream import Upstream

# What each word leads to: the directory `x` of the project, by another way.
WAYS = {
    "proc": "path:/proc/self/cwd/x",
    "in its own directory": "path:{project}/x",
    "in the checkout's top": "path:{root}/top/x",
    "a link to the project": "path:~/linked/x",
    "a link to a link through /proc": "path:~/second/x",
    "a link that is relative and has ..": "path:~/climbing/x",
    "only its bin is a link": "path:~/own",
    "up and down": "path:~/../../../../../../../../../../proc/self/cwd/x",
    "in the middle": "path:/usr/../proc/self/cwd/x",
    "dev": "path:/dev/fd/../../proc/self/cwd/x",
    "blanks of a path": "path://./proc//self/./cwd/x",
}
VERBS = (
    ("exec", "node"),
    ("env",),
    ("which", "node"),
    ("current",),
    ("where", "nodejs"),
    ("install",),
)


@pytest.fixture
def checkout(home: Home) -> Home:
    """A project with a program, and links of the user's that lead there."""
    for directory in (home.project, home.root / "top"):
        program = directory / "x/bin/node"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\necho the checkout\n")
        program.chmod(0o755)
    (home.home / "linked").symlink_to(home.project)
    (home.home / "first").symlink_to("/proc/self")
    (home.home / "second").symlink_to("first/cwd")
    (home.home / "climbing").symlink_to("../" * 20 + str(home.project).lstrip("/"))
    (home.home / "own").mkdir()
    (home.home / "own/bin").symlink_to(home.project / "x/bin")
    return home


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
@pytest.mark.parametrize("way", WAYS)
def test_hostile_57_a_path_never_leads_into_its_checkout(
    way: str, verb: tuple[str, ...], checkout: Home
) -> None:
    word = WAYS[way].format(project=checkout.project, root=checkout.root)
    cwd = checkout.project
    if "/top/" in word:
        cwd = checkout.root / "top/below"
        cwd.mkdir()
        (checkout.root / "top/.git").mkdir()
    (cwd / ".tool-versions").write_text(f"nodejs {word}\n")
    result = checkout.toolpin(*verb, cwd=cwd)
    assert result.code == 2, result.out
    # What `env` prints ends the script that evaluates it.
    ending = "case $- in *i*) (exit 126) ;; *) exit 126 ;; esac\n"
    assert result.out == (ending if verb[0] == "env" else "")
    assert f"{cwd}/.tool-versions:1" in result.err
    assert "outside the project" in result.err or "without .." in result.err


def test_hostile_57_a_file_of_another_manager_s_names_no_directory_of_its_checkout(
    checkout: Home,
) -> None:
    (checkout.project / ".nvmrc").write_text("path:/proc/self/cwd/x\n")
    result = checkout.toolpin("exec", "node")
    assert (result.code, result.out) == (2, "")
    assert f"{checkout.project}/.nvmrc:1" in result.err


def test_hostile_57_a_variable_leads_to_no_directory_of_a_process(
    checkout: Home,
) -> None:
    env = {"TOOLPIN_NODEJS_VERSION": "path:~/second/x"}
    result = checkout.toolpin("exec", "node", env=env)
    assert (result.code, result.out) == (2, "")
    assert "/proc" in result.err


def test_hostile_57_a_home_in_proc_makes_no_directory_of_a_process(
    checkout: Home,
) -> None:
    checkout.pin("nodejs path:~/x\n")
    result = checkout.toolpin("exec", "node", env={"HOME": "/proc/self/cwd"})
    assert (result.code, result.out) == (2, "")


def test_pin_writes_no_path_that_would_be_refused(checkout: Home) -> None:
    result = checkout.toolpin("pin", "nodejs", f"path:{checkout.project}/x")
    assert result.code == 2
    assert not (checkout.project / ".tool-versions").exists()


@pytest.mark.parametrize("word", ["path:~/sources/x", "path:{root}/elsewhere/x"])
def test_a_directory_outside_runs_also_through_a_link(
    word: str, checkout: Home
) -> None:
    at = checkout.root / "elsewhere"
    (checkout.project / "x").rename(_made(at) / "x")
    (checkout.home / "sources").symlink_to(at)
    checkout.pin(f"nodejs {word.format(root=checkout.root)}\n")
    assert checkout.toolpin("exec", "node").out == "the checkout\n"


def test_the_users_own_file_names_a_directory_beside_it(checkout: Home) -> None:
    program = checkout.home / "mine/bin/node"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho mine\n")
    program.chmod(0o755)
    (checkout.home / ".tool-versions").write_text("nodejs path:~/mine\n")
    assert checkout.toolpin("exec", "node").out == "mine\n"
    link = checkout.root / "link"
    link.symlink_to(checkout.home)
    result = checkout.toolpin("exec", "node", cwd=link, env={"PWD": str(link)})
    assert result.out == "mine\n", result.err


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("install",), 1),
        (("current", "erlang"), 1),
        (("why", "erl"), 1),
        (("doctor",), 1),
        (("exec", "erl"), 126),
        (("which", "erlc"), 126),
        (("env",), 126),
    ],
)
@pytest.mark.parametrize("others", ["", "golang system\n"])
def test_a_directory_that_does_not_exist_is_reported(
    words: tuple[str, ...], code: int, others: str, home: Home
) -> None:
    home.pin(f"{others}erlang path:~/gone\n")
    done = home.toolpin(*words)
    assert done.code == code, done.err
    assert "path:~/gone" in done.out + done.err
    if words[0] != "current":
        assert f"{home.home}/gone" in done.out + done.err
    (home.home / "gone/bin").mkdir(parents=True)
    for name in ("erl", "erlc"):
        program = home.home / "gone/bin" / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    done = home.toolpin(*words)
    assert "gone does not exist" not in done.out + done.err


def test_a_directory_for_which_something_else_answers_is_a_warning(
    home: Home, upstream: Upstream
) -> None:
    upstream.publish("22.20.0")
    home.pin("nodejs path:~/gone 22.20.0\n")
    for _ in range(2):
        done = home.toolpin("install")
        assert done.code == 0, done.err
        assert f"nodejs names {home.home}/gone, which does not exist" in done.err
    assert home.toolpin("current").out.split()[-2:] == ["missing:", "path:~/gone"]
    assert f"{home.home}/gone" in home.toolpin("why", "node").out
    assert home.run(home.shim("node"), "--version").out == "v22.20.0\n"
