"""Writes a tool's line of `.tool-versions`, and updates the lockfile beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from toolpin.app import App
from toolpin.errors import NoChecksum, as_word
from toolpin.lockfile.header import lockfile_beside
from toolpin.model import Origin, Request, Wanted
from toolpin.project import known_projects, project_files
from toolpin.project.named_directories import check_directories
from toolpin.project.toolversions import edit, parse


def write_line(
    path: str,
    names: Sequence[str],
    versions: Sequence[Wanted],
    app: App,
) -> tuple[bytes, bytes, bool]:
    """Change a tool's line, and an existing lockfile.

    Returns old and new, and whether the lockfile has changed. Raises UsageError for an
    invalid file, NoChecksum with the command that pins anyway.
    """
    request = Request(names[0], tuple(versions), Origin(path, 1))
    check_directories(request, app.home, app.paths.global_file)
    lockfile = lockfile_beside(path)
    with app.writing(path, lockfile):
        before = app.files.read(path) if os.path.lexists(path) else b""
        after = edit(before, names, versions, place=path)
        parse(
            after, path, app.registry.spell
        )  # errors in the tool's own line are fixed by the new one
        is_locked = False
        if os.path.lexists(lockfile):
            try:
                tool = app.registry.canonical(names[0])
                is_locked = _write_both(tool, path, after, lockfile, app)
            except NoChecksum as error:
                raise _unpinned(
                    error, path, [names[0], *map(str, versions)], app
                ) from None
        else:
            project_files.write(path, after)
    known_projects.remember(app.paths, [request.origin])
    return before, after, is_locked


def _unpinned(
    error: NoChecksum, path: str, words: Sequence[str], app: App
) -> NoChecksum:
    """Return the error with the command that writes both files anyway."""
    directory = os.path.dirname(path)
    where = "" if directory == app.directory else f" -C {as_word(directory)}"
    line = " ".join(map(as_word, words))
    return NoChecksum(
        error.what, error.facts, f"toolpin{where} pin {line} --trust-on-first-use"
    )


def _write_both(tool: str, path: str, data: bytes, lockfile: str, app: App) -> bool:
    """Write both files, and return whether the lockfile has changed.

    If the tool cannot be locked, both are left unchanged.
    """
    # They import requests and threads: only where there is a lockfile.
    from toolpin.lockfile.document import EMPTY
    from toolpin.lockfile.scope import Scope
    from toolpin.lockfile_update.local_entries import known_here
    from toolpin.lockfile_update.project_lockfile import (
        locker_for,
        lockfile_requests_of,
        relocked,
        report_unknown,
        write_both,
    )

    old = app.lockfile(lockfile) or EMPTY
    locker = locker_for(app, Scope(old.hosts), known_here(app))
    lock_requests = lockfile_requests_of(data, path, app)
    report_unknown(lock_requests, app)
    lock = relocked(locker, lock_requests, old, app, {tool})
    return lockfile in write_both(path, data, lockfile, lock, app)
