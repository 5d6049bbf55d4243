"""The contract of asdf's plugins, script by script, with plugins that tell on it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.asdf import ASDF
from tests.support.run import TOOLPIN, Home
from tests.support.scripted import GREET, INSTALL, LIST_ALL, repository, write
from tests.support.waiting import wait_until
from toolpin.plugins.asdf.script_runner import Scripts
from toolpin.system.paths import Paths


@pytest.fixture
def told(home: Home) -> dict[str, str]:
    """A plugin with help, other tools' files and extension commands, from git."""
    files = {
        **GREET,
        "bin/help.overview": "echo an overview\n",
        "bin/help.deps": "echo what it needs\n",
        "bin/help.config": "echo what can be set\n",
        "bin/help.links": "echo https://told.example/\n",
        "bin/list-legacy-filenames": "echo .told-version .toldrc\n",
        "bin/parse-legacy-file": 'sed s/v// "$1"\n',
        "lib/commands/command": '#!/bin/sh\necho plain "$@"\n',
        "lib/commands/command-sing": '#!/bin/sh\necho sings "$@"\n',
    }
    repository(home.root / "told-plugin", files)
    return {"url": f"file://{home.root}/told-plugin"}


def _add(home: Home, name: str, files: dict[str, str]) -> None:
    """Add a plugin from a repository with these files."""
    place = repository(home.root / name, files)
    added = home.toolpin("plugin", "add", name, str(place))
    assert added.code == 0, added.err


def _install(home: Home, name: str, files: dict[str, str]) -> None:
    """Add a plugin, and install and pin its version 1.0.0."""
    _add(home, name, files)
    installed = home.toolpin("install", name, "1.0.0")
    assert installed.code == 0, installed.err
    home.pin(f"{name} 1.0.0\n")


def test_a_plugin_tells_of_itself_and_of_other_tools_files(
    home: Home, told: dict[str, str]
) -> None:
    assert home.toolpin("plugin", "add", "told", told["url"]).code == 0
    shown = home.toolpin("plugin", "show", "told").out
    for text in ("an overview", "what it needs", "what can be set", "told.example"):
        assert text in shown
    paths = Paths(str(home.data), str(home.config))
    scripts = Scripts(paths, "told", home.env, str(home.project))
    assert scripts.legacy_filenames() == [".told-version", ".toldrc"]
    (home.project / ".toldrc").write_text("v1.1 v1.0\n")
    assert scripts.parse_legacy_file(f"{home.project}/.toldrc") == ["1.1", "v1.0"]
    assert scripts.extension_names() == ["", "sing"]
    commands = f"{scripts.directory}/lib/commands"
    assert scripts.extension(["sing", "x"]) == (f"{commands}/command-sing", ["x"])
    assert scripts.extension(["x", "y"]) == (f"{commands}/command", ["x", "y"])
    assert scripts.extension(["../x"]) == (f"{commands}/command", ["../x"])


UNSTABLE = (
    "2-src 2-dev 2-latest 2-stm 1.2-rc1 2.rc1 2-milestone 2-ALPHA 2-beta 2-pre1 2.pre1 "
    "2-next 2a1 2.0b1 2c12 2-SNAPSHOT master main"
)


def test_without_latest_stable_what_looks_unstable_is_no_latest(home: Home) -> None:
    files = {**GREET, "bin/list-all": f"echo 1.0 1.1 {UNSTABLE} graal-3"}
    _add(home, "greet", files)
    assert home.toolpin("latest", "greet").out == "1.1\n"
    assert home.toolpin("latest", "greet", "graal").out == "graal-3\n"


BARE = {
    # No `#!` anywhere, no bin/download; bash's own words in them.
    "bin/list-all": "[[ x == x ]] && printf '%s\\n' 1.0 2.0\n",
    "bin/install": "for one in bin 'tools/more'; do\n"
    '  mkdir -p "$ASDF_INSTALL_PATH/$one"\n'
    "  name=${one##*/}; [[ -d $ASDF_DOWNLOAD_PATH ]] || exit 3\n"
    "  printf '#!/bin/sh\\necho %s of \"$ASDF_INSTALL_VERSION\"\\n' $name"
    ' >"$ASDF_INSTALL_PATH/$one/in-$name"\n'
    '  chmod +x "$ASDF_INSTALL_PATH/$one/in-$name"\ndone\n',
    "bin/list-bin-paths": "echo tools/more bin\n",
}


def test_a_plugin_without_shebang_works_in_a_directory_with_blanks(home: Home) -> None:
    home.env["TOOLPIN_DATA_DIR"] = str(home.root / "my data's directory")
    home.data = home.root / "my data's directory"
    directory = write(home.root / "a plain directory", BARE)
    assert home.toolpin("plugin", "add", "bare", str(directory)).code == 0
    assert home.toolpin("install", "bare", "2.0").code == 0
    home.pin("bare 2.0\n")
    for name in ("bin", "more"):
        assert home.run(home.shim(f"in-{name}")).out == f"{name} of 2.0\n"
    again = home.toolpin("install")
    assert "1 already installed" in again.err


TEMPLATE = """#!/usr/bin/env bash
echo "template for $ASDF_INSTALL_VERSION runs $(basename "$(asdf where greet)")"
exec "$(asdf where greet)/bin/greet" "$@"
"""


def test_a_template_of_the_plugin_runs_in_front_of_the_installs_program(
    home: Home,
) -> None:
    files = {
        **GREET,
        "shims/greet": TEMPLATE,
        "shims/helper": "#!/bin/sh\necho helps\n",
    }
    _add(home, "greet", files)
    assert home.toolpin("install", "greet", "1.0.0", "1.1.0").code == 0
    for version in ("1.0.0", "1.1.0"):
        home.pin(f"greet {version}\n")
        lines = home.run(home.shim("greet"), "you").out.splitlines()
        assert lines[0] == f"template for {version} runs {version}"
        assert lines[1] == f"greet {version} says hello to you"
    assert home.run(home.shim("helper")).out == "helps\n"
    assert not (home.data / "shims/asdf").exists()


CALLS = """#!/usr/bin/env bash
set -e
echo "where [$(asdf where greet 1.0.0)]" >>"$TELL"
asdf current greet >>"$TELL"
asdf list greet >>"$TELL"
asdf list all greet | tail -n 1 >>"$TELL"
asdf latest greet 1 >>"$TELL"
asdf where >>"$TELL" && exit 1
asdf nonsense >/dev/null && exit 1
asdf reshim greet
mkdir -p "$ASDF_INSTALL_PATH/bin"
"""


def test_scripts_that_call_asdf_find_one_that_answers_from_this_store(
    home: Home,
) -> None:
    home.env["TELL"] = str(home.root / "told")
    _install(home, "greet", GREET)
    caller = {**GREET, "bin/install": CALLS}
    _add(home, "caller", caller)
    installed = home.toolpin("install", "caller", "1.0.0")
    assert installed.code == 0, installed.err
    lines = Path(home.env["TELL"]).read_text().splitlines()
    assert lines[0] == f"where [{home.data}/installs/greet/1.0.0]"
    assert lines[1].split() == ["Name", "Version", "Source", "Installed"]
    assert lines[2].split()[:2] == ["greet", "1.0.0"]
    assert lines[3:] == [" *1.0.0", "2.0.0", "1.1.0"]


# exec-env, what the shim's record says of it, and what the program gets.
ENVS: dict[str, tuple[str, bool, dict[str, str]]] = {
    "fixed": (
        "export A=\"$ASDF_INSTALL_PATH/x\" B='two words'",
        False,
        {"B": "two words"},
    ),
    "newlines": ("export A=$'one\\ntwo\\n' B=\"it's\"", False, {"A": "one\ntwo\n"}),
    "prints": ("echo noise; export A=1", False, {"A": "1"}),
    "nothing": ("true", False, {}),
    "last test is false": ("export A=1; [ -n '' ]", False, {"A": "1"}),
    "its own directory": (
        'here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd); export A=$here',
        False,
        {},
    ),
    "the working directory": ('export A="in $PWD"', True, {"A": "in {cwd}"}),
    "a file beside it": (
        "if [ -f .marker ]; then export A=marked; fi",
        True,
        {"A": "marked"},
    ),
    "the home": ('export A="$HOME/x"', True, {"A": "{home}/x"}),
    "unless set": ('export A="${A:-mine}"', True, {"A": "theirs"}),
    "a directory unless set": (
        'export A="${A:-$ASDF_INSTALL_PATH/x}"',
        False,
        {"A": "theirs"},
    ),
    "a directory unless set, empty or not": (
        'export A="${A-$ASDF_INSTALL_PATH/x}"',
        True,
        {"A": "theirs"},
    ),
    "PATH": ('export PATH="/opt/extra:$PATH"', True, {}),
    "takes away": ("unset GIVEN", True, {}),
    "asks asdf": ('export A="$(asdf where envy 1.0.0)"', True, {"A": "{tree}"}),
}
SHOWS = """#!/usr/bin/env bash
mkdir -p "$ASDF_INSTALL_PATH/bin"
printf '#!/bin/sh\\nexec /usr/bin/env -0\\n' >"$ASDF_INSTALL_PATH/bin/show"
chmod +x "$ASDF_INSTALL_PATH/bin/show"
"""


@pytest.mark.parametrize("case", ENVS)
def test_exec_env_sets_what_the_plugin_says_here_and_now(case: str, home: Home) -> None:
    script, asks, expected = ENVS[case]
    files = {**GREET, "bin/install": SHOWS, "bin/exec-env": f"{script}\n"}
    repository(home.root / "envy", files)
    home.env["GIVEN"] = "kept"
    home.toolpin("plugin", "add", "envy", f"{home.root}/envy")
    assert home.toolpin("install", "envy", "1.0.0").code == 0
    tree = home.data / "installs/envy/1.0.0"
    record = (tree / ".toolpin/record.sh").read_text()
    assert record.endswith("\ntoolpin_asks='exec-env'\n") == asks
    home.pin("envy 1.0.0\n")
    (home.project / ".marker").touch()
    env = {"A": "theirs"} if "unless set" in case else {}
    ran = home.run(home.shim("show"), env=env)
    assert ran.code == 0, ran.err
    assert not ran.out.startswith("noise")
    got = dict(word.split("=", 1) for word in ran.out.split("\0") if word)
    where = {"cwd": home.project, "home": home.home, "tree": tree}
    for name, value in expected.items():
        assert got[name] == value.format(**where)
    assert got["ASDF_INSTALL_PATH"] == str(tree)
    assert got["ASDF_INSTALL_TYPE"] == "version"
    assert ("GIVEN" in got) == (case != "takes away")
    path = got["PATH"].split(":")
    assert path[0] == ("/opt/extra" if case == "PATH" else f"{tree}/bin")
    assert str(home.data / "lib/asdf") not in path
    assert home.toolpin("which", "show").out == f"{tree}/bin/show\n"
    if case == "the working directory":
        assert f"A='in {home.project}'" in home.toolpin("env").out


# Each looks at the directory, so that it runs each time; and what the program finds.
ODD_ENVS = {
    "carriage returns": ("export A=$'a\\rb\\r\\n'$PWD", "a\rb\r\n{cwd}"),
    "signs of the shell": ("export A=$'\\'\"`$(x)* \\\\'$PWD", "'\"`$(x)* \\{cwd}"),
    "no encoding": ("export A=$'\\xff'$PWD", "\udcff{cwd}"),
    "options": ("set -aefu; shopt -s failglob; IFS=/; A=$PWD", "{cwd}"),
    "a trap": ("trap 'echo noise' RETURN; export A=$PWD", "{cwd}"),
    "no PATH": ("export A=$PWD; unset PATH", "{cwd}"),
    "reads": ("read -r x; export A=[$x]$PWD", "[]{cwd}"),
}


@pytest.mark.parametrize("case", ODD_ENVS)
def test_exec_env_means_the_same_to_a_shim_and_to_exec(case: str, home: Home) -> None:
    line, expected = ODD_ENVS[case]
    _install(home, "envy", {**GREET, "bin/install": SHOWS, "bin/exec-env": f"{line}\n"})
    odd = {"GIVEN": "one\r\ntwo\r*"}
    for way in (
        (home.shim("show"),),
        (*TOOLPIN, "exec", "show"),
        (*ASDF, "exec", "show"),
    ):
        line = "exec 2>/dev/null; " + shlex.join(way) + " | tr '\\0\\r' '\\001\\002'"
        ran = home.run("sh", "-c", line, env=odd, stdin="typed\n")
        got = dict(
            word.split("=", 1)
            for word in ran.out.replace("\2", "\r").split("\1")
            if "=" in word
        )
        assert got["A"] == expected.format(cwd=home.project), way
        assert got["GIVEN"] == odd["GIVEN"]
        assert not [name for name in got if "noise" in name]


def test_an_exec_env_that_ends_its_shell_runs_no_program(home: Home) -> None:
    line = "export A=$PWD; exit 0\n"
    _install(home, "envy", {**GREET, "bin/install": SHOWS, "bin/exec-env": line})
    ways = {(home.shim("show"),): 126, (*TOOLPIN, "exec", "show"): 126}
    for way, code in ways.items():
        ran = home.run(*way)
        assert (ran.code, ran.out) == (code, "")
        assert "bin/exec-env" in ran.err
        assert "ended with 0" in ran.err
    assert home.run(*ASDF, "exec", "show").out == ""


def test_a_directory_that_another_version_set_is_not_the_users(home: Home) -> None:
    line = 'export A="${A:-$ASDF_INSTALL_PATH/x}"\n'
    files = {**GREET, "bin/install": SHOWS, "bin/exec-env": line}
    _install(home, "envy", files)
    installs = home.data / "installs/envy"
    for theirs, expected in (
        (None, f"{installs}/1.0.0/x"),
        ("", f"{installs}/1.0.0/x"),
        (f"{installs}/2.0.0/x", f"{installs}/1.0.0/x"),
        ("/opt/mine", "/opt/mine"),
    ):
        env = {} if theirs is None else {"A": theirs}
        for command in ((home.shim("show"),), (*TOOLPIN, "exec", "show")):
            assert f"A={expected}\0" in home.run(*command, env=env).out


def test_an_exec_env_that_fails_stops_its_program(home: Home) -> None:
    files = {**GREET, "bin/exec-env": "echo no such thing >&2; exit 3\n"}
    _install(home, "greet", files)
    ran = home.run(home.shim("greet"))
    assert ran.code == 126
    assert "greet/bin/exec-env ended with 3" in ran.err
    assert "no such thing" in ran.err
    home.toolpin("plugin", "remove", "greet")
    assert "toolpin plugin add greet" in home.run(home.shim("greet")).err


FAILS = """#!/usr/bin/env bash
mkdir -p "$ASDF_INSTALL_PATH/bin"
for number in $(seq 200); do echo "line $number"; done
echo "----------"
echo "configure: error: no zlib.h" >&2
exit 7
"""


def test_each_build_has_a_log_of_its_own(home: Home) -> None:
    pairs = {"greet": "1-2", "greet-1": "2"}
    for tool, version in pairs.items():
        files = {**GREET, "bin/list-all": f"echo {version}\n"}
        files["bin/install"] = f"echo I am {tool}\n{GREET['bin/install']}"
        repository(home.root / tool, files)
        home.toolpin("plugin", "add", tool, f"{home.root}/{tool}")
        assert home.toolpin("install", tool, version).code == 0
    texts = {path.name: path.read_text() for path in (home.data / "logs").iterdir()}
    assert {name for name, text in texts.items() if "I am greet\n" in text} == {
        "greet@1-2.log"
    }
    assert {name for name, text in texts.items() if "I am greet-1\n" in text} == {
        "greet-1@2.log"
    }


def test_a_failing_build_shows_its_log_and_leaves_nothing(home: Home) -> None:
    files = {
        **GREET,
        "bin/download": "touch $ASDF_DOWNLOAD_PATH/x",
        "bin/install": FAILS,
    }
    _add(home, "greet", files)
    failed = home.toolpin("install", "greet", "1.0.0")
    log = home.data / "logs/greet@1.0.0.log"
    assert failed.code == 1
    assert "bin/install of its plugin ended with 7" in failed.err
    assert "configure: error: no zlib.h" in failed.err
    assert "line 200" in failed.err
    assert "line 1\n" not in failed.err
    assert str(log) in failed.err
    assert "line 1\n" in log.read_text()
    assert not (home.data / "installs/greet").exists()
    assert not any((home.data / "incomplete").rglob("1.0.0"))
    assert (home.data / "downloads/greet/1.0.0/x").exists(), "kept for the next try"


STUBBORN = """#!/usr/bin/env bash
trap '' TERM INT HUP
(echo $BASHPID >"$TELL.child"; while :; do read -rt 5 <>"$TELL.fifo"; done) &
echo half >"$ASDF_INSTALL_PATH/half"
echo $$ >"$TELL"
wait
"""


def test_an_interrupt_ends_a_build_that_ignores_signals_with_its_children(
    home: Home,
) -> None:
    home.env["TELL"] = str(home.root / "told")
    os.mkfifo(f"{home.root}/told.fifo")
    _add(home, "greet", {**GREET, "bin/install": STUBBORN})
    process = subprocess.Popen(
        [*TOOLPIN, "install", "greet", "1.0.0"],
        cwd=home.project,
        env=home.env,
        stderr=subprocess.PIPE,
        text=True,
    )
    notes = [home.root / "told", home.root / "told.child"]
    wait_until(lambda: all(note.exists() and note.read_text() for note in notes))
    process.send_signal(signal.SIGTERM)
    _, output = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGTERM
    assert "interrupted" in output
    pids = [int(note.read_text()) for note in notes]
    wait_until(lambda: not any(map(_is_alive, pids)))
    assert home.toolpin("where", "greet", "1.0.0").code != 0
    (home.data / "plugins/greet/bin/install").write_text(INSTALL)
    assert home.toolpin("install", "greet", "1.0.0").code == 0
    assert not (home.data / "installs/greet/1.0.0/half").exists()


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_what_scripts_made_is_verified_and_cannot_be_repaired_or_bundled(
    home: Home,
) -> None:
    _add(home, "greet", GREET)
    home.pin("greet 1.0.0\n")
    assert home.toolpin("lock").code == 0
    assert home.toolpin("install").code == 0
    assert "intact" in home.toolpin("verify").out
    (home.data / "installs/greet/1.0.0/bin/greet").write_text("x")
    damaged = home.toolpin("verify", "--repair")
    assert damaged.code == 1
    assert "not in any archive" in damaged.err
    assert "scripts" in home.toolpin("bundle", "create", "x.bundle").err
    for options in (("--offline",), ("--into", "out", "--host", "macos-arm64")):
        refused = home.toolpin("install", *options, "greet", "1.1.0")
        assert refused.code in (1, 4), refused.err
    into = home.toolpin("install", "--into", "out", "--locked")
    assert into.code == 0, into.err
    assert home.run(f"{home.project}/out/greet/bin/greet").code == 0


def test_a_ref_is_built_as_one(home: Home) -> None:
    files = {
        **GREET,
        "bin/install": INSTALL.replace(
            "$ASDF_INSTALL_VERSION says",
            "$ASDF_INSTALL_TYPE $ASDF_INSTALL_VERSION says",
        ),
    }
    _add(home, "greet", files)
    home.pin("greet ref:main\n")
    assert home.toolpin("install").code == 0
    assert (home.data / "installs/greet/ref-main").is_dir()
    assert home.run(home.shim("greet")).out.startswith("greet ref main says")


UNINSTALLS = '[ -d "$ASDF_INSTALL_PATH/bin" ] || exit 9\n[ -z "$REFUSE" ]\n'


def test_bin_uninstall_is_heard_before_anything_goes(home: Home) -> None:
    _add(home, "greet", {**GREET, "bin/uninstall": UNINSTALLS})
    home.toolpin("install", "greet", "1.0.0")
    refused = home.toolpin("uninstall", "greet", "1.0.0", env={"REFUSE": "1"})
    assert refused.code == 1
    assert (home.data / "installs/greet/1.0.0/bin/greet").exists()
    assert home.toolpin("uninstall", "greet", "1.0.0").code == 0
    assert not (home.data / "installs/greet").exists()


HOOKS = """
# asdf's own settings
legacy_version_file = yes
always_keep_download = yes
pre_asdf_download_greet = echo "download $1" >>"$TELL"
pre_asdf_install_greet = echo "before $1"; echo "two; # three" >>"$TELL"
post_asdf_install_greet = echo "after $1" >>"$TELL"
pre_asdf_uninstall_greet = echo "going $1" >>"$TELL"
post_asdf_uninstall_greet = echo "gone $1" >>"$TELL"
pre_asdf_plugin_add = echo "adding $1" >>"$TELL"
post_asdf_plugin_add_greet = echo "added" >>"$TELL"
pre_asdf_plugin_remove = echo "removing $1" >>"$TELL"
"""


def test_hooks_of_asdfrc_run_whole_lines_with_their_arguments(home: Home) -> None:
    home.env["TELL"] = str(home.root / "told")
    (home.home / ".asdfrc").write_text(HOOKS)
    _add(home, "greet", {**GREET, "bin/download": "true"})
    assert home.toolpin("install", "greet", "1.0.0").code == 0
    assert (home.data / "downloads/greet/1.0.0").exists(), "kept: asdfrc says so"
    assert home.toolpin("uninstall", "greet", "1.0.0").code == 0
    home.toolpin("plugin", "remove", "greet")
    assert Path(home.env["TELL"]).read_text().splitlines() == [
        "adding greet",
        "added",
        "download 1.0.0",
        "two; # three",
        "after 1.0.0",
        "going 1.0.0",
        "gone 1.0.0",
        "removing greet",
    ]


def test_a_hook_before_a_command_hears_its_words_and_may_refuse(home: Home) -> None:
    home.env["TELL"] = str(home.root / "told")
    line = 'printf "[%s]" "$@" >>"$TELL"; [ "$1" != no ]'
    (home.home / ".asdfrc").write_text(f"pre_greet_greet = {line}\n")
    _install(home, "greet", GREET)
    ran = home.run(home.shim("greet"), "a b", '"$(x)')
    assert ran.out == 'greet 1.0.0 says hello to a b "$(x)\n', ran.err
    refused = home.run(home.shim("greet"), "no")
    assert (refused.code, refused.out) == (1, "")
    assert "pre_greet_greet" in refused.err
    assert Path(home.env["TELL"]).read_text() == '[a b]["$(x)][no]'


def test_a_hook_that_fails_ends_what_it_stands_before(home: Home) -> None:
    (home.home / ".asdfrc").write_text(
        "pre_asdf_install_greet = echo not today; false\n"
    )
    _add(home, "greet", GREET)
    failed = home.toolpin("install", "greet", "1.0.0")
    assert failed.code == 1
    assert "pre_asdf_install_greet" in failed.err
    assert "not today" in failed.err
    assert not (home.data / "installs/greet").exists()


def test_what_a_script_says_on_stderr_counts_only_where_it_fails(home: Home) -> None:
    listing = 'echo loading >&2; [ -z "$REFUSE" ] || exit 4\n' + LIST_ALL
    _add(home, "greet", {**GREET, "bin/list-all": listing})
    listed = home.toolpin("list-all", "greet")
    assert listed.out.split()[0] == "1.0.0"
    assert "loading" not in listed.err
    home.toolpin("cache", "clean")
    refused = home.toolpin("list-all", "greet", env={"REFUSE": "1"})
    assert refused.code == 1
    assert "list-all of greet's plugin ended with 4" in refused.err


def test_a_script_that_may_not_be_run_says_how_it_may(home: Home) -> None:
    _add(home, "greet", GREET)
    (home.data / "plugins/greet/bin/install").chmod(0o644)
    failed = home.toolpin("install", "greet", "1.0.0")
    assert failed.code == 1
    assert f"chmod +x {home.data}/plugins/greet/bin/install" in failed.err


def test_directories_behind_an_install_path_that_is_a_link_keep_their_modes(
    home: Home,
) -> None:
    """Those of an SDK, say, that another program keeps, for a team."""
    sdk = home.root / "sdk"
    write(sdk, {"bin/greet": "#!/bin/sh\n", "shared/notes": ""})
    directories = {sdk: 0o775, sdk / "shared": 0o2777}
    for directory, mode in directories.items():
        directory.chmod(mode)
    to_sdk = f'rmdir "$ASDF_INSTALL_PATH"; ln -s {sdk} "${{ASDF_INSTALL_PATH:?}}"\n'
    files = {**GREET, "bin/install": f"#!/bin/sh\n{to_sdk}"}
    place = repository(home.root / "upstream" / "asdf-greet", files)
    home.toolpin("plugin", "add", "greet", f"file://{place}")
    assert home.toolpin("install", "greet", "1.0.0").code == 0
    for words in (("verify",), ("verify", "--repair")):
        result = home.toolpin(*words)
        assert result.code == 0, result.err
    assert {
        directory: directory.stat().st_mode & 0o7777 for directory in directories
    } == directories
