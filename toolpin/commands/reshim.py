"""`toolpin reshim [TOOL]`: updates the shims for the installed versions."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.near_names import known_tool
from toolpin.shims.shim_directory import why_skipped
from toolpin.tasks.shim_refresh import refresh_shims


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str = ""
    version: str = ""


ARGUMENTS: Arguments = {
    "[tool]": "also run the scripts of its asdf plugin again",
    "[version]": "accepted, as asdf does: the shims of all versions are updated",
}


def run(options: Options, app: App) -> int:
    """Write missing shims, remove unused ones, name the files left unchanged."""
    tool = options.tool and known_tool(options.tool, app)
    changes = refresh_shims(app.paths, app.registry, again=tool)
    for verb, names in (("added", changes.added), ("removed", changes.removed)):
        if names:
            app.report.remark(f"{verb} {', '.join(names)}")
    for name in changes.skipped:
        app.report.remark(why_skipped(app.paths, name))
    changed = bool(changes.added or changes.removed)
    app.report.document("reshim", changes._asdict(), changed=changed)
    return 0
