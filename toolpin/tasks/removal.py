"""Removes installed versions, and runs an asdf plugin's and the user's hooks.

Whether they may be removed is decided elsewhere.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.model import Pin
from toolpin.store import installs, publication, staging
from toolpin.tasks.shim_refresh import refresh_shims


def remove_all(pins: Sequence[Pin], app: App) -> None:
    """Remove installs, and their unused shims; plugin scripts are run."""
    try:
        for pin in pins:
            with staging.version_lock(app.paths, pin):
                if installs.is_installed(app.paths.alone, pin):
                    remove(pin, app)
            app.report.remark(f"removed {pin}")
    except ToolpinError:
        # Earlier removals leave no shims; the first error is raised.
        with contextlib.suppress(ToolpinError):
            refresh_shims(app.paths, app.registry)
        raise
    if pins:
        refresh_shims(app.paths, app.registry)


def remove(pin: Pin, app: App) -> None:
    """Remove a version, with its file lock held. Raises ToolpinError if a script fails.

    Of an adopted one only the links are removed: a script would change the other
    manager's tree.
    """
    tool = app.registry.get(pin.tool)
    linked = installs.is_linked(app.paths, pin)
    if linked or tool is None or not os.path.isdir(tool.file):
        publication.remove(app.paths, pin)
        return
    from toolpin.config.asdfrc import read_asdfrc
    from toolpin.plugins.asdf.script_build import after_removal, before_removal

    scripts, rc = app.scripts(pin.tool), read_asdfrc(app.env)
    output = before_removal(scripts, pin, rc)
    if os.path.lexists(app.paths.install(*pin)):  # otherwise a script has
        publication.remove(app.paths, pin)
    for line in (output + after_removal(scripts, pin, rc)).splitlines():
        app.report.remark(line)
