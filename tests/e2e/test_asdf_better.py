"""Where asdf loses work, runs what it was told, or says nothing: here it does not."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.asdf import ASDF, Machine
from tests.support.scripted import GREET, git, repository


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine of its own for each test."""
    return Machine(tmp_path)


@pytest.mark.parametrize(
    "version", ["system", "path:/{root}/mine", "..", "../dummy", ":"]
)
def test_uninstall_deletes_nothing_but_an_install(
    version: str, machine: Machine
) -> None:
    mine = machine.root / "mine"
    mine.mkdir()
    word = version.replace("/{root}", str(machine.root))
    done = machine.asdf("uninstall", "dummy", word)
    assert done.code == 1
    assert mine.is_dir()
    assert len(os.listdir(machine.data / "installs/dummy")) == 3


@pytest.mark.parametrize("version", ["..", "../../x", "a:b", "$(touch x)", "-x"])
def test_a_version_is_judged_before_it_reaches_a_path(
    version: str, machine: Machine
) -> None:
    for words in (("install", "dummy"), ("where", "dummy"), ("set", "dummy")):
        done = machine.asdf(*words, "--", version)
        assert done.code == 1
        assert not done.out
    assert os.listdir(machine.project / "set") == [".tool-versions"]
    assert not (machine.project / ".tool-versions").exists()


def test_a_hook_runs_whole_and_its_arguments_are_never_evaluated(
    machine: Machine,
) -> None:
    (machine.home / ".asdfrc").write_text(
        "pre_dummy_dummy = printf '%s|' \"$@\" >&2; echo second >&2 # and no more\n"
    )
    words = ['a "quote', "$(touch evaluated)", "", "a  b"]
    done = machine.asdf("exec", "dummy", *words, at="set")
    assert done.code == 0
    assert "|".join(words) + "|second\n" in done.err
    assert not (machine.project / "set/evaluated").exists()
    assert done.out == f"dummy 1.1.0 {' '.join(words)}\n"


def test_a_callbacks_argument_is_never_evaluated(machine: Machine) -> None:
    script = machine.data / "plugins/dummy/bin/latest-stable"
    script.write_text('printf %s "$1" >"$ASDF_DATA_DIR/query"; echo 1.0\n')
    script.chmod(0o755)
    assert machine.asdf("latest", "dummy", "$(touch x)").out == "1.0\n"
    assert (machine.data / "query").read_text() == "$(touch x)"
    assert not (machine.project / "x").exists()


def test_the_index_never_fetches_where_asdfrc_says_so_and_works_offline(
    machine: Machine,
) -> None:
    item = repository(machine.root / "one", GREET)
    index = repository(
        machine.root / "index",
        {
            "plugins/one": f"repository = file://{item}\n",
            "plugins/dummy": "repository = https://dummy.example/x\n",
        },
    )
    env = {"TOOLPIN_PLUGIN_INDEX": f"file://{index}"}
    listed = machine.asdf("plugin", "list", "all", env=env)
    assert listed.out == (
        f"dummy{' ' * 25}https://dummy.example/x\none{' ' * 27}file://{item}\n"
    ), listed.err
    index.rename(machine.root / "gone")
    old = machine.data / "plugin-index/.git/toolpin-fetched"
    os.utime(old, (0, 0))
    (machine.home / ".asdfrc").write_text(
        "plugin_repository_last_check_duration = never\n"
    )
    never = machine.asdf("plugin", "list", "all", env=env)
    assert (never.code, never.out, never.err) == (0, listed.out, "")
    no_number = "plugin_repository_last_check_duration = ²\nconcurrency = ²\n"
    (machine.home / ".asdfrc").write_text(no_number)
    assert machine.asdf("plugin", "list", "all", env=env).out == listed.out
    (machine.home / ".asdfrc").unlink()
    offline = machine.asdf("plugin", "add", "one", env=env)
    assert offline.code == 0, offline.err
    assert "is outdated" in offline.err
    assert (
        f"one{' ' * 27}*file://{item}\n" in machine.asdf("plugin-list-all", env=env).out
    )
    unknown = machine.asdf("plugin", "add", "other", env=env)
    assert (unknown.code, unknown.out) == (1, "")
    assert "error fetching plugin URL: plugin other not found in rep" in unknown.err
    (machine.home / ".asdfrc").write_text("disable_plugin_short_name_repository=yes\n")
    off = machine.asdf("plugin", "add", "other", env=env)
    assert (off.code, off.err) == (1, "Short-name plugin repository is disabled\n")


@pytest.mark.parametrize("word", ["current", "exec", "shim"])
def test_a_variable_of_blanks_says_nothing(word: str, machine: Machine) -> None:
    machine.asdf("reshim")
    env = {"ASDF_DUMMY_VERSION": "  "}
    if word == "shim":
        done = machine.run(machine.shim("dummy"), cwd=machine.project / "set", env=env)
    else:
        done = machine.asdf(word, "dummy", at="set", env=env)
    assert (done.code, done.err) == (0, "")
    assert "1.1.0" in done.out


def test_an_asdfrc_that_is_no_text_is_named(machine: Machine) -> None:
    machine.asdf("reshim")
    (machine.home / ".asdfrc").write_bytes(b"\xff\xfe\x00")
    for done in (machine.asdf("current"), machine.asdf("exec", "dummy", at="set")):
        assert done.code == 1
        assert ".asdfrc cannot be read" in done.err


def test_exec_of_an_unknown_command_says_so(machine: Machine) -> None:
    done = machine.asdf("exec", "nosuch")
    assert done.code == 126
    assert done.err == "unknown command: nosuch. Perhaps you have to reshim?\n"


def test_a_version_that_is_set_and_not_installed_is_named_with_its_install(
    machine: Machine,
) -> None:
    machine.asdf("reshim")
    by_shim = machine.run(machine.shim("dummy"), cwd=machine.project / "missing")
    assert by_shim.code == 126
    assert "asdf install dummy 9.9\n" in by_shim.err
    done = machine.asdf("exec", "dummy", at="missing")
    assert done.code == 126
    assert "No version is set" not in done.err
    assert "asdf install dummy 9.9\n" in done.err
    assert f"required by {machine.project}/missing/.tool-versions:1" in done.err


def test_tools_install_in_the_order_of_the_file(machine: Machine) -> None:
    repository(machine.root / "able", {**GREET, "bin/install": "exit 1\n"})
    machine.asdf("plugin", "add", "able", f"file://{machine.root}/able")
    (machine.project / ".tool-versions").write_text("dummy 2.0.0\nable 1.0.0\n")
    log = f"echo $ASDF_INSTALL_PATH >>{machine.root}/order\n"
    for name in ("dummy", "able"):
        script = machine.data / "plugins" / name / "bin/install"
        script.write_text(f"{log}{script.read_text()}")
    env = {"TOOLPIN_JOBS": "1"}
    assert machine.asdf("install", env=env).code == 1
    order = (machine.root / "order").read_text().split()
    assert [word.split("/")[-2] for word in order] == ["dummy", "able"]


def test_system_in_the_middle_counts_where_it_stands(machine: Machine) -> None:
    usual = machine.root / "usual"
    usual.mkdir()
    (usual / "dummy").write_text("#!/bin/sh\necho the system\\'s\n")
    (usual / "dummy").chmod(0o755)
    (machine.project / ".tool-versions").write_text("dummy 9.9 system 1.0.0\n")
    env = {"PATH": f"{usual}:{machine.env['PATH']}"}
    assert machine.asdf("exec", "dummy", env=env).out == "the system's\n"
    assert machine.asdf("exec", "dummy").out == "dummy 1.0.0\n"
    assert machine.asdf("reshim").code == 0
    env = {"PATH": f"{usual}:{machine.data}/shims:{machine.env['PATH']}"}
    which = machine.asdf("env", "dummy", "which", "dummy", at="system", env=env)
    assert which.out == f"{usual}/dummy\n", which.err


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("dummy\t1.0.0\n", "1.0.0"),
        ("\ufeffdummy 1.0.0\n", "1.0.0"),
        ("dummy 1.0.0\r\n", "1.0.0"),
        ("dummy 1.0.0", "1.0.0"),
        ("dummy 1.0\n", "1.0.0"),
        ("dummy latest:1\n", "1.1.0"),
        ("dummy 1.0.0\ndummy 1.1.0\n", "1.0.0"),
        ("dummy ref:main # why\n", "ref-main"),
        ("dummy path:~/src\n", "here"),
    ],
)
def test_a_file_means_what_it_says(text: str, version: str, machine: Machine) -> None:
    program = machine.home / "src/bin/dummy"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho dummy here\n")
    program.chmod(0o755)
    (machine.project / ".tool-versions").write_bytes(text.encode())
    done = machine.asdf("exec", "dummy")
    assert done.out == f"dummy {version}\n", done.err


def test_flags_of_others_need_no_dashes_before_them(machine: Machine) -> None:
    assert machine.asdf("cmd", "dummy", "sing", "--loud").out == "sings --loud\n"
    with_dashes = machine.asdf("cmd", "dummy", "sing", "--", "--loud")
    assert with_dashes.out == "sings --loud\n"
    assert machine.asdf("env", "dummy", "ls", "-d", "/", at="set").out == "/\n"


def test_what_exec_runs_is_a_program_like_any_other(machine: Machine) -> None:
    plain = machine.data / "installs/dummy/1.1.0/bin/plain"
    plain.write_text('read -r line; echo "$line" "$1"; exit 7\n')
    plain.chmod(0o755)
    done = machine.asdf("exec", "plain", "", "x", at="set", stdin="told\n")
    assert (done.code, done.out) == (7, "told \n")
    plain.write_text("#!/bin/sh\nkill -TERM $$\n")
    assert machine.asdf("exec", "plain", at="set").code == -signal.SIGTERM


@pytest.mark.parametrize(("text", "code"), [("exit 7\n", 7), ("(exit 3) || exit\n", 3)])
def test_an_exec_env_that_fails_ends_with_its_own_status(
    text: str, code: int, machine: Machine
) -> None:
    (machine.data / "plugins/dummy/bin/exec-env").write_text(text)
    (machine.data / "plugins/dummy/bin/exec-env").chmod(0o755)
    machine.asdf("reshim")
    done = machine.asdf("exec", "dummy", at="set")
    assert done.code == code
    assert f"exit status {code}\n" in done.err


def test_a_pre_hook_that_fails_lets_nothing_run(machine: Machine) -> None:
    (machine.home / ".asdfrc").write_text("pre_dummy_dummy = exit 9\n")
    done = machine.asdf("exec", "dummy", at="set")
    assert (done.code, done.out) == (1, "")


def test_hooks_of_reshim_run_for_each_version_and_end_nothing(
    machine: Machine,
) -> None:
    machine.asdf("list")
    (machine.home / ".asdfrc").write_text(
        "pre_asdf_reshim_dummy = echo before $1; false\n"
        "post_asdf_reshim_dummy = echo after $1; asdf reshim\n"
    )
    done = machine.asdf("reshim")
    assert done.code == 0
    versions = ("1.0.0", "1.1.0", "ref:main")
    texts = [
        f"{when} {version}" for when in ("before", "after") for version in versions
    ]
    assert done.out.splitlines() == texts
    removed = machine.asdf("uninstall", "dummy", "1.0.0")
    assert "after 1.1.0" in removed.out
    assert "after 1.0.0" not in removed.out


def test_two_tools_with_one_command_are_decided_by_the_files_order(
    machine: Machine,
) -> None:
    other = machine.data / "installs/bare/1/bin/dummy"
    other.parent.mkdir(parents=True)
    other.write_text("#!/bin/sh\necho bare\n")
    other.chmod(0o755)
    for text, value in (
        ("dummy 1.0.0\nbare 1\n", "dummy 1.0.0\n"),
        ("bare 1\ndummy 1.0.0\n", "bare\n"),
    ):
        (machine.project / ".tool-versions").write_text(text)
        assert [machine.asdf("exec", "dummy").out for _ in range(3)] == [value] * 3


def test_an_interrupted_install_is_none(machine: Machine) -> None:
    script = machine.data / "plugins/dummy/bin/install"
    ready = machine.root / "ready"
    os.mkfifo(ready)
    script.write_text(
        'mkdir -p "$ASDF_INSTALL_PATH/bin"; trap "" TERM\n'
        f"echo >{ready}; read <{ready}\n"
    )
    child = subprocess.Popen(
        [*ASDF, "install", "dummy", "2.0.0"],
        cwd=machine.project,
        env=machine.env,
        stderr=subprocess.DEVNULL,
    )
    with ready.open() as stream:
        stream.readline()
    child.send_signal(signal.SIGINT)
    assert child.wait() == -signal.SIGINT
    assert "2.0.0" not in machine.asdf("list", "dummy").out


def test_plugins_move_as_asdf_says_they_do(machine: Machine) -> None:
    more = repository(machine.root / "more", GREET)
    assert machine.asdf("plugin", "add", "more", f"file://{more}").code == 0
    first = git(more, "rev-parse", "HEAD")
    listed = machine.asdf("plugin", "list", "--urls", "--refs").out
    assert f"more\t\tfile://{more}\t{first}\n" in listed
    git(more, "checkout", "-q", "-b", "work")
    git(more, "commit", "-q", "--allow-empty", "-m", "x")
    git(more, "checkout", "-q", "main")
    plugin = machine.data / "plugins/more"
    (plugin / "LICENSE").write_text("mine\n")
    (plugin / "untracked").write_text("stays")
    for words, ref in (
        (("more",), "refs/heads/main"),
        (("more", "work"), "work"),
        (("--all",), "refs/heads/main"),
    ):
        done = machine.asdf("plugin", "update", *words)
        assert done.code == 0
        assert f"updated more to ref {ref}\n" in done.err
    assert (plugin / "LICENSE").read_text() != "mine\n"
    assert (plugin / "untracked").exists()
    gone = machine.asdf("plugin", "add", "gone", f"file://{machine.root}/nowhere")
    assert gone.code == 1
    assert gone.err.startswith("unable to clone plugin: ")


def test_plugin_test_runs_the_command_and_leaves_nothing_behind(
    machine: Machine,
) -> None:
    files = {**GREET, "bin/download": "true\n"}
    more = repository(machine.root / "more", files)
    url = f"file://{more}"
    options = ("--asdf-tool-version", "1.0.0", "--asdf-plugin-gitref", "main")
    done = machine.asdf("plugin", "test", "more", url, *options, "greet", "all")
    assert done.code == 0, done.err
    assert "greet 1.0.0 says hello to all" in done.err
    failed = machine.asdf("plugin", "test", "more", url, "false")
    assert failed.code == 1
    assert "FAILED: `false` ended with 1" in failed.err
    assert "more" not in machine.asdf("plugin", "list").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_tab_knows_asdfs_words(shell: str, machine: Machine) -> None:
    machine.toolpin("asdf-alias", f"{machine.root}/bin")
    script = machine.root / "completion"
    script.write_text(machine.asdf("completion", shell).out)
    ask = {
        "bash": "COMP_WORDS=(asdf where dummy 1); COMP_CWORD=3; _asdf; "
        'printf "%s\\n" "${COMPREPLY[@]}"',
        "zsh": "COMP_WORDS=(asdf where dummy 1); COMP_CWORD=3; "
        "setopt ksharrays; _asdf; "
        'printf "%s\\n" "${COMPREPLY[@]}"',
        "fish": "complete -C 'asdf where dummy 1'",
    }
    begin = "autoload -U compinit && compinit -u -D;" if shell == "zsh" else ""
    flags = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    path = f"{machine.root}/bin:{os.environ['PATH']}"
    line = f"{begin} source '{script}'; {ask[shell]}"
    done = machine.run(shell, *flags, "-c", line, env={"PATH": path})
    assert done.out == "1.0.0\n1.1.0\n", done.err


@pytest.mark.parametrize("shell", ["dash", "bash", "zsh", "fish"])
@pytest.mark.parametrize(
    "name", ["$(touch${{IFS}}{ran})", "`touch>{ran}`", 'a"b', "!x"]
)
def test_what_asdf_shell_prints_only_sets_a_variable(
    name: str, shell: str, machine: Machine
) -> None:
    """A version may be a project's: a directory's name is no command."""
    ran = machine.root / "ran"
    word = f"path:/tmp/{name.format(ran=ran)}/x"
    printed = machine.asdf("shell", "dummy", word)
    script = f"eval {shlex.quote(printed.out)}; printenv ASDF_DUMMY_VERSION"
    if shell == "fish":
        script = f"{printed.out}; printenv ASDF_DUMMY_VERSION"
    done = machine.run(shell, "-c", script)
    assert done.out == f"{word}\n", done.err
    assert not ran.exists()
    assert shlex.quote(word) in printed.err


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_completion_offers_no_name_that_a_shell_would_read_as_more(
    shell: str, machine: Machine
) -> None:
    names = ["newer", "new$(touch x)", "new;touch", "new`x`", "new|x", "new'x"]
    for name in names:
        machine.put("1.1.0", name)
    machine.asdf("reshim")
    script = machine.asdf("completion", shell).out.replace("autoload", ": autoload")
    ask = (
        "compdef() { :; }; bashcompinit() { :; }; complete() { :; }; "
        f"{script}\nCOMP_WORDS=(asdf which new) COMP_CWORD=2\n"
        '[ -z "${ZSH_VERSION-}" ] || setopt ksh_arrays\n'
        "_asdf; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = machine.run(shell, "-c", ask)
    assert done.out == "newer\n", done.err
