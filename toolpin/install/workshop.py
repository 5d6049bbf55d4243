"""Puts an Installer together for a app: settings, host, cache, clients, signals."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence

from toolpin import host, process
from toolpin.app import App
from toolpin.cache.verified import Cache
from toolpin.errors import ToolpinError, UsageError
from toolpin.execute.trees import is_of_project, patch_for
from toolpin.install.means import Means
from toolpin.install.pipeline import Installer
from toolpin.model import Host, Pin
from toolpin.plugin.folders import Folders
from toolpin.plugin.index import Index
from toolpin.progress import Board
from toolpin.scripts.gitrepo import Git
from toolpin.scripts.running import Scripts
from toolpin.settings.asdfrc import read_asdfrc
from toolpin.settings.read import MOST_JOBS, Settings, read_settings
from toolpin.shims.stubs import read_stub
from toolpin.sources.clients import Clients
from toolpin.steps.building import Builder
from toolpin.store import unfinished


def settings_for(
    app: App,
    *,
    sources: Sequence[str] = (),
    jobs: int | None = None,
    first_use: bool = False,
) -> Settings:
    """Return the app's settings; what the command line says wins."""
    settings = read_settings(app.paths, app.env)
    settings = settings._replace(trust_on_first_use=first_use)
    if sources:
        settings = settings._replace(sources=tuple(sources))
    if jobs is None:
        return settings
    if not 1 <= jobs <= MOST_JOBS:
        raise UsageError(
            f"--jobs must be a number from 1 to {MOST_JOBS}",
            [("received", str(jobs))],
        )
    return settings._replace(jobs=jobs)


def clients_for(app: App, settings: Settings, board: Board) -> Clients:
    """Return the clients that ask and download for this machine.

    From here on a signal ends what they start, too.
    """
    end_on_signals()
    return Clients(
        settings,
        env=_without_shims(app),
        host=host.detect(),
        cache=Cache(app.cache),
        remark=board.remark,
        scripts=lambda name: scripts_for(name, app),
    )


def scripts_for(name: str, app: App) -> Scripts:
    """Return the scripts of a plugin, as they run in the app's folder."""
    return Scripts(app.paths, name, app.env, app.directory)


def installer_for(
    app: App,
    settings: Settings,
    board: Board,
    *,
    target: Host | None = None,
    into: str = "",
    cache: Cache | None = None,
) -> Installer:
    """Return what installs for this app: here, or for another host into a folder.

    `into` is absolute; `cache` holds the archives, instead of the user's.
    """
    means = Means(
        app.paths._replace(into=into),
        app.registry,
        settings,
        host=target or host.detect(),
        cache=cache or Cache(app.cache),
        clients=clients_for(app, settings, board),
        builder=builder_for(app, into),
        board=board,
    )
    return Installer(means)


def builder_for(app: App, into: str = "") -> Builder:
    """Return what builds from source code for this app."""
    return Builder(
        _without_shims(app),
        app.paths.log,
        beside=lambda tool, pin: _folders_of(tool, pin, app),
        options=dict(settings_for(app).build_options),
        scripts=lambda name: scripts_for(
            name, app._replace(paths=app.paths._replace(into=into))
        ),
    )


def _folders_of(tool: str, built: Pin, app: App) -> tuple[str, ...]:
    """Return the folders with a tool's programs, of the version that is pinned here.

    Raises ToolpinError for a folder that a project names: a build runs `make`, too, and
    what it makes is for every project.
    """
    request = app.request(tool)
    if request is None:
        return ()
    patch = patch_for(request, paths=app.paths, env=app.env, cwd=app.directory)
    if is_of_project(patch, request, app.where):
        raise ToolpinError(
            f"{built} is built with {tool}, which a project names as a folder",
            [("wanted by", str(request.origin)), ("folder", patch.path[0])],
            f"toolpin pin {tool} latest",
        )
    return patch.path


def folders_for(app: App) -> Folders:
    """Return the asdf plugins of a app. From here on a signal ends git, too."""
    end_on_signals()
    return Folders(
        app.paths,
        git_for(app),
        read_asdfrc(app.env),
        env=app.env,
        cwd=app.directory,
        remark=app.report.remark,
    )


def git_for(app: App) -> Git:
    """Return the git of a app."""
    settings = settings_for(app)
    return Git(app.env, settings.rewrite, offline=settings.offline)


def index_for(app: App) -> Index:
    """Return the index of short names."""
    url = settings_for(app).plugin_index
    return Index(app.paths, git_for(app), url, app.report.warn)


def end_on_signals() -> None:
    """Let the signals that end a program end this one, and all that it has started."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _stop)


def _stop(number: int, _frame: object) -> None:
    """End at once: what is half done lies in staging, and does not count."""
    process.kill_all()
    with contextlib.suppress(OSError):  # nobody may be reading
        os.set_blocking(2, False)
        os.write(2, b"\ntoolpin: interrupted; nothing half-made is kept\n")
    unfinished.drop_scratches()
    os._exit(128 + number)


def _without_shims(app: App) -> dict[str, str]:
    """Return the environment whose PATH leads to no shim: an `npm` there is a pin's.

    That holds for another store's shims too.
    """
    env = dict(app.env)
    folders = env.get("PATH", "").split(":")
    kept = [one for one in folders if read_stub(f"{one}/npm") is None]
    env["PATH"] = ":".join(one for one in kept if one != app.paths.shims)
    return env
