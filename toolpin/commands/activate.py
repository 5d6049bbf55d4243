"""`toolpin activate SHELL`: prints the code that an rc file evaluates, and its hook's.

The hook compares what `watch` recorded with shell builtins; only if something has
changed is this command run again, with `--update`.
"""

from __future__ import annotations

import contextlib
import sys
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.errors import NotRunnable, ToolpinError
from toolpin.model import EnvPatch, Request
from toolpin.project import pin_files
from toolpin.run.lookup_context import requests_in
from toolpin.run.tool_environment import (
    is_of_project,
    joined,
    patch_of,
    tools_without_shims,
)
from toolpin.shell import fish, posix
from toolpin.shell.activation import ACTIVE, STATE, Watch, entered, parse_state
from toolpin.shell.dialect import DIALECTS, Dialect, render_changes
from toolpin.shell.hook_watch import watched_files, watched_installs
from toolpin.system.paths import bundled

# A shell without a hook: /bin/sh, which may be dash or busybox's.
PLAIN = "sh"


class Options(NamedTuple):
    """The arguments of the command line."""

    shell: str
    shims: bool = False
    update: bool = False


ARGUMENTS: Arguments = {
    "shell": (
        "the shell; sh only adds the shims to PATH, for git hooks",
        (*DIALECTS, PLAIN),
    ),
    "--shims": "only put the shims first on PATH, such as in ~/.profile",
    "--update": None,
}


def run(options: Options, app: App) -> int:
    """Print what the shell evaluates."""
    if options.shims or options.shell == PLAIN:
        render = fish.in_front if options.shell == "fish" else posix.in_front
        app.report.code(render(app.paths.shims).rstrip("\n"))
        return 0
    dialect = DIALECTS[options.shell]
    # A shell may start in a directory that has been deleted.
    cwd = pin_files.cwd_or_name(app.env)
    app = App(app.paths, app.env, app.report, directory=cwd, files=app.files)
    change = _update(app, dialect, options.shell, in_front=not options.update)
    text = change if options.update else _hook(options.shell, dialect) + change
    app.report.code(text.rstrip("\n"))
    return 0


def _hook(shell: str, dialect: Dialect) -> str:
    with open(f"{bundled('shims')}/hook.{shell}", encoding="utf-8") as file:
        return file.read().replace("@PYTHON@", dialect.quote(sys.executable))


def _update(app: App, dialect: Dialect, shell: str, *, in_front: bool) -> str:
    watch = watched_files(app)
    state = parse_state(app.env.get(STATE))
    patch, output, requests, unknown = _here(app)
    installs = watched_installs(requests, app) if requests else Watch()
    changes = entered(
        app.env,
        patch,
        app.paths.shims,
        # Kept while elsewhere, so that coming back does not repeat it.
        message=output or state.message,
        unknown=[request.tool for request in unknown],
        in_front=in_front,
    )
    path = changes.get("PATH", app.env.get("PATH"))
    if app.env.get(ACTIVE) != shell:
        changes[ACTIVE] = shell
    for request in unknown:
        if request.tool not in state.unknown:  # once per session
            what = f"{request.origin}: no plugin knows {request.tool}"
            app.report.warn(f"{what}; try: {app.registry.adding(request.tool)}")
    if output and output != state.message:
        app.report.warn_lines(output)
        _create_missing_shims(app)
    return render_changes(changes, dialect) + dialect.same(
        Watch(
            watch.present + installs.present,
            watch.absent + installs.absent,
            watch.texts,
            (*watch.variables, ("PATH", path)),
        )
    )


class _Here(NamedTuple):
    """The environment of a directory, the warnings about it, and its requests.

    `unknown` are the requests of tools without a plugin and without an install.
    """

    patch: EnvPatch
    message: str
    requests: tuple[Request, ...] = ()
    unknown: tuple[Request, ...] = ()


def _here(app: App) -> _Here:
    """Return the environment and the requests of this directory."""
    try:
        stated = tuple(app.stated())
        disagreement_lines = list(app.disagreement_lines(stated))
        requests = tuple(app.effective(stated))
        patches = []
        missing: list[tuple[Request, ToolpinError]] = []
        for request in requests:
            try:
                patches.append(_patch(request, app))
            except NotRunnable as error:
                missing.append((request, error))
    except ToolpinError as error:
        return _Here(EnvPatch((), ()), error.render())
    unknown = tuple(
        value for value, _ in missing if value.tool not in app.registry.aliases
    )
    if known := [error for error in missing if error[0] not in unknown]:
        disagreement_lines.append(_hint(known))
    return _Here(joined(patches), "\n".join(disagreement_lines), requests, unknown)


def _patch(request: Request, app: App) -> EnvPatch:
    """Return the patch of a request here: nothing for a project's `path:`.

    Prompts run `git`. The shims, which are on PATH, run the tool's commands from there.
    """
    patch = patch_of(app.place, request)
    return EnvPatch((), ()) if is_of_project(patch, request, app.where) else patch


def _create_missing_shims(app: App) -> None:
    """Create the shims of pinned tools, even if no version was ever installed.

    Otherwise the system's programs would run instead of missing versions, and for lines
    that cannot be read.
    """
    requests, refused = requests_in(app.place)
    tools = (*(request.tool for request in requests), *refused)
    if unshimmed := tools_without_shims(tools, app.place):
        from toolpin.tasks.shim_refresh import refresh_shims

        with contextlib.suppress(ToolpinError):  # the store cannot be written
            refresh_shims(app.paths, app.registry, unshimmed)


def _hint(missing: list[tuple[Request, ToolpinError]]) -> str:
    if len(missing) == 1:
        return missing[0][1].render()
    facts = [
        (f"{value.tool} {value.wanted[0]}", str(value.origin)) for value, _ in missing
    ]
    what = f"{len(facts)} pinned versions are not installed"
    return ToolpinError(what, facts, "toolpin install --missing").render()
