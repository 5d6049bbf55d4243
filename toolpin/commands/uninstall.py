"""`toolpin uninstall TOOL VERSION...`: removes installs, and their unused shims.

Also `TOOL --all`, and `[TOOL] --unused`: versions that no known file here requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import ToolpinError, UsageError
from toolpin.json_tables import pin_table
from toolpin.model import COMMAND_LINE, Pin
from toolpin.near_names import installed_nearby, known_tool
from toolpin.project.toolversions import parse_wanted
from toolpin.store import installs
from toolpin.tasks.pruning import unused_pins
from toolpin.tasks.removal import remove_all


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str | None = None
    versions: tuple[str, ...] = ()
    all: bool = False
    unused: bool = False
    yes: bool = False
    dry_run: bool = False


ARGUMENTS: Arguments = {
    "[tool]": "the tool",
    "[version ...]": "exact versions, as shown by list",
    "--all": "every version of the tool",
    "--unused": (
        "versions that are not pinned by this directory, its parents or ~; the newest "
        "version of each tool is kept; pins of other projects are ignored"
    ),
    "--yes": (
        "with --unused: remove them; without --yes they are listed, with exit code 1"
    ),
    "--dry-run": "show what would be removed, without removing it",
}


def run(options: Options, app: App) -> int:
    """Remove each version; none at all if one of them is not installed."""
    pins = _chosen(options, app)
    if options.unused and pins and not (options.yes or options.dry_run):
        raise _unconfirmed(options.tool, pins)
    if not options.dry_run:
        remove_all(pins, app)
    for pin in pins if options.dry_run else ():
        app.report.answer(str(pin))
    result = {"removed": [pin_table(pin) for pin in pins], "dry_run": options.dry_run}
    changed = bool(pins) and not options.dry_run
    app.report.document("uninstall", result, changed=changed)
    if not pins:
        app.report.remark("no unused versions")
    return 0


def _chosen(options: Options, app: App) -> list[Pin]:
    """Return the pins to remove. Raises UsageError if that is not clear."""
    if [bool(options.versions), options.all, options.unused].count(True) != 1:
        raise UsageError(
            "toolpin uninstall requires one of: versions, --all, --unused",
            hint=f"toolpin list {options.tool}" if options.tool else "toolpin list",
        )
    if options.tool is None and not options.unused:
        raise UsageError("--all requires a tool", hint="toolpin list")
    own = app.paths.alone
    tool = known_tool(options.tool, app) if options.tool is not None else ""
    if options.unused:
        return unused_pins(app, (tool,) if tool else installs.tools(own))
    if options.versions:
        return [_installed(tool, version, app) for version in options.versions]
    if pins := list(installs.pins(own, [tool])):
        return pins
    raise ToolpinError(f"no version of {tool} is installed", hint="toolpin list")


def _installed(tool: str, version: str, app: App) -> Pin:
    version = app.registry.spell(tool, version)
    wanted = parse_wanted(version, COMMAND_LINE)
    if wanted.kind != "version":
        raise UsageError(
            f"{wanted} is not an installed version",
            [("expected", "an exact version, as `toolpin list` shows it")],
        )
    pin = Pin(tool, version)
    if not installs.is_installed(app.paths.alone, pin):
        if installs.is_installed(app.paths, pin):
            raise ToolpinError(
                f"{pin} is in the system store, which only --system changes",
                [("path", installs.tree(app.paths, pin))],
                f"toolpin uninstall {tool} {version} --system",
            )
        raise ToolpinError(
            f"{pin} is not installed",
            [("installed", installed_nearby(tool, version, app))],
            f"toolpin list {tool}",
        )
    return pin


def _unconfirmed(tool: str | None, pins: Sequence[Pin]) -> ToolpinError:
    words = ["toolpin uninstall", *([tool] if tool else []), "--unused --yes"]
    return ToolpinError(
        "nothing was removed: other projects may use these",
        [("not used here", str(pin)) for pin in pins],
        " ".join(words),
    )
