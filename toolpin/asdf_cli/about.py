"""The commands of `asdf` about itself: version, help, info, completion."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence

from toolpin import __version__
from toolpin.asdf_cli.asdf_context import AsdfContext, FailedError, split
from toolpin.asdf_cli.plugin_words import described
from toolpin.config.asdf_env import is_path
from toolpin.config.asdfrc import place_of
from toolpin.errors import ToolpinError
from toolpin.plugins.registry import script_directories
from toolpin.project.toolversions import FILENAME_VARIABLES
from toolpin.system.paths import bundled
from toolpin.system.process import run

# asdf's version, and toolpin's name: scripts compare the number.
VERSION = f"0.20.0 (revision toolpin-{__version__})"
_FILENAME = FILENAME_VARIABLES[0]
_SHELLS = ("bash", "fish", "zsh")
_QUERY_S = 10.0
_QUOTE = '"Late but latest"\n-- Rajinikanth'
_TOP = """\
This asdf is a front of toolpin's: `toolpin help` has more commands.

MANAGE PLUGINS
  plugin add NAME [URL]         fetch a plugin, by its URL or its short name
  plugin list [--urls] [--refs] the plugins here; with URLs, with commits
  plugin list all               the index of short names
  plugin remove NAME            a plugin and all that it installed
  plugin update NAME [REF]      move it to a newer commit; --all: each of them
  plugin test NAME URL          try one, and throw it away

MANAGE TOOLS
  current [TOOL]                what counts here, and which file says so
  help TOOL [VERSION]           what a plugin tells of its tool
  install [TOOL [VERSION]]      what is asked for here, or this
  latest TOOL [PREFIX]          the newest version; --all: of each tool
  list [TOOL [PREFIX]]          what is installed
  list all TOOL [PREFIX]        what can be installed
  set [-u] [-p] TOOL VERSION... write it into the file here, at home, or above
  uninstall TOOL VERSION        remove a version
  where TOOL [VERSION]          the directory of a version
  which COMMAND                 the program that a command runs

UTILS
  cmd PLUGIN [COMMAND [ARG...]] a command that a plugin brings
  completion SHELL              what completes this line there
  env COMMAND [UTIL [ARG...]]   a program in a command's environment
  exec COMMAND [ARG...]         a command of the version that counts here
  info                          what to tell when something is wrong
  reshim [TOOL [VERSION]]       bring the shims in line with the installs
  shimversions COMMAND          the versions that have a command
  version                       this asdf's version
"""


def version(context: AsdfContext, _words: Sequence[str]) -> int:
    """Print the number that scripts compare."""
    context.answer(VERSION)
    return 0


def help_(context: AsdfContext, words: Sequence[str]) -> int:
    """Print all commands, or a plugin's help texts."""
    given = split(words)
    if given.names:
        return _of_tool(context, given.name(0), given.name(1))
    context.answer(f"version: {VERSION}\n\n{_TOP}")
    for name in script_directories(context.app.paths):
        words = context.app.scripts(name).extension_names()
        if words:
            context.answer(f"PLUGIN {name}")
            for word in words:
                context.answer(f"  asdf {name} {word}".rstrip())
    context.answer(f"\n{_QUOTE}")
    return 0


def _of_tool(context: AsdfContext, name: str, version: str) -> int:
    """Print every text that a plugin has: overview, deps, config, links."""
    own = context.app.registry.canonical(name)
    tool = context.app.registry.get(own)
    if tool is None:
        raise FailedError(f"No plugin named {name}")
    if not os.path.isdir(tool.file):
        context.answer(f"{tool.description}\n{tool.homepage}".rstrip())
        return 0
    scripts = context.app.scripts(own)
    overview = scripts.help("overview", version)
    if overview is None:
        raise FailedError(f"No documentation for plugin {name}")
    context.answer(overview.rstrip("\n"))
    for topic in ("deps", "config", "links"):
        if text := scripts.help(topic, version):
            context.answer(f"\n{text.rstrip()}")
    return 0


def info(context: AsdfContext, _words: Sequence[str]) -> int:
    """Print what is needed for a bug report."""
    app, given = context.app, context.given
    name = given.get(_FILENAME, "")
    if is_path(name):
        context.answer(
            f"WARNINGS:\n{_FILENAME} should be a filename only, not a path\n"
        )
    context.answer(f"OS:\n{' '.join(platform.uname())}\n")
    shell = given.get("SHELL", "")
    context.answer(f"SHELL:\n{_version_of(context, shell) if shell else 'not set'}\n")
    context.answer(f"BASH VERSION:\n{_version_of(context, 'bash')}\n")
    context.answer(f"ASDF VERSION:\n{VERSION}\n")
    context.answer("ASDF INTERNAL VARIABLES:")
    context.answer(f"{_FILENAME}={app.paths.filename}")
    context.answer(f"ASDF_DATA_DIR={app.paths.data}")
    context.answer(f"ASDF_CONFIG_FILE={place_of(given)}\n")
    context.answer("ASDF INSTALLED PLUGINS:")
    rows = described(context)
    widths = [max(10, *(len(row[at]) + 1 for row in rows)) for at in (0, 1) if rows]
    for row in rows:
        context.answer(f"{row[0]:<{widths[0]}}{row[1]:<{widths[1]}}{row[2]}")
    return 0


def _version_of(context: AsdfContext, program: str) -> str:
    """Return the first lines of a shell's version."""
    try:
        finished = run(
            ["/usr/bin/env", program, "--version"],
            env=context.given,
            cwd=context.app.directory,
            timeout_s=_QUERY_S,
        )
    except ToolpinError as error:
        return error.what
    return (finished.out or finished.err).strip().split("\n")[0]


def completion(context: AsdfContext, words: Sequence[str]) -> int:
    """Print the completion script of asdf's command line for a shell."""
    shell = split(words).name(0)
    if shell not in _SHELLS:
        raise FailedError(
            f'No completions available for shell with name "{shell}"\n'
            f"Completions are available for: {', '.join(_SHELLS)}"
        )
    with open(f"{bundled('shims')}/asdf.{shell}", encoding="utf-8") as file:
        context.answer(file.read().rstrip("\n"))
    return 0


def update(context: AsdfContext, _words: Sequence[str]) -> int:
    """Report that toolpin updates itself with another command."""
    context.answer(
        "asdf update is no longer supported: `toolpin self update` brings this asdf up "
        "to date"
    )
    return 1
