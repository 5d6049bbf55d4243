"""Runs the hooks that follow an install of an asdf plugin's, once it has shims."""

from __future__ import annotations

import os
from collections.abc import Sequence

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.install.jobs import Outcome


def run_install_hooks(outcomes: Sequence[Outcome], app: App) -> list[Outcome]:
    """Run the hook of each install that is new; one that fails is a failed job."""
    return [_after(one, app) if one.status == "installed" else one for one in outcomes]


def _after(outcome: Outcome, app: App) -> Outcome:
    pin = outcome.job.pin
    tool = app.registry.readable(pin.tool)
    if tool is None or not os.path.isdir(tool.file):
        return outcome
    from toolpin.scripts.build import published  # noqa: PLC0415 - a few plugins
    from toolpin.settings.asdfrc import read_asdfrc  # noqa: PLC0415

    try:
        said = published(app.scripts(pin.tool), pin, read_asdfrc(app.env))
    except ToolpinError as error:
        return outcome._replace(status="failed", error=error)
    for line in said.splitlines():
        app.report.remark(line)
    return outcome
