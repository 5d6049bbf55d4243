"""Each scenario of an activated shell, in bash, zsh and fish."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.shell.scenario import (
    SHELLS,
    activate,
    export,
    play,
    prepend,
    same,
    show,
    status,
    unset,
    write,
)
from tests.shell.store import Store
from tests.support.run import Home

V10, V12, OWN = "nodejs 10.15.3", "nodejs 12.22.0", "the machine's own"
HINT = "nodejs 11.0.0 is not installed\n  wanted by"


class World:
    """A store, a project, another below it, and a folder that pins nothing."""

    def __init__(self, home: Home) -> None:
        self.store = store = Store(home)
        store.publish("nodejs", "10.15.3", {"node": ""}, (("NODE_X", "ten"),))
        store.publish("nodejs", "12.22.0", {"node": ""}, (("NODE_Y", "it's 12"),))
        store.refresh()
        self.project = home.project
        self.nested = home.project / "apps" / "new one"
        self.outside = home.root / "outside"
        self.usual = home.env["PATH"]
        for folder in (self.nested, self.outside):
            folder.mkdir(parents=True)
        (self.project / ".tool-versions").write_text("nodejs 10.15.3\n")
        (self.nested / ".tool-versions").write_text("nodejs 12.22.0\n")
        store.script(Path(self.usual) / "node", OWN)

    def bins(self, version: str) -> str:
        return f"{self.store.paths.install('nodejs', version)}/bin"

    def cd(self, folder: Path) -> str:
        return f"cd '{folder}'"


@pytest.fixture
def world(home: Home) -> World:
    """A user's machine."""
    return World(home)


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    """One of the shells that can be activated."""
    return str(request.param)


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


def test_the_next_word_on_the_line_is_the_new_folders(world: World, shell: str) -> None:
    done = play(
        world.store,
        shell,
        activate(),
        same(f"{world.cd(world.nested)}; and node" if shell == "fish" else ""),
        same("" if shell == "fish" else f"{world.cd(world.nested)} && node"),
    )
    assert done.out == f"{V12}\n", done.err


def test_an_edited_file_counts_at_the_next_prompt(world: World, shell: str) -> None:
    file = world.project / ".tool-versions"
    done = play(
        world.store,
        shell,
        activate(),
        same("node"),
        write(file, "nodejs 12.22.0\n"),
        same("node"),
        write(file, ""),
        same("node"),
    )
    assert done.out.splitlines() == [V10, V12, OWN], done.err


def test_a_file_that_comes_and_goes_counts(world: World, shell: str) -> None:
    (world.project / ".tool-versions").unlink()
    done = play(
        world.store,
        shell,
        activate(),
        same("node"),
        write(world.project / ".nvmrc", "10.15.3"),
        same("node"),
        same("rm .nvmrc"),
        same("node"),
    )
    assert done.out.splitlines() == [OWN, V10, OWN], done.err


def test_a_lockfile_that_comes_and_changes_counts(world: World, shell: str) -> None:
    (world.project / ".tool-versions").write_text("nodejs latest\n")
    lock = 'schema = 1\n[pins]\n"nodejs latest" = "{}"\n\n# more {}\n'
    file = world.project / "toolpin.lock"
    done = play(
        world.store,
        shell,
        activate(),
        same("node"),
        write(file, lock.format("10.15.3", "x" * 9000)),
        same("node"),
        write(file, lock.format("12.22.0", "y" * 9000)),
        same("node"),
    )
    assert done.out.splitlines() == [V12, V10, V12], done.err


def test_all_of_a_long_file_counts(world: World, shell: str) -> None:
    file = world.project / ".tool-versions"
    long = "# \u20ac and more\n" * 1000
    done = play(
        world.store,
        shell,
        activate(),
        write(file, f"{long}nodejs 12.22.0\n"),
        same("node"),
        write(file, f"{long}nodejs 10.15.3\n"),
        same("node"),
    )
    assert done.out.splitlines() == [V12, V10], done.err


def test_a_file_of_another_encoding_counts_when_it_is_mended(
    world: World, shell: str
) -> None:
    file = world.project / ".tool-versions"
    text = "nodejs 12.22.0 # d\u00e9j\u00e0\n"
    latin = world.outside / "latin"
    latin.write_bytes(text.encode("latin-1"))
    done = play(
        world.store,
        shell,
        activate(),
        same(f"cat {latin} >{file}"),
        show("NODE_Y"),
        write(file, text),
        show("NODE_Y"),
    )
    assert done.out.splitlines() == ["unset", "it's 12"], done.err
    assert done.err.count("is not UTF-8") == 1


def test_a_named_pipe_in_place_of_a_file_does_not_stop_the_shell(
    world: World, shell: str
) -> None:
    file = world.project / ".tool-versions"
    os.mkfifo(world.outside / "pipe")
    done = play(
        world.store,
        shell,
        activate(),
        same(f"mv {world.outside}/pipe {file}"),
        same("true"),
        same(world.cd(world.nested)),
        same("node"),
    )
    assert done.out == f"{V12}\n", done.err


def test_who_puts_an_older_path_back_gets_this_folders_versions(
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


def test_files_that_disagree_are_told_once(world: World, shell: str) -> None:
    (world.project / ".tool-versions").unlink()
    (world.project / ".nvmrc").write_text("12.22.0")
    (world.project / ".node-version").write_text("10.15.3")
    done = play(
        world.store,
        shell,
        activate(),
        same(world.cd(world.project / "apps")),
        same("toolpin list"),
        same("node"),
    )
    assert done.out.splitlines()[-1] == V10, done.err
    assert done.err.count("which counts") == 1


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


def test_a_file_that_cannot_be_read_is_told_once(world: World, shell: str) -> None:
    file = world.project / ".tool-versions"
    done = play(
        world.store,
        shell,
        activate(),
        write(file, "nodejs $(touch pwned)\n"),
        same("true"),
        same("node"),
        status(),
        write(file, "nodejs 10.15.3\n"),
        same("node"),
    )
    assert done.out.splitlines() == ["status 2", V10], done.err
    assert done.err.count("is not a version") == 2  # the hook once, the program once
    assert not (world.project / "pwned").exists()


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


def test_what_the_user_sets_anew_is_the_users(world: World, shell: str) -> None:
    done = play(
        world.store,
        shell,
        activate(),
        export("NODE_X", "mine"),
        same(world.cd(world.outside)),
        show("NODE_X"),
    )
    assert done.out == "mine\n", done.err


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


def test_a_symbolic_link_is_the_folder_that_the_shell_names(
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


def test_a_subshell_has_its_own_folder(world: World, shell: str) -> None:
    line = f"({world.cd(world.nested)} && node)"
    if shell == "fish":
        line = f'fish --no-config -c "{world.cd(world.nested)}; node"'
    done = play(world.store, shell, activate(), same(line), same("node"))
    # A new fish has no hook: it runs what its caller runs.
    assert done.out.splitlines() == [V10 if shell == "fish" else V12, V10], done.err


def test_a_profile_gets_the_shims_once(world: World, shell: str) -> None:
    done = play(
        world.store, shell, activate("--shims"), activate("--shims"), show("PATH")
    )
    assert done.out == f"{world.store.paths.shims}:{world.usual}\n", done.err


@pytest.mark.parametrize(
    "name",
    ["it's", "$(touch pwned)", "a\nb", "a\\b", '"', "; touch pwned", "*", "\udcff"],
    ids=ascii,
)
def test_hostile_70_a_folders_name_is_only_a_name(
    world: World, shell: str, name: str
) -> None:
    folder = world.outside / name
    folder.mkdir()
    text = (
        f"nodejs 12.22.0 # '; touch {world.outside}/pwned; echo ' $(touch pwned) \\\n"
    )
    (folder / ".tool-versions").write_text(text)
    done = play(
        world.store, shell, activate(), same("node"), same("node"), start=folder
    )
    assert done.out.splitlines() == [V12, V12], done.err
    assert not list(world.outside.rglob("pwned"))
    assert "toolpin" not in done.err.replace("-m toolpin activate", "")


def test_a_deleted_folder_is_told_once(world: World, shell: str) -> None:
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


@pytest.mark.parametrize("verb", ["shell nodejs 12.22.0", "deactivate"])
def test_without_a_hook_it_says_what_to_do(world: World, verb: str) -> None:
    done = world.store.home.toolpin(*verb.split())
    assert done.code == 1
    assert 'eval "$(toolpin activate bash)"' in done.err
    assert done.out == ""


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
