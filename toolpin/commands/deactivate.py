"""`toolpin deactivate`: removes toolpin from a running shell."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands.shell import require_shell
from toolpin.shell.activation import left
from toolpin.shell.dialect import DIALECTS, render_changes


class Options(NamedTuple):
    """The arguments of the command line."""

    shell: str | None = None


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments: the shell, which its hook names."""
    parser.add_argument("--for", dest="shell", choices=tuple(DIALECTS), help=SUPPRESS)


def run(options: Options, app: App) -> int:
    """Print the code that restores the shell's own PATH and variables."""
    shell = require_shell(options.shell, "deactivate", app)
    text = render_changes(left(app.env), DIALECTS[shell])
    app.report.answer(f"{text}_toolpin_forget")
    return 0
