"""Removes an installed version, and lets an asdf plugin and the user's hooks know.

Whether it may go is decided elsewhere; its caller holds the version's mutex.
"""

from __future__ import annotations

import os

from toolpin.app import App
from toolpin.model import Pin
from toolpin.store import installs, trees


def remove(pin: Pin, app: App) -> None:
    """Remove a version. Raises ToolpinError, before it goes, where a script fails.

    Of one that another manager has, the links alone go: a script would reach through.
    """
    tool = app.registry.get(pin.tool)
    linked = installs.is_linked(app.paths, pin)
    if linked or tool is None or not os.path.isdir(tool.file):
        trees.remove(app.paths, pin)
        return
    from toolpin.install.workshop import scripts_for  # noqa: PLC0415
    from toolpin.scripts.build import take_down, taken_down  # noqa: PLC0415
    from toolpin.settings.asdfrc import read_asdfrc  # noqa: PLC0415 - a few plugins

    scripts, rc = scripts_for(pin.tool, app), read_asdfrc(app.env)
    said = take_down(scripts, pin, rc)
    if os.path.lexists(app.paths.install(*pin)):  # else a script has
        trees.remove(app.paths, pin)
    for line in (said + taken_down(scripts, pin, rc)).splitlines():
        app.report.remark(line)
