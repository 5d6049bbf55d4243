"""The command is the process: its input, arguments, environment and end are its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shell.store import KNOWN, Store
from tests.support.machine import without_rights
from tests.support.waiting import wait_until
from toolpin.shims.shim_directory import refresh

WORDS = ["", " ", "a b", "line\nbreak", "*", "$(id)", "'", '"', "-n", "--", "\\", "é"]


def program(store: Store, script: str, name: str = "node") -> Path:
    """Replace the pinned version's command."""
    store.home.pin("nodejs 10.15.3\n")
    path = store.home.data / "installs/nodejs/10.15.3/bin" / name
    path.write_text(script)
    return path


def test_arguments_arrive_as_they_were(store: Store, road: str) -> None:
    program(store, f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:])\n")
    assert store.run(road, "node", *WORDS).out == f"{WORDS}\n"


def test_input_arrives_whole(store: Store, road: str) -> None:
    program(store, "#!/bin/sh\ncat\n")
    assert store.run(road, "node", stdin="one\ntwo\n").out == "one\ntwo\n"


def compiled(store: Store, name: str) -> None:
    """Make the pinned version's command a link to a compiled program."""
    path = program(store, "")
    path.unlink()
    path.symlink_to(os.path.realpath(store.home.root / "usual" / name))


def test_closed_input_stays_closed(store: Store, road: str) -> None:
    compiled(store, "cat")
    line = store.command(road, "node")
    done = store.home.run("sh", "-c", 'exec "$@" <&-', "sh", *line)
    assert (done.code, done.out) == (1, "")
    assert "Bad file descriptor" in done.err


@pytest.mark.parametrize("code", [0, 1, 3, 126, 127, 255])
def test_the_exit_code_is_the_commands(store: Store, road: str, code: int) -> None:
    program(store, f"#!/bin/sh\nexit {code}\n")
    assert store.run(road, "node").code == code


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGINT", "SIGPIPE"])
def test_a_death_by_signal_is_the_commands(store: Store, road: str, name: str) -> None:
    program(store, f"#!/bin/sh\nkill -{name[3:]} $$\n")
    assert store.run(road, "node").code == -signal.Signals[name]


def test_no_signal_is_ignored_that_was_not(store: Store, road: str) -> None:
    compiled(store, "cat")
    done = store.run(road, "node", "/proc/self/status")
    ignored = [line for line in done.out.splitlines() if line.startswith("SigIgn")]
    assert ignored == [f"SigIgn:\t{0:016x}"]


def test_a_compiled_program_runs(store: Store, road: str) -> None:
    compiled(store, "cat")
    assert store.run(road, "node", stdin="bytes").out == "bytes"


def test_a_program_without_a_first_line_is_a_script(store: Store, road: str) -> None:
    program(store, 'echo "script $1"\n')
    assert store.run(road, "node", "a b").out == "script a b\n"


def environment(store: Store, road: str, env: dict[str, str]) -> dict[str, str]:
    """Return what the child sees, without what a shell sets for itself."""
    program(store, f"#!{sys.executable} -IS\nimport os\nprint(dict(os.environ))\n")
    line = store.command(road, "node")
    done = subprocess.run(
        line, env=env, cwd=store.home.project, capture_output=True, check=True
    )
    seen: dict[str, str] = eval(done.stdout)  # a dict that Python printed
    shells_own = ("PWD", "OLDPWD", "SHLVL", "_", "LOGNAME")
    return {name: value for name, value in seen.items() if name not in shells_own}


def test_the_child_gets_the_record_and_nothing_else(store: Store, road: str) -> None:
    store.publish("nodejs", "14.0.0", {"node": ""}, (("NODE_X", "it's $HOME\n"),))
    theirs = {
        "_toolpin_tool": "/evil",
        "_tp_tree": "/evil",
        "_tp_n": "a[$(id)]",
        "_tp_name": "/evil",
        "toolpin_bins": "/evil",
        "CDPATH": "/tmp",
        "IFS": "o",
        "ENV": "/nowhere",
        "BASH_ENV": "/nowhere",
        "PYTHONPATH": "/nowhere",
        "PYTHONHOME": "/nowhere",
    }
    path = store.home.data / "installs/nodejs/10.15.3"
    (path / ".toolpin/record.sh").write_text(
        f"toolpin_bins='{path}/bin'\nexport NODE_X='it'\\''s $HOME\n'\n"
    )
    seen = environment(store, road, {**store.home.env, **theirs, "LC_ALL": "C"})
    assert seen.pop("NODE_X") == "it's $HOME\n"
    usual = store.home.env["PATH"]
    assert seen.pop("PATH") == f"{path}/bin:{store.home.data}/shims:{usual}"
    for name in ("CDPATH", "ENV", "BASH_ENV", "PYTHONPATH", "PYTHONHOME"):
        assert seen[name] == theirs[name]
    if road != "exec":
        assert not [name for name in seen if "toolpin_" in name or "_tp_" in name]


def test_python_adds_no_locale(store: Store, road: str) -> None:
    env = {name: v for name, v in store.home.env.items() if name != "LC_ALL"}
    program(store, "#!/bin/sh\nenv\n")
    store.home.pin("nodejs 10\n")
    done = subprocess.run(
        store.command(road, "node"),
        env=env,
        cwd=store.home.project,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "LC_CTYPE" not in done.stdout


def test_hostile_84_a_strict_shell_changes_nothing(store: Store) -> None:
    store.home.pin("# x\nnodejs 10.15.3\n")
    done = store.home.run(
        "bash", "--posix", "-u", "-f", store.home.shim("node"), "*", env={"IFS": "o"}
    )
    assert done == (0, "nodejs 10.15.3 <*>\n", "")


@pytest.mark.parametrize("name", ["node", "npm"])
def test_hostile_70_a_shim_needs_no_environment(store: Store, name: str) -> None:
    (store.home.config / ".tool-versions").write_text("nodejs 10\n")
    done = subprocess.run(
        ["env", "-i", store.home.shim(name)], cwd="/", capture_output=True, check=False
    )
    assert (done.stderr, done.stdout) == (b"", b"nodejs 10.15.3\n")


@pytest.mark.parametrize("at_home", [None, "", "relative", "/no/such", "/a b'\n\udcff"])
def test_hostile_70_home_is_anything(
    store: Store, road: str, at_home: str | None
) -> None:
    (store.home.config / ".tool-versions").write_text("nodejs 10.15.3\n")
    env = {name: v for name, v in store.home.env.items() if name != "HOME"}
    if at_home is not None:
        env["HOME"] = at_home
    done = subprocess.run(
        store.command(road, "node"),
        env=env,
        cwd=store.home.project,
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"nodejs 10.15.3\n"


@pytest.mark.parametrize("pwd", ["/", "relative", "", "/no/such", "/tmp/../tmp"])
def test_a_wrong_pwd_changes_nothing(store: Store, road: str, pwd: str) -> None:
    store.home.pin("nodejs 10.15.3\n")
    assert store.run(road, "node", env={"PWD": pwd}).out == "nodejs 10.15.3\n"


def test_a_pwd_with_dots_is_not_walked_word_by_word(store: Store, road: str) -> None:
    (store.home.config / ".tool-versions").write_text("nodejs 10.15.3\n")
    aside = store.home.project / "aside"
    aside.mkdir()
    (aside / ".tool-versions").write_text("nodejs 12.22.0\n")
    here = store.home.project / "here"
    here.mkdir()
    done = store.run(road, "node", cwd=here, env={"PWD": f"{aside}/../here"})
    assert done.out == "nodejs 10.15.3\n"


def test_pwd_is_walked_as_the_shell_names_it(store: Store, road: str) -> None:
    real = store.home.root / "elsewhere/deep"
    real.mkdir(parents=True)
    link = store.home.project / "link"
    link.symlink_to(real)
    store.home.pin("nodejs 10.15.3\n")
    done = store.run(road, "node", cwd=link, env={"PWD": str(link)})
    assert done.out == "nodejs 10.15.3\n"


@pytest.mark.parametrize("kind", ["fifo", "directory", "dangling", "device", "binary"])
def test_hostile_61_what_is_no_text_file_is_refused(
    store: Store, road: str, kind: str
) -> None:
    (store.home.config / ".tool-versions").write_text("nodejs 10.15.3\n")
    file = store.home.project / ".tool-versions"
    match kind:
        case "fifo":
            os.mkfifo(file)
        case "directory":
            file.mkdir()
        case "dangling":
            file.symlink_to("absent")
        case "device":
            file.symlink_to("/dev/zero")
        case "binary":
            file.write_bytes("nodejs 10.15.3\n".encode("utf-16"))
    done = store.run(road, "node")
    assert (done.code != 0, done.out) == (True, "")
    assert str(file) in done.err


def test_hostile_61_a_file_of_many_lines_is_left_to_python(
    store: Store, road: str
) -> None:
    store.home.pin("# x\n" * 20_000 + "nodejs 10.15.3\n")
    done = store.run(road, "node")
    assert (done.code, done.out) == (2, "")


@pytest.mark.parametrize("mode", [0o1777, 0o777, 0o757])
@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_hostile_62_101_a_strangers_file_does_not_count(
    store: Store, road: str, mode: int
) -> None:
    (store.home.config / ".tool-versions").write_text("nodejs 10.15.3\n")
    file = store.home.pin("nodejs 12.22.0\n")
    os.chown(file, 12345, 12345)
    assert store.run(road, "node").out == "nodejs 12.22.0\n"
    store.home.project.chmod(mode)
    assert store.run(road, "node").out == "nodejs 10.15.3\n"


def test_hostile_63_a_very_deep_directory_survives(store: Store, road: str) -> None:
    store.home.pin("nodejs 10.15.3\n")
    directory = store.home.project
    for _ in range(600):
        directory = directory / "d"
        directory.mkdir()
    assert store.run(road, "node", cwd=directory).out == "nodejs 10.15.3\n"


@pytest.mark.parametrize("depth", ["", "x", "-1", "99", "9" * 5000, "²"])
def test_hostile_65_a_forged_depth_survives(
    store: Store, road: str, depth: str
) -> None:
    store.script(store.home.root / "usr/node", "the system's")
    path = f"{store.home.root}/usr:{store.home.env['PATH']}"
    done = store.run(road, "node", env={"PATH": path, "TOOLPIN_DEPTH": depth})
    assert done.out == "the system's\n"


def test_a_command_that_comes_back_for_ever_is_stopped(store: Store) -> None:
    shim = store.home.shim("node")
    wrapper = f'#!/bin/sh\nexec "{shim}" "$@"\n'
    store.script(store.home.root / "usr/node", wrapper)
    path = f"{store.home.root}/usr:{store.home.env['PATH']}"
    done = store.home.run(shim, env={"PATH": path})
    assert done.code == 126
    assert "16 times" in done.err


def test_two_stores_on_path_do_not_call_each_other(store: Store, road: str) -> None:
    other = store.home.root / "other/shims"
    other.mkdir(parents=True)
    (other / "node").write_bytes(Path(store.home.shim("node")).read_bytes())
    (other / "node").chmod(0o755)
    store.script(store.home.root / "usr/node", "the system's")
    path = f"{store.home.data}/shims:{other}:{store.home.root}/usr"
    path = f"{path}:{store.home.env['PATH']}"
    done = store.run(road, "node", env={"PATH": path})
    assert done.out == "the system's\n"


def test_without_its_python_a_shim_says_so(store: Store) -> None:
    refresh(store.paths, KNOWN, "/gone/python")
    done = store.home.run(store.home.shim("node"))
    assert (done.code, done.out) == (126, "")
    assert len(done.err.splitlines()) == 1
    assert "/gone/python" in done.err


def test_an_unknown_command_is_127(store: Store) -> None:
    done = store.run("exec", "no-such-command")
    assert done.code == 127


def test_commands_run_while_the_shims_are_refreshed(store: Store) -> None:
    store.home.pin("nodejs 10.15.3\n")
    script = (
        "import sys; from tests.shell.store import KNOWN\n"
        "from toolpin.system.paths import Paths\n"
        "from toolpin.shims.shim_directory import refresh; i = 0\n"
        "while True:\n"
        "    i += 1\n"
        "    refresh(Paths(*sys.argv[1:]), KNOWN, f'/python{i}')\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", script, store.paths.data, store.paths.config],
        cwd=Path(__file__).parents[2],
        env={**store.home.env, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        library = Path(store.paths.shim_library_more)
        wait_until(lambda: "/python" in library.read_text())
        shim = store.home.shim("node")
        loop = f'for i in $(seq 300); do "{shim}" "$i" || exit; done'
        done = store.home.run("sh", "-c", loop, env={"PATH": os.environ["PATH"]})
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()
    expected = [f"nodejs 10.15.3 <{number}>" for number in range(1, 301)]
    assert (done.out.splitlines(), done.err) == (expected, "")


@pytest.mark.parametrize("what", ["no interpreter", "a directory nobody may enter"])
def test_an_interpreter_that_this_user_may_not_run_is_not_said_to_be_gone(
    store: Store, what: str
) -> None:
    private = store.home.root / "private"
    private.mkdir()
    if what == "a directory nobody may enter":
        (private / "python").symlink_to(sys.executable)
        private.chmod(0)
    python = f"{private}/python"
    refresh(store.paths, KNOWN, python)
    command = without_rights("/bin/sh", store.home.shim("node"))
    result = store.home.run(*command, env={"PATH": "/usr/bin:/bin"})
    private.chmod(0o700)
    assert result.code == 126
    assert (
        f"needs {python}, which is missing or cannot be run by this user" in result.err
    )
