"""Source code becomes an install, or one error that says what is missing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.code import CODE, PLUGIN, Code
from tests.support.run import TOOLPIN, Home
from tests.support.server import Server
from tests.support.waiting import wait_until
from toolpin.system.host import detect

pytestmark = pytest.mark.skipif(
    not (shutil.which("cc") and shutil.which("make")),
    reason="a build needs a C compiler and make",
)


@pytest.fixture
def code(home: Home) -> Iterator[Code]:
    with Server() as server:
        copy = Code(server)
        copy.mirror_for(home)
        yield copy


def nothing_is_left(home: Home) -> bool:
    directories = (
        home.data / name for name in ("staging", "incomplete/hello", "installs")
    )
    return not any(
        os.listdir(directory) for directory in directories if directory.exists()
    )


def test_source_code_becomes_a_program_behind_a_shim(home: Home, code: Code) -> None:
    code.publish("2.0.1")
    home.pin("hello 2.0.1\n")
    result = home.toolpin("install")
    assert result.code == 0, result.err
    for phase in ("building: configure", "building: make"):
        assert phase in result.err
    assert home.run(home.shim("hello")).out == "hello 2.0.1\n"
    log = (home.data / "logs/hello@2.0.1.log").read_text()
    assert f"checking --prefix={home.data}/installs/hello/2.0.1" in log
    assert "done in" in log
    assert f"home {home.data}/staging/hello@2.0.1, words C\n" in log
    assert os.listdir(home.data / "staging") == []
    assert home.toolpin("verify").code == 0


def test_a_plan_of_a_build_states_its_phases(home: Home, code: Code) -> None:
    code.publish("2.0.1")
    home.pin("hello 2.0.1\n")
    result = home.toolpin("install", "--dry-run")
    assert (result.code, result.err) == (5, "")
    assert "  compile  phases configure; make\n" in result.out
    assert nothing_is_left(home)


def test_a_build_estimates_its_time_from_the_newest_finished_one(
    home: Home, code: Code
) -> None:
    logs = home.data / "logs"
    logs.mkdir(parents=True)
    for at, (name, text) in enumerate(
        {
            "hello@1.9.8": "== configure: done in 3 s\n== make: done in 4000 s\n",
            "hello@1.9.9": "== configure: done in 3 s\n== make: done in 312 s\n",
            "hello@2.0.0": "== configure: done in 4 s\n\n== make: make -j2\n",
            "hello-world@3": "== make: done in 60 s\n",
        }.items()
    ):
        (logs / f"{name}.log").write_text(f"{name} from source\n\n{text}")
        os.utime(logs / f"{name}.log", (at, at))
    code.publish("2.0.1")
    home.pin("hello 2.0.1\n")
    result = home.toolpin("install")
    assert result.code == 0
    log = logs / "hello@2.0.1.log"
    assert (
        f"hello 2.0.1: building: configure (log: {log}; 1.9.9 took 5 min)" in result.err
    )
    assert "hello 2.0.1: building: make (about 5 min)\n" in result.err


def test_what_is_locked_is_built_without_another_look_at_the_list(
    home: Home, code: Code
) -> None:
    code.publish("2.0.1")
    home.pin("hello 2\n")
    assert home.toolpin("lock").code == 0
    assert home.toolpin("install", env={"CI": "true"}).code == 0
    assert home.run(home.shim("hello")).out == "hello 2.0.1\n"


def test_the_words_of_a_variable_are_options(home: Home, code: Code) -> None:
    code.publish("2.0.1")
    home.pin("hello 2.0.1\n")
    result = home.toolpin("install", env={"HELLO_OPTIONS": "--x --greet=salve"})
    assert result.code == 1
    assert "it reports salve 2.0.1" in result.err
    assert nothing_is_left(home)


def test_the_settings_have_options_too(home: Home, code: Code) -> None:
    code.publish("2.0.1")
    home.pin("hello 2.0.1\n")
    config = home.config / "config.toml"
    config.write_text('[build_options]\nhello = "--loud --greet=moin"\n')
    # The proof wants `hello`, and so the answer is in the error.
    assert "it reports moin 2.0.1" in home.toolpin("install").err


def add_world(home: Home) -> None:
    """Give the machine a tool that is built with `hello`, and is a copy of it."""
    plugins = home.config / "plugins"
    world = PLUGIN.replace('name = "hello"', 'name = "world"\nrequires = ["hello"]')
    world = world.replace('["hello"]\nproof', '["world"]\nproof')
    world = world.replace('["hello", "hello {version}"]', '["world", "hello 2.0.1"]')
    phases = world.index("phases = ["), world.index("[[build.needs]]")
    make = 'mkdir -p {install}/bin && cp "$(command -v hello)" {install}/bin/world'
    phase = f"phases = [{{ name = 'copy', run = ['sh', '-c', '{make}'] }}]\n"
    world = world[: phases[0]] + phase + world[phases[1] :]
    (plugins / "world.toml").write_text(world)


def test_a_build_runs_the_pinned_version_of_what_its_tool_requires(
    home: Home, code: Code
) -> None:
    add_world(home)
    code.publish("2.0.1")
    home.pin("world 2.0.1\nhello 2.0.1\n")
    for jobs in ("1", "2"):
        result = home.toolpin("install", "--jobs", jobs)
        assert result.code == 0, result.err
        assert result.err.index("hello 2.0.1: installed") < result.err.index(
            "world 2.0.1: installed"
        )
        assert home.run(home.shim("world")).out == "hello 2.0.1\n"
        assert home.toolpin("uninstall", "world", "2.0.1").code == 0
        assert home.toolpin("uninstall", "hello", "2.0.1").code == 0
    home.pin("world 2.0.1\n")
    alone = home.toolpin("install")
    assert alone.code == 1
    assert "is built with hello, which is not pinned here" in alone.err
    assert "try: toolpin pin hello latest" in alone.err


def test_a_build_runs_no_program_of_a_directory_that_the_project_names(
    home: Home, code: Code
) -> None:
    add_world(home)
    code.publish("2.0.1")
    ran = home.root / "ran"
    theirs = home.root / "x/bin"
    theirs.mkdir(parents=True)
    for name in ("hello", "nice", "cp", "mkdir"):
        program = theirs / name
        program.write_text(f"#!/bin/sh\ntouch {ran}\necho hello 2.0.1\n")
        program.chmod(0o755)
    home.pin(f"world 2.0.1\nhello path:{theirs.parent}\n")
    assert home.toolpin("lock").code == 0
    for words in ((), ("--locked",), ("--source", "source")):
        result = home.toolpin("install", *words)
        assert not ran.exists()
        assert result.code == 1
        assert (
            "world 2.0.1 is built with hello, which a project pins to a directory"
            in result.err
        )
        assert f"{home.project}/.tool-versions:2" in result.err
    assert nothing_is_left(home)
    # Who names it by a variable has chosen it.
    own = {"TOOLPIN_HELLO_VERSION": f"path:{theirs.parent}"}
    home.toolpin("install", env=own)
    assert ran.exists()


def test_what_does_not_compile_shows_its_first_errors_and_the_log(
    home: Home, code: Code
) -> None:
    code.publish("2.0.1", "int main(void) { return missing(; }\n")
    home.pin("hello 2.0.1\n")
    result = home.toolpin("install")
    assert result.code == 1
    assert "`make -j" in result.err
    assert "hello.c:1:" in result.err
    assert f"{home.data}/logs/hello@2.0.1.log" in result.err
    assert nothing_is_left(home)


def test_what_is_missing_is_said_before_anything_is_asked(
    home: Home, code: Code
) -> None:
    code.publish("1.9.0")
    home.pin("hello 1.9.0\n")
    result = home.toolpin("install")
    assert result.code == 1
    assert "hello 1.9.0 has no build that runs on this machine" in result.err
    assert "nothing.h" in result.err
    assert "take 2.0" in result.err
    if shutil.which("apt-get"):
        assert "apt-get install -y libnothing-dev" in result.err.splitlines()[-2]
    assert nothing_is_left(home)


@pytest.mark.parametrize("version", ["3.0.0", "3-rc1"])
def test_what_a_later_version_needs_is_missing_from_that_one_on(
    home: Home, code: Code, version: str
) -> None:
    code.publish(version)
    home.pin(f"hello {version}\n")
    result = home.toolpin("install")
    assert result.code == 1
    assert "missing: later.h" in result.err
    assert "nothing.h" not in result.err


def test_a_library_and_a_condition_are_asked_of_the_compiler(
    home: Home, code: Code
) -> None:
    code.publish("1.4.0")
    home.pin("hello 1.4.0\n")
    result = home.toolpin("install")
    missing = [line for line in result.err.splitlines() if "missing: " in line]
    whats = [line.partition("missing: ")[2] for line in missing]
    assert whats == ["nothing.h", "libnothing", "a C of the last century"]


def test_a_header_is_missed_also_where_the_compiler_is(
    home: Home, code: Code, tmp_path: Path
) -> None:
    code.publish("1.9.0")
    home.pin("hello 1.9.0\n")
    result = home.toolpin("install", env={"PATH": str(tmp_path)})
    assert "missing: a C compiler" in result.err
    assert "missing: nothing.h" in result.err


def test_a_build_that_names_no_error_shows_its_last_words(
    home: Home, code: Code
) -> None:
    code.publish("2.0.1")
    home.pin("hello 2.0.1\n")
    result = home.toolpin("install", env={"HELLO_OPTIONS": "--stop"})
    assert result.code == 1
    assert "output  that is all" in result.err


def test_a_machine_without_a_compiler_hears_which_package_has_one(
    home: Home, code: Code, tmp_path: Path
) -> None:
    code.publish("2.0.1")
    home.pin("hello 2.0.1\n")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "env", "apt-get"):
        if path := shutil.which(name):
            (tools / name).symlink_to(path)
    result = home.toolpin("install", env={"PATH": str(tools)})
    assert result.code == 1
    assert "missing" in result.err
    assert "a C compiler" in result.err
    if shutil.which("apt-get"):
        fix = result.err.partition("  try: ")[2].partition("\n")[0]
        assert fix.removeprefix("sudo ") == "apt-get install -y gcc make"


def test_a_package_is_no_way_out_where_something_has_none(
    home: Home, code: Code, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "apt-get").symlink_to("/bin/true")
    plugin = home.config / "plugins/hello.toml"
    plugin.write_text(PLUGIN.replace('apt = "libnothing-dev"\n', ""))
    code.publish("1.9.0")
    home.pin("hello 1.9.0\n")
    result = home.toolpin("install", env={"PATH": str(tools)})
    assert result.code == 1
    assert "apt-get install -y gcc make" in result.err
    assert "try: toolpin list-all hello 1" in result.err


def test_a_build_of_the_same_code_is_no_way_out_without_a_compiler(
    home: Home, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "dnf").symlink_to("/bin/true")
    result = home.toolpin(
        "install",
        "erlang",
        "25.2.3",
        "--source",
        "debian-source",
        env={"PATH": str(tools)},
    )
    assert result.code == 1
    fix = result.err.partition("  try: ")[2].partition("\n")[0]
    assert fix.removeprefix("sudo ").startswith("dnf install -y gcc gcc-c++ make")


def test_what_the_users_options_bring_along_is_not_missing(
    home: Home, code: Code
) -> None:
    code.publish("1.9.0")
    home.pin("hello 1.9.0\n")
    assert home.toolpin("install", env={"HELLO_OPTIONS": "--nothingness"}).code == 1
    brought = home.toolpin("install", env={"HELLO_OPTIONS": "--nothing=/opt/nothing"})
    assert brought.code == 0, brought.err


def test_the_users_compiler_and_its_flags_are_asked(
    home: Home, code: Code, tmp_path: Path
) -> None:
    code.publish("1.9.0")
    home.pin("hello 1.9.0\n")
    tools, headers = tmp_path / "tools", tmp_path / "headers"
    for directory_ in (tools, headers):
        directory_.mkdir()
    (headers / "nothing.h").touch()
    for name in ("sh", "env", "nice", "make", "mkdir", "cp"):
        (tools / name).symlink_to(shutil.which(name) or "/")
    env = {
        "PATH": str(tools),
        "CC": f"{shutil.which('cc')} -B/usr/bin",
        "CPPFLAGS": f"-I{headers}",
    }
    result = home.toolpin("install", env=env)
    assert result.code == 0, result.err


def test_a_path_with_blanks_is_refused_before_the_build(
    home: Home, code: Code, tmp_path: Path
) -> None:
    code.publish("2.0.1")
    home.pin("hello 2.0.1\n")
    data = str(tmp_path / "my data")
    result = home.toolpin("install", env={"TOOLPIN_DATA_DIR": data})
    assert result.code == 1
    assert "path with spaces" in result.err
    assert "downloading" not in result.err
    assert "building" not in result.err


def test_what_is_built_for_another_machine_is_refused_before_the_download(
    home: Home, code: Code
) -> None:
    code.publish("2.0.1")
    home.pin("hello 2.0.1\n")
    assert home.toolpin("lock").code == 0
    other = "linux-arm64" if str(detect()) != "linux-arm64" else "linux-x64"
    result = home.toolpin("install", "--into", "image", "--host", other)
    assert result.code == 1
    assert f"hello 2.0.1 cannot be built for {other}" in result.err
    assert "downloading" not in result.err


def test_a_directory_of_trees_keeps_what_it_has_where_a_build_fails(
    home: Home, code: Code
) -> None:
    code.publish("2.0.1")
    code.publish("2.0.2", "int main(void) { return missing(; }\n")
    code.publish("2.0.3")
    hello = home.project / "image/hello/bin/hello"
    for version, status, says in (
        ("2.0.1", 0, "hello 2.0.1\n"),
        ("2.0.2", 1, "hello 2.0.1\n"),
        ("2.0.3", 0, "hello 2.0.3\n"),
    ):
        home.pin(f"hello {version}\n")
        assert home.toolpin("lock").code == 0
        assert home.toolpin("install", "--into", "image").code == status
        assert home.run(str(hello)).out == says
        assert os.listdir(home.project / "image") == ["hello"]


def test_an_interrupt_ends_the_build_with_all_that_it_started(
    home: Home, code: Code
) -> None:
    code.publish("2.0.1", CODE, "slow")
    code.publish("2.0.2")
    home.pin("hello 2.0.1\n")
    log = home.data / "logs/hello@2.0.1.log"
    process = subprocess.Popen(
        [*TOOLPIN, "install"],
        cwd=home.project,
        env=home.env,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    wait_until(lambda: log.exists() and "\nwaiting\n" in log.read_text())
    assert sleepers(home)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == -signal.SIGINT
    wait_until(lambda: not sleepers(home))
    assert os.listdir(home.data / "staging") == []
    assert home.toolpin("list").out == ""
    home.pin("hello 2.0.2\n")
    assert home.toolpin("install").code == 0
    assert os.listdir(home.data / "staging") == []
    assert not (home.data / "installs/hello/2.0.1").exists()


def sleepers(home: Home) -> list[str]:
    """Return the processes that work in this machine's build directory."""
    results = []
    for process in Path("/proc").glob("[0-9]*/cwd"):
        try:
            place = os.readlink(process)
        except OSError:
            continue
        if place.startswith(f"{home.data}/staging"):
            results.append(process.parent.name)
    return results
