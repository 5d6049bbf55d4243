"""The actions of `toolpin plugin` on asdf plugins: directories of scripts."""

from __future__ import annotations

import os
from collections.abc import Mapping

from toolpin.app import App
from toolpin.commands.plugin import Options
from toolpin.errors import ToolpinError, UsageError
from toolpin.plugins.asdf.address import Address, parse_address
from toolpin.plugins.plugin_directories import Moved, each
from toolpin.plugins.registry import Registry
from toolpin.system.paths import bundled
from toolpin.tasks.plugin_trial import Trial


def add(options: Options, app: App) -> int:
    """Add an asdf plugin by its URL, its directory, or its short name."""
    name = app.registry.canonical(options.tool)
    _check_free(name, app.registry, app)
    if options.file is None:
        address = Address(app.plugin_index.url_of(name), "")
    else:
        address = parse_address(options.file, app.directory)
    result = app.plugin_directories.add(name, address)
    what = f"commit {result.commit[:12]} of {address.url}"
    app.report.remark(
        f"{name} added, {what}; installing a version runs its scripts: "
        f"toolpin install {name} latest"
    )
    _document(
        "add",
        {
            "tool": name,
            "file": f"{app.paths.plugins}/{name}",
            "url": address.url,
            "commit": result.commit,
        },
        app,
    )
    return 0


def remove(options: Options, app: App) -> int:
    """Remove an asdf plugin. Its installs stay."""
    name = app.registry.canonical(options.tool)
    path = app.plugin_directories.remove(name)
    app.report.remark(f"{path} removed; the versions it installed are kept")
    _document("remove", {"tool": name, "file": path}, app)
    return 0


def update(options: Options, app: App) -> int:
    """Update one plugin, or all, to their publishers' present state."""
    if bool(options.tool) == bool(options.all):
        raise UsageError(
            "toolpin plugin update requires a plugin or --all",
            hint="toolpin plugin list",
        )
    directories = app.plugin_directories
    names = (
        directories.names() if options.all else [app.registry.canonical(options.tool)]
    )
    done = list(each(directories, names, options.ref or "", force=options.force))
    for moved in done:
        if isinstance(moved, ToolpinError):
            app.report.error(moved)
        else:
            app.report.remark(_describe(moved))
    moves = [moved._asdict() for moved in done if isinstance(moved, Moved)]
    _document("update", {"moves": moves}, app)
    return 1 if len(moves) < len(done) else 0


def difference(options: Options, app: App) -> int:
    """Print what an update would change."""
    name = app.registry.canonical(options.tool)
    text = app.plugin_directories.difference(name, options.ref or "")
    if app.report.as_json:
        app.report.document("plugin diff", {"tool": name, "diff": text})
    elif text:
        app.report.foreign(text.rstrip("\n"))
    else:
        app.report.remark(f"{name} is up to date with its publisher")
    return 0


def listing(options: Options, app: App) -> int:
    """Print the asdf plugins with their URLs and commits."""
    directories = app.plugin_directories
    result = []
    for name in directories.names():
        identity = directories.identity(name)
        row = {"name": name}
        if options.urls:
            row["url"] = identity.url
        if options.refs:
            row["commit"] = identity.commit or "-"
        result.append(row)
    app.report.document("plugin list", result)
    app.report.table([tuple(row.values()) for row in result])
    return 0


def list_all(_options: Options, app: App) -> int:
    """List every short name of the index with its URL; `*` marks installed ones."""
    known = app.plugin_index.all()
    directories = app.plugin_directories
    here = {name: directories.url(name) for name in directories.names()}
    result = [
        {"name": name, "url": url, "added": here.get(name) == url}
        for name, url in known.items()
    ]
    app.report.document("plugin list all", result)
    app.report.table(
        [(name, f"{'*' * (here.get(name) == url)}{url}") for name, url in known.items()]
    )
    return 0


def trial(options: Options, app: App) -> int:
    """Add a plugin to a temporary store, install a version, and run a command."""
    address = parse_address(options.url, app.directory)
    if options.ref:
        address = address._replace(ref=options.ref)
    ended = Trial(options.tool, address, app).run(options.version, options.words)
    _document("test", {"tool": options.tool, "version": ended.version}, app)
    return ended.code


def _check_free(name: str, registry: Registry, app: App) -> None:
    """Raise ToolpinError if one of the user's TOML files has the name."""
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


def _describe(moved: Moved) -> str:
    if moved.before == moved.after:
        return f"{moved.name}: unchanged at {moved.after[:12]}"
    where = f" ({moved.branch})" if moved.branch else ""
    return f"{moved.name}: {moved.before[:12]} -> {moved.after[:12]}{where}"


def _document(action: str, result: Mapping[str, object], app: App) -> None:
    app.report.document(f"plugin {action}", result, changed=True)
