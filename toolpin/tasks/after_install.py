"""Runs the hooks after an install of an asdf plugin's tool, once it has shims."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from toolpin.app import App
from toolpin.errors import ToolpinError
from toolpin.install.jobs import Outcome
from toolpin.model import Pin
from toolpin.system.paths import Paths

_WARNS = re.compile(r"\b(warn(ing)?s?|fail(ed|s|ure)?|errors?)\b", re.IGNORECASE)
_MOST = 3
_WIDEST = 200


def run_install_hooks(outcomes: Sequence[Outcome], app: App) -> list[Outcome]:
    """Run the hook of each new install; one that fails is a failed job."""
    return [
        _after(outcome, app) if outcome.status == "installed" else outcome
        for outcome in outcomes
    ]


def _after(outcome: Outcome, app: App) -> Outcome:
    pin = outcome.job.pin
    tool = app.registry.readable(pin.tool)
    if tool is None or not os.path.isdir(tool.file):
        return outcome
    from toolpin.config.asdfrc import read_asdfrc
    from toolpin.plugins.asdf.script_build import published

    try:
        output = published(app.scripts(pin.tool), pin, read_asdfrc(app.env))
    except ToolpinError as error:
        return outcome._replace(status="failed", error=error)
    for line in (*_warnings(pin, app.paths), *output.splitlines()):
        app.report.remark(line)
    return outcome


def _warnings(pin: Pin, paths: Paths) -> list[str]:
    """Return the warnings in an install's log that the user has not seen."""
    log = paths.log(*pin)
    if paths.as_asdf or not os.path.exists(log):
        return []
    with open(log, encoding="utf-8", errors="replace") as file:
        results = [line.strip()[:_WIDEST] for line in file if _WARNS.search(line)]
    if not results:
        return []
    shown = [f"{pin}:   {line}" for line in results[:_MOST]]
    return [f"{pin}: its scripts warn in {len(results)} lines of {log}", *shown]
