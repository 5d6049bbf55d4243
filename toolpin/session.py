"""What every command starts from: folders, environment, project, and where to write."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Mapping
from typing import NamedTuple

from toolpin import project
from toolpin.errors import UsageError
from toolpin.locks import Where
from toolpin.model import Request
from toolpin.paths import Paths, home_folder
from toolpin.plugin.registry import Registry, read_registry
from toolpin.report import Report


class Session(NamedTuple):
    """One run of the command line, in one folder."""

    paths: Paths
    env: Mapping[str, str]
    folder: str
    registry: Registry
    report: Report

    @property
    def home(self) -> str:
        """The user's home folder."""
        return home_folder(self.env)

    @property
    def where(self) -> Where:
        """Where project files are looked for."""
        return Where(self.folder, self.home, self.paths.global_file)

    def requests(self) -> tuple[Request, ...]:
        """Return what is asked for here, each tool once.

        Raises UsageError that names the folders searched when nothing is.
        """
        found = project.effective(
            self.folder,
            home=self.home,
            global_file=self.paths.global_file,
            env=self.env,
            aliases=self.registry.aliases,
        )
        self._warn_of_ignored()
        self.tell_of_passed_over({request.tool for request in found})
        if found:
            return found
        raise UsageError(
            "no .tool-versions names a tool here",
            [
                ("searched", f"{self.folder} and the folders above it"),
                ("and", self.home),
                ("and", self.paths.global_file),
            ],
            "toolpin pin nodejs <version>",
        )

    def request(self, tool: str) -> Request | None:
        """Return what is asked for of one tool here, if anything is."""
        stated = project.stated(
            self.folder,
            home=self.home,
            global_file=self.paths.global_file,
            aliases=self.registry.aliases,
        )
        return project.request_for(tool, stated, self.env)

    def tell_of_passed_over(self, tools: Collection[str] | None = None) -> None:
        """Say, once for each, which asdf plugins of these tools do not count here."""
        for tool, folder in self.registry.passed_over.items():
            note = f"{self.paths.chosen}/.said-{tool}"
            if (tools is not None and tool not in tools) or os.path.exists(note):
                continue
            self.report.remark(
                f"{tool}: toolpin's own plugin counts, not {folder}; "
                f"to have another: toolpin plugin add {tool} URL"
            )
            with contextlib.suppress(OSError):  # then it is said again
                os.makedirs(self.paths.chosen, exist_ok=True)
                with open(note, "w", encoding="utf-8"):
                    pass

    def _warn_of_ignored(self) -> None:
        places = (self.folder, self.home, self.paths.global_file)
        for path in project.ignored(*places):
            self.report.warn(f"{path} is ignored: another user put it there")


def open_session(env: Mapping[str, str], paths: Paths, report: Report) -> Session:
    """Return the session of this process."""
    return Session(
        paths=paths,
        env=env,
        folder=project.logical_cwd(env),
        registry=read_registry(paths),
        report=report,
    )
