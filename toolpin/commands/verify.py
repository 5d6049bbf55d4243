"""`toolpin verify [TOOL [VERSION]] [--repair]`: compares installs with receipts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import ToolpinError
from toolpin.model import COMMAND_LINE, Artifact, Pin
from toolpin.project.toolversions import check_tool_name
from toolpin.sources.protocol import Progress
from toolpin.store import installs, relocation
from toolpin.store.inspection import inspect
from toolpin.store.install_checks import Check, as_table, heading, rows
from toolpin.store.repair import Fetch, Repaired, repair
from toolpin.store.writable_paths import open_error
from toolpin.tasks.shim_refresh import refresh_shims


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str | None = None
    version: str | None = None
    repair: bool = False


ARGUMENTS: Arguments = {
    "[tool]": "only this tool",
    "[version]": "only this version",
    "--repair": "restore damaged files; added files are kept",
}


def run(options: Options, app: App) -> int:
    """Compare each install with its receipt; exit 1 if one is damaged at the end.

    If all are compared, a world-writable store is an error, too.
    """
    relocation.relocate(app.paths)  # a moved store is not damaged
    checks = []
    for pin in _pins(options, app):
        check = _check(pin, app, repairs=options.repair)
        if check.after.findings and not installs.is_installed(app.paths, pin):
            continue  # removed meanwhile: not damaged
        checks.append(check)
        app.report.answer(heading(check))
        app.report.table(rows(check))
    if any(check.before.findings != check.after.findings for check in checks):
        refresh_shims(app.paths, app.registry)
    stores = [] if options.tool else installs.stores(app.paths)
    open_stores = [error for store in stores if (error := open_error(store))]
    for problem in (
        *(problem for check in checks for problem in check.problems),
        *open_stores,
    ):
        app.report.error(problem)
    changed = any(check.before != check.after for check in checks)
    result = {
        "installs": [
            as_table(check, installs.tree(app.paths, check.after.pin))
            for check in checks
        ]
    }
    app.report.document("verify", result, changed=changed if options.repair else None)
    _sum_up(checks, options, app)
    is_damaged = any(check.status == "damaged" for check in checks)
    return 1 if is_damaged or open_stores else 0


def _pins(options: Options, app: App) -> list[Pin]:
    known = installs.tools(app.paths)
    if options.tool:
        tool = app.registry.canonical(options.tool)
        check_tool_name(tool, COMMAND_LINE)
        known = (tool,)
    pins = [
        pin
        for pin in installs.pins(app.paths, known)
        if options.version in (None, pin.version)
    ]
    if options.tool and not pins:
        have = ", ".join(installs.versions(app.paths, known[0])) or "none"
        wanted = f"{known[0]} {options.version or ''}".rstrip()
        raise ToolpinError(f"{wanted} is not installed", [("installed", have)])
    return pins


def _check(pin: Pin, app: App, *, repairs: bool) -> Check:
    tool = app.registry.readable(pin.tool)
    mutable = tool.mutable if tool else ()
    paths = installs.store_of(app.paths, pin)
    before = inspect(paths, pin, mutable)
    if not (repairs and before.findings):
        return Check(before, before)
    try:
        if paths != app.paths:
            raise ToolpinError(
                f"{pin} is in the system store, which only --system changes",
                [("there", paths.install(*pin))],
                f"toolpin verify {pin} --repair --system",
            )
        done = repair(paths, before, mutable, _fetch_for(pin, app))
    except ToolpinError as error:
        done = Repaired(before, (error,))
    return Check(before, done.inspection, done.problems)


def _fetch_for(pin: Pin, app: App) -> Fetch:
    """Return a function that finds an artifact in the cache, or downloads it."""
    board = app.board
    row = board.row(str(pin))
    clients = app.clients
    cache = app.cache

    def download(artifact: Artifact, part: str, progress: Progress) -> None:
        row.phase("downloading", artifact.filename)
        clients.download(artifact, part, progress)

    def fetch(artifact: Artifact) -> str:
        try:
            return cache.fetch(artifact, download, row.advance)
        finally:
            row.drop()

    return fetch


def _sum_up(checks: Sequence[Check], options: Options, app: App) -> None:
    counts = [
        f"{count} {status}"
        for status in ("intact", "repaired", "damaged", "adopted")
        if (count := sum(check.status == status for check in checks))
    ]
    app.report.remark(f"toolpin: {', '.join(counts) or 'nothing is installed'}")
    damaged = [check.after for check in checks if check.status == "damaged"]
    if damaged and not options.repair:
        pin = damaged[0].pin
        what = f" {pin}" if len(damaged) == 1 else ""
        fix = f"toolpin verify{what} --repair"
        if what and damaged[0].receipt is None:
            fix = f"toolpin uninstall {pin} && toolpin install {pin}"
        app.report.remark(f"  try: {fix}")
