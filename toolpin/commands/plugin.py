"""`toolpin plugin ACTION`: manages TOML files and asdf plugins that describe tools."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Actions, Arguments
from toolpin.errors import ToolpinError, UsageError
from toolpin.model import COMMAND_LINE
from toolpin.plugins import describe, user_plugins
from toolpin.plugins.drafter import Drafter
from toolpin.plugins.tool_file import Tool, parse_tool
from toolpin.project import project_files
from toolpin.sources.fields import UnfitError, read_name, read_repo


class Options(NamedTuple):
    """The arguments of the command line."""

    action: str
    all: str | bool = False
    urls: bool = False
    refs: bool = False
    tool: str = ""
    file: str | None = None
    try_: bool = False
    force: bool = False
    github: str = ""
    tag: str = ""
    ref: str | None = None
    url: str = ""
    words: tuple[str, ...] = ()
    version: str = ""


_TOOL: Arguments = {"tool": "the tool's name in .tool-versions"}
_REF = "a branch, a tag or a commit"
ACTIONS: Actions = {
    "list": (
        "list the available tools",
        {
            "[all]": ("list the index of asdf plugins instead", ("all",)),
            "--urls": "show the URLs of asdf plugins",
            "--refs": "show the commits of asdf plugins too",
        },
    ),
    "show": ("show the plugin of a tool", _TOOL),
    "check": (
        "check a plugin file, and report every problem",
        {
            "file": "a TOML file",
            "--try": (
                "also check every listed version on every host, without installing, "
                "and show how many can be installed"
            ),
        },
    ),
    "add": (
        "add a TOML file or an asdf plugin",
        {
            **_TOOL,
            "[file]": (
                "a TOML file, or the URL or directory of an asdf plugin, optionally "
                "with @COMMIT (default: the bundled tool, or the plugin of that name "
                "in asdf's index)"
            ),
            "--force": "replace a file that you added",
        },
    ),
    "remove": ("remove a plugin that you added", _TOOL),
    "new": (
        "create a plugin file from a GitHub release",
        {
            **_TOOL,
            "--github OWNER/REPO": "the repository (required)",
            "--tag TAG": "the tag of a release (default: the latest)",
        },
    ),
    "update": (
        "update an asdf plugin to a newer commit",
        {
            "[tool]": "the plugin",
            "[ref]": _REF,
            "--all": "update every asdf plugin",
            "--force": "discard local changes in its files",
        },
    ),
    "diff": ("show what an update would change", {"tool": "the plugin", "[ref]": _REF}),
    "test": (
        "test an asdf plugin without adding it",
        {
            "tool": "the tool's name",
            "url": "the plugin's URL or directory, optionally with @COMMIT",
            "[word ...]": "a command to run with the installed version",
            "--version VERSION": "the version to install (default: the latest)",
            "--ref REF": _REF,
        },
    ),
}


def run(options: Options, app: App) -> int:
    """Run the action."""
    actions = {
        "list": _list,
        "show": _show,
        "check": _check,
        "add": _add,
        "remove": _remove,
        "new": _new,
        "update": _directories,
        "diff": _directories,
        "test": _directories,
    }
    return actions[options.action](options, app)


def _directories(options: Options, app: App) -> int:
    """Run an action of asdf plugins only."""
    from toolpin.commands import plugin_checkouts as module

    actions: dict[str, Callable[[Options, App], int]] = {
        "add": module.add,
        "remove": module.remove,
        "update": module.update,
        "diff": module.difference,
        "test": module.trial,
        "list": module.listing,
        "list all": module.list_all,
    }
    listed = options.action == "list" and options.all
    return actions["list all" if listed else options.action](options, app)


def _list(options: Options, app: App) -> int:
    if options.all or options.urls or options.refs:
        return _directories(options, app)
    tools = app.registry.tools
    app.report_passed_over()
    result = [describe.brief_record(tool) for tool in tools]
    app.report.document("plugin list", result)
    for line in describe.overview(tools):
        app.report.answer(line)
    faults = app.registry.faults.values()
    for fault in faults:
        app.report.error(fault)
    return UsageError.exit_code if faults else 0


def _show(options: Options, app: App) -> int:
    tool = app.registry.require(options.tool, COMMAND_LINE)
    if app.report.as_json:
        app.report.document("plugin show", describe.record(tool))
    else:
        app.report.table(describe.rows(tool))
        _help(tool, app)
    return 0


def _help(tool: Tool, app: App) -> None:
    """Print the help texts of an asdf plugin."""
    if not os.path.isdir(tool.file):
        return
    scripts = app.scripts(tool.name)
    for topic in ("overview", "deps", "config", "links"):
        if text := scripts.help(topic):
            app.report.foreign(f"\n{text.rstrip()}")


def _check(options: Options, app: App) -> int:
    faults = user_plugins.faults_of(options.file or "")
    if app.report.as_json and not (options.try_ and not faults):
        lines = [
            {"what": fault.what, "facts": dict(fault.facts), "hint": fault.hint}
            for fault in faults
        ]
        app.report.document("plugin check", {"file": options.file, "faults": lines})
    elif not app.report.as_json:
        for fault in faults:
            app.report.error(fault)
        if not faults:
            app.report.remark(f"{options.file} is valid")
    if options.try_ and not faults:
        return _try(options, app)
    return UsageError.exit_code if faults else 0


def _try(options: Options, app: App) -> int:
    """Plan the listed versions of a file's sources; exit 1 if a host has no plan."""
    from toolpin.tasks.trying import try_plans

    tried = list(try_plans(user_plugins.read_tool(options.file or ""), app.clients))
    app.report.document("plugin check --try", [plan._asdict() for plan in tried])
    app.report.table([plan.row() for plan in tried])
    return int(not all(plan.planned + plan.undigested for plan in tried))


def _add(options: Options, app: App) -> int:
    _check_name(options.tool)
    is_known = options.tool in app.registry.aliases
    if (options.file is None and not is_known) or _is_address(options.file, app):
        return _directories(options, app)
    if options.file is None:
        # A script that adds every plugin needs no file for a known tool.
        known = app.registry.require(options.tool).file
        app.report.remark(f"{options.tool} already exists: {known}")
        return _done(options, app, known, changed=False)
    added = user_plugins.add(
        app.paths, app.registry, options.tool, options.file, force=options.force
    )
    app.report.remark(f"{added.path} added; try: toolpin list-all {options.tool}")
    return _done(options, app, added.path, changed=added.changed)


def _is_address(word: str | None, app: App) -> bool:
    """Return whether a word of `plugin add` is a URL or directory, not a TOML file."""
    if word is None or word.endswith(".toml"):
        return False
    return not os.path.isfile(os.path.join(app.directory, word))


def _remove(options: Options, app: App) -> int:
    name = app.registry.canonical(options.tool)
    tool = app.registry.readable(name)
    passed_over = name in app.registry.passed_over
    if os.path.isdir(tool.file if tool else "") or (
        passed_over and tool and user_plugins.is_bundled(tool)
    ):
        return _directories(options, app)
    path = user_plugins.remove(app.paths, app.registry, options.tool)
    app.report.remark(f"{path} removed; the versions it installed are kept")
    return _done(options, app, path, changed=True)


def _done(options: Options, app: App, file: str, *, changed: bool) -> int:
    result = {"tool": options.tool, "file": file}
    app.report.document(f"plugin {options.action}", result, changed=changed)
    return 0


def _new(options: Options, app: App) -> int:
    _check_name(options.tool)
    if not options.github:
        hint = "toolpin plugin new --help"
        raise UsageError("toolpin plugin new requires --github", hint=hint)
    try:
        read_repo(options.github)
    except UnfitError:
        raise UsageError(
            f"{options.github!r} is not a GitHub repository",
            [("expected", "OWNER/REPO")],
        ) from None
    file = os.path.join(app.directory, f"{options.tool}.toml")
    if os.path.lexists(file):
        raise ToolpinError(f"{file} already exists", [("changed", "nothing")])
    drafter = Drafter(app.clients, app.cache, app.host)
    text = drafter.draft(options.tool, options.github, options.tag)
    project_files.write(file, text.encode())
    hosts = parse_tool(text, file).sources[0].hosts
    app.report.remark(f"{file} created, for {', '.join(hosts)}: review it before use")
    app.report.remark(f"then: toolpin plugin add {options.tool} {options.tool}.toml")
    return _done(options, app, file, changed=True)


def _check_name(name: str) -> None:
    try:
        read_name(name)
    except UnfitError:
        raise UsageError(
            f"{name!r} is not a tool name", [("expected", "a-z 0-9 _ . -, 64 at most")]
        ) from None
