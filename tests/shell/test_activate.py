"""Each scenario of an activated shell, in bash, zsh and fish."""

from __future__ import annotations

import os
import shlex
import shutil

import pytest

from tests.shell.scenario import (
    TOOLPIN,
    activate,
    export,
    play,
    prepend,
    same,
    show,
    status,
    unset,
)
from tests.shell.store import SHELLS
from tests.shell.world import OWN, V10, V12, World

HINT = "nodejs 11.0.0 is not installed\n  required by"


def test_in_and_out_and_in_a_nested_project(world: World, shell: str) -> None:
    done = play(
        world.store,
        shell,
        activate(),
        same("node"),
        show("NODE_X"),
        same(world.cd(world.project)),
        same("node"),
        show("NODE_X"),
        same(world.cd(world.nested)),
        same("node"),
        show("NODE_X"),
        show("NODE_Y"),
        same(world.cd(world.outside)),
        same("node"),
        show("NODE_Y"),
        start=world.outside,
    )
    expected = [OWN, "unset", V10, "ten", V12, "unset", "it's 12", OWN, "unset"]
    assert done.out.splitlines() == expected, done.err


def test_a_program_runs_without_a_shim_and_the_shims_stand_behind(
    world: World, shell: str
) -> None:
    done = play(world.store, shell, activate(), show("PATH"))
    shims = world.store.paths.shims
    assert done.out == f"{world.bins('10.15.3')}:{shims}:{world.usual}\n"


def test_the_next_word_on_the_line_is_the_new_directories(
    world: World, shell: str
) -> None:
    done = play(
        world.store,
        shell,
        activate(),
        same(f"{world.cd(world.nested)}; and node" if shell == "fish" else ""),
        same("" if shell == "fish" else f"{world.cd(world.nested)} && node"),
    )
    assert done.out == f"{V12}\n", done.err


def test_a_variable_counts_until_it_is_unset(world: World, shell: str) -> None:
    done = play(
        world.store,
        shell,
        activate(),
        export("TOOLPIN_NODEJS_VERSION", "12.22.0"),
        same("node"),
        unset("TOOLPIN_NODEJS_VERSION"),
        same("node"),
    )
    assert done.out.splitlines() == [V12, V10], done.err


def test_a_version_for_this_shell_alone(world: World, shell: str) -> None:
    done = play(
        world.store,
        shell,
        activate(),
        same("toolpin shell nodejs 12.22.0"),
        same("node"),
        same("toolpin shell nodejs 11.0.0"),
        status(),
        same("node"),
        same("toolpin shell node --unset"),
        same("node"),
    )
    assert done.out.splitlines() == [V12, "status 126", V12, V10], done.err
    assert "toolpin install nodejs 11.0.0" in done.err


def test_what_a_command_of_toolpin_changes_counts_at_once(
    world: World, shell: str
) -> None:
    chain = "; and " if shell == "fish" else " && "
    done = play(
        world.store, shell, activate(), same(f"toolpin pin nodejs 12.22.0{chain}node")
    )
    assert done.out == f"{V12}\n", done.err


def test_a_missing_version_is_told_once_and_is_126(world: World, shell: str) -> None:
    (world.project / ".tool-versions").write_text("# ours\nnodejs 11.0.0\n")
    below = world.project / "apps"
    done = play(
        world.store,
        shell,
        activate(),
        same(world.cd(world.project)),
        same(world.cd(below)),
        same("true"),
        same("node"),
        status(),
        start=world.outside,
    )
    assert done.out == "status 126\n"
    assert done.err.count(HINT) == 2  # the hook once, the program once
    assert f"{world.project}/.tool-versions:2" in done.err
    assert "toolpin install" in done.err


def test_where_nothing_was_ever_installed_the_machines_own_is_none(
    world: World, shell: str
) -> None:
    """Neither in this shell nor in what it starts."""
    for directory in ("installs", "shims", "lib"):
        shutil.rmtree(world.store.home.data / directory)
    done = play(
        world.store,
        shell,
        activate(),
        same(world.cd(world.project)),
        same("node"),
        status(),
        same("sh -c node"),
        status(),
        same(world.cd(world.outside)),
        same("node"),
        start=world.outside,
    )
    assert done.out == f"status 126\nstatus 126\n{OWN}\n", done.err


def test_a_version_that_is_installed_meanwhile_counts(world: World, shell: str) -> None:
    tree = world.bins("12.22.0").removesuffix("/bin")
    elsewhere = world.outside / "tree"
    os.rename(tree, elsewhere)
    done = play(
        world.store,
        shell,
        activate(),
        same("node"),
        status(),
        same(f"mv {elsewhere} {tree}"),
        same("node"),
        start=world.nested,
    )
    assert done.out.splitlines() == ["status 126", V12], done.err


def test_the_status_of_a_command_stays(world: World, shell: str) -> None:
    done = play(
        world.store,
        shell,
        activate(),
        same("sh -c 'exit 7'"),
        status(),
        same(world.cd(world.nested)),
        status(),
    )
    assert done.out.splitlines() == ["status 7", "status 0"], done.err


def test_the_users_own_paths_keep_their_order(world: World, shell: str) -> None:
    done = play(
        world.store,
        shell,
        activate(),
        prepend("/mine"),
        same(world.cd(world.nested)),
        show("PATH"),
        same(world.cd(world.outside)),
        show("PATH"),
    )
    shims = world.store.paths.shims
    assert done.out.splitlines() == [
        f"/mine:{world.bins('12.22.0')}:{shims}:{world.usual}",
        f"/mine:{shims}:{world.usual}",
    ], done.err


def test_a_second_time_changes_nothing(world: World, shell: str) -> None:
    done = play(
        world.store,
        shell,
        activate(),
        show("PATH"),
        activate(),
        show("PATH"),
        same(world.cd(world.nested)),
        same("node"),
    )
    first, second, node = done.out.splitlines()
    assert (first, node) == (second, V12), done.err


def test_deactivate_restores_everything(world: World, shell: str) -> None:
    names = ("PATH", "NODE_X", "NODE_Y", "TOOLPIN_STATE", "TOOLPIN_ACTIVE")
    done = play(
        world.store,
        shell,
        export("NODE_Y", "mine"),
        *map(show, names),
        activate(),
        same(world.cd(world.nested)),
        show("NODE_Y"),
        same(world.cd(world.outside)),
        same(world.cd(world.nested)),
        same("toolpin deactivate"),
        *map(show, names),
        same(world.cd(world.project)),
        same("node"),
    )
    lines = done.out.splitlines()
    assert lines[:5] == [world.usual, "unset", "mine", "unset", "unset"]
    assert lines[5] == "it's 12"
    assert lines[6:] == [*lines[:5], OWN], done.err


def test_what_the_user_sets_again_is_the_users(world: World, shell: str) -> None:
    done = play(
        world.store,
        shell,
        activate(),
        export("NODE_X", "mine"),
        same(world.cd(world.outside)),
        show("NODE_X"),
    )
    assert done.out == "mine\n", done.err


def test_a_subshell_has_its_own_directory(world: World, shell: str) -> None:
    line = f"({world.cd(world.nested)} && node)"
    if shell == "fish":
        line = f'fish --no-config -c "{world.cd(world.nested)}; node"'
    done = play(world.store, shell, activate(), same(line), same("node"))
    # A new fish has no hook: it runs what its caller runs.
    assert done.out.splitlines() == [V10 if shell == "fish" else V12, V10], done.err


def test_a_script_that_changes_directories_has_three_roads_to_the_versions_there(
    world: World, shell: str
) -> None:
    """What docs/guide/shells.md tells, and what the same script runs without them."""
    there, shims = world.cd(world.nested), world.store.paths.shims
    override = "env TOOLPIN_NODEJS_VERSION=12.22.0"
    scripts = (
        f"{there}; node",
        f"{there}; {TOOLPIN} exec node",
        f'{there}; eval "$({TOOLPIN} env)"; node',
        f'PATH="{shims}:$PATH"; {there}; node',
        f"{override} node",
        f"{override} {TOOLPIN} exec node",
    )
    lines = [same(shlex.join(("sh", "-c", script))) for script in scripts]
    done = play(world.store, shell, activate(), *lines)
    assert done.out.splitlines() == [V10, V12, V12, V12, V10, V12], done.err


def test_a_profile_gets_the_shims_once(world: World, shell: str) -> None:
    done = play(
        world.store, shell, activate("--shims"), activate("--shims"), show("PATH")
    )
    assert done.out == f"{world.store.paths.shims}:{world.usual}\n", done.err


@pytest.mark.parametrize(
    "before", ["{usual}:{shims}", "{shims}:{usual}", "{usual}:{shims}:/bin:{shims}"]
)
def test_a_profile_moves_the_shims_to_the_front(
    world: World, shell: str, before: str
) -> None:
    """As path_helper leaves PATH in every login shell inside another."""
    shims = world.store.paths.shims
    path = before.format(usual=world.usual, shims=shims)
    world.store.home.env["PATH"] = path
    done = play(world.store, shell, activate("--shims"), show("PATH"))
    rest = [word for word in path.split(":") if word != shims]
    assert done.out == f"{':'.join((shims, *rest))}\n", done.err


@pytest.mark.parametrize("sh", SHELLS)
@pytest.mark.parametrize(
    "before", ["{usual}", "{usual}:{shims}", "{shims}:{usual}", ""]
)
def test_sh_gets_the_shims_first_and_nothing_else(
    world: World, sh: str, before: str
) -> None:
    shims = world.store.paths.shims
    text = world.store.home.toolpin("activate", "sh").out
    path = before.format(usual=world.usual, shims=shims)
    script = f"set -eu; PATH='{path}'; {text.strip()}; echo $PATH"
    done = world.store.home.run(*SHELLS[sh], "-c", script)
    rest = [word for word in path.split(":") if word and word != shims]
    assert done.out == f"{':'.join((shims, *rest))}\n", done.err
    assert done.err == ""
    assert "\n" not in text.strip()


def test_a_shell_that_starts_in_a_deleted_directory_is_activated(
    world: World, shell: str
) -> None:
    doomed = world.outside / "doomed"
    doomed.mkdir()
    start = f'cd {doomed} && rmdir {doomed} && exec "$@"'
    done = play(
        world.store,
        shell,
        activate(),
        same(world.cd(world.nested)),
        same("node"),
        under=("sh", "-c", start, "sh"),
    )
    assert done.out == f"{V12}\n", done.err


@pytest.mark.parametrize("verb", ["shell nodejs 12.22.0", "deactivate"])
def test_without_a_hook_it_says_what_to_do(world: World, verb: str) -> None:
    done = world.store.home.toolpin(*verb.split())
    assert done.code == 1
    assert 'eval "$(toolpin activate bash)"' in done.err
    assert done.out == ""


def test_a_directory_that_a_project_names_is_not_on_path_and_shims_run_it(
    world: World, shell: str
) -> None:
    for name in ("node", "head"):
        world.store.script(world.outside / "evil/bin" / name, "the project's")
    pin = f"nodejs path:{world.outside}/evil\n"
    (world.project / ".tool-versions").write_text(pin)
    done = play(
        world.store,
        shell,
        activate(),
        same(world.cd(world.project)),
        same("head -n 1 /dev/null"),
        same("node"),
        start=world.outside,
    )
    assert done.out == "the project's\n", done.err


def test_a_directory_that_the_users_own_file_or_variable_names_is_on_path(
    world: World, shell: str
) -> None:
    world.store.script(world.store.home.home / "own/bin/tool", "own")
    (world.store.home.home / ".tool-versions").write_text("nodejs path:~/own\n")
    done = play(
        world.store,
        shell,
        activate(),
        same("tool"),
        same(world.cd(world.project)),
        export("TOOLPIN_NODEJS_VERSION", "path:~/own"),
        same("tool"),
        start=world.outside,
    )
    assert done.out == "own\nown\n", done.err
