"""Turns the command line into the run of one verb; each verb is a module of its own."""

from __future__ import annotations

import importlib
import os
from argparse import SUPPRESS, ArgumentParser, HelpFormatter, Namespace
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from toolpin.errors import UsageError
from toolpin.paths import find_paths
from toolpin.report import Report, close_quietly
from toolpin.session import open_session


class Verb(NamedTuple):
    """A command: what it does, in a line, and the module below `commands`."""

    summary: str
    module: str


VERBS = {
    "install": Verb("install what is pinned here, or TOOL VERSION", "install"),
    "uninstall": Verb("remove installed versions", "uninstall"),
    "pin": Verb("write a version into .tool-versions", "pin"),
    "set": Verb("the same as pin", "pin"),
    "current": Verb("show what is pinned here, and where", "current"),
    "list": Verb("show what is installed", "list"),
    "list-all": Verb("show what can be installed", "list_all"),
    "where": Verb("show the folder of an install", "where"),
    "which": Verb("show the program that a command runs here", "which"),
    "exec": Verb("run a command of the pinned versions", ""),
    "reshim": Verb("bring the shims in line with the installs", "reshim"),
    "version": Verb("show toolpin's version", "version"),
    "help": Verb("show this, or a command's own help", ""),
}

_WIDTH = 80
_TOP = """usage: toolpin [-C DIR] [--quiet] [--debug] COMMAND ...

Runtimes exactly as .tool-versions pins them.

{verbs}

  -C DIR      act as if started in DIR
  --quiet     say nothing but answers and errors
  --debug     show the traceback of an error

toolpin help COMMAND tells more."""


class _Parser(ArgumentParser):
    """An argparse parser whose complaints are toolpin's errors."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage and leaving."""
        raise UsageError(f"{self.prog}: {message}", hint=f"{self.prog} --help")


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code. Raises what its verb raises."""
    code = _dispatch(_split_globals(argv))
    close_quietly()
    return code


def _split_globals(argv: Sequence[str]) -> tuple[Namespace, list[str]]:
    """Return the options before the verb, and the verb with all that follows it."""
    parser = _Parser(
        prog="toolpin", add_help=False, formatter_class=_formatter, allow_abbrev=False
    )
    _add_globals(parser, default=None)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", "-v", action="store_true")
    end = next((at for at, verb in enumerate(argv) if verb in VERBS), len(argv))
    options, rest = parser.parse_known_args(argv[:end])
    if options.version:
        return options, ["version"]
    if rest:
        raise _unknown(rest[0])
    return options, ["help"] if options.help or end == len(argv) else list(argv[end:])


def _formatter(prog: str) -> HelpFormatter:
    """Return argparse's formatter; one that has no width loads shutil for it."""
    return HelpFormatter(prog, width=_WIDTH)


def _add_globals(parser: ArgumentParser, default: str | None) -> None:
    parser.add_argument("-C", dest="folder", metavar="DIR", default=default)
    parser.add_argument("--quiet", "-q", action="store_true", default=default)
    parser.add_argument("--debug", action="store_true", default=default)
    parser.add_argument("--json", action="store_true", default=default)


def _dispatch(line: tuple[Namespace, list[str]]) -> int:
    options, (name, *rest) = line
    if name == "help":
        return _help(rest)
    if name == "exec":
        return _exec(options, rest)
    verb = VERBS[name]
    module = importlib.import_module(f"toolpin.commands.{verb.module}")
    parser = _Parser(
        prog=f"toolpin {name}",
        description=verb.summary,
        formatter_class=_formatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    _add_globals(parser, default=SUPPRESS)
    args = parser.parse_args(rest, options)
    report = Report(quiet=bool(args.quiet), as_json=bool(args.json))
    session = open_session(_enter(args.folder), find_paths(os.environ), report)
    code: int = module.run(args, session)
    return code


def _exec(options: Namespace, rest: list[str]) -> int:
    """Run a command; its own flags are never looked at."""
    if rest and rest[0] not in ("-h", "--help"):
        verb = importlib.import_module("toolpin.commands.exec")
        verb.run(rest, _enter(options.folder))
    Report().answer("usage: toolpin [-C DIR] exec COMMAND [ARG ...]")
    return 0 if rest else UsageError.exit_code


def _enter(folder: str | None) -> dict[str, str]:
    """Change to the folder of -C and return the environment, with PWD to match."""
    env = dict(os.environ)
    if folder is not None:
        try:
            os.chdir(folder)
        except OSError as error:
            raise UsageError(
                f"{folder} cannot be entered", [("because", error.strerror or "?")]
            ) from error
        joined = os.path.join(env.get("PWD", ""), folder)
        env["PWD"] = os.path.normpath(joined) if os.path.isabs(joined) else os.getcwd()
    return env


def _help(rest: Sequence[str]) -> int:
    if rest and rest[0] in VERBS and rest[0] not in ("help",):
        return run([rest[0], "--help"])
    if rest:
        raise _unknown(rest[0])
    lines = [f"  {name:<10}  {verb.summary}" for name, verb in VERBS.items()]
    Report().answer(_TOP.format(verbs="\n".join(lines)))
    return 0


def _unknown(name: str) -> UsageError:
    import difflib  # noqa: PLC0415 - only a mistake needs it

    near = difflib.get_close_matches(name, VERBS, n=1)
    what = "option" if name.startswith("-") else "command"
    hint = f"toolpin {near[0]}" if near else "toolpin help"
    return UsageError(f"{name} is no {what} of toolpin", hint=hint)
