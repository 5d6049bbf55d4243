"""The part of `toolpin plugin` that deals with asdf plugins: folders of scripts."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Mapping

from toolpin.errors import ToolpinError, UsageError
from toolpin.install.workshop import folders_for, index_for
from toolpin.paths import bundled
from toolpin.plugin.folders import Moved, each
from toolpin.plugin.registry import Registry
from toolpin.plugin_tasks.trial import Trial
from toolpin.scripts.address import Address, parse_address
from toolpin.session import Session


def add(args: Namespace, session: Session) -> int:
    """Add an asdf plugin by its URL, its folder, or its short name."""
    name = session.registry.canonical(args.tool)
    _check_free(name, session.registry, session)
    if args.file is None:
        address = Address(index_for(session).url_of(name), "")
    else:
        address = parse_address(args.file, session.folder)
    found = folders_for(session).add(name, address)
    what = f"commit {found.commit[:12]} of {address.url}"
    session.report.remark(
        f"{name} is there, {what}; it runs its scripts: toolpin install {name} latest"
    )
    _document(
        "add",
        {
            "tool": name,
            "file": f"{session.paths.plugins}/{name}",
            "url": address.url,
            "commit": found.commit,
        },
        session,
    )
    return 0


def remove(args: Namespace, session: Session) -> int:
    """Remove an asdf plugin. What it installed stays."""
    name = session.registry.canonical(args.tool)
    path = folders_for(session).remove(name)
    session.report.remark(f"{path} is gone; what it installed stays")
    _document("remove", {"tool": name, "file": path}, session)
    return 0


def update(args: Namespace, session: Session) -> int:
    """Move one plugin, or all, to what their publishers have now."""
    if bool(args.tool) == bool(args.all):
        raise UsageError("update wants a plugin or --all", hint="toolpin plugin list")
    folders = folders_for(session)
    names = folders.names() if args.all else [session.registry.canonical(args.tool)]
    done = list(each(folders, names, args.ref or "", force=args.force))
    for one in done:
        if isinstance(one, ToolpinError):
            session.report.error(one)
        else:
            session.report.remark(_told(one))
    moves = [one._asdict() for one in done if isinstance(one, Moved)]
    _document("update", {"moves": moves}, session)
    return 1 if len(moves) < len(done) else 0


def difference(args: Namespace, session: Session) -> int:
    """Print what an update would change."""
    name = session.registry.canonical(args.tool)
    text = folders_for(session).difference(name, args.ref or "")
    if session.report.as_json:
        session.report.document("plugin diff", {"tool": name, "diff": text})
    elif text:
        session.report.foreign(text.rstrip("\n"))
    else:
        session.report.remark(f"{name} is what its publisher has")
    return 0


def listing(args: Namespace, session: Session) -> int:
    """Print the asdf plugins with their URLs and commits."""
    folders = folders_for(session)
    rows = []
    for name in folders.names():
        found = folders.identity(name)
        rows.append(
            (name, *([found.url] * args.urls), *([found.commit or "-"] * args.refs))
        )
    if session.report.as_json:
        keys = ("name", *(["url"] * args.urls), *(["commit"] * args.refs))
        result = [dict(zip(keys, row, strict=True)) for row in rows]
        session.report.document("plugin list", result)
    else:
        session.report.table(rows)
    return 0


def list_all(_args: Namespace, session: Session) -> int:
    """Print every short name of the index with its URL; `*` where it is here."""
    known = index_for(session).all()
    folders = folders_for(session)
    here = {name: folders.url(name) for name in folders.names()}
    if session.report.as_json:
        result = [
            {"name": name, "url": url, "added": here.get(name) == url}
            for name, url in known.items()
        ]
        session.report.document("plugin list all", result)
        return 0
    session.report.table(
        [
            (name, f"*{url}" if here.get(name) == url else url)
            for name, url in known.items()
        ]
    )
    return 0


def trial(args: Namespace, session: Session) -> int:
    """Add a plugin to a store that is thrown away, install, and run a command."""
    address = parse_address(args.url, session.folder)
    if args.ref:
        address = address._replace(ref=args.ref)
    ended = Trial(args.tool, address, session).run(args.version, args.words)
    _document("test", {"tool": args.tool, "version": ended.version}, session)
    return ended.code


def _check_free(name: str, registry: Registry, session: Session) -> None:
    """Raise ToolpinError where a TOML file of the user's has the name."""
    tool = registry.get(name)
    mine = f"{session.paths.config}/plugins"
    if tool and os.path.dirname(tool.file) == mine:
        raise ToolpinError(
            f"{name} has a plugin of yours already",
            [("file", tool.file)],
            f"toolpin plugin remove {name}",
        )
    if tool and tool.name == name and os.path.dirname(tool.file) == bundled("plugins"):
        session.report.remark(
            f"{name} comes with toolpin; from now on this plugin counts instead"
        )


def _told(one: Moved) -> str:
    if one.before == one.after:
        return f"{one.name}: stays at {one.after[:12]}"
    where = f" ({one.branch})" if one.branch else ""
    return f"{one.name}: {one.before[:12]} -> {one.after[:12]}{where}"


def _document(action: str, result: Mapping[str, object], session: Session) -> None:
    if session.report.as_json:
        session.report.document(f"plugin {action}", result, changed=True)
