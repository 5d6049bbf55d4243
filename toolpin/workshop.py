"""Puts an Installer together for a session: settings, host, cache, clients, signals."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence

from toolpin import host, process
from toolpin.building import Builder
from toolpin.cache import Cache, cache_folder
from toolpin.errors import UsageError
from toolpin.install import Installer
from toolpin.model import Host
from toolpin.progress import Board
from toolpin.session import Session
from toolpin.settings import MOST_JOBS, Settings, read_settings
from toolpin.sources.clients import Clients
from toolpin.stubs import read_stub


def settings_for(
    session: Session, *, sources: Sequence[str] = (), jobs: int | None = None
) -> Settings:
    """Return the session's settings; what the command line says wins."""
    settings = read_settings(session.paths, session.env)
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


def clients_for(session: Session, settings: Settings, board: Board) -> Clients:
    """Return the clients that ask and download for this machine.

    From here on a signal ends what they start, too.
    """
    end_on_signals()
    return Clients(
        settings,
        env=_without_shims(session),
        host=host.detect(),
        cache=Cache(cache_folder(session.env)),
        remark=board.remark,
    )


def installer_for(
    session: Session,
    settings: Settings,
    board: Board,
    *,
    target: Host | None = None,
    into: str = "",
    cache: Cache | None = None,
) -> Installer:
    """Return what installs for this session: here, or for another host into a folder.

    `into` is absolute; `cache` holds the archives, instead of the user's.
    """
    return Installer(
        session.paths._replace(into=into),
        session.registry,
        settings,
        host=target or host.detect(),
        cache=cache or Cache(cache_folder(session.env)),
        clients=clients_for(session, settings, board),
        builder=builder_for(session),
        board=board,
    )


def builder_for(session: Session) -> Builder:
    """Return what builds from source code for this session."""
    return Builder(_without_shims(session), session.paths.logs)


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
    os._exit(128 + number)


def _without_shims(session: Session) -> dict[str, str]:
    """Return the environment whose PATH leads to no shim: an `npm` there is a pin's.

    That holds for another store's shims too.
    """
    env = dict(session.env)
    folders = env.get("PATH", "").split(":")
    kept = [one for one in folders if read_stub(f"{one}/npm") is None]
    env["PATH"] = ":".join(one for one in kept if one != session.paths.shims)
    return env
