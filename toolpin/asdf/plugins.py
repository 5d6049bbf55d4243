"""What `asdf plugin` does: asdf's words and answers over toolpin's plugins folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from toolpin.app import App
from toolpin.asdf.front import FailedError, Front, split
from toolpin.errors import ToolpinError, Unreachable, printable
from toolpin.model import Pin
from toolpin.plugin.folders import Folders, each
from toolpin.plugin.index import HOUR_S, Index
from toolpin.plugin_tasks.trial import Trial
from toolpin.report import Report
from toolpin.scripts.address import Address, parse_address
from toolpin.settings.asdfrc import Asdfrc
from toolpin.store import installs, trees, unfinished
from toolpin.upkeep.reshim import refresh_shims

_NAME = re.compile(r"[a-z0-9_-]+")
_COLUMN = 15
_USAGE = """usage: asdf plugin ACTION

  add NAME [URL]     remove NAME     update NAME [REF]     update --all
  list [--urls] [--refs]     list all     test NAME URL"""


def plugin(front: Front, words: Sequence[str]) -> int:
    """Do the one action; alone it tells which there are."""
    if not words:
        front.answer(_USAGE)
        return 0
    actions: dict[str, Callable[[Front, Sequence[str]], int]] = {
        "add": _add,
        "remove": _remove,
        "update": _update,
        "list": _list,
        "test": _test,
    }
    if words[0] not in actions:
        raise FailedError(f"No help topic for '{words[0]}'", 3)
    return actions[words[0]](front, words[1:])


def _add(front: Front, words: Sequence[str]) -> int:
    given = split(words)
    name, url = given.name(0), given.name(1)
    if not name:
        raise FailedError("usage: asdf plugin add <name> [<git-url>]")
    if not _NAME.fullmatch(name):
        raise FailedError(
            f"{name} is invalid. Name may only contain lowercase letters, numbers, "
            "'_', and '-'"
        )
    app = front.app
    folders, own = app.plugin_folders, app.registry.canonical(name)
    if folders.has(own) or own in front.added:
        front.say(f"Plugin named {name} already added")
        if own not in app.registry.passed_over or not url:
            return 0
    elif own in app.registry.aliases and not url:
        _index(front)  # where no short name counts, a bundled one does not
        front.add(own)
        return 0
    address = _address(front, name, url)
    try:
        if folders.has(own):  # it lay there, and the bundled one counted
            folders.choose(own)
        else:
            folders.add(own, address)
    except Unreachable as error:
        said = [value for label, value in error.facts if label == "output"]
        told = said[-1] if said else error.what
        raise FailedError(f"unable to clone plugin: {printable(told)}") from error
    app.reload_plugins()
    refresh_shims(app.paths, app.registry)
    return 0


def _address(front: Front, name: str, url: str) -> Address:
    if url:
        return parse_address(url, front.app.directory)
    index = _index(front)
    try:
        return Address(index.url_of(name, max_age_s=_max_age_s(front.rc)), "")
    except Unreachable:
        raise
    except ToolpinError as error:
        raise FailedError(
            f"error fetching plugin URL: plugin {name} not found in repository"
        ) from error


def _index(front: Front) -> Index:
    if front.rc.flag("disable_plugin_short_name_repository"):
        raise FailedError("Short-name plugin repository is disabled")
    return front.app.plugin_index


def _max_age_s(rc: Asdfrc) -> float | None:
    """Return how old the index may be, as `.asdfrc` says; None for `never` too old."""
    said = rc.values.get("plugin_repository_last_check_duration", "")
    if said == "never":
        return None
    return 60.0 * int(said) if said.isdecimal() else HOUR_S


def _list(front: Front, words: Sequence[str]) -> int:
    given = split(words, "urls refs")
    if given.name(0) == "all":
        return _list_all(front)
    if not front.plugins:
        front.say("No plugins installed")
    folders = front.app.plugin_folders
    for name in front.plugins:
        url, ref = _identity(front, folders, name, given.flags)
        cells = [url] * ("urls" in given.flags) + [ref] * ("refs" in given.flags)
        front.answer("\t".join([name, *([""] if cells else []), *cells]))
    return 0


def _identity(
    front: Front, folders: Folders, name: str, wanted: object
) -> tuple[str, str]:
    """Return a plugin's URL and commit; of one that is no repository, its place."""
    if not wanted:
        return "", ""
    if folders.has(name):
        found = folders.identity(name)
        return found.url or folders.folder(name), found.commit or "-"
    tool = front.app.registry.get(name)
    return (tool.file if tool else "-"), "-"


def described(front: Front) -> list[tuple[str, str, str]]:
    """Return each plugin's name, URL and commit."""
    folders = front.app.plugin_folders
    return [(name, *_identity(front, folders, name, True)) for name in front.plugins]


def _list_all(front: Front) -> int:
    known = _index(front).all(max_age_s=_max_age_s(front.rc))
    folders = front.app.plugin_folders
    here = {name: folders.url(name) for name in folders.names()}
    width = max(_COLUMN, *(len(name) + 1 for name in known)) if known else 0
    for name, url in known.items():
        mark = "*" if here.get(name) == url else ""
        front.answer(f"{name:<{width}}{'':<{_COLUMN}}{mark}{url}")
    return 0


def _remove(front: Front, words: Sequence[str]) -> int:
    """Remove a plugin, and with it all that it installed, as asdf's users expect."""
    given = split(words)
    app, tool = front.app, front.tool(given.name(0))
    folders = app.plugin_folders
    if folders.has(tool):
        folders.remove(tool)
    else:
        front.add(tool, is_there=False)
    for version in installs.versions(app.paths, tool):
        pin = Pin(tool, version)
        with unfinished.version_mutex(app.paths, pin):
            if installs.is_installed(app.paths, pin):
                trees.remove(app.paths, pin)
    app.reload_plugins()
    refresh_shims(app.paths, app.registry)
    return 0


def _update(front: Front, words: Sequence[str]) -> int:
    given = split(words, "all")
    if not given.names and "all" not in given.flags:
        raise FailedError("usage: asdf plugin update {<name> [<git-ref>] | --all}")
    folders = front.app.plugin_folders
    if "all" in given.flags:
        names, ref = folders.names(), ""
    else:
        names, ref = [front.app.registry.canonical(given.name(0))], given.name(1)
        if not folders.has(names[0]) and front.has(given.name(0)):
            front.say(f"{names[0]} comes with toolpin, and is updated with it")
            return 0
    code = 0
    for name, one in zip(names, each(folders, names, ref, force=True), strict=True):
        if isinstance(one, ToolpinError):
            missing = f"no such plugin: {name}"
            why = one.what if folders.has(name) else missing
            front.say(f"failed to update {name} due to error: {why}")
            code = 1
        else:
            there = ref or (f"refs/heads/{one.branch}" if one.branch else one.after)
            front.say(f"updated {name} to ref {there}")
    return 0 if "all" in given.flags else code


def _test(front: Front, words: Sequence[str]) -> int:
    """Try a plugin in a store that is thrown away; run the command that is given."""
    given = split(words, valued="asdf-tool-version asdf-plugin-gitref")
    name, url = given.name(0), given.name(1)
    if not (name and url):
        raise FailedError("FAILED: please provide a plugin name and url")
    address = parse_address(url, front.app.directory)
    if ref := given.flags.get("asdf-plugin-gitref"):
        address = address._replace(ref=ref)
    version = given.flags.get("asdf-tool-version", "")
    app = front.app
    trial = Trial(name, address, App(app.paths, app.env, Report(), files=app.files))
    try:
        return trial.run("" if version == "latest" else version, given.names[2:]).code
    except ToolpinError as error:
        said = "".join(
            f"\n  {label}  {printable(value)}" for label, value in error.facts
        )
        raise FailedError(f"FAILED: {printable(error.what)}{said}") from error
