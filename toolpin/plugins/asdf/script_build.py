"""Runs an asdf plugin's scripts to download and build an install into its final place.

All output goes into one log. Each script is a process group, so an interrupt ends all
of it. The result is checked and published elsewhere.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from toolpin.config.asdfrc import Asdfrc
from toolpin.errors import HookFailed, ToolpinError
from toolpin.model import Pin, Plan
from toolpin.plugins.asdf.script_queries import determine
from toolpin.plugins.asdf.script_runner import (
    Scripts,
    answer_asdf,
    failed,
    variables_of,
)
from toolpin.plugins.asdf.spelling import kind_of
from toolpin.system.directory_tree import drop_tree
from toolpin.system.process import run

_BUILD_S = 6 * 3600.0
_SHOWN = 6
# Set to keep the downloads, this once.
KEEP = "TOOLPIN_KEEP_DOWNLOAD"
_CALL = 'log=$0; exec bash -c \'"$0" "$@"\' "$@" >>"$log" 2>&1'

# Called with each phase that begins, and the path of its log.
Phase = Callable[[str, str], None]


class ScriptBuilder:
    """Builds one plan with the scripts of its plugin."""

    def __init__(self, scripts: Scripts, plan: Plan, rc: Asdfrc, final: str) -> None:
        paths, pin = scripts.paths, plan.pin
        self._scripts = scripts
        self._plan = plan
        self._rc = rc
        self._final = final
        self._downloads = f"{paths.downloads}/{pin.tool}/{pin.version}"
        self._log = paths.log(*pin)
        self._variables = {
            **variables_of(paths, pin, final),
            "ASDF_DOWNLOAD_PATH": self._downloads,
            "ASDF_CONCURRENCY": rc.concurrency(scripts.env),
        }

    def build(self, begin: Phase) -> Plan:
        """Run `download` and `install`, and return the plan as the plugin completes it.

        Downloads are kept if the install fails. Raises ToolpinError with the
        last lines of the log.
        """
        os.makedirs(os.path.dirname(self._log), exist_ok=True)
        os.makedirs(self._downloads, exist_ok=True)
        if not self._scripts.paths.as_asdf:
            with open(self._log, "w", encoding="utf-8") as file:
                file.write(f"{self._plan.pin} by {self._scripts.directory}\n")
        self._scripts.check("install")
        if self._scripts.has("download"):
            self._hook("pre_asdf_download")
            begin("downloading:", f"its plugin's bin/download (log: {self._log})")
            self._run("download")
        self._hook("pre_asdf_install")
        begin("building:", f"its plugin's bin/install (log: {self._log})")
        self._run("install")
        output = determine(self._scripts, self._plan.pin, self._final)
        kept = self._rc.flag("always_keep_download") or KEEP in self._scripts.env
        if not kept:
            drop_tree(self._downloads)
        return self._plan._replace(
            bin_dirs=output.bin_dirs,
            variables=output.variables,
            homes=output.homes,
            runtime_scripts=output.runtime_scripts,
        )

    def _run(self, script: str) -> None:
        self._scripts.check(script)
        answer_asdf(self._scripts.paths)
        words = [f"{self._scripts.directory}/bin/{script}"]
        what = f"{script} callback" if self._scripts.paths.as_asdf else f"bin/{script}"
        self._run_logged(what, words, self._variables)

    def _hook(self, name: str) -> None:
        """Run the user's hook of that name, if any; its failure ends the build."""
        pin = self._plan.pin
        if line := self._rc.hook(f"{name}_{pin.tool}"):
            words = ["bash", "-c", line, name, kind_of(pin.version)[1]]
            self._run_logged(f"{name}_{pin.tool}", words, {})

    def _run_logged(self, what: str, words: list[str], more: Mapping[str, str]) -> None:
        """Run a script: its output is shown, or goes into the log."""
        if not self._scripts.paths.as_asdf:
            self._logged(what, words, more)
            return
        finished = run(
            ["/usr/bin/env", "bash", "-c", '"$0" "$@"', *words],
            env={**self._scripts.env, **more},
            cwd=self._scripts.cwd,
            timeout_s=_BUILD_S,
            shown=True,
        )
        if finished.status != 0:
            raise HookFailed(f"failed to run {what}: exit status {finished.status}")

    def _logged(self, what: str, words: list[str], more: Mapping[str, str]) -> None:
        started = time.monotonic()
        self._note(f"\n== {what}\n")
        finished = run(
            ["/bin/sh", "-c", _CALL, self._log, *words],
            env={**self._scripts.env, **more},
            cwd=self._scripts.cwd,
            timeout_s=_BUILD_S,
        )
        took_s = time.monotonic() - started
        self._note(f"== {what}: ended with {finished.status} after {took_s:.0f} s\n")
        if finished.status != 0:
            raise ToolpinError(
                f"{self._plan.pin}: {what} of its plugin ended with {finished.status}",
                [
                    *(("output", line) for line in _last_lines(self._log)),
                    ("log", self._log),
                    ("downloads", self._downloads),
                    ("installed", "nothing"),
                ],
            )

    def _note(self, text: str) -> None:
        with open(self._log, "a", encoding="utf-8") as file:
            file.write(text)


def published(scripts: Scripts, pin: Pin, rc: Asdfrc) -> str:
    """Run the user's hook after an install; return its output."""
    version = kind_of(pin.version)[1]
    name = f"post_asdf_install_{pin.tool}"
    shown = scripts.paths.as_asdf
    return rc.must(name, [version], scripts.env, scripts.cwd, shown=shown)


def before_removal(scripts: Scripts, pin: Pin, rc: Asdfrc) -> str:
    """Run a plugin's uninstall script and the user's hook; return their output.

    Raises ToolpinError if one of them fails: then nothing may be removed.
    """
    version = kind_of(pin.version)[1]
    name = f"pre_asdf_uninstall_{pin.tool}"
    shown = scripts.paths.as_asdf
    output = rc.must(name, [version], scripts.env, scripts.cwd, shown=shown)
    if scripts.has("uninstall"):
        own = variables_of(scripts.paths, pin)
        finished = scripts.call("uninstall", (), own, shown=shown)
        if finished.status != 0:
            raise failed(scripts.name, "uninstall", finished)
        output += finished.out
    return output


def after_removal(scripts: Scripts, pin: Pin, rc: Asdfrc) -> str:
    """Run the user's hook after a removal; return its output."""
    version = kind_of(pin.version)[1]
    name = f"post_asdf_uninstall_{pin.tool}"
    shown = scripts.paths.as_asdf
    return rc.must(name, [version], scripts.env, scripts.cwd, shown=shown)


def _last_lines(log: str) -> list[str]:
    """Return the last lines of output, without empty ones."""
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = [line.strip()[:200] for line in file]
    messages = [line for line in lines if any(map(str.isalnum, line))]
    starts = [index for index, line in enumerate(messages) if line.startswith("== ")]
    return messages[starts[-2] + 1 : -1][-_SHOWN:] or ["nothing"]
