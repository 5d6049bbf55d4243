"""`toolpin which CMD`: the program that the shim of a command would run here."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import UnknownCommand
from toolpin.json_tables import origin_table
from toolpin.near_names import with_near_commands
from toolpin.run import command_lookup


class Options(NamedTuple):
    """The arguments of the command line."""

    command: str


ARGUMENTS: Arguments = {"command": "the command, such as node"}


def run(options: Options, app: App) -> int:
    """Print its path. Raises what running it would raise."""
    try:
        result = command_lookup.find(options.command, app.place)
    except UnknownCommand as error:
        raise with_near_commands(error, options.command, app.paths) from error
    tool, version = result.pin or (None, None)
    table = {
        "command": options.command,
        "path": result.path,
        "tool": tool,
        "version": version,
        "wanted_by": origin_table(result.origin) if result.origin else None,
    }
    app.report.document("which", table)
    app.report.path(result.path)
    return 0
