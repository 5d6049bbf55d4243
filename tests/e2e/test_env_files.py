"""Programs that no shell starts: from a file of variables, from cron, without HOME."""

from __future__ import annotations

import json
import sys

import pytest

from tests.support.environment_file import read_environment_file
from tests.support.run import REPOSITORY, TOOLPIN, Home
from tests.support.upstream import Upstream

CRON = ("SHELL=/bin/sh", "PATH=/usr/bin:/bin", "LOGNAME=ana")


@pytest.fixture
def ready(home: Home, upstream: Upstream) -> Home:
    """A machine with the version that its project pins."""
    upstream.publish("10.15.3")
    home.pin("nodejs 10.15.3\n")
    result = home.toolpin("install")
    assert result.code == 0, result.err
    return home


def test_a_program_starts_from_systemds_file_alone(ready: Home) -> None:
    written = ready.toolpin("env", "--format", "systemd")
    assert written.code == 0, written.err
    pairs = read_environment_file(written.out).items()
    line = ["env", "-i", *(f"{name}={value}" for name, value in pairs)]
    assert ready.run(*line, "node", "--version").out == "v10.15.3\n"
    assert ready.run(*line, "sh", "-c", "node --version").out == "v10.15.3\n"


def test_a_program_starts_from_dockers_file_alone(ready: Home) -> None:
    lines = ready.toolpin("env", "--format", "docker").out.splitlines()
    done = ready.run("env", "-i", *lines, "node", "--version")
    assert done.out == "v10.15.3\n"


def test_sh_reads_the_dotenv_file(ready: Home) -> None:
    file = ready.project / ".env"
    file.write_text(ready.toolpin("env", "--format", "dotenv").out)
    script = "set -a; . ./.env; exec node --version"
    assert ready.run("env", "-i", "sh", "-c", script).out == "v10.15.3\n"


def test_a_cron_job_runs_a_shim_by_its_path(ready: Home) -> None:
    job = f"cd '{ready.project}' && '{ready.shim('node')}' --version"
    line = ["env", "-i", f"HOME={ready.home}", *CRON, "sh", "-c", job]
    assert ready.run(*line, cwd=ready.root).out == "v10.15.3\n"


@pytest.mark.parametrize("road", ["shim", "exec"])
def test_a_program_starts_without_a_home(ready: Home, road: str) -> None:
    store = [f"{name}={ready.env[name]}" for name in ready.env if "TOOLPIN" in name]
    job = f"'{ready.shim('node')}' --version"
    if road == "exec":
        job = f"{' '.join(TOOLPIN)} exec node --version"
    line = ["env", "-i", "PATH=/usr/bin:/bin", *(store if road == "exec" else ())]
    assert ready.run(*line, "sh", "-c", job).out == "v10.15.3\n"


def test_json_is_the_variables_and_nothing_else(ready: Home) -> None:
    answer = json.loads(ready.toolpin("env", "--format", "json").out)
    assert answer.keys() == {"PATH", "npm_package_config_node_gyp_devdir"}
    assert answer["PATH"].endswith(":/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")


def test_githubs_next_step_has_the_path_of_this_one(ready: Home) -> None:
    lines = ready.toolpin("env", "--format", "github").out.splitlines()
    name, _, mark = lines[-3].partition("<<")
    assert (name, lines[-1]) == ("PATH", mark)
    assert lines[-2].endswith(f"/bin:{ready.env['PATH']}")
    assert ready.toolpin("env", "--format", "github").out.splitlines()[-1] != mark


def test_the_rest_of_path_can_be_said(ready: Home) -> None:
    words = ("env", "--format", "docker", "--path-base")
    assert ready.toolpin(*words, "/usr/bin").out.endswith("/bin:/usr/bin\n")
    for wrong in (".:/usr/bin", "/usr/bin:", "", "bin"):
        result = ready.toolpin(*words, wrong)
        assert (result.code, result.out) == (2, "")
    for shell in ("sh", "fish"):
        assert ready.toolpin("env", "--format", shell, "--path-base", "/").code == 2


def test_a_value_that_a_format_cannot_say_writes_no_half_of_a_file(home: Home) -> None:
    tree = home.data / "installs/one/1.0"
    (tree / ".toolpin").mkdir(parents=True)
    record = f"toolpin_bins='{tree}/bin'\nexport ONE='1'\nexport TWO='a\nb'\n"
    (tree / ".toolpin/record.sh").write_text(record)
    home.pin("one 1.0\n")
    for form in ("dotenv", "systemd", "docker"):
        result = home.toolpin("env", "--format", form)
        assert (result.code, result.out) == (1, "")
        assert "variable  TWO\n" in result.err
        assert "value     'a\\nb'\n" in result.err
    assert "a\nb" in home.toolpin("env", "--format", "github").out
    shown = home.toolpin("env", "--format", "sh").out
    script = f"{shown}exec {sys.executable} -c 'import os; print(os.environ[\"TWO\"])'"
    assert home.run("sh", "-c", script).out == "a\nb\n"


def test_direnvs_function_stops_at_a_missing_version(ready: Home) -> None:
    page = (REPOSITORY / "docs/guide/recipes.md").read_text()
    function = page.partition("```bash\n")[2].partition("```")[0]
    assert "use_toolpin" in function
    (ready.root / "bin").mkdir()
    program = ready.root / "bin/toolpin"
    program.write_text(f'#!/bin/sh\nexec {" ".join(TOOLPIN)} "$@"\n')
    program.chmod(0o755)
    ready.env["PATH"] = f"{program.parent}:{ready.env['PATH']}"
    script = f"watch_file() {{ :; }}\n{function}\nuse_toolpin && node --version"
    assert ready.run("bash", "-c", script).out == "v10.15.3\n"
    ready.pin("nodejs 10.15.3\ngolang 1.26.6\n")
    stopped = ready.run("bash", "-c", f"{script}; echo $?; echo $PATH")
    assert stopped.out == f"126\n{ready.env['PATH']}\n"
    assert "golang 1.26.6 is not installed" in stopped.err
