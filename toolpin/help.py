"""Renders help: the overview of all commands, one command, the global options."""

from __future__ import annotations

import re
import textwrap
from argparse import SUPPRESS, Action, ArgumentParser, _SubParsersAction
from collections.abc import Iterable, Iterator, Sequence

from toolpin.cli import ALIASES, VERBS, add_globals, command_errors, expanded, run
from toolpin.shell.completion_scripts import argument_name
from toolpin.system.report import Report

_WIDTH = 80
# The column of an argument's meaning; a longer argument is on a line by itself.
_INDENT = 25
_GLOBAL_HINT = "Global options: toolpin help options"


# The commands by group: those that the overview explains, and the others.
GROUPS = {
    "tools": ("install use pin current", "list list-all latest search uninstall set"),
    "lockfile": ("lock upgrade", "outdated bundle"),
    "run": ("exec why", "which where env shimversions release-check"),
    "shell": ("activate", "shell deactivate completion"),
    "CI": ("ci", ""),
    "plugins": ("plugin", ""),
    "maintenance": (
        "doctor prune",
        "verify reshim cache config import asdf-alias version self",
    ),
}
# Command lines, each with its purpose behind two blanks.
_EXAMPLES = """\
toolpin install                       everything that .tool-versions pins
toolpin install nodejs 22             the newest Node.js 22
toolpin uninstall nodejs 20.11.1      one version
toolpin uninstall --unused --dry-run  versions not pinned here
toolpin pin nodejs 22                 write `nodejs 22` to .tool-versions
toolpin pin nodejs latest --home      the default for all projects
toolpin pin nodejs 22 20              20 if 22 is not installed
toolpin use nodejs 22                 pin Node.js 22 in this directory, and install it
toolpin set nodejs 22                 write `nodejs 22` to .tool-versions
toolpin lock                          lock every tool of this project
toolpin lock --check                  fail if the lockfile is out of date
toolpin lock --host linux-x64         lock for the build server
toolpin outdated                      newer versions, within the constraints and beyond
toolpin upgrade                       update every tool that is pinned here
toolpin upgrade nodejs --latest       update to the newest Node.js
toolpin bundle create tools.tar       pack the locked versions
toolpin bundle install tools.tar      install them, without a network
toolpin current                       every tool that is pinned here
toolpin current nodejs                one tool
toolpin list                          everything that is installed
toolpin list nodejs 20                the versions of Node.js 20
toolpin list-all nodejs               every version
toolpin list-all nodejs 20            the versions of Node.js 20
toolpin latest nodejs                 the newest release
toolpin latest nodejs 20              the newest Node.js 20
toolpin where nodejs 20.11.1          the directory of that version
toolpin which node                    the path of the pinned node
toolpin why node                      the files and rules that decide
toolpin doctor                        check shell, shims and store
toolpin doctor --net                  also check the sources of the pinned tools
toolpin doctor --net nodejs           check the sources of one tool
toolpin shimversions npm              the versions with npm
eval "$(toolpin env)"                 use the pinned versions in a script
toolpin env --format systemd          lines for a systemd unit
eval "$(toolpin activate bash)"       in ~/.bashrc
toolpin activate fish | source        in config.fish
toolpin deactivate                    in an activated shell
toolpin shell nodejs 20               use Node.js 20 in this shell
toolpin shell nodejs --unset          use the pinned version again
toolpin exec npm ci                   run the npm that is pinned here
toolpin verify                        check every installed version
toolpin verify nodejs 20.11.1 --repair  restore damaged files
toolpin release-check _build/prod/rel/app  on this machine
toolpin release-check rel/app --host linux-x64 --glibc 2.31
toolpin search kubernetes             find tools for Kubernetes
toolpin reshim                        write all shims again
toolpin cache list                    show the cached downloads
toolpin cache clean                   remove them
toolpin prune                         show what would be removed
toolpin prune --yes --keep-days 90    remove it
toolpin ci init github                write a workflow for GitHub Actions
toolpin ci plan                       print the key and path for the cache step
toolpin ci install                    install, from the cache where possible
toolpin ci prune                      remove from the cache what `ci plan` does not list
toolpin config list                   show all settings
toolpin config set jobs 4             change one
toolpin plugin list                   list the available tools
toolpin plugin add lua                add the asdf plugin of that name
toolpin plugin add mytool mytool.toml  add a plugin file
toolpin plugin new mytool --github me/mytool  create a plugin file
toolpin import asdf                   import the versions in ~/.asdf
toolpin asdf-alias ~/.local/bin       install `asdf` there
toolpin completion bash               print the script for bash
toolpin self version                  show how toolpin was installed
toolpin self update                   update toolpin
toolpin self uninstall                remove toolpin
toolpin version                       show the version
"""


def _by_command(text: str) -> dict[str, list[tuple[str, str]]]:
    examples: dict[str, list[tuple[str, str]]] = {}
    for line in text.splitlines():
        command, _, purpose = line.partition("  ")
        name = re.findall(r"toolpin ([a-z-]+)", command)[0]
        examples.setdefault(name, []).append((command, purpose.lstrip()))
    return examples


EXAMPLES = _by_command(_EXAMPLES)
EXEC_NOTE = """\
The exit code is that of COMMAND. Options after `exec` belong to COMMAND, so
global options go before `exec`."""


def overview() -> str:
    """Return the first screen: all commands in groups, in at most 23 lines of 80."""
    lines = [
        "usage: toolpin [OPTION...] COMMAND [ARG...]",
        "Install and run the tool versions that .tool-versions pins.",
        "",
    ]
    for group, (main, others) in GROUPS.items():
        rows = []
        for name in main.split():  # its summary is shortened to fit
            rows.append(f"{name:<9} {VERBS[name].summary.partition(' (')[0]}")
        rows += [f"also: {others}"] if others else []
        for at, row in enumerate(rows):
            lines.append(f"{group if at == 0 else '':<12} {row}")
    return "\n".join([*lines, "", "More: toolpin help COMMAND, toolpin help options"])


def command_help(parser: ArgumentParser) -> str:
    """Return the help of a command or a subcommand, with a newline at the end."""
    name = parser.prog.split()[1]
    is_command = parser.prog.count(" ") == 1
    head = f"usage: {_usage(parser)}\n{_sentence(parser.description or '')}"
    rows = [*_rows(parser), _GLOBAL_HINT]
    if is_command:
        aliases = [word for word, command in ALIASES.items() if command == name]
        rows += [f"Alias: toolpin {alias}" for alias in aliases]
    blocks = [head.rstrip(), "\n".join(rows), _examples(name) if is_command else ""]
    return "\n\n".join(filter(None, blocks)) + "\n"


def exec_help() -> str:
    """Return the help of `exec`, which has no parser: its words are the command's."""
    head = "usage: toolpin [OPTION...] exec COMMAND [ARG...]"
    summary = _sentence(VERBS["exec"].summary)
    note = f"{EXEC_NOTE}\n{_GLOBAL_HINT}"
    return "\n\n".join([f"{head}\n{summary}", note, _examples("exec")])


def options_help() -> str:
    """Return the help of the options that every command takes."""
    parser = ArgumentParser(add_help=False)
    add_globals(parser, default=None)
    rows = [line for action in parser._actions for line in _row(action)]
    head = "Global options, before or after the name of a command (exec: before it):"
    return "\n".join([head, "", *rows])


def show(words: Sequence[str]) -> int:
    """Show the help of a command or subcommand, of the global options, or overall."""
    words = expanded(words)
    if words and words[0] in VERBS and words[0] != "help":
        return run([*(word for word in words if not word.startswith("-")), "--help"])
    if words and words[0] not in ("help", "options", "-h", "--help"):
        raise command_errors().unknown_command(words[0], ["help", words[0]])
    Report().answer(options_help() if words[:1] == ["options"] else overview())
    return 0


def own_actions(parser: ArgumentParser) -> list[Action]:
    """Return the arguments of a command, then its options, without the global ones."""
    common = ArgumentParser(add_help=False)
    add_globals(common, default=None)
    names = {action.dest for action in common._actions} | {"help"}
    own = [
        action
        for action in parser._actions
        if action.dest not in names and action.help != SUPPRESS
    ]
    return sorted(own, key=lambda action: bool(action.option_strings))


def _usage(parser: ArgumentParser) -> str:
    own = own_actions(parser)
    words = [parser.prog]
    if any(action.option_strings for action in own):
        words.append("[OPTION...]")
    forms = {"?": "[{}]", "*": "[{}...]", "+": "{}..."}
    for action in own:
        if isinstance(action, _SubParsersAction):
            words.append("SUBCOMMAND ...")
        elif not action.option_strings:
            words.append(forms.get(str(action.nargs), "{}").format(_name(action)))
    return " ".join(words)


def _rows(parser: ArgumentParser) -> Iterator[str]:
    own = own_actions(parser)
    for action in own:
        if isinstance(action, _SubParsersAction):
            for choice in action._choices_actions:
                yield from _columns(str(choice.dest), choice.help or "")
        else:
            yield from _row(action)


def _row(action: Action) -> Iterable[str]:
    names = [
        name if action.nargs == 0 else f"{name} {_name(action)}"
        for name in sorted(action.option_strings, key=len, reverse=True)
    ]
    return _columns(", ".join(names) or _name(action), action.help or "")


def _name(action: Action) -> str:
    if action.metavar is None and action.choices is not None:
        return f"{{{','.join(map(str, action.choices))}}}"
    return argument_name(action)


def _columns(term: str, text: str) -> Iterator[str]:
    """Yield the lines of a term and its meaning, aligned at one column."""
    wrap = textwrap.TextWrapper(_WIDTH - _INDENT, break_on_hyphens=False).wrap
    lines = [line for part in text.split("\n") for line in wrap(part)]
    if len(term) + 4 > _INDENT:
        yield f"  {term}"
    else:
        first = lines.pop(0) if lines else ""
        yield f"  {term:<{_INDENT - 2}}{first}".rstrip()
    yield from (f"{'':<{_INDENT}}{line}" for line in lines)


def _examples(name: str) -> str:
    examples = EXAMPLES.get(name, ())
    width = max((len(line) for line, _ in examples), default=0)
    rows = [f"  {line:<{width}}  {text}".rstrip() for line, text in examples]
    return "\n".join(["examples:", *rows]) if rows else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
