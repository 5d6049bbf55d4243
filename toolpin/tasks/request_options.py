"""Turns the arguments of `install` into requests: here, named ones, all projects'.

`resolver` resolves them. It uses no network.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import UsageError
from toolpin.model import COMMAND_LINE, Request
from toolpin.near_names import pinned_tool
from toolpin.project import pin_files
from toolpin.project.idiomatic import PASSED_OVER
from toolpin.project.toolversions import parse, parse_wanted


class InstallOptions(NamedTuple):
    """The arguments of `install`; the defaults are those of an empty command line.

    `tool` with `versions`, or `only` these tools (comma-separated), or what
    `all_projects` below a directory pin. `missing` leaves out requests with an
    installed version. With `into`, trees go to that directory, for `host` if it is not
    this machine. A `source` ignores the lockfile; `locked` installs only what is in it.
    `jobs` is None for the setting's number. With `literal` a version of an asdf
    plugin's tool is not a prefix.
    """

    tool: str = ""
    versions: tuple[str, ...] = ()
    only: str = ""
    all_projects: str = ""
    missing: bool = False
    into: str = ""
    host: str = ""
    jobs: int | None = None
    source: tuple[str, ...] = ()
    locked: bool = False
    allow_plugins: bool = False
    dry_run: bool = False
    literal: bool = False


def requests_from_options(options: InstallOptions, app: App) -> Sequence[Request]:
    """Return the requests of an `install` command line.

    Raises UsageError for arguments that exclude each other or name nothing.
    """
    for option, given in (
        ("--all-projects", options.all_projects),
        ("--only", options.only),
    ):
        if given and options.tool:
            hint = "toolpin help install"
            raise UsageError(f"{option} does not take a tool", hint=hint)
    if options.all_projects:
        requests = list(_of_projects(options.all_projects, app))
    elif options.tool:
        return _named(options, app)
    else:
        requests = list(app.requests())
    if not options.only:
        return requests
    tools = tools_of_only(options.only, [request.tool for request in requests], app)
    return [request for request in requests if request.tool in tools]


def tools_of_only(only: str, pinned: Sequence[str], app: App) -> frozenset[str]:
    """Return the tools that `--only TOOL,...` names.

    Raises UsageError for a tool that is not `pinned`.
    """
    names = [word for word in only.split(",") if word]
    tools = frozenset(app.registry.require(name, COMMAND_LINE).name for name in names)
    if not tools or not tools.issubset(pinned):
        raise UsageError(
            f"--only {only} names a tool that is not pinned here",
            [("pinned", ", ".join(dict.fromkeys(pinned)))],
        )
    return tools


def _named(options: InstallOptions, app: App) -> Sequence[Request]:
    tool = app.registry.canonical(options.tool)
    if options.versions:
        spell = app.registry.spell
        words = (spell(tool, word) for word in options.versions)
        wanted = tuple(parse_wanted(word, COMMAND_LINE) for word in words)
        return [Request(tool, wanted, COMMAND_LINE)]
    return [pinned_tool(options.tool, app, verb="install")]


def _of_projects(root: str, app: App) -> Iterator[Request]:
    """Yield the requests of every project below a directory, by path.

    Raises UsageError if there is none.
    """
    from toolpin.system.directory_tree import walk

    result = False
    top = os.path.normpath(os.path.join(app.directory, root))
    if not os.path.isdir(top):
        raise UsageError(
            f"the directory {top} does not exist", [("required by", "--all-projects")]
        )
    for directory, names, filenames in walk(top):
        names[:] = sorted(
            name
            for name in names
            if name not in PASSED_OVER and not name.startswith(".")
        )
        path = os.path.join(directory, pin_files.FILENAME)
        plain = pin_files.FILENAME in filenames and pin_files.is_used_file(path)
        spell = app.registry.spell
        stated = parse(app.files.read(path), path, spell) if plain else ()
        seen: set[str] = set()
        for request in (
            *stated,
            *pin_files.idiomatic(directory, app.idioms, app.files),
        ):
            tool = app.registry.canonical(request.tool)
            if tool not in seen:
                seen.add(tool)
                yield request._replace(tool=tool)
        result = result or plain or bool(seen)
    if not result:
        raise UsageError(
            f"no directory below {top} has a .tool-versions",
            [("skipped", f"hidden directories, {', '.join(sorted(PASSED_OVER))}")],
        )
