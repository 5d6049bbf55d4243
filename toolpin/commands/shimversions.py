"""`toolpin shimversions CMD`: the installed versions that have a command."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import UnknownCommand
from toolpin.json_tables import pin_table
from toolpin.near_names import with_near_commands
from toolpin.store import installs


class Options(NamedTuple):
    """The arguments of the command line."""

    command: str


ARGUMENTS: Arguments = {"command": "the command to look for, such as npm"}


def run(options: Options, app: App) -> int:
    """Print a tool and a version per line, oldest first; exit 127 if there are none."""
    command = options.command
    is_name = "/" not in command
    known = installs.pins(app.paths) if is_name else ()
    pins = [pin for pin in known if installs.program(app.paths, pin, command)]
    if not pins:
        error = UnknownCommand(f"no installed version provides the command {command}")
        raise with_near_commands(error, command, app.paths)
    app.report.document("shimversions", [pin_table(pin) for pin in pins])
    for pin in pins:
        app.report.answer(str(pin))
    return 0
