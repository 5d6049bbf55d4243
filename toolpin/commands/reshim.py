"""`toolpin reshim`: updates the shims for the installed versions."""

from __future__ import annotations

from toolpin.app import App
from toolpin.shims.shim_directory import why_skipped
from toolpin.tasks.shim_refresh import refresh_shims


def run(_options: None, app: App) -> int:
    """Write missing shims, remove unused ones, name the files left unchanged."""
    changes = refresh_shims(app.paths, app.registry)
    for verb, names in (("added", changes.added), ("removed", changes.removed)):
        if names:
            app.report.remark(f"{verb} {', '.join(names)}")
    for name in changes.skipped:
        app.report.remark(why_skipped(app.paths, name))
    changed = bool(changes.added or changes.removed)
    app.report.document("reshim", changes._asdict(), changed=changed)
    return 0
