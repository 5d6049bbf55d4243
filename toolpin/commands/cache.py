"""`toolpin cache list` and `cache clean [--dry-run]`: the cached downloads."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.app import App
from toolpin.cache.cache_contents import Archive, clean, list_archives
from toolpin.cache.cache_location import cache_directory
from toolpin.cache.verified import Cache
from toolpin.commands import Arguments
from toolpin.json_tables import pin_table


class Options(NamedTuple):
    """The arguments of the command line."""

    action: str
    dry_run: bool = False


ARGUMENTS: Arguments = {
    "action": (
        "list: show the archives\nclean: remove archives, partial downloads and "
        "version lists, but not the checksums of --trust-on-first-use",
        ("list", "clean"),
    ),
    "--dry-run": "clean: show what would be removed",
}


def run(options: Options, app: App) -> int:
    """Print the cached archives, or what was removed."""
    cache = Cache(cache_directory(app.env))
    if options.action == "list":
        _list(cache, app)
    else:
        _clean(cache, app, dry_run=options.dry_run)
    return 0


def _list(cache: Cache, app: App) -> None:
    archives = list_archives(cache)
    if app.report.as_json:
        result = {
            "folder": cache.root,
            "archives": [_result(archive) for archive in archives],
        }
        app.report.document("cache list", result)
        return
    app.report.table([_row(archive) for archive in archives])
    size = _megabytes(sum(archive.size_bytes for archive in archives))
    app.report.remark(f"{len(archives)} archives, {size} in {cache.root}")


def _row(archive: Archive) -> tuple[str, ...]:
    pins = sorted({str(note.pin) for note in archive.notes})
    return (
        f"{_megabytes(archive.size_bytes):>10}",
        ", ".join(pins) or "-",
        _filename(archive) or f"{str(archive.digest)[:19]}...",
    )


def _result(archive: Archive) -> dict[str, object]:
    pins = sorted({note.pin for note in archive.notes})
    return {
        "digest": str(archive.digest),
        "size_bytes": archive.size_bytes,
        "path": archive.path,
        "filename": _filename(archive),
        "of": [pin_table(pin) for pin in pins],
    }


def _filename(archive: Archive) -> str | None:
    names = (
        artifact.filename
        for note in archive.notes
        for artifact in note.artifacts
        if artifact.digest == archive.digest
    )
    return next(names, None)


def _clean(cache: Cache, app: App, *, dry_run: bool) -> None:
    report = app.report
    done = clean(cache, dry_run=dry_run)
    for path, _ in done.busy:
        report.warn(f"{path} is in use and was kept")
    if report.as_json:
        result = {
            "removed": [
                {"path": path, "size_bytes": size} for path, size in done.removed
            ],
            "busy": [path for path, _ in done.busy],
            "dry_run": dry_run,
        }
        changed = bool(done.removed) and not dry_run
        report.document("cache clean", result, changed=changed)
    elif dry_run:
        for path, _ in done.removed:
            report.path(path)
    freed = _megabytes(sum(size for _, size in done.removed))
    verb = "would free" if dry_run else "freed"
    report.remark(f"{verb} {freed} in {cache.root}")


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"
