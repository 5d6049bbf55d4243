"""The part of `toolpin plugin` that deals with asdf plugins: folders of scripts."""

from __future__ import annotations

import os
from collections.abc import Mapping

from toolpin.app import App
from toolpin.commands.plugin import Options
from toolpin.errors import ToolpinError, UsageError
from toolpin.paths import bundled
from toolpin.plugin.folders import Moved, each
from toolpin.plugin.registry import Registry
from toolpin.plugin_tasks.trial import Trial
from toolpin.scripts.address import Address, parse_address


def add(options: Options, app: App) -> int:
    """Add an asdf plugin by its URL, its folder, or its short name."""
    name = app.registry.canonical(options.tool)
    _check_free(name, app.registry, app)
    if options.file is None:
        address = Address(app.plugin_index.url_of(name), "")
    else:
        address = parse_address(options.file, app.directory)
    found = app.plugin_folders.add(name, address)
    what = f"commit {found.commit[:12]} of {address.url}"
    app.report.remark(
        f"{name} added, {what}; its scripts run during: toolpin install {name} latest"
    )
    _document(
        "add",
        {
            "tool": name,
            "file": f"{app.paths.plugins}/{name}",
            "url": address.url,
            "commit": found.commit,
        },
        app,
    )
    return 0


def remove(options: Options, app: App) -> int:
    """Remove an asdf plugin. What it installed stays."""
    name = app.registry.canonical(options.tool)
    path = app.plugin_folders.remove(name)
    app.report.remark(f"{path} removed; the versions it installed are kept")
    _document("remove", {"tool": name, "file": path}, app)
    return 0


def update(options: Options, app: App) -> int:
    """Move one plugin, or all, to what their publishers have now."""
    if bool(options.tool) == bool(options.all):
        raise UsageError(
            "toolpin plugin update requires a plugin or --all",
            hint="toolpin plugin list",
        )
    folders = app.plugin_folders
    names = folders.names() if options.all else [app.registry.canonical(options.tool)]
    done = list(each(folders, names, options.ref or "", force=options.force))
    for one in done:
        if isinstance(one, ToolpinError):
            app.report.error(one)
        else:
            app.report.remark(_told(one))
    moves = [one._asdict() for one in done if isinstance(one, Moved)]
    _document("update", {"moves": moves}, app)
    return 1 if len(moves) < len(done) else 0


def difference(options: Options, app: App) -> int:
    """Print what an update would change."""
    name = app.registry.canonical(options.tool)
    text = app.plugin_folders.difference(name, options.ref or "")
    if app.report.as_json:
        app.report.document("plugin diff", {"tool": name, "diff": text})
    elif text:
        app.report.foreign(text.rstrip("\n"))
    else:
        app.report.remark(f"{name} is up to date with its publisher")
    return 0


def listing(options: Options, app: App) -> int:
    """Print the asdf plugins with their URLs and commits."""
    folders = app.plugin_folders
    rows = []
    for name in folders.names():
        found = folders.identity(name)
        rows.append(
            (
                name,
                *([found.url] * options.urls),
                *([found.commit or "-"] * options.refs),
            )
        )
    if app.report.as_json:
        keys = ("name", *(["url"] * options.urls), *(["commit"] * options.refs))
        result = [dict(zip(keys, row, strict=True)) for row in rows]
        app.report.document("plugin list", result)
    else:
        app.report.table(rows)
    return 0


def list_all(_options: Options, app: App) -> int:
    """Print every short name of the index with its URL; `*` where it is here."""
    known = app.plugin_index.all()
    folders = app.plugin_folders
    here = {name: folders.url(name) for name in folders.names()}
    if app.report.as_json:
        result = [
            {"name": name, "url": url, "added": here.get(name) == url}
            for name, url in known.items()
        ]
        app.report.document("plugin list all", result)
        return 0
    app.report.table(
        [
            (name, f"*{url}" if here.get(name) == url else url)
            for name, url in known.items()
        ]
    )
    return 0


def trial(options: Options, app: App) -> int:
    """Add a plugin to a store that is thrown away, install, and run a command."""
    address = parse_address(options.url, app.directory)
    if options.ref:
        address = address._replace(ref=options.ref)
    ended = Trial(options.tool, address, app).run(options.version, options.words)
    _document("test", {"tool": options.tool, "version": ended.version}, app)
    return ended.code


def _check_free(name: str, registry: Registry, app: App) -> None:
    """Raise ToolpinError where a TOML file of the user's has the name."""
    tool = registry.get(name)
    mine = f"{app.paths.config}/plugins"
    if tool and os.path.dirname(tool.file) == mine:
        raise ToolpinError(
            f"you have already added a plugin for {name}",
            [("file", tool.file)],
            f"toolpin plugin remove {name}",
        )
    if tool and tool.name == name and os.path.dirname(tool.file) == bundled("plugins"):
        app.report.remark(
            f"{name} is bundled with toolpin; this plugin is now used instead"
        )


def _told(one: Moved) -> str:
    if one.before == one.after:
        return f"{one.name}: unchanged at {one.after[:12]}"
    where = f" ({one.branch})" if one.branch else ""
    return f"{one.name}: {one.before[:12]} -> {one.after[:12]}{where}"


def _document(action: str, result: Mapping[str, object], app: App) -> None:
    if app.report.as_json:
        app.report.document(f"plugin {action}", result, changed=True)
