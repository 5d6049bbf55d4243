"""Turns the command line into the run of one verb; each verb is a module of its own."""

from __future__ import annotations

import importlib
import os
from argparse import SUPPRESS, ArgumentParser, HelpFormatter, Namespace
from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple, NoReturn

from toolpin.app import App
from toolpin.errors import ToolpinError, UsageError
from toolpin.modes import use_own_umask
from toolpin.paths import Paths, find_paths, find_system_paths
from toolpin.report import Report, close_quietly
from toolpin.suggest import near_names


class Verb(NamedTuple):
    """A command: what it does, in a line, and the module below `commands`."""

    summary: str
    module: str


VERBS = {
    "install": Verb("install what is pinned here, or TOOL VERSION", "install"),
    "uninstall": Verb("remove installed versions", "uninstall"),
    "pin": Verb("write a version into .tool-versions", "pin"),
    "set": Verb("the same as pin", "pin"),
    "lock": Verb("write toolpin.lock: exact versions and digests", "lock"),
    "outdated": Verb("show what is newer than what is locked", "outdated"),
    "upgrade": Verb("move the lock within its requests; --latest: them too", "upgrade"),
    "bundle": Verb("carry a locked toolchain to a machine offline", "bundle"),
    "current": Verb("show what is pinned here, and where", "current"),
    "list": Verb("show what is installed", "list"),
    "list-all": Verb("show what can be installed; also: list all", "list_all"),
    "latest": Verb("show the newest release that can be installed", "latest"),
    "where": Verb("show the folder of an install", "where"),
    "which": Verb("show the program that a command runs here", "which"),
    "why": Verb("show why a command runs what it runs here", "why"),
    "doctor": Verb("show what is wrong with this set-up, and its mend", "doctor"),
    "shimversions": Verb("show which versions have a command", "shimversions"),
    "env": Verb("show what the versions pinned here set: PATH, variables", "env"),
    "activate": Verb("what a shell's rc file evaluates", "activate"),
    "deactivate": Verb("take toolpin out of this shell", "deactivate"),
    "shell": Verb("pin a version in this shell alone", "shell"),
    "exec": Verb("run a command of the pinned versions", ""),
    "verify": Verb("compare installs with their receipts; --repair", "verify"),
    "release-check": Verb(
        "whether a release of Mix runs on its target", "release_check"
    ),
    "reshim": Verb("bring the shims in line with the installs", "reshim"),
    "cache": Verb("show or empty the cache of downloads", "cache"),
    "prune": Verb("remove versions that nothing has used for long; --yes", "prune"),
    "ci": Verb("plan, install and prune what a CI job keeps in its cache", "ci"),
    "config": Verb("show and change toolpin's settings", "config"),
    "plugin": Verb("show, check, add and draft what knows a tool", "plugin"),
    "import": Verb(
        "take over what asdf, mise, nvm or others have installed", "import_"
    ),
    "asdf-alias": Verb("put an `asdf` command into a folder", "asdf_alias"),
    "completion": Verb("print what completes toolpin's line in a shell", "completion"),
    "self": Verb("show, update or remove toolpin itself", "self"),
    "version": Verb("show toolpin's version", "version"),
    "help": Verb("show this, or a command's own help", ""),
}

_WIDTH = 80
# What verbs call the versions that stand behind their tool.
_VERSIONS = ("versions", "version", "prefix")
_TOP = """usage: toolpin [-C DIR] [--quiet] [--debug] COMMAND ...

Runtimes exactly as .tool-versions pins them.

{verbs}

  -C DIR      act as if started in DIR
  --quiet     say nothing but answers and errors
  --debug     show the traceback of an error
  --system    act on the store of the machine, not on yours
  --offline   ask nobody: only what is in the cache
  --strict    refuse a folder whose files disagree about a tool
  --json      answer with one JSON document

toolpin help COMMAND tells more."""


class _Parser(ArgumentParser):
    """An argparse parser whose complaints are toolpin's errors."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage and leaving."""
        raise UsageError(f"{self.prog}: {message}", hint=f"{self.prog} --help")


class _VerbParser(_Parser):
    """A verb's parser, or that of a word below it: all take the global options."""

    def __init__(self, prog: str, description: str | None = None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            formatter_class=_formatter,
            allow_abbrev=False,
        )
        add_globals(self, default=SUPPRESS)


def run(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code. Raises what its verb raises."""
    code = _dispatch(_split_globals(argv))
    close_quietly()
    return code


def command_in(argv: Sequence[str]) -> str | None:
    """Return the verb of a command line as its answers name it, if it has one."""
    words = _from_verb(argv)
    if not words:
        return None
    name = "list-all" if _is_list_all(words) else words[0]
    return VERBS[name].module.rstrip("_").replace("_", "-") or name


def asks_for_json(argv: Sequence[str]) -> bool:
    """Tell whether a command line wants one JSON document, its error too."""
    own = argv[: argv.index("--")] if "--" in argv else argv
    return "--json" in own and command_in(argv) != "exec"


def parser_of(name: str) -> ArgumentParser:
    """Return the parser of a verb that has a module."""
    parser = _VerbParser(f"toolpin {name}", VERBS[name].summary)
    _module(name).add_arguments(parser)
    return parser


def add_globals(parser: ArgumentParser, default: str | None) -> None:
    """Add the options that every command takes, before its name or behind it."""
    parser.add_argument(
        "-C",
        dest="folder",
        metavar="DIR",
        default=default,
        help="act as if started in DIR",
    )
    for names, text in (
        (("--quiet", "-q"), "say nothing but answers and errors"),
        (("--debug",), "show the traceback of an error"),
        (("--system",), "act on the store of the machine, not on yours"),
        (("--offline",), "ask nobody: only what is in the cache"),
        (("--strict",), "refuse a folder whose files disagree about a tool"),
        (("--json",), "answer with one JSON document"),
    ):
        parser.add_argument(*names, action="store_true", default=default, help=text)


def _split_globals(argv: Sequence[str]) -> tuple[Namespace, list[str]]:
    """Return the options before the verb, and the verb with all that follows it."""
    parser = _Parser(
        prog="toolpin", add_help=False, formatter_class=_formatter, allow_abbrev=False
    )
    add_globals(parser, default=None)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--version", "-v", action="store_true")
    words = _from_verb(argv)
    options, rest = parser.parse_known_args(argv[: len(argv) - len(words)])
    if options.version:
        return options, ["version"]
    if rest:
        raise _unknown(rest[0])
    if options.help or not words:
        return options, ["help"]
    return options, ["list-all", *words[2:]] if _is_list_all(words) else words


def _from_verb(argv: Sequence[str]) -> list[str]:
    """Return the words from the verb on; a folder behind -C is no verb."""
    for at, word in enumerate(argv):
        if word in VERBS and argv[at - 1 : at] != ["-C"]:
            return list(argv[at:])
    return []


def _is_list_all(words: Sequence[str]) -> bool:
    return list(words[:2]) == ["list", "all"]


def _formatter(prog: str) -> HelpFormatter:
    """Return argparse's formatter; one that has no width loads shutil for it."""
    return HelpFormatter(prog, width=_WIDTH)


def _dispatch(line: tuple[Namespace, list[str]]) -> int:
    options, (name, *rest) = line
    if name == "help":
        return _help(rest)
    if name == "exec":
        return _exec(options, rest)
    use_own_umask()
    parser = parser_of(name)
    args = _parted(parser.parse_args(rest, options))
    report = Report(quiet=bool(args.quiet), as_json=bool(args.json))
    env = _enter(args.folder)
    for flag in ("offline", "strict"):
        if getattr(args, flag):
            env[f"TOOLPIN_{flag.upper()}"] = "1"
    module = _module(name)
    verb_options = _options(module, args)
    try:
        app = App(_paths(is_system=bool(args.system)), env, report)
        code: int = module.run(verb_options, app)
    except ToolpinError:
        if hasattr(module, "answer_failure"):  # where a shell evaluates the answer
            module.answer_failure(verb_options, report)
        raise
    return code


def _options(module: ModuleType, args: Namespace) -> object:
    """Return the options of a verb as its own type; what is not given has its default.

    A list becomes a tuple.
    """
    given = {name: getattr(args, name, None) for name in module.Options._fields}
    return module.Options(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if value is not None
        }
    )


def _parted(args: Namespace) -> Namespace:
    """Return the words with `nodejs@22` as `nodejs 22`: no tool's name has an @."""
    tool, _, version = (getattr(args, "tool", None) or "").partition("@")
    field = next((one for one in _VERSIONS if hasattr(args, one)), "")
    if not (tool and version and field):
        return args
    have = getattr(args, field)
    if field == "versions":
        args.tool, args.versions = tool, [version, *have]
    elif not have:
        args.tool = tool
        setattr(args, field, version)
    return args


def _paths(*, is_system: bool) -> Paths:
    return find_system_paths(os.environ) if is_system else find_paths(os.environ)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"toolpin.commands.{VERBS[name].module}")


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
    width = max(map(len, VERBS))
    lines = [f"  {name:<{width}}  {verb.summary}" for name, verb in VERBS.items()]
    Report().answer(_TOP.format(verbs="\n".join(lines)))
    return 0


def _unknown(name: str) -> UsageError:
    near = near_names(name, VERBS, most=1)
    what = "option" if name.startswith("-") else "command"
    hint = f"toolpin {near[0]}" if near else "toolpin help"
    return UsageError(f"{name} is no {what} of toolpin", hint=hint)
