"""`toolpin search WORD`: the tools whose name, commands or description contain it."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import ToolpinError
from toolpin.plugins.describe import brief_record, matches


class Options(NamedTuple):
    """The arguments of the command line."""

    word: str


ARGUMENTS: Arguments = {"word": "a part of a name, a command or a description"}


def run(options: Options, app: App) -> int:
    """Print a line for each tool that matches; 1 where none does."""
    matching = [tool for tool in app.registry.tools if matches(tool, options.word)]
    if not matching:
        raise ToolpinError(
            f"no plugin matches {options.word!r}",
            [("searched", "names, commands and descriptions")],
            "toolpin plugin list all",
        )
    app.report.document("search", [brief_record(tool) for tool in matching])
    app.report.table([(", ".join(tool.names), tool.description) for tool in matching])
    return 0
