"""`toolpin env [TOOL]`: prints the environment of the versions pinned here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.env_patch import DEFAULT_PATH
from toolpin.errors import NotRunnable, UsageError
from toolpin.model import EnvPatch, Request
from toolpin.near_names import pinned_tool
from toolpin.project.toolversions import variable_for
from toolpin.run.tool_environment import is_of_project, joined, patch_of
from toolpin.shell.env_formats import BASE, FAILURES, FORMATS, SHELLS, render_env
from toolpin.system.report import Report


class Options(NamedTuple):
    """The arguments of the command line."""

    tool: str | None = None
    format: str = "sh"
    path_base: str | None = None


ARGUMENTS: Arguments = {
    "[tool]": "only this tool",
    "--format": (
        "sh, fish: code for a shell to evaluate\nothers: variables for a file, with "
        "the whole PATH",
        FORMATS,
    ),
    "--path-base PATH": (
        "what PATH has after the tools, except for sh and fish (default: "
        "/usr/local/sbin:...:/bin; github: the PATH of the step)"
    ),
}


def run(options: Options, app: App) -> int:
    """Print the assignments.

    Raises NotRunnable if a pinned version is missing, ToolpinError for a value that the
    format cannot represent.
    """
    base = _base(options, app)
    requests: Sequence[Request]
    requests = [pinned_tool(options.tool, app)] if options.tool else app.requests()
    patch = joined(_patch(request, options.tool, app) for request in requests)
    in_shell = options.format in SHELLS and not app.report.as_json
    shims = (app.paths.shims,) if in_shell else ()  # they run the others
    patch = patch._replace(path=(*patch.path, *shims, *patch.behind), behind=())
    if app.report.as_json:
        result = {"path": patch.path, "variables": dict(patch.variables)}
        app.report.document("env", result)
        return 0
    text = render_env(options.format, patch, base, f"EOF-{os.urandom(16).hex()}")
    if text:
        app.report.answer(text.removesuffix("\n"))
    return 0


def answer_failure(options: Options, report: Report) -> None:
    """Print code that fails when a shell evaluates it: `eval ""` would succeed."""
    if options.format in FAILURES:
        report.answer(FAILURES[options.format])


def _patch(request: Request, only: str | None, app: App) -> EnvPatch:
    """Return the patch of a request.

    Empty, with a warning, for a project's `path:` and for a tool without a plugin.
    Raises UnknownTool if `only` names that tool.
    """
    try:
        patch = patch_of(app.place, request)
    except NotRunnable:
        if request.tool in app.registry.aliases:
            raise
        if only:
            app.registry.check(request.tool, request.origin)
        app.report.warn(
            f"{request.origin}: {request.tool} is left out, no plugin provides it; "
            f"try: {app.registry.adding(request.tool)}"
        )
        return EnvPatch((), ())
    if not is_of_project(patch, request, app.where):
        return patch
    app.report.warn(
        f"{request.tool} {request.wanted[0]} is skipped: {request.origin} names "
        f"it, and its other programs would precede the system's; "
        f"try: {variable_for(request.tool)}={request.wanted[0]} toolpin env"
    )
    return EnvPatch((), ())


def _base(options: Options, app: App) -> Sequence[str]:
    """Return the directories after the tools' in a file; () for a shell.

    The next step of a job inherits this one's. Raises UsageError for a relative
    directory: its meaning would depend on where the program starts.
    """
    if app.report.as_json or options.format in SHELLS:
        if options.path_base is not None:
            raise UsageError(
                "--path-base applies to file formats: a shell prepends to its own PATH",
                hint="toolpin env --format systemd --path-base /usr/bin:/bin",
            )
        return ()
    text = options.path_base
    if text is None:
        mine = app.env.get("PATH") or DEFAULT_PATH
        text = mine if options.format == "github" else BASE
    directories: list[str] = text.split(":")
    for directory in directories:
        if not os.path.isabs(directory):
            raise UsageError(
                "PATH in a file can hold absolute directories only",
                [("received", repr(directory)), ("in", text)],
                f"toolpin env --format {options.format} --path-base {DEFAULT_PATH}",
            )
    return directories
