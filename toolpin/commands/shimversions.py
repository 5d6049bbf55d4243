"""`toolpin shimversions CMD`: the installed versions that have a command."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import UnknownCommand
from toolpin.json_tables import pin_table
from toolpin.model import Pin
from toolpin.near_names import with_near_commands
from toolpin.store import installs
from toolpin.system.paths import Paths
from toolpin.versions import sort_key


class Options(NamedTuple):
    """The arguments of the command line."""

    command: str


ARGUMENTS: Arguments = {"command": "the command to look for, such as npm"}


def run(options: Options, app: App) -> int:
    """Print a tool and a version per line, oldest first; exit 127 if there are none."""
    pins = _having(options.command, app.paths)
    if not pins:
        error = UnknownCommand(
            f"no installed version provides the command {options.command}"
        )
        raise with_near_commands(error, options.command, app.paths)
    app.report.document("shimversions", [pin_table(pin) for pin in pins])
    for pin in pins:
        app.report.answer(str(pin))
    return 0


def _having(command: str, paths: Paths) -> list[Pin]:
    if "/" in command:
        return []
    return [
        pin
        for tool in installs.tools(paths)
        for version in sorted(installs.versions(paths, tool), key=sort_key)
        if installs.program(paths, pin := Pin(tool, version), command)
    ]
