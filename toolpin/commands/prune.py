"""`toolpin prune [--yes]`: removes versions that have not been used for long."""

from __future__ import annotations

import re
import time
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import ToolpinError, UsageError
from toolpin.json_tables import pin_table
from toolpin.store import installs, staging
from toolpin.store.usage import running
from toolpin.system.report import sized
from toolpin.tasks import removal
from toolpin.tasks.pruning import Limits, Names, Version, decide
from toolpin.tasks.shim_refresh import refresh_shims

_KEEP_DAYS = 30
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


class Options(NamedTuple):
    """The arguments of the command line."""

    yes: bool = False
    keep_days: int | None = None
    max_size: str = ""
    no_previous: bool = False


ARGUMENTS: Arguments = {
    "--yes": "remove them; without --yes they are only listed",
    "--keep-days N": "keep what was used in the last N days (default: 30)",
    "--max-size SIZE": (
        "remove more, the longest unused first, until the rest is at most SIZE, such "
        "as 2G"
    ),
    "--no-previous": (
        "do not keep, for a rollback, the next older version of each pinned, running "
        "or newest one"
    ),
}


def run(options: Options, app: App) -> int:
    """Show what would be removed and why the rest stays; remove it with --yes."""
    keep_days = _KEEP_DAYS if options.keep_days is None else options.keep_days
    if keep_days < 0:
        raise UsageError("--keep-days must be 0 or more", hint="--keep-days 30")
    if app.paths.shared and options.yes and options.keep_days is None:
        raise ToolpinError(
            "nothing was removed: the projects of other users are not known here",
            [("note", "the number of days without use must be given")],
            f"toolpin prune --system --yes --keep-days {3 * _KEEP_DAYS}",
        )
    limits = Limits(keep_days, _size(options.max_size), not options.no_previous)
    versions = decide(app, limits, time.time())
    gone = [version for version in versions if not version.because]
    errors: list[ToolpinError] = []
    if app.paths.shared:
        app.report.warn(
            "the projects of other users are not known here: only last "
            "use is considered"
        )
    if options.yes:
        gone, errors = _remove_all(gone, app)
        if gone:
            refresh_shims(app.paths, app.registry)
    result = {
        "versions": [_table(version) for version in versions],
        "freed_bytes": sum(version.size_bytes for version in gone),
        "dry_run": not options.yes,
    }
    app.report.document("prune", result, changed=bool(gone and options.yes))
    app.report.table([_row(version) for version in versions])
    for error in errors:
        app.report.error(error)
    _sum_up(gone, versions, app, is_done=options.yes)
    return 1 if errors else 0


def _remove_all(
    going: list[Version], app: App
) -> tuple[list[Version], list[ToolpinError]]:
    """Remove versions; a plugin script that refuses one does not stop the others."""
    gone, errors, names = [], [], Names(app)
    for version in going:
        try:
            if _remove(version, names, app):
                gone.append(version)
        except ToolpinError as error:
            errors.append(error)
    return gone, errors


def _remove(version: Version, names: Names, app: App) -> bool:
    """Remove a version unless it is needed by now, and return whether it is gone."""
    paths, pin = app.paths.alone, version.pin
    with staging.version_lock(paths, pin):
        if running(paths, [pin]):
            app.report.warn(f"{pin}: in use by a process, kept")
            return False
        if reason := names.current().get(pin):
            app.report.warn(f"{pin}: {reason} requires it now, kept")
            return False
        if installs.is_installed(paths, pin):
            removal.remove(pin, app)
    return True


def _row(version: Version) -> tuple[str, ...]:
    day = time.strftime("%Y-%m-%d", time.localtime(version.use.last_s))
    word = "used" if version.use.is_kept else "installed"
    return (
        "keep" if version.because else "remove",
        str(version.pin),
        f"{sized(version.size_bytes):>9}",
        f"{word} {day}",
        version.because,
    )


def _table(version: Version) -> dict[str, object]:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(version.use.last_s))
    return {
        **pin_table(version.pin),
        "size_bytes": version.size_bytes,
        "last_used": stamp if version.use.is_kept else None,
        "kept_because": version.because or None,
    }


def _sum_up(
    gone: list[Version], versions: list[Version], app: App, *, is_done: bool
) -> None:
    report = app.report
    if any(not version.use.is_kept for version in versions):
        report.remark(
            "this filesystem does not record access times: a version is "
            "treated as used when it was "
            "installed"
        )
    size = sized(sum(version.size_bytes for version in gone))
    if is_done or not gone:
        report.remark(f"toolpin: {len(gone)} removed, freed {size}")
    else:
        report.remark(f"toolpin: {len(gone)} can be removed, freeing {size}")
        report.remark("  try: toolpin prune --yes")


def _size(text: str) -> int | None:
    """Return the bytes of `2G`; None without a text. Raises UsageError."""
    if not text:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)B?", text.upper())
    if not match:
        raise UsageError(
            "--max-size requires a number with K, M, G or T",
            [("received", text)],
            "--max-size 2G",
        )
    return int(float(match[1]) * _UNITS[match[2]])
