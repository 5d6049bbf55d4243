"""The state that every command of `asdf` starts from: an App under asdf's variables.

It finds the tools and the requests that apply to asdf.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from toolpin.app import App
from toolpin.config.asdf_env import (
    as_toolpin,
    data_directory,
    filename_in,
    named_as_asdf,
)
from toolpin.config.asdfrc import Asdfrc, read_asdfrc
from toolpin.config.idiomatic_level import VARIABLE, idiomatic_level
from toolpin.errors import ToolpinError, UsageError
from toolpin.model import COMMAND_LINE, Request, Wanted
from toolpin.plugins.registry import script_directories
from toolpin.project import pin_files
from toolpin.project.project_files import Files
from toolpin.project.toolversions import parse_wanted
from toolpin.shims import asdf_note
from toolpin.store import installs
from toolpin.system.paths import find_paths
from toolpin.system.report import Report


class FailedError(Exception):
    """An error as asdf prints it on stderr, and its exit code."""

    def __init__(self, what: str, code: int = 1) -> None:
        super().__init__(what)
        self.what = what
        self.code = code


class Words(NamedTuple):
    """A command's words: positional ones, and its flags' values."""

    names: tuple[str, ...]
    flags: Mapping[str, str]

    def name(self, at: int) -> str:
        """Return a word by its position, "" without one."""
        return self.names[at] if at < len(self.names) else ""


class AsdfContext(NamedTuple):
    """An App under asdf's rules; `given` is the original environment."""

    app: App
    given: Mapping[str, str]
    rc: Asdfrc

    @property
    def known(self) -> frozenset[str]:
        """Every name of a known tool here; installed tools need no plugin."""
        here = installs.tools(self.app.paths)
        return frozenset((*self.app.registry.aliases, *here))

    @property
    def plugins(self) -> tuple[str, ...]:
        """The tools that asdf would have plugins of, sorted.

        Those with an asdf plugin; of the bundled ones, those installed or requested
        here.
        """
        app = self.app
        names = {
            *script_directories(app.paths),
            *installs.tools(app.paths),
            *self.added,
        }
        names |= {request.tool for request in self.requests()}
        return tuple(sorted({app.registry.canonical(name) for name in names}))

    @property
    def added(self) -> frozenset[str]:
        """The bundled tools that `plugin add` has added."""
        return asdf_note.added(self.app.paths)

    def add(self, tool: str, *, is_there: bool = True) -> None:
        """Record that a bundled tool was added, or removed."""
        paths = self.app.paths
        names = self.added | {tool} if is_there else self.added - {tool}
        asdf_note.write(paths, names, asdf_note.of_paths(paths))

    def has(self, name: str) -> bool:
        """Return whether there is such a tool."""
        return name in self.known

    def tool(self, name: str) -> str:
        """Return a tool's canonical name. Raises FailedError for an unknown one."""
        if not name:
            raise FailedError("No plugin given")
        if not self.has(name):
            raise FailedError(f"No such plugin: {name}")
        return self.app.registry.canonical(name)

    def requests(self) -> tuple[Request, ...]:
        """Return the requests for known tools here, in the files' order.

        Lines of other tools are ignored.
        """
        known = self.known
        aliases = {name: name for name in known} | self.app.registry.aliases
        stated = self.app.stated(known)
        spell = self.app.registry.spell
        return tuple(
            pin_files.effective(stated, env=self.app.env, aliases=aliases, spell=spell)
        )

    def request(self, tool: str) -> Request | None:
        """Return the request for one tool here, None without one."""
        names = self.app.registry.aliases.items()
        only = {tool, *(name for name, own in names if own == tool)}
        stated = self.app.stated(only)
        return pin_files.request_for(
            tool, stated, self.app.env, self.app.registry.spell
        )

    def source(self, request: Request) -> str:
        """Return the file of a request, or the variable as it was set."""
        return named_as_asdf(request.origin.place, self.given)

    def answer(self, text: str) -> None:
        """Write a line to stdout."""
        self.app.report.answer(text)

    def say(self, text: str) -> None:
        """Write a line to stderr."""
        self.app.report.warn_lines(text)


def open_context(
    environ: Mapping[str, str], *, for_plugin: bool = False
) -> AsdfContext:
    """Return the context of this process.

    For a plugin's script, which toolpin itself runs, asdf's rules apply only if the
    `asdf` command has been used on the store before.
    """
    given = dict(environ)
    places = dict(given)
    if directory := data_directory(given):
        places["TOOLPIN_DATA_DIR"] = directory
    paths, files = find_paths(places)._replace(as_asdf=True), Files()
    rc = read_asdfrc(given)
    env: Mapping[str, str] = given
    if not for_plugin or os.path.exists(paths.asdf_note):
        env = as_toolpin(given)
        paths = paths._replace(filename=filename_in(given))
    if not for_plugin and VARIABLE not in given:
        mine = idiomatic_level(paths, given, files.read_settings)
        wanted = rc.flag("legacy_version_file")
        level = ("plain" if mine == "none" else mine) if wanted else "none"
        env = {**env, VARIABLE: level}
    context = AsdfContext(App(paths, env, Report(quiet=True), files=files), given, rc)
    if not for_plugin:
        _note(context)
    return context


def _note(context: AsdfContext) -> None:
    """Write the note that shims read; existing shims are written again."""
    paths = context.app.paths
    if os.path.exists(paths.asdf_note):
        return
    with contextlib.suppress(OSError):
        os.makedirs(paths.data, exist_ok=True)
        with open(paths.asdf_note, "w", encoding="utf-8"):
            pass
        if os.path.isdir(paths.installs):
            from toolpin.tasks.shim_refresh import refresh_shims

            refresh_shims(paths, context.app.registry)


def split(words: Sequence[str], known: str = "", valued: str = "") -> Words:
    """Separate a command's words from its flags, in any order; `--` ends the flags.

    `known` are flags without a value, `valued` those with one; one dash or two. Raises
    FailedError for any other.
    """
    names: list[str] = []
    flags: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word == "--":
            names += rest
            break
        if not word.startswith("-") or word == "-":
            names.append(word)
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if name in known.split() and not equals:
            flags[name] = "yes"
        elif name in valued.split():
            flags[name] = value if equals else next(rest, "")
        else:
            raise FailedError(
                f"Incorrect Usage: flag provided but not defined: -{name}"
                "\n\ntry: asdf help"
            )
    return Words(tuple(names), flags)


def wanted_of(word: str) -> Wanted:
    """Parse a version on the command line. Raises UsageError."""
    return parse_wanted(word, COMMAND_LINE)


def name_as_set(error: ToolpinError) -> None:
    """Rename the variables in an error to those that the user has set."""
    error.facts = tuple(
        (label, named_as_asdf(value, os.environ)) for label, value in error.facts
    )


def directory_like(word: str) -> bool:
    """Return whether a version names a directory that no manager installs."""
    try:
        return wanted_of(word).kind in ("system", "path")
    except UsageError:
        return False


def write(text: str) -> None:
    """Write to stdout unchanged, without a newline."""
    sys.stdout.write(text)
