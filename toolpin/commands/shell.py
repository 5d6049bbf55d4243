"""`toolpin shell TOOL VERSION...`: pins a tool for one running shell."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import ToolpinError, UsageError
from toolpin.model import COMMAND_LINE, Request
from toolpin.near_names import known_tool
from toolpin.project.toolversions import parse_wanted, variable_for
from toolpin.run.tool_environment import first_tree
from toolpin.shell.activation import ACTIVE
from toolpin.shell.dialect import DIALECTS


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str
    versions: tuple[str, ...] = ()
    unset: bool = False
    for_: str | None = None


ARGUMENTS: Arguments = {
    "tool": "the tool to pin in this shell",
    "[version ...]": (
        "required without --unset; several are a fallback list: the first one that is "
        "installed is used"
    ),
    "--unset": "use the version of the project files again",
    "--for": (None, tuple(DIALECTS)),
}


def run(options: Options, app: App) -> int:
    """Print the assignment. Raises NotRunnable if no version is installed."""
    if options.unset == bool(options.versions):
        raise UsageError(
            "toolpin shell requires either versions or --unset",
            hint=f"toolpin shell {options.tool} --unset",
        )
    tool = known_tool(options.tool, app)
    dialect = DIALECTS[require_shell(options.for_, f"shell {options.tool}", app)]
    variable = variable_for(tool)
    if options.unset:
        app.report.code(dialect.unset(variable).rstrip("\n"))
        return 0
    words = (app.registry.spell(tool, word) for word in options.versions)
    wanted = tuple(parse_wanted(word, COMMAND_LINE) for word in words)
    _require_installed(Request(tool, wanted, COMMAND_LINE), app)
    text = " ".join(map(str, wanted))
    app.report.code(dialect.assign(variable, text).rstrip("\n"))
    return 0


def require_shell(named: str | None, words: str, app: App) -> str:
    """Return the shell to write for, which must be named.

    Raises ToolpinError without one: nothing printed here would change a shell.
    """
    if named:
        return named
    shell = app.env.get(ACTIVE, "")
    shell = shell if shell in DIALECTS else "bash"
    verb = words.partition(" ")[0]
    raise ToolpinError(
        f"toolpin {verb} requires an activated shell",
        [("here", f'eval "$(toolpin {words} --for {shell})"')],
        f'eval "$(toolpin activate {shell})"',
    )


def _require_installed(request: Request, app: App) -> None:
    versions = " ".join(map(str, request.wanted))
    place = app.place
    try:
        first_tree(place, request)
    except ToolpinError as error:
        hint = f"toolpin install {request.tool} {versions}"
        raise type(error)(error.what, error.facts, hint) from error
