"""Turns an invalid command line into an error with a corrected command line."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Sequence

from toolpin.cli import ALIASES, VERBS
from toolpin.errors import UsageError, as_word
from toolpin.near_names import near_names

# Commands of asdf, nvm, pyenv and mise, with toolpin's equivalents.
FOREIGN = {
    "add": "plugin add",
    "all": "list-all",
    "default": "pin --home",
    "global": "pin --home",
    "i": "install",
    "info": "doctor",
    "install-all": "install",
    "installed": "list",
    "local": "pin",
    "ls-remote": "list-all",
    "plugin-add": "plugin add",
    "plugin-list": "plugin list",
    "plugin-list-all": "plugin list all",
    "plugin-remove": "plugin remove",
    "plugin-update": "plugin update",
    "plugins": "plugin list",
    "rehash": "reshim",
    "rm": "uninstall",
    "run": "exec",
    "self-update": "self update",
    "settings": "config list",
    "un": "uninstall",
    "up": "upgrade",
    "update": "upgrade",
    "use-version": "pin",
    "version-name": "current",
    "versions": "list",
    "x": "exec",
}
# argparse's messages, which differ between Python versions, and their replacements.
_MESSAGES = (
    (r"the following arguments are required: (?P<name>.*)", "{prog} requires {name}"),
    (r"argument (?P<name>\S+): expected .*argument.*", "{name} requires a value"),
    (
        r"argument (?P<name>\S+): invalid choice: (?P<value>.*?)"
        r"(?:, maybe you meant .*)? \(choose from (?P<choices>.*)\)",
        "{value} is not a valid value for {name}",
    ),
    (
        r"argument (?P<name>\S+): invalid \w+ value: (?P<value>.*)",
        "{value} is not a valid value for {name}",
    ),
    (
        r"argument (?P<name>\S+): ignored explicit argument .*",
        "{name} does not take a value",
    ),
)


def argument_error(prog: str, message: str) -> UsageError:
    """Return the error for an argparse message about the arguments of `prog`."""
    hint = f"{prog} --help"
    for pattern, text in _MESSAGES:
        if match := re.fullmatch(pattern, message, re.DOTALL):
            given = match.groupdict("").items()
            words = {name: value.replace("'", "") for name, value in given if value}
            if not words["name"].startswith("-"):
                words["name"] = words["name"].upper()
            facts = [("expected", words["choices"])] if "choices" in words else []
            what = text.format(prog=prog, **{"name": "", "value": "", **words})
            return UsageError(what, facts, _corrected_choice(prog, words) or hint)
    return UsageError(f"{prog}: the arguments are not valid", hint=hint)


def unexpected(
    word: str, name: str, words: Sequence[str], parser: ArgumentParser
) -> UsageError:
    """Return the error for an argument that a command does not take."""
    prog = f"toolpin {name}"
    if not word.startswith("-"):
        return UsageError(f"{prog} does not take {word!r}", hint=f"{prog} --help")
    option, is_set, value = word.partition("=")
    near = near_names(option, _options_of(parser, words), most=1)
    what = f"{prog} has no option {option}"
    if not near:
        return UsageError(what, hint=f"{prog} --help")
    fixed = f"{near[0]}{is_set}{value}"
    line = _line(name, [fixed if other == word else other for other in words])
    return UsageError(what, hint=line)


def unknown_word(word: str, argv: Sequence[str], parser: ArgumentParser) -> UsageError:
    """Return the error for a word before the command, or in place of it."""
    if not word.startswith("-"):
        return unknown_command(word, argv)
    hint = "toolpin help options"
    if near := near_names(word, parser._option_string_actions, most=1):
        hint = _line("", [near[0] if other == word else other for other in argv])
    return UsageError(f"toolpin has no option {word}", hint=hint)


def unknown_command(word: str, argv: Sequence[str]) -> UsageError:
    """Return the error for an unknown command, with the nearest known one.

    The hint is the whole command line, corrected.
    """
    near = near_names(word, [*VERBS, *ALIASES], most=1)
    command = FOREIGN.get(word) or (near[0] if near else "")
    at = list(argv).index(word)
    hint = "toolpin help"
    if command:
        hint = _line("", [*argv[:at], *command.split(), *argv[at + 1 :]])
    return UsageError(f"{word} is not a toolpin command", hint=hint)


def _corrected_choice(prog: str, words: dict[str, str]) -> str | None:
    """Return the command line with the nearest choice, for a misspelled subcommand."""
    if "choices" not in words:
        return None
    choices = words["choices"].split(", ")
    near = near_names(words.get("value", ""), choices, most=1)
    option = words["name"] if words.get("name", "").startswith("-") else ""
    return f"{prog} {option} {near[0]}".replace("  ", " ") if near else None


def _options_of(parser: ArgumentParser, words: Sequence[str]) -> list[str]:
    """Return the options of the command and subcommand in the command line, if any."""
    options = list(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for word in words:
                if word in action.choices:
                    options += action.choices[word]._option_string_actions
    return options


def _line(name: str, words: Sequence[str]) -> str:
    return " ".join(["toolpin", *([name] if name else []), *map(as_word, words)])
