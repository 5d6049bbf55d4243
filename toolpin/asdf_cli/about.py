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
This command runs toolpin: `toolpin help` lists more commands.

MANAGE PLUGINS
  plugin add NAME [URL]         add a plugin from a Git URL, or by its short name
  plugin list [--urls] [--refs] list the plugins, with their URLs and commits
  plugin list all               list the short names of the index
  plugin remove NAME            remove a plugin and all that it installed
  plugin update NAME [REF]      update a plugin; --all: every plugin
  plugin test NAME URL          test a plugin in a temporary directory

MANAGE TOOLS
  current [TOOL]                show the versions that are set, and where
  help TOOL [VERSION]           show the documentation of a plugin
  install [TOOL [VERSION]]      install the versions that are set, or this one
  latest TOOL [PREFIX]          show the newest version; --all: of every plugin
  list [TOOL [PREFIX]]          list installed versions
  list all TOOL [PREFIX]        list the versions that can be installed
  set [-u] [-p] TOOL VERSION... set versions here, at home (-u) or in a parent (-p)
  uninstall TOOL VERSION        remove a version
  where TOOL [VERSION]          show the directory of a version
  which COMMAND                 show the program that a command runs

UTILS
  cmd PLUGIN [COMMAND [ARG...]] run a command of a plugin
  completion SHELL              print a shell's completion script
  env COMMAND [UTIL [ARG...]]   run a program in a command's environment
  exec COMMAND [ARG...]         run a command of the version that is set
  info                          show the details for a bug report
  reshim [TOOL [VERSION]]       update the shims
  shimversions COMMAND          list the versions that have a command
  version                       show the version
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
