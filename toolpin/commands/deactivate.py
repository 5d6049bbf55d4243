"""`toolpin deactivate`: removes toolpin from a running shell."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.commands.shell import require_shell
from toolpin.shell.activation import left
from toolpin.shell.dialect import DIALECTS, render_changes


class Options(NamedTuple):
    """The arguments of the command line."""

    for_: str | None = None


ARGUMENTS: Arguments = {"--for": (None, tuple(DIALECTS))}


def run(options: Options, app: App) -> int:
    """Print the code that restores the shell's own PATH and variables."""
    shell = require_shell(options.for_, "deactivate", app)
    text = render_changes(left(app.env), DIALECTS[shell])
    app.report.code(f"{text}_toolpin_forget")
    return 0
