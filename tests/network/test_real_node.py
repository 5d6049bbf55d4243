"""Real Node.js from the package registries that this machine reaches."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.environment_file import read_environment_file
from tests.support.run import TOOLPIN, Home
from tests.support.wheels import package_index_environment

pytestmark = pytest.mark.network

OLD, NEW = "10.15.3", "24.11.1"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A machine with both versions, installed once for all the stories here."""
    home = Home(tmp_path_factory.mktemp("machine"))
    home.env |= package_index_environment()
    home.env["TOOLPIN_SOURCES"] = "pypi,npm"
    home.pin(f"nodejs {OLD} {NEW}\n")
    result = home.toolpin("install", timeout_s=300)
    assert result.code == 0, result.err
    return home


@pytest.fixture(params=[OLD, NEW])
def version(request: pytest.FixtureRequest, machine: Home) -> str:
    """Each version in turn, pinned in the project."""
    machine.pin(f"nodejs {request.param}\n")
    return str(request.param)


def test_each_version_answers_through_the_shim(machine: Home, version: str) -> None:
    result = machine.run(machine.shim("node"), "--version")
    assert result.out == f"v{version}\n"


def test_npm_is_the_one_upstream_shipped(machine: Home, version: str) -> None:
    shipped = {OLD: "6.4.1", NEW: "11.6.2"}
    result = machine.run(machine.shim("npm"), "--version")
    assert result.out.strip() == shipped[version]


def test_a_package_installs_and_loads(
    machine: Home, version: str, tmp_path: Path
) -> None:
    (tmp_path / ".tool-versions").write_text(f"nodejs {version}\n")
    (tmp_path / "package.json").write_text('{"name": "site", "version": "1.0.0"}\n')
    installed = machine.run(machine.shim("npm"), "install", "is-odd", cwd=tmp_path)
    assert installed.code == 0, installed.err
    loads = "console.log(require('is-odd')(3))"
    assert machine.run(machine.shim("node"), "-e", loads, cwd=tmp_path).out == "true\n"


PROGRAM = "console.log(require('child_process').execSync('node -v').toString())"


def test_a_program_starts_from_systemds_file_alone(machine: Home, version: str) -> None:
    text = machine.toolpin("env", "--format", "systemd").out
    pairs = read_environment_file(text).items()
    line = ["env", "-i", *(f"{name}={value}" for name, value in pairs)]
    assert machine.run(*line, "node", "-e", PROGRAM).out == f"v{version}\n\n"


def test_a_program_starts_from_cron_and_without_a_home(
    machine: Home, version: str
) -> None:
    (machine.project / "job.js").write_text(PROGRAM)
    job = f"cd '{machine.project}' && '{machine.shim('node')}' job.js"
    for home in ([f"HOME={machine.home}"], []):
        line = ["env", "-i", *home, "SHELL=/bin/sh", "PATH=/usr/bin:/bin"]
        done = machine.run(*line, "sh", "-c", job, cwd=machine.root)
        assert done.out == f"v{version}\n\n", done.err


def test_node_itself_reads_the_dotenv_file(machine: Home) -> None:
    machine.pin(f"nodejs {NEW}\n")
    file = machine.project / ".env"
    file.write_text(machine.toolpin("env", "--format", "dotenv").out)
    node = machine.toolpin("which", "node").out.strip()
    shows = "console.log(process.env.PATH)"
    done = machine.run("env", "-i", node, f"--env-file={file}", "-e", shows)
    assert done.out.startswith(os.path.dirname(node) + ":/usr/local/sbin:")


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize("spelling", ["-g", "--location=global", "-gf"])
def test_a_global_command_runs_at_once(machine: Home, spelling: str) -> None:
    if spelling == "--location=global" and OLD in machine.toolpin("current").out:
        spelling = "--global=true"  # npm 6 knows no location
    installed = machine.run(machine.shim("npm"), "install", spelling, "semver@5.7.2")
    assert installed.code == 0, installed.err
    result = machine.run(machine.shim("semver"), "1.2.3", "-r", "^1.0.0")
    assert result.out == "1.2.3\n"
    removed = machine.run(machine.shim("npm"), "uninstall", "-g", "semver")
    assert removed.code == 0, removed.err


@pytest.mark.skipif(sys.platform != "linux", reason="unshare belongs to Linux")
def test_unplugged_everything_installed_still_works(machine: Home) -> None:
    unshare = ["unshare", "--net", *(["--map-root-user"] if os.getuid() else [])]
    machine.pin(f"nodejs {OLD} {NEW}\n")
    node = machine.shim("node")
    for command in (
        [node, "--version"],
        *(
            [*TOOLPIN, *args]
            for args in (
                ["which", "node"],
                ["where", "nodejs"],
                ["current"],
                ["list"],
                ["exec", "node", "--version"],
                ["uninstall", "nodejs", OLD],
                ["install"],
            )
        ),
    ):
        done = subprocess.run(
            [*unshare, *command],
            cwd=machine.project,
            env=machine.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
    assert machine.run(node, "--version").out == f"v{OLD}\n"


def test_without_an_npm_the_private_one_serves(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.env |= package_index_environment()
    home.env["TOOLPIN_SOURCES"] = "npm"
    bare = tmp_path / "bin"
    bare.mkdir()
    home.env["PATH"] = str(bare)
    home.pin(f"nodejs {OLD}\n")
    result = home.toolpin("install", timeout_s=300)
    assert result.code == 0, result.err
    assert "downloading a private one" in result.err
    assert home.run(home.shim("node"), "--version").out == f"v{OLD}\n"
    assert home.toolpin("list").out == f"nodejs\n* {OLD}\n"


def test_a_version_nobody_has_lists_what_each_source_has(machine: Home) -> None:
    machine.pin("nodejs 24.99.0\n")
    result = machine.toolpin("install")
    assert result.code == 1
    assert "24.99.0 does not exist for" in result.err
    for source in ("pypi", "npm"):
        assert re.search(rf"{source} +nearest 24\.", result.err)


def test_a_node_whose_npm_is_not_on_record_is_not_taken_from_npm(
    machine: Home,
) -> None:
    result = machine.toolpin("install", "nodejs", "16.9.0", "--source", "npm")
    assert result.code == 1
    assert "the npm version" in result.err


def test_what_can_be_installed_is_listed_in_order(machine: Home) -> None:
    listed = machine.toolpin("list-all", "nodejs", "10.15").out.split()
    assert OLD in listed
    assert listed == sorted(listed, key=lambda item: [int(n) for n in item.split(".")])
