"""What every command starts from: folders, environment, project, and where to write."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from toolpin.errors import Refused, UsageError, as_word
from toolpin.lockfile.lookup import Where, ignored
from toolpin.model import Request
from toolpin.paths import Paths, home_folder
from toolpin.plugin.registry import Registry, read_registry
from toolpin.project import pin_files
from toolpin.project.idiomatic import Idioms, disagreements
from toolpin.report import Report
from toolpin.settings.idiomatic_level import idiomatic_level

if TYPE_CHECKING:
    from toolpin.settings.read import Settings


class App(NamedTuple):
    """One run of the command line, in one folder."""

    paths: Paths
    env: Mapping[str, str]
    directory: str
    registry: Registry
    report: Report

    @property
    def home(self) -> str:
        """The user's home folder."""
        return home_folder(self.env)

    @property
    def cache(self) -> str:
        """The cache folder.

        Raises Refused where the machine's store would be filled out of another user's
        hands: from the cache, or from where that user's settings of pip and npm lead;
        and where everybody may write that store.
        """
        from toolpin.cache.folder import cache_folder  # noqa: PLC0415 - rarely

        folder = cache_folder(self.env)
        if self.paths.shared:
            # Few are asked so, and what is light is read at every prompt.
            from toolpin.owners import hold_of_others  # noqa: PLC0415
            from toolpin.store.open_places import open_places  # noqa: PLC0415

            if places := open_places(self.paths):
                raise _open_to_all(self.paths, places)
            for name, path in (("cache", folder), ("home folder", self.home)):
                if hold := hold_of_others(path):
                    raise _foreign(name, path, hold, self.env)
        return folder

    @property
    def where(self) -> Where:
        """Where project files are looked for."""
        return Where(self.directory, self.home, self.paths.global_file)

    @property
    def idioms(self) -> Idioms:
        """The files beside `.tool-versions` that count."""
        return self.registry.idioms(idiomatic_level(self.paths, self.env))

    def stated(self, only: Collection[str] = ()) -> Iterator[Request]:
        """Yield what the files here and above request, nearest first.

        With `only`, lines of these names alone are judged.
        """
        return pin_files.stated(
            self.directory,
            home=self.home,
            global_file=self.paths.global_file,
            aliases=self.registry.aliases,
            idioms=self.idioms,
            only=only,
        )

    def requests(self) -> tuple[Request, ...]:
        """Return what is asked for here, each tool once.

        Raises UsageError that names the folders searched when nothing is.
        """
        stated = tuple(self.stated())
        self.warn_of_ignored()
        self.judge(stated)
        aliases = self.registry.aliases
        found = pin_files.effective(stated, env=self.env, aliases=aliases)
        self.tell_of_passed_over({request.tool for request in found})
        if found:
            return found
        raise UsageError(
            "no .tool-versions names a tool here",
            [
                ("searched", f"{self.directory} and the folders above it"),
                ("and", self.home),
                ("and", self.paths.global_file),
            ],
            "toolpin pin nodejs latest",
        )

    def judge(self, requests: Iterable[Request]) -> None:
        """Say where files of one folder disagree about a tool."""
        for line in self.disagreement_lines(requests):
            self.report.warn(line)

    def disagreement_lines(self, requests: Iterable[Request]) -> Iterator[str]:
        """Yield a line for each tool about which files of one folder disagree.

        Raises UsageError for it where the setting `strict` says so.
        """
        for one, other in disagreements(requests):
            if self._settings().strict:
                raise UsageError(
                    f"two files of {os.path.dirname(one.origin.place)} disagree",
                    [
                        (str(one.origin), f"{one.tool} {one.wanted[0]}"),
                        (str(other.origin), f"{other.tool} {other.wanted[0]}"),
                    ],
                    f"rm {as_word(other.origin.place)}",
                )
            yield (
                f"{one.origin} says {one.tool} {one.wanted[0]}, which counts; "
                f"{other.origin} says {other.wanted[0]}"
            )

    def request(self, tool: str) -> Request | None:
        """Return what is asked for of one tool here, if anything is."""
        return pin_files.request_for(tool, self.stated(), self.env)

    def _settings(self) -> Settings:
        # With them comes the TOML parser: only where they matter.
        from toolpin.settings.read import read_settings  # noqa: PLC0415

        return read_settings(self.paths, self.env)

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

    def warn_of_ignored(self) -> None:
        """Say which files do not count here, as another user's."""
        for path in ignored(self.where, self.idioms.names):
            self.report.warn(f"{path} is ignored: another user put it there")


def _open_to_all(paths: Paths, places: list[str]) -> Refused:
    return Refused(
        "everybody may write the machine's store, and so decide what all run",
        [*(("may be written", one) for one in places), ("changed", "nothing")],
        f"chmod -R o-w {as_word(paths.data)}",
    )


def _foreign(name: str, path: str, hold: str, env: Mapping[str, str]) -> Refused:
    from toolpin.owners import account_home  # noqa: PLC0415 - see above

    home = account_home()
    how = "sudo -H" if "SUDO_UID" in env else f"HOME={home}"
    if name == "cache" and env.get("TOOLPIN_CACHE_DIR"):
        how = f"TOOLPIN_CACHE_DIR={home}/.cache/toolpin"
    return Refused(
        f"the {name} is in other users' hands: they could choose what all users run",
        [(name, path), ("because", hold), ("changed", "nothing")],
        f"{how} toolpin install --system",
    )


def open_app(env: Mapping[str, str], paths: Paths, report: Report) -> App:
    """Return the app of this process."""
    return App(
        paths=paths,
        env=env,
        directory=pin_files.logical_cwd(env),
        registry=read_registry(paths),
        report=report,
    )
