"""`toolpin plugin ACTION`: manages TOML files and asdf plugins that describe tools."""

from __future__ import annotations

import os
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Callable
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import ToolpinError, UsageError
from toolpin.model import Origin
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
    tries: bool = False
    force: bool = False
    github: str = ""
    tag: str = ""
    ref: str | None = None
    url: str = ""
    words: tuple[str, ...] = ()
    version: str = ""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments: what to do, and the tool or the file to do it with."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list the available tools")
    showing = actions.add_parser("show", help="show the plugin of a tool")
    checking = actions.add_parser(
        "check", help="check a plugin file, and report every problem"
    )
    adding = actions.add_parser("add", help="add a TOML file or an asdf plugin")
    removing = actions.add_parser("remove", help="remove a plugin that you added")
    drafting = actions.add_parser(
        "new", help="create a plugin file from a GitHub release"
    )
    for subparser in (showing, adding, removing, drafting):
        subparser.add_argument("tool", help="the tool's name in .tool-versions")
    listing.add_argument(
        "all",
        nargs="?",
        choices=("all",),
        help="list the index of asdf plugins instead",
    )
    listing.add_argument(
        "--urls", action="store_true", help="show the URLs of asdf plugins"
    )
    listing.add_argument(
        "--refs", action="store_true", help="show the commits of asdf plugins too"
    )
    checking.add_argument("file", help="a TOML file")
    checking.add_argument(
        "--try",
        dest="tries",
        action="store_true",
        help="also check every listed version on every host, without installing, "
        "and show how many can be installed",
    )
    adding.add_argument(
        "file",
        nargs="?",
        help="a TOML file, or the URL or directory of an asdf plugin, optionally with "
        "@COMMIT (default: the bundled tool, or the plugin of that name in asdf's "
        "index)",
    )
    adding.add_argument(
        "--force", action="store_true", help="replace a file that you added"
    )
    drafting.add_argument(
        "--github", metavar="OWNER/REPO", required=True, help="the repository"
    )
    drafting.add_argument(
        "--tag", default="", help="the tag of a release (default: the latest)"
    )
    _add_moves(actions)


def _add_moves(actions: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the options of asdf plugins only: their repository can be updated."""
    updating = actions.add_parser(
        "update", help="update an asdf plugin to a newer commit"
    )
    updating.add_argument("tool", nargs="?", help="the plugin")
    updating.add_argument("ref", nargs="?", help="a branch, a tag or a commit")
    updating.add_argument("--all", action="store_true", help="update every asdf plugin")
    updating.add_argument(
        "--force", action="store_true", help="discard local changes in its files"
    )
    differing = actions.add_parser("diff", help="show what an update would change")
    differing.add_argument("tool", help="the plugin")
    differing.add_argument("ref", nargs="?", help="a branch, a tag or a commit")
    testing = actions.add_parser("test", help="test an asdf plugin without adding it")
    testing.add_argument("tool", help="the tool's name")
    testing.add_argument(
        "url", help="the plugin's URL or directory, optionally with @COMMIT"
    )
    testing.add_argument(
        "words",
        nargs="*",
        metavar="word",
        help="a command to run with the installed version",
    )
    testing.add_argument(
        "--version", default="", help="the version to install (default: the latest)"
    )
    testing.add_argument("--ref", default="", help="a branch, a tag or a commit")


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
    from toolpin.commands import (  # noqa: PLC0415 - git: rarely
        plugin_checkouts as module,
    )

    actions: dict[str, Callable[[Options, App], int]] = {
        "add": module.add,
        "remove": module.remove,
        "update": module.update,
        "diff": module.difference,
        "test": module.trial,
        "list": module.listing,
        "list all": module.list_all,
    }
    name = str(options.action)
    if name == "list" and options.all:
        name = "list all"
    return actions[name](options, app)


def _list(options: Options, app: App) -> int:
    if options.all or options.urls or options.refs:
        return _directories(options, app)
    tools = app.registry.tools
    app.report_passed_over()
    if app.report.as_json:
        result = [describe.brief_record(tool) for tool in tools]
        app.report.document("plugin list", result)
    else:
        for line in describe.overview(tools):
            app.report.answer(line)
    faults = app.registry.faults.values()
    for fault in faults:
        app.report.error(fault)
    return UsageError.exit_code if faults else 0


def _show(options: Options, app: App) -> int:
    tool = app.registry.require(options.tool, Origin("the command line"))
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
    if app.report.as_json and not (options.tries and not faults):
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
    if options.tries and not faults:
        return _try(options, app)
    return UsageError.exit_code if faults else 0


def _try(options: Options, app: App) -> int:
    """Plan the listed versions of a file's sources; exit 1 if a host has no plan."""
    from toolpin.tasks.trying import try_plans  # noqa: PLC0415 - network libraries

    tried = list(try_plans(user_plugins.read_tool(options.file or ""), app.clients))
    if app.report.as_json:
        app.report.document("plugin check --try", [plan._asdict() for plan in tried])
    else:
        app.report.table([plan.row() for plan in tried])
    return int(not all(plan.planned + plan.undigested for plan in tried))


def _add(options: Options, app: App) -> int:
    _check_name(options.tool)
    is_known = options.tool in app.registry.aliases
    if (options.file is None and not is_known) or _is_address(options.file, app):
        return _directories(options, app)
    if options.file is None:
        known = _known_file(options.tool, app)
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
    if app.report.as_json:
        result = {"tool": options.tool, "file": file}
        app.report.document(f"plugin {options.action}", result, changed=changed)
    return 0


def _new(options: Options, app: App) -> int:
    _check_name(options.tool)
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


def _known_file(name: str, app: App) -> str:
    """Return a known tool's file: a script that adds every plugin needs none."""
    tool = app.registry.require(name)
    app.report.remark(f"{name} already exists: {tool.file}")
    return tool.file
