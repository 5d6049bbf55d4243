"""`toolpin ci plan|install|prune`, `ci init github|gitlab`: the steps of a CI job."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from toolpin import __version__
from toolpin.app import App
from toolpin.ci.ci_install import provide, prune
from toolpin.ci.ci_plan import plan_job
from toolpin.ci.ci_view import show_plan, show_result
from toolpin.ci.templates import TEMPLATES, render
from toolpin.commands import Arguments
from toolpin.errors import ToolpinError, UsageError, as_word
from toolpin.model import Request
from toolpin.project import project_files
from toolpin.project.known_projects import remember
from toolpin.project.link_check import checkout_of
from toolpin.system.home import HOME
from toolpin.system.paths import bundled
from toolpin.tasks.lockfile_plugins import provide as provide_plugins
from toolpin.tasks.request_options import InstallOptions, requests_from_options
from toolpin.tasks.shim_refresh import refresh_shims

_FORMS = ("github", "gitlab", "json")


class Options(NamedTuple):
    """The arguments of the command line."""

    action: str
    target: str | None = None
    format: str | None = None
    only: str = ""


ARGUMENTS: Arguments = {
    "action": (
        "plan: print the key and the directory of the cache\n"
        "install: install what is pinned, using the cache\n"
        "prune: remove from the cache what `plan` does not list\n"
        "init: write the CI configuration of the repository",
        ("plan", "install", "prune", "init"),
    ),
    "[target]": ("init: the CI system", tuple(TEMPLATES)),
    "--format": (
        "plan, install: print outputs for GitHub (appended to $GITHUB_OUTPUT if it is "
        "set), a dotenv file for GitLab, or JSON",
        _FORMS,
    ),
    "--only TOOL,...": "plan, install, prune: only these of the pinned tools",
}


def run(options: Options, app: App) -> int:
    """Run the action; exit 4 if the lockfile must cover the requests and does not."""
    if (options.action == "init") != bool(options.target):
        raise UsageError(
            "toolpin ci init requires one of: github, gitlab; the other "
            "actions take neither",
            hint="toolpin ci init github",
        )
    if options.format and options.action not in ("plan", "install"):
        raise UsageError(f"{options.action} does not take --format", hint="--json")
    app.report.as_json = app.report.as_json or options.format == "json"
    if options.target:
        return _init(options.target, app)
    if options.action == "plan":
        return _plan(options, app)
    return (
        _install(options, app) if options.action == "install" else _prune(options, app)
    )


def _requests(options: Options, app: App) -> Sequence[Request]:
    return requests_from_options(InstallOptions(only=options.only), app)


def _plan(options: Options, app: App) -> int:
    plan = plan_job(_requests(options, app), app)
    for error in plan.unknown:
        place = dict(error.facts).get("required by", "")
        app.report.warn(
            f"{error.what} ({place}): it is not part of the cache key; "
            f"try: {error.hint}"
        )
    show_plan(plan, options.format, app)
    return 0


def _install(options: Options, app: App) -> int:
    requests = _requests(options, app)
    provide_plugins(requests, app, allowed=False)
    plan = plan_job(requests, app, elsewhere=False)
    remember(app.paths, (planned.job.origin for planned in plan.planned))
    result = provide(plan, app)
    tools = {provided.job.pin.tool for provided in result.provided}
    refresh_shims(app.paths, app.registry, tools)
    code = show_result(result, options.format, app)
    for error in plan.unknown:
        app.report.error(error)
    return code or (1 if plan.unknown else 0)


def _prune(options: Options, app: App) -> int:
    removed, freed = prune(plan_job(_requests(options, app), app), app)
    result = {"removed": removed, "freed_bytes": freed}
    app.report.document("ci prune", result, changed=bool(removed))
    app.report.remark(f"removed {len(removed)}, freed {freed / 1e6:.1f} MB")
    return 0


def _init(target: str, app: App) -> int:
    """Write the file where the CI reads it: at the top of the repository."""
    template = TEMPLATES[target]
    project = os.path.realpath(app.directory)
    top = checkout_of(project, os.path.realpath(app.home))
    path = os.path.join(top, template.path)
    below = os.path.relpath(project, top) if project != top else ""
    text = project_files.read(f"{bundled('ci')}/{target}.yml", anywhere=True).decode()
    data = render(text, below, f"{HOME}@v{__version__}" if HOME else "").encode()
    is_there = os.path.lexists(path)
    if is_there and project_files.read(path) != data:
        word = as_word(path)
        raise ToolpinError(
            f"{path} exists with different content",
            [("nothing", "was written")],
            f"mv {word} {word}.old && toolpin ci init {target}",
        )
    if not is_there:
        _refuse_leaving(path, top)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        project_files.write(path, data)
    app.report.document("ci init", {"file": path}, changed=not is_there)
    app.report.remark(f"{path}: {template.then}")
    return 0


def _refuse_leaving(path: str, directory: str) -> None:
    """Raise ToolpinError if a link in the checkout leads out of its directory."""
    real, inside = os.path.realpath(path), os.path.realpath(directory)
    if not real.startswith(f"{inside.rstrip('/')}/"):
        raise ToolpinError(
            f"{path} is in a directory that links to outside this project",
            [("target", real), ("written", "nothing")],
            f"ls -l {as_word(os.path.dirname(path))}",
        )
