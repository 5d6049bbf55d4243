"""The state that every command starts from: directories, environment, project, output.

One `App` is built per process. Each value is computed when it is first needed, and only
once; heavy modules are imported then.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from toolpin.config.idiomatic_level import idiomatic_level
from toolpin.errors import UsageError, searched
from toolpin.lockfile.header import lockfile_beside
from toolpin.model import Request
from toolpin.plugins.registry import Registry, read_registry
from toolpin.project import pin_files
from toolpin.project.idiomatic import Idioms, disagreement_error, disagreements, unmet
from toolpin.project.pin_files import Where
from toolpin.project.project_files import Files
from toolpin.resolver.local_resolution import Resolution, resolve
from toolpin.system.paths import Paths, home_directory
from toolpin.system.report import Report

if TYPE_CHECKING:
    from toolpin.cache.verified import Cache
    from toolpin.config.settings import Settings
    from toolpin.lockfile.document import Lockfile
    from toolpin.model import Host, Pin
    from toolpin.plugins.asdf.git_client import Git
    from toolpin.plugins.asdf.script_runner import Scripts
    from toolpin.plugins.asdf_index import Index
    from toolpin.plugins.plugin_directories import PluginDirectories
    from toolpin.run.lookup_context import Place
    from toolpin.sources.clients import Clients
    from toolpin.steps.source_build import Builder
    from toolpin.system.progress import Board


class App:
    """One run of the command line, in one directory.

    `directory` replaces the current directory; `files` caches project files, lockfiles
    and settings. `trusts_first_use` is an option of the command line, never a setting.
    """

    def __init__(
        self,
        paths: Paths,
        env: Mapping[str, str],
        report: Report,
        *,
        directory: str = "",
        files: Files | None = None,
        trusts_first_use: bool = False,
    ) -> None:
        self.paths = paths
        self.env = env
        self.report = report
        if directory:
            vars(self)["directory"] = directory
        self.files = files or Files()
        self.trusts_first_use = trusts_first_use
        self._lockfiles: dict[str, Lockfile | None] = {}

    def derived(
        self,
        *,
        paths: Paths | None = None,
        env: Mapping[str, str] | None = None,
        registry: Registry | None = None,
        settings: Settings | None = None,
        host: Host | None = None,
        cache: Cache | None = None,
        clients: Clients | None = None,
    ) -> App:
        """Return a context in which these values differ.

        It shares the files already read, and the board if there is one; all else is
        computed again.
        """
        app = App(
            paths or self.paths,
            self.env if env is None else env,
            self.report,
            directory=self.directory,
            files=self.files,
            trusts_first_use=self.trusts_first_use,
        )
        given = {
            "board": vars(self).get("board"),  # it starts a thread
            "registry": registry,
            "settings": settings,
            "host": host,
            "cache": cache,
            "clients": clients,
        }
        # Where a cached property keeps what it has computed.
        vars(app).update(
            {name: value for name, value in given.items() if value is not None}
        )
        return app

    @cached_property
    def directory(self) -> str:
        """The current directory as the shell names it.

        Raises ToolpinError for a directory that has been deleted.
        """
        return pin_files.logical_cwd(self.env)

    @property
    def home(self) -> str:
        """The user's home directory."""
        return home_directory(self.env)

    @property
    def where(self) -> Where:
        """The directories in which project files are looked up."""
        return self.where_in(self.directory)

    @property
    def place(self) -> Place:
        """The context in which commands are looked up."""
        from toolpin.run.lookup_context import Place

        here = self.directory
        return Place(self.paths, self.idioms, self.env, here, self.files, self.registry)

    def where_in(self, directory: str) -> Where:
        """Return where project files are looked up for another directory."""
        return Where(directory, self.home, self.paths.global_file, self.files)

    @cached_property
    def registry(self) -> Registry:
        """The known tools."""
        return read_registry(self.paths)

    @cached_property
    def idioms(self) -> Idioms:
        """The files other than `.tool-versions` that pin tools."""
        read = self.files.read_settings
        return self.registry.idioms(idiomatic_level(self.paths, self.env, read))

    def reload_plugins(self) -> None:
        """Find the plugins again, after some were added or removed."""
        for name in ("registry", "idioms"):
            vars(self).pop(name, None)

    @cached_property
    def settings(self) -> Settings:
        """The effective settings. Raises UsageError with the file and key."""
        # They load the TOML parser, which few commands need.
        from toolpin.config.settings import read_settings

        settings = read_settings(self.paths, self.env, self.files.read_settings)
        return settings._replace(trust_on_first_use=self.trusts_first_use)

    @cached_property
    def host(self) -> Host:
        """This machine, or the target host of the install."""
        from toolpin.system.host import detect

        return detect()

    @property
    def cache_directory(self) -> str:
        """The download cache directory.

        Raises Refused where other users could write to it.
        """
        from toolpin.cache.cache_location import cache_directory

        directory = cache_directory(self.env)
        if self.paths.shared:
            from toolpin.store.shared_store import check_shared

            check_shared(self.paths, directory, self.env)
        return directory

    @cached_property
    def cache(self) -> Cache:
        """The cache of downloads. Raises what `cache_directory` raises."""
        from toolpin.cache.verified import Cache

        return Cache(self.cache_directory)

    @cached_property
    def board(self) -> Board:
        """The progress display of this process."""
        from toolpin.system.progress import Board

        return Board(self.report)

    @cached_property
    def clients(self) -> Clients:
        """The clients that query sources and download; signals end their processes."""
        from toolpin.shims.stubs import without_shims
        from toolpin.sources.clients import Clients
        from toolpin.store.interruption import end_on_signals

        end_on_signals()
        return Clients(
            self.settings,
            env=without_shims(self.env, self.paths.shims),
            host=self.host,
            cache=self.cache,
            helpers=self.paths.helpers,
            remark=self.board.remark,
            scripts=self.scripts,
        )

    @cached_property
    def builder(self) -> Builder:
        """The builder of source code."""
        from toolpin.run.tool_environment import built_with
        from toolpin.shims.stubs import without_shims
        from toolpin.steps.source_build import Builder

        def beside(tool: str, pin: Pin) -> tuple[str, ...]:
            request = self.request(tool)
            if request is None:
                return ()
            return built_with(request, pin, self.place)

        return Builder(
            without_shims(self.env, self.paths.shims),
            self.paths.log,
            beside=beside,
            options=dict(self.settings.build_options),
            scripts=self.build_scripts,
        )

    @cached_property
    def git(self) -> Git:
        """The git client that fetches plugins."""
        from toolpin.plugins.asdf.git_client import Git

        return Git(self.env, self.settings.rewrite, offline=self.settings.offline)

    @cached_property
    def plugin_directories(self) -> PluginDirectories:
        """The asdf plugins of the store; signals end their git processes too."""
        from toolpin.config.asdfrc import read_asdfrc
        from toolpin.plugins.plugin_directories import PluginDirectories
        from toolpin.store.interruption import end_on_signals

        end_on_signals()
        return PluginDirectories(
            self.paths,
            self.git,
            read_asdfrc(self.env),
            env=self.env,
            cwd=self.directory,
            remark=self.report.remark,
        )

    @cached_property
    def plugin_index(self) -> Index:
        """The index of plugin short names."""
        from toolpin.plugins.asdf_index import Index

        url = self.settings.plugin_index
        return Index(self.paths, self.git, url, self.report.warn)

    def scripts(self, name: str) -> Scripts:
        """Return the scripts of a plugin, run in this directory."""
        from toolpin.plugins.asdf.script_runner import Scripts

        return Scripts(self.paths, name, self.env, self.directory)

    def build_scripts(self, name: str) -> Scripts:
        """Return the scripts of a plugin, with the other tools pinned here on PATH."""
        from toolpin.plugins.asdf.script_runner import Scripts
        from toolpin.run.tool_environment import pins_in

        patch, _ = pins_in(self.place, without=name)
        env = {**self.env, **dict(patch.variables)}
        return Scripts(self.paths, name, env, self.directory, patch.path)

    def lockfile(self, path: str) -> Lockfile | None:
        """Return a lockfile, read once, or None. Raises what `read_lockfile` raises."""
        from toolpin.lockfile.reader import read_lockfile

        if path not in self._lockfiles:
            self._lockfiles[path] = read_lockfile(path, self.files)
        return self._lockfiles[path]

    @contextlib.contextmanager
    def writing(self, *paths: str) -> Iterator[None]:
        """Hold the file locks of files that are about to be written.

        Another process may have changed them since they were read, so they are read
        again.
        """
        from toolpin.system.file_lock import held_files

        with held_files(self.paths.locks, *paths):
            self.forget()
            try:
                yield
            finally:
                self.forget()

    def forget(self) -> None:
        """Drop cached project files and lockfiles, so that they are read again."""
        self.files.forget()
        self._lockfiles.clear()

    def stated(self, only: Collection[str] = ()) -> Iterator[Request]:
        """Yield the requests here and above, nearest first; validate `only` these."""
        return pin_files.stated(self.where, self.registry.aliases, self.idioms, only)

    def requests(self) -> tuple[Request, ...]:
        """Return what is requested here, one request per tool.

        Raises UsageError with the directories searched when there is none.
        """
        stated = tuple(self.stated())
        self.warn_of_ignored()
        self.report_disagreements(stated)
        results = tuple(self.effective(stated))
        self.report_passed_over({request.tool for request in results})
        if results:
            return results
        raise UsageError(
            "no tool is pinned here",
            [
                ("searched", searched(self.directory)),
                ("searched", self.home),
                ("searched", self.paths.global_file),
            ],
            "toolpin pin nodejs latest",
        )

    def effective(self, requests: Iterable[Request]) -> Iterator[Request]:
        """Yield the effective request for each tool, overrides included."""
        registry = self.registry
        aliases, spell = registry.aliases, registry.spell
        return pin_files.effective(requests, env=self.env, aliases=aliases, spell=spell)

    def report_disagreements(self, requests: Iterable[Request]) -> None:
        """Report files of one directory that disagree about a tool."""
        for line in self.disagreement_lines(requests):
            self.report.warn(line)

    def disagreement_lines(self, requests: Iterable[Request]) -> Iterator[str]:
        """Yield a line for each tool about which files of one directory disagree.

        Raises UsageError for it when the setting `strict` is on. Also one for each file
        that names more than is installed.
        """
        requests = tuple(requests)
        yield from unmet(requests, self._triple)
        for used, other in disagreements(requests):
            if self.settings.strict:
                raise disagreement_error(used, other)
            yield (
                f"{used.origin} has {used.tool} {used.wanted[0]}, which is used; "
                f"{other.origin} has {other.wanted[0]}"
            )

    def _triple(self) -> str:
        from toolpin.sources.spec import host_words  # few files need it

        return host_words(str(self.host), {})["triple"]

    def request(self, tool: str) -> Request | None:
        """Return the request for one tool here, None without one."""
        return pin_files.request_for(tool, self.stated(), self.env, self.registry.spell)

    def resolve(self, request: Request) -> Iterator[Resolution]:
        """Yield the installed versions that satisfy a request here; see `resolve`."""
        return resolve(request, self.paths, self.where)

    def report_passed_over(self, tools: Collection[str] | None = None) -> None:
        """Report, once each, which asdf plugins of these tools are not used here."""
        for tool, directory in self.registry.passed_over.items():
            note = f"{self.paths.chosen}/.said-{tool}"
            if (tools is not None and tool not in tools) or os.path.exists(note):
                continue
            self.report.remark(
                f"{tool}: the bundled plugin is used instead of {directory}; "
                f"to use another: toolpin plugin add {tool} <url>"
            )
            with contextlib.suppress(OSError):  # then it is reported again
                os.makedirs(self.paths.chosen, exist_ok=True)
                with open(note, "w", encoding="utf-8"):
                    pass

    def warn_of_ignored(self) -> None:
        """Warn of the files that are ignored because another user owns them."""
        for path in self.ignored_files():
            self.report.warn(f"{path} is ignored: it belongs to another user")

    def ignored_files(self) -> Iterator[str]:
        """Yield the ignored files that pin, and ignored lockfiles beside used ones."""
        names = self.idioms.names
        yield from pin_files.candidates(self.where, names, ignored=True)
        counted = pin_files.candidates(self.where, names)
        for path in dict.fromkeys(map(lockfile_beside, counted)):
            if os.path.lexists(path) and not pin_files.is_used_file(path):
                yield path
