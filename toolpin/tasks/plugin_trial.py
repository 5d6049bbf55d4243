"""Tests an asdf plugin in a temporary store: `plugin test`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.install.jobs import Job
from toolpin.model import COMMAND_LINE, Origin, Pin
from toolpin.plugins.asdf import script_queries
from toolpin.plugins.asdf.address import Address
from toolpin.plugins.asdf.script_runner import Scripts, variables_of
from toolpin.project.validation import VERSION, WordPosition, check
from toolpin.system.directory_tree import temporary
from toolpin.system.paths import Paths
from toolpin.system.process import run
from toolpin.tasks.after_install import run_install_hooks

_COMMAND_S = 600.0


class Ended(NamedTuple):
    """The version that was tested, and the exit code."""

    version: str
    code: int


class Trial:
    """The test of one plugin, from its address to a command. Nothing of it stays."""

    def __init__(self, name: str, address: Address, app: App) -> None:
        self._name = name
        self._address = address
        self._app = app

    def run(self, version: str, command: Sequence[str]) -> Ended:
        """Run the test; `version` is "" for the latest.

        Raises ToolpinError for a fault.
        """
        with temporary("toolpin-test-") as root:
            app = self._app.derived(paths=Paths(f"{root}/data", root))
            app.plugin_directories.add(self._name, self._address)
            self._remark("added")
            app.reload_plugins()
            scripts = app.scripts(self._name)
            _check_scripts(scripts)
            self._remark("all of its scripts are executable, and it has a license")
            listed = scripts.list_all()
            if not listed:
                raise ToolpinError(f"bin/list-all of {self._name} lists nothing")
            self._remark(f"lists {len(listed)} versions, the newest {listed[-1]}")
            wanted = version or scripts.latest() or listed[-1]
            check(wanted, VERSION, WordPosition(Origin("the version to try"), wanted))
            pin = Pin(self._name, wanted)
            _install(pin, app)
            self._remark(f"installs {pin.version}")
            return Ended(pin.version, self._try(command, pin, scripts))

    def _try(self, command: Sequence[str], pin: Pin, scripts: Scripts) -> int:
        """Run a command with the install's programs first on PATH."""
        if not command:
            return 0
        own = variables_of(scripts.paths, pin)
        tree = own["ASDF_INSTALL_PATH"]
        bins = [
            f"{tree}/{directory}" for directory in script_queries.bin_dirs(scripts, own)
        ]
        path = ":".join([*bins, scripts.env["PATH"]])
        env = script_queries.exec_env(scripts, own, {**scripts.env, "PATH": path})
        words = ["/usr/bin/env", *command]
        finished = run(words, env=env, cwd=scripts.cwd, timeout_s=_COMMAND_S)
        for line in (finished.out + finished.err).splitlines():
            self._remark(line)
        if finished.status != 0:
            raise ToolpinError(
                f"`{' '.join(command)}` ended with {finished.status}",
                [("tried", str(pin))],
            )
        return 0

    def _remark(self, text: str) -> None:
        self._app.report.remark(f"{self._name}: {text}")


def _check_scripts(scripts: Scripts) -> None:
    """Raise ToolpinError for the faults that asdf's own test of plugins reports."""
    for script in ("download", "install", "list-all"):
        scripts.check(script)
    for script in sorted(os.listdir(f"{scripts.directory}/bin")):
        scripts.check(script)
    licence = f"{scripts.directory}/LICENSE"
    if not (os.path.isfile(licence) and os.path.getsize(licence)):
        raise ToolpinError(
            f"{scripts.name}'s plugin does not state its license",
            [("expected", licence)],
        )


def _install(pin: Pin, app: App) -> None:
    from toolpin.install.pipeline import Installer

    outcomes = Installer(app).run([Job(pin, COMMAND_LINE)])
    (outcome,) = run_install_hooks(outcomes, app)
    if outcome.error:
        raise outcome.error
