"""The `asdf plugin` commands, on toolpin's plugins directory."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from toolpin.app import App
from toolpin.asdf_cli.asdf_context import AsdfContext, FailedError, split
from toolpin.config.asdfrc import Asdfrc
from toolpin.errors import ToolpinError, Unreachable, printable
from toolpin.model import Pin
from toolpin.plugins.asdf.address import Address, parse_address
from toolpin.plugins.asdf_index import HOUR_S, Index
from toolpin.plugins.plugin_directories import PluginDirectories, each
from toolpin.store import installs, publication, staging
from toolpin.system.report import Report
from toolpin.tasks.plugin_trial import Trial
from toolpin.tasks.shim_refresh import refresh_shims

_NAME = re.compile(r"[a-z0-9_-]+")
_COLUMN = 15
_USAGE = """usage: asdf plugin ACTION

  add NAME [URL]     remove NAME     update NAME [REF]     update --all
  list [--urls] [--refs]     list all     test NAME URL"""


def plugin(context: AsdfContext, words: Sequence[str]) -> int:
    """Run the action; without one list the plugins."""
    if not words:
        context.answer(_USAGE)
        return 0
    actions: dict[str, Callable[[AsdfContext, Sequence[str]], int]] = {
        "add": _add,
        "remove": _remove,
        "update": _update,
        "list": _list,
        "test": _test,
    }
    if words[0] not in actions:
        raise FailedError(f"No help topic for '{words[0]}'", 3)
    return actions[words[0]](context, words[1:])


def _add(context: AsdfContext, words: Sequence[str]) -> int:
    given = split(words)
    name, url = given.name(0), given.name(1)
    if not name:
        raise FailedError("usage: asdf plugin add <name> [<git-url>]")
    if not _NAME.fullmatch(name):
        raise FailedError(
            f"{name} is invalid. Name may only contain lowercase letters, numbers, "
            "'_', and '-'"
        )
    app = context.app
    directories, own = app.plugin_directories, app.registry.canonical(name)
    if directories.has(own) or own in context.added:
        context.say(f"Plugin named {name} already added")
        if own not in app.registry.passed_over or not url:
            return 0
    elif own in app.registry.aliases and not url:
        _index(context)  # without short names, a bundled one does not apply either
        context.add(own)
        return 0
    address = _address(context, name, url)
    try:
        if directories.has(own):  # it was there, and the bundled one was used
            directories.choose(own)
        else:
            directories.add(own, address)
    except Unreachable as error:
        values = [value for label, value in error.facts if label == "output"]
        output = values[-1] if values else error.what
        raise FailedError(f"unable to clone plugin: {printable(output)}") from error
    app.reload_plugins()
    refresh_shims(app.paths, app.registry)
    return 0


def _address(context: AsdfContext, name: str, url: str) -> Address:
    if url:
        return parse_address(url, context.app.directory)
    index = _index(context)
    try:
        return Address(index.url_of(name, max_age_s=_max_age_s(context.rc)), "")
    except Unreachable:
        raise
    except ToolpinError as error:
        raise FailedError(
            f"error fetching plugin URL: plugin {name} not found in repository"
        ) from error


def _index(context: AsdfContext) -> Index:
    if context.rc.flag("disable_plugin_short_name_repository"):
        raise FailedError("Short-name plugin repository is disabled")
    return context.app.plugin_index


def _max_age_s(rc: Asdfrc) -> float | None:
    """Return the maximum age of the index by `.asdfrc`; None for no limit."""
    value = rc.values.get("plugin_repository_last_check_duration", "")
    if value == "never":
        return None
    return 60.0 * int(value) if value.isdecimal() else HOUR_S


def _list(context: AsdfContext, words: Sequence[str]) -> int:
    given = split(words, "urls refs")
    if given.name(0) == "all":
        return _list_all(context)
    if not context.plugins:
        context.say("No plugins installed")
    directories = context.app.plugin_directories
    for name in context.plugins:
        url, ref = _identity(context, directories, name, given.flags)
        cells = [url] * ("urls" in given.flags) + [ref] * ("refs" in given.flags)
        context.answer("\t".join([name, *([""] if cells else []), *cells]))
    return 0


def _identity(
    context: AsdfContext, directories: PluginDirectories, name: str, wanted: object
) -> tuple[str, str]:
    """Return a plugin's URL and commit; for one without a repository, its directory."""
    if not wanted:
        return "", ""
    if directories.has(name):
        identity = directories.identity(name)
        return identity.url or directories.directory(name), identity.commit or "-"
    tool = context.app.registry.get(name)
    return (tool.file if tool else "-"), "-"


def described(context: AsdfContext) -> list[tuple[str, str, str]]:
    """Return each plugin's name, URL and commit."""
    directories = context.app.plugin_directories
    return [
        (name, *_identity(context, directories, name, True)) for name in context.plugins
    ]


def _list_all(context: AsdfContext) -> int:
    known = _index(context).all(max_age_s=_max_age_s(context.rc))
    directories = context.app.plugin_directories
    here = {name: directories.url(name) for name in directories.names()}
    width = max(_COLUMN, *(len(name) + 1 for name in known)) if known else 0
    for name, url in known.items():
        mark = "*" if here.get(name) == url else ""
        context.answer(f"{name:<{width}}{'':<{_COLUMN}}{mark}{url}")
    return 0


def _remove(context: AsdfContext, words: Sequence[str]) -> int:
    """Remove a plugin and all its installs, as asdf does."""
    given = split(words)
    app, tool = context.app, context.tool(given.name(0))
    directories = app.plugin_directories
    if directories.has(tool):
        directories.remove(tool)
    else:
        context.add(tool, is_there=False)
    for version in installs.versions(app.paths, tool):
        pin = Pin(tool, version)
        with staging.version_lock(app.paths, pin):
            if installs.is_installed(app.paths, pin):
                publication.remove(app.paths, pin)
    app.reload_plugins()
    refresh_shims(app.paths, app.registry)
    return 0


def _update(context: AsdfContext, words: Sequence[str]) -> int:
    given = split(words, "all")
    if not given.names and "all" not in given.flags:
        raise FailedError("usage: asdf plugin update {<name> [<git-ref>] | --all}")
    directories = context.app.plugin_directories
    if "all" in given.flags:
        names, ref = directories.names(), ""
    else:
        names, ref = [context.app.registry.canonical(given.name(0))], given.name(1)
        if not directories.has(names[0]) and context.has(given.name(0)):
            context.say(f"{names[0]} comes with toolpin, and is updated with it")
            return 0
    code = 0
    for name, moved in zip(
        names, each(directories, names, ref, force=True), strict=True
    ):
        if isinstance(moved, ToolpinError):
            missing = f"no such plugin: {name}"
            why = moved.what if directories.has(name) else missing
            context.say(f"failed to update {name} due to error: {why}")
            code = 1
        else:
            there = ref or (
                f"refs/heads/{moved.branch}" if moved.branch else moved.after
            )
            context.say(f"updated {name} to ref {there}")
    return 0 if "all" in given.flags else code


def _test(context: AsdfContext, words: Sequence[str]) -> int:
    """Test a plugin in a temporary store; run the given command."""
    given = split(words, valued="asdf-tool-version asdf-plugin-gitref")
    name, url = given.name(0), given.name(1)
    if not (name and url):
        raise FailedError("FAILED: please provide a plugin name and url")
    address = parse_address(url, context.app.directory)
    if ref := given.flags.get("asdf-plugin-gitref"):
        address = address._replace(ref=ref)
    version = given.flags.get("asdf-tool-version", "")
    app = context.app
    trial = Trial(name, address, App(app.paths, app.env, Report(), files=app.files))
    try:
        return trial.run("" if version == "latest" else version, given.names[2:]).code
    except ToolpinError as error:
        text = "".join(
            f"\n  {label}  {printable(value)}" for label, value in error.facts
        )
        raise FailedError(f"FAILED: {printable(error.what)}{text}") from error
