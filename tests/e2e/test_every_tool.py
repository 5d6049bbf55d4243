"""Every bundled tool, installed from an archive in its upstream's own layout.

The layouts are in tests/upstream/layouts.tsv, which is written from other sources than
the plugins. There is one installer for each host, because an install takes little.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.layouts import Layout, layouts
from tests.support.plugin_index import bundled_tools
from tests.support.publishers import Publishers
from tests.support.server import Server
from toolpin.app import App
from toolpin.install.jobs import Job, Outcome
from toolpin.install.pipeline import Installer
from toolpin.model import COMMAND_LINE, Pin
from toolpin.sources.fields import NO_CHECKSUMS
from toolpin.system.host import any_of
from toolpin.system.paths import Paths
from toolpin.system.report import Report

TOOLS = {tool.name: tool for tool in bundled_tools()}
ROWS = layouts()
# tests/network/test_built_php.py builds it from the real source code.
BUILT = {"php"}
# What a build was made for, and what configures the builds from source.
BESIDE = (("erlang", "27.2.2"),)
OPTIONS = "--without-zlib --without-readline --without-openssl --with-uuid=e2fs"


class Machine:
    """The installs of one host."""

    def __init__(self, host: str, publishers: Publishers, root: Path) -> None:
        self._root = root
        (root / "home").mkdir()
        (root / "home/.npmrc").write_text(f"registry={publishers.npm}/\n")
        self._env = {
            "HOME": str(root / "home"),
            "PATH": os.environ["PATH"],
            "TOOLPIN_MIRRORS": publishers.mirrors,
            "TOOLPIN_CACHE_DIR": str(root / "cache"),
            "TOOLPIN_SYSTEM_CONFIG": str(root / "system.toml"),
            "POSTGRES_EXTRA_CONFIGURE_OPTIONS": OPTIONS,
            "LC_ALL": "C.UTF-8",
        }
        rows = [row for row in ROWS if row.host == host]
        self.outcomes = {
            outcome.job.pin: outcome
            for is_first_use in (False, True)
            for outcome in self._install(
                host,
                [row for row in rows if (row.sums == NO_CHECKSUMS) == is_first_use],
                is_first_use=is_first_use,
            )
        }

    def _install(
        self, host: str, rows: Sequence[Layout], *, is_first_use: bool
    ) -> list[Outcome]:
        app = App(
            Paths(str(self._root / "data"), str(self._root / "config")),
            self._env,
            Report(quiet=True),
            directory=str(self._root),
            trusts_first_use=is_first_use,
        ).derived(host=any_of(host))
        pins = {Pin(row.tool, row.version): None for row in rows}
        return Installer(app).run(
            [Job(pin, COMMAND_LINE, beside=BESIDE) for pin in pins]
        )

    def program(self, pin: Pin, command: str) -> Path | None:
        """Return the program of a command, None if the install has none."""
        tree = self._root / f"data/installs/{pin.tool}/{pin.version}"
        paths = (tree / place / command for place in TOOLS[pin.tool].bin_dirs)
        return next((path for path in paths if os.access(path, os.X_OK)), None)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Machine]]:
    """A machine for every host of the table, with all that it has for the host."""
    with Server() as server:
        publishers = Publishers(server, ROWS, TOOLS)
        yield {
            host: Machine(host, publishers, tmp_path_factory.mktemp(host))
            for host in sorted({row.host for row in ROWS})
        }


def test_every_tool_has_a_layout() -> None:
    missing = set(TOOLS) - BUILT - {row.tool for row in ROWS}
    assert not missing, "their rows belong in tests/upstream/layouts.tsv"


@pytest.mark.parametrize("tool", sorted(set(TOOLS) - BUILT))
def test_a_tool_is_installed_from_what_its_upstream_publishes(
    tool: str, machines: dict[str, Machine]
) -> None:
    for (host, version), rows in _builds(tool).items():
        machine, pin = machines[host], Pin(tool, version)
        outcome = machine.outcomes[pin]
        assert outcome.error is None, (host, outcome.error.render())
        programs = {name: path for row in rows for name, path in row.programs.items()}
        for command, expected in programs.items():
            program = machine.program(pin, command)
            assert program is not None, (host, version, command)
            done = subprocess.run([program], stdout=subprocess.PIPE, check=True)
            assert done.stdout.decode() == f"{expected}\n", (host, version, command)
        added = dict(TOOLS[tool].added_by)
        assert {*TOOLS[tool].commands} - {*added} <= {*programs}, (host, version)


def _builds(tool: str) -> dict[tuple[str, str], list[Layout]]:
    builds: dict[tuple[str, str], list[Layout]] = {}
    for row in ROWS:
        if row.tool == tool:
            builds.setdefault((row.host, row.version), []).append(row)
    return builds
