"""Parses the command line and runs one command; each command is a module."""

from __future__ import annotations

import importlib
import os
from argparse import SUPPRESS, ArgumentParser, HelpFormatter, Namespace
from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple, NoReturn

from toolpin.app import App
from toolpin.commands import declare
from toolpin.errors import ToolpinError, UsageError
from toolpin.system.file_modes import use_own_umask
from toolpin.system.paths import find_paths, find_system_paths
from toolpin.system.report import Report, close_quietly


class Verb(NamedTuple):
    """A command: its one-line summary, and its module below `commands`."""

    summary: str
    module: str


_SUMMARIES = {
    "install": "install the pinned versions, or TOOL VERSION",
    "uninstall": "remove installed versions",
    "use": "pin a version of a tool, and install it",
    "pin": "write the version of a tool to .tool-versions (and to an existing "
    "toolpin.lock)",
    "set": "the same as pin",
    "lock": "write exact versions and checksums to toolpin.lock",
    "outdated": "list pinned tools that have newer versions",
    "upgrade": "update locked versions as far as .tool-versions allows (or further: "
    "--latest)",
    "bundle": "create or install a bundle of tools, for machines without a network",
    "current": "show the pinned versions and the files that pin them",
    "list": "list installed versions (* marks a version that is pinned here)",
    "list-all": "list the versions that can be installed",
    "latest": "show the newest release that can be installed",
    "where": "show the directory of an installed version",
    "which": "show the path of the program that a command runs",
    "why": "explain which version a command resolves to, and why",
    "doctor": "diagnose this installation and suggest fixes",
    "shimversions": "list the versions that provide a command",
    "env": "print the environment of the pinned versions",
    "activate": "print the code that sets up a shell, for its startup file",
    "deactivate": "remove toolpin from the current shell",
    "shell": "set the version of a tool for the current shell only",
    "exec": "run a command with the pinned versions",
    "verify": "compare installed files with the checksums recorded at install",
    "release-check": "check whether a Mix release runs on its target",
    "reshim": "update the shims to match the installed versions",
    "cache": "show or clear the download cache",
    "prune": "list or remove versions that have not been used recently",
    "ci": "plan the cache of a CI job, install from it, and prune it",
    "config": "show and change settings",
    "plugin": "list, check, add and create tool plugins",
    "search": "find tools by name, command or description",
    "import": "import versions that asdf, mise, nvm or others installed",
    "asdf-alias": "install an `asdf` command that runs toolpin",
    "completion": "print the completion script for a shell",
    "self": "show, update or remove toolpin itself",
    "version": "show the version of toolpin",
    "help": "show help for a command, or for the global options",
}
# The modules that do not have the name of their command; "" for none.
_MODULES = {"use": "pin", "set": "pin", "exec": "", "import": "import_", "help": ""}
VERBS = {
    name: Verb(summary, _MODULES.get(name, name.replace("-", "_")))
    for name, summary in _SUMMARIES.items()
}
# Options that a command always sets, and hides.
_IMPLIED = {"use": "install"}
# Aliases of commands; `toolpin help` and completion show the command's own name.
ALIASES = {"ls": "list", "remove": "uninstall"}

_FLAGS = {
    "--quiet -q": "print only results and errors",
    "--debug": "show the traceback of an error",
    "--system": "use the installs of all users (the system store), not your own",
    "--offline": "use cached files only, no network",
    "--strict": "fail if the version files of a directory, such as .tool-versions and "
    ".nvmrc, name different versions",
    "--json": "print the result as one JSON document",
}
# The names of the arguments with versions that follow a tool.
_VERSIONS = ("versions", "version", "prefix")


class _Parser(ArgumentParser):
    """A parser with the global options, whose errors and help are toolpin's.

    It is of a command or subcommand; with `default`, of the words before a command.
    """

    def __init__(
        self,
        prog: str,
        description: str | None = None,
        *,
        default: str | None = SUPPRESS,
    ) -> None:
        super().__init__(
            prog=prog,
            description=description,
            # One without a width would load shutil.
            formatter_class=lambda prog: HelpFormatter(prog, width=80),
            allow_abbrev=False,
            add_help=default == SUPPRESS,
        )
        add_globals(self, default=default)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing the usage and exiting."""
        raise command_errors().argument_error(self.prog, message)

    def format_help(self) -> str:
        """Return the help of the command."""
        return str(importlib.import_module("toolpin.help").command_help(self))


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code. Raises what the command raises."""
    code = _dispatch(_split_globals(argv))
    close_quietly()
    return code


def command_in(argv: Sequence[str]) -> str | None:
    """Return the command of a command line as JSON output names it, if it has one."""
    words = expanded(argv[_start_of_command(argv) :])
    if not words:
        return None
    name = words[0]
    return VERBS[name].module.rstrip("_").replace("_", "-") or name


def parser_of(name: str) -> ArgumentParser:
    """Return the parser of a command that has a module."""
    parser, module = _Parser(f"toolpin {name}", VERBS[name].summary), _module(name)
    options = getattr(module, "Options", None)
    defaults = options._field_defaults if options else {}
    arguments = getattr(module, "ARGUMENTS", {})
    if implied := _IMPLIED.get(name):
        arguments = arguments | {f"--{implied}": None}
        parser.set_defaults(**{implied: True})
    declare(parser, arguments, defaults)
    if actions := getattr(module, "ACTIONS", None):
        below = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action, (summary, own) in actions.items():
            child = below.add_parser(action, help=summary, description=summary)
            declare(child, own, defaults)
    return parser


def add_globals(parser: ArgumentParser, default: str | None) -> None:
    """Add the options that every command takes, before or after its name."""
    parser.add_argument(
        "-C",
        dest="directory",
        metavar="DIR",
        default=default,
        help="run as if started in DIR",
    )
    for names, text in _FLAGS.items():
        parser.add_argument(
            *names.split(), action="store_true", default=default, help=text
        )


def _split_globals(argv: Sequence[str]) -> tuple[Namespace, list[str]]:
    """Return the options before the command, and the command with its arguments."""
    parser = _Parser("toolpin", default=None)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", "-v", action="store_true")
    start = _start_of_command(argv)
    options, rest = parser.parse_known_args(argv[:start])
    if options.version:
        return options, ["version"]
    if rest:
        raise command_errors().unknown_word(rest[0], argv, parser)
    if options.help or start == len(argv):
        return options, ["help"]
    return options, expanded(argv[start:])


def _start_of_command(argv: Sequence[str]) -> int:
    """Return the index of the command in a line; the directory after -C is skipped."""
    for at, word in enumerate(argv):
        if (word in VERBS or word in ALIASES) and argv[at - 1 : at] != ["-C"]:
            return at
    return len(argv)


def expanded(words: Sequence[str]) -> list[str]:
    """Return a command and its arguments, with aliases replaced."""
    if list(words[:2]) in (["list", "all"], ["ls", "all"]):
        return ["list-all", *words[2:]]
    return [ALIASES.get(words[0], words[0]), *words[1:]] if words else []


def command_errors() -> ModuleType:
    """Load the module for invalid command lines only when it is needed."""
    return importlib.import_module("toolpin.command_errors")


def _dispatch(line: tuple[Namespace, list[str]]) -> int:
    options, (name, *rest) = line
    if name == "help":
        return int(importlib.import_module("toolpin.help").show(rest))
    if name == "exec":
        return _exec(options, rest)
    use_own_umask()
    parser = parser_of(name)
    args, unknown = parser.parse_known_args(rest, options)
    if unknown:
        raise command_errors().unexpected(unknown[0], name, rest, parser)
    _part(args)
    report = Report(quiet=bool(args.quiet), as_json=bool(args.json))
    env = _enter(args.directory)
    for flag in ("offline", "strict"):
        if getattr(args, flag):
            env[f"TOOLPIN_{flag.upper()}"] = "1"
    module = _module(name)
    verb_options = _options(module, args)
    try:
        app = App(
            (find_system_paths if args.system else find_paths)(os.environ),
            env,
            report,
            trusts_first_use=getattr(args, "trust_on_first_use", False),
        )
        code: int = module.run(verb_options, app)
    except ToolpinError:
        if hasattr(module, "answer_failure"):  # a shell evaluates the output
            module.answer_failure(verb_options, report)
        raise
    return code


def _options(module: ModuleType, args: Namespace) -> object:
    """Return the options of a command as its own type, with defaults for the rest.

    A list becomes a tuple. None for a command without arguments.
    """
    if not hasattr(module, "Options"):
        return None
    given = {name: getattr(args, name, None) for name in module.Options._fields}
    return module.Options(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if value is not None
        }
    )


def _part(args: Namespace) -> None:
    """Change `nodejs@22` in the words to `nodejs 22`: no tool's name has an @."""
    tool, _, version = (getattr(args, "tool", None) or "").partition("@")
    field = next((version for version in _VERSIONS if hasattr(args, version)), "")
    have = getattr(args, field, None) or ()
    if tool and version and field and (field == "versions" or not have):
        args.tool = tool
        setattr(args, field, [version, *have] if field == "versions" else version)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"toolpin.commands.{VERBS[name].module}")


def _exec(options: Namespace, rest: list[str]) -> int:
    """Run a command; its own flags are never parsed."""
    if not rest:
        raise UsageError("toolpin exec requires a command", hint="toolpin help exec")
    if rest[0] not in ("-h", "--help"):
        verb = importlib.import_module("toolpin.commands.exec")
        verb.run(rest, _enter(options.directory))
    Report().answer(importlib.import_module("toolpin.help").exec_help())
    return 0


def _enter(directory: str | None) -> dict[str, str]:
    """Change to the directory of -C and return the environment, with PWD to match."""
    env = dict(os.environ)
    if directory is not None:
        try:
            os.chdir(directory)
        except OSError as error:
            raise UsageError(
                f"{directory} cannot be used as the working directory",
                [("reason", error.strerror or "?")],
            ) from error
        joined = os.path.join(env.get("PWD", ""), directory)
        env["PWD"] = os.path.normpath(joined) if os.path.isabs(joined) else os.getcwd()
    return env
