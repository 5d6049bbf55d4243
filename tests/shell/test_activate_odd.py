"""An activated shell whose user has options, hooks and a PATH of their own."""

from __future__ import annotations

import sys

import pytest

from tests.shell.scenario import SHELLS, TOOLPIN, activate, play, same, show
from tests.shell.world import OWN, V10, V12, World


def test_who_puts_an_older_path_back_gets_this_directories_versions(
    world: World, shell: str
) -> None:
    """As a virtual environment does that is left in another project."""
    keep, back = "OLD=$PATH; PATH=/venv:$PATH", "PATH=$OLD"
    if shell == "fish":
        keep, back = "set OLD $PATH; set -gx PATH /venv $PATH", "set -gx PATH $OLD"
    done = play(
        world.store,
        shell,
        activate(),
        same(keep),
        same(world.cd(world.nested)),
        same(back),
        same("node"),
        show("PATH"),
        same(world.cd(world.outside)),
        same(back),
        same("node"),
    )
    path = f"{world.bins('12.22.0')}:{world.store.paths.shims}:{world.usual}"
    assert done.out.splitlines() == [V12, path, OWN], done.err


def test_strict_shells_survive(world: World, shell: str) -> None:
    strict = "true" if shell == "fish" else "set -eu"
    done = play(
        world.store,
        shell,
        same(strict),
        activate(),
        same("node"),
        same(world.cd(world.nested)),
        same("node"),
        same("toolpin shell nodejs 10.15.3"),
        same("node"),
        same("toolpin deactivate"),
        same("node"),
        start=world.outside,
    )
    assert done.out.splitlines() == [OWN, V12, V10, OWN], done.err
    assert "unbound" not in done.err
    assert "parameter not set" not in done.err


@pytest.mark.parametrize("inner", SHELLS)
def test_a_shell_in_a_shell_goes_on(world: World, shell: str, inner: str) -> None:
    """As in tmux, or after `exec zsh`: the new one finds the old one's environment."""
    rc = world.outside / "rc"
    rc.write_text(f"{activate()(inner)}\n{world.cd(world.nested)}\nnode\n")
    # Its script has no prompts: what `cd` itself does is all there is.
    again = show("PATH")(inner)
    rc.write_text(f"{rc.read_text()}toolpin deactivate\n{again}\nnode\n")
    done = play(world.store, shell, activate(), same(f"{SHELLS[inner][0]} {rc}"))
    assert done.out.splitlines() == [V12, world.usual, OWN], done.err


def test_a_symbolic_link_is_the_directory_that_the_shell_names(
    world: World, shell: str
) -> None:
    """Also where PWD is not exported, and a program cannot know that name."""
    link = world.outside / "link"
    link.symlink_to(world.nested)
    check = 'test "$PWD" = "$_toolpin_pwd" && echo same'
    hidden = {"bash": "export -n PWD", "zsh": "typeset +x PWD", "fish": "true"}[shell]
    done = play(
        world.store,
        shell,
        same(hidden),
        activate(),
        same(world.cd(link)),
        same("node"),
        same(check.replace("&&", "; and") if shell == "fish" else check),
    )
    assert done.out.splitlines() == [V12, "same"], done.err


@pytest.mark.parametrize(
    "name",
    ["it's", "$(touch pwned)", "a\nb", "a\\b", '"', "; touch pwned", "*", "\udcff"],
    ids=ascii,
)
def test_hostile_70_a_directories_name_is_only_a_name(
    world: World, shell: str, name: str
) -> None:
    directory = world.outside / name
    directory.mkdir()
    text = (
        f"nodejs 12.22.0 # '; touch {world.outside}/pwned; echo ' $(touch pwned) \\\n"
    )
    (directory / ".tool-versions").write_text(text)
    done = play(
        world.store, shell, activate(), same("node"), same("node"), start=directory
    )
    assert done.out.splitlines() == [V12, V12], done.err
    assert not list(world.outside.rglob("pwned"))
    assert "toolpin" not in done.err.replace("-m toolpin activate", "")


def test_a_deleted_directory_is_told_once(world: World, shell: str) -> None:
    doomed = world.outside / "doomed"
    doomed.mkdir()
    done = play(
        world.store,
        shell,
        activate(),
        same(world.cd(doomed)),
        same(f"rmdir {doomed}; true"),
        same("true"),
        same(world.cd(world.nested)),
        same("node"),
    )
    assert done.out == f"{V12}\n", done.err


def test_other_prompt_commands_see_the_status(world: World) -> None:
    for before in (
        "PROMPT_COMMAND='echo \"saw $?\"'",
        "PROMPT_COMMAND=('echo \"saw $?\"')",
    ):
        done = play(
            world.store,
            "bash",
            same(before),
            activate(),
            same("sh -c 'exit 3'"),
            same("toolpin deactivate"),
            same("declare -p PROMPT_COMMAND"),
        )
        assert "saw 3" in done.out.splitlines(), done.err
        assert "toolpin" not in done.out


def test_a_longer_prompt_command_of_the_users_stays_in_order(world: World) -> None:
    done = play(
        world.store,
        "bash",
        activate(),
        same('PROMPT_COMMAND="true; $PROMPT_COMMAND"'),
        same(world.cd(world.nested)),
        same("node"),
        same("toolpin deactivate"),
        same("node"),
    )
    assert done.out.splitlines() == [V12, OWN], done.err
    assert "not found" not in done.err


def test_a_shell_whose_toolpin_has_been_taken_away_says_so_once(
    world: World, shell: str
) -> None:
    """As after `self uninstall`; what it ran last stays on PATH."""
    gone = f"/bin/sed s,{sys.executable},/gone/python,g"
    command = f"{TOOLPIN} activate {shell} | {gone}"
    done = play(
        world.store,
        shell,
        same(f"{command} | source" if shell == "fish" else f'eval "$({command})"'),
        same(world.cd(world.nested)),
        same("true"),
        same(world.cd(world.outside)),
        same("node"),
    )
    assert done.out == f"{V10}\n", done.err
    assert done.err.count("toolpin: it was uninstalled") == 1
    assert "No such file" not in done.err


def test_a_shell_without_the_hook_gets_no_word_of_it(world: World) -> None:
    done = play(
        world.store,
        "bash",
        same("export PROMPT_COMMAND=true"),
        activate(),
        same("bash --norc --noprofile -i <<<'echo inside'"),
        same("toolpin deactivate"),
        same("declare -p PROMPT_COMMAND"),
    )
    assert done.out.splitlines() == ["inside", 'declare -x PROMPT_COMMAND="true"']
    assert "not found" not in done.err


def test_a_locale_that_does_not_exist_is_not_told_of_at_each_prompt(
    world: World,
) -> None:
    world.store.home.env["LC_ALL"] = "xx_YY.UTF-8"
    few, many = (
        play(world.store, "bash", activate(), *[same("true")] * prompts)
        for prompts in (1, 5)
    )
    assert few.err.count("setlocale") == many.err.count("setlocale")


@pytest.mark.parametrize(
    ("shell", "options"),
    [
        ("bash", "IFS=:; set -uETC -o posix; shopt -s failglob nullglob extdebug"),
        ("bash", 'shopt -s nocasematch; alias toolpin="A= toolpin" cd="cd -P"'),
        ("zsh", "IFS=:; setopt ksh_arrays sh_word_split glob_subst ksh_glob no_unset"),
        ("zsh", "setopt warn_create_global warn_nested_var all_export rc_quotes"),
        ("zsh", "setopt err_return extended_glob null_glob no_clobber posix_builtins"),
        ("zsh", "alias export=false local=false emulate=false unset=false"),
        ("fish", "set -U fish_user_paths /mine; set -gx IFS :"),
    ],
)
def test_options_and_aliases_of_the_users_change_nothing(
    world: World, shell: str, options: str
) -> None:
    check = "_toolpin_same && echo same"
    if shell == "fish":
        check = check.replace("&&", "; and")
    done = play(
        world.store,
        shell,
        same("true" if "alias export" in options else options),
        activate(),
        same(options),
        same(world.cd(world.nested)),
        same("node"),
        same(check),
        same("toolpin shell nodejs 10.15.3"),
        same("node"),
        same("toolpin deactivate"),
        same("node"),
    )
    assert done.out.splitlines() == [V12, "same", V10, OWN], done.err
    assert "(eval)" not in done.err


def test_hooks_of_the_users_stay_where_arrays_are_those_of_ksh(world: World) -> None:
    done = play(
        world.store,
        "zsh",
        same("one() { :; }; two() { :; }; precmd_functions=(one two)"),
        same("setopt ksh_arrays"),
        activate(),
        same("echo ${precmd_functions[@]}"),
        same("toolpin deactivate"),
        same("echo ${precmd_functions[@]}"),
    )
    assert done.out.splitlines() == ["_toolpin_hook one two", "one two"], done.err


def test_somebody_elses_cd_stays(world: World) -> None:
    done = play(
        world.store,
        "bash",
        same('cd() { builtin cd "$@" && echo moved; }'),
        activate(),
        same(world.cd(world.nested)),
        same("node"),
        same("toolpin deactivate"),
        same(world.cd(world.outside)),
    )
    assert done.out.splitlines() == ["moved", V12, "moved"], done.err
