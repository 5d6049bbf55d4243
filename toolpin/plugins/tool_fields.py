"""Reads the values of the fields that only [tool] and [build] have."""

from __future__ import annotations

import datetime
import re

from toolpin.env_patch import is_own_directory, is_settable
from toolpin.model import DefaultPackages, Defaults, Need
from toolpin.project.manifests import MANIFESTS
from toolpin.project.validation import RESERVED_COMMANDS
from toolpin.sources.fields import (
    UnfitError,
    read_inside,
    read_list,
    read_name,
    read_names,
    read_packages,
    read_table,
    read_table_name,
    read_text,
    read_texts,
)

_MANAGERS = ("apt", "dnf", "apk", "brew")
_NEED = {*Need._fields, *_MANAGERS} - {"packages"}
_NEED_LISTS = ("programs", "packages", "sources", "libraries", "headers")
_NEED_TEXTS = [field for field in Need._fields if field not in _NEED_LISTS]


def read_command(value: object) -> str:
    """Accept a file name that can be a shim: not `..`, `sudo x` or `a/b`."""
    text = read_text(value)
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,127}", text):
        raise UnfitError
    if text in RESERVED_COMMANDS:
        raise UnfitError
    return text


def read_commands(value: object) -> tuple[str, ...]:
    """Accept a list of command names."""
    return tuple(read_command(text) for text in read_texts(value))


def read_variables(value: object) -> tuple[tuple[str, str], ...]:
    """Accept names and values of variables that a tool may set."""
    table = read_table(value)
    for name in table:
        if not is_settable(name):
            raise UnfitError
    return tuple(table.items())


def read_defaults(value: object) -> Defaults:
    """Accept variables, each with its value and the names of other variables."""
    table = read_lists(value)
    names = [word for name, words in table for word in (name, *words[1:])]
    if not (all(map(is_settable, names)) and all(words for _, words in table)):
        raise UnfitError
    return table


def read_files(value: object) -> tuple[tuple[str, str], ...]:
    """Accept relative paths in an install, each with a line of text."""
    pairs = tuple(read_table(value).items())
    for path, _ in pairs:
        if read_inside(path).partition("/")[0] == ".toolpin":
            raise UnfitError
    return pairs


def read_default_packages(value: object) -> DefaultPackages:
    """Accept `{file = ".default-gems", run = ["gem", "install", "{words}"]}`.

    Or `{file}` for a command that reads the file itself.
    """
    if not isinstance(value, dict) or set(value) != {"file", "run"}:
        raise UnfitError
    command, *words = read_texts(value["run"]) or ("",)
    if words.count("{words}") + words.count("{file}") != 1:
        raise UnfitError
    (file,) = read_idioms([value["file"]])
    return DefaultPackages(file, (read_command(command), *words))


def read_idioms(value: object) -> tuple[str, ...]:
    """Accept a list of hidden files' names."""
    for text in read_texts(value):
        if text == ".tool-versions" or not re.fullmatch(
            r"\.[a-z0-9][a-z0-9_.-]*", text
        ):
            raise UnfitError
    return read_texts(value)


def read_spellings(value: object) -> dict[str, str]:
    """Accept a table of words without blanks, and what each means."""
    if not isinstance(value, dict):
        raise UnfitError
    for word, meaning in value.items():
        if not re.fullmatch(r"[!-<>-~]*", word) or not isinstance(meaning, str):
            raise UnfitError
        if not re.fullmatch(r"[A-Za-z0-9._+~:-]*[*]?", meaning):
            raise UnfitError
        if ("*" in meaning) > (word[:1] == "*") or not (word or meaning):
            raise UnfitError
    return value


def read_manifests(value: object) -> dict[str, str]:
    """Accept a table of files that `idiomatic` can enable."""
    if not isinstance(value, dict) or not value.keys() <= MANIFESTS.keys():
        raise UnfitError
    return {file: read_text(name) for file, name in value.items()}


def read_date(value: object) -> str:
    """Accept a day, as `2026-11-30`."""
    text = read_text(value)
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        raise UnfitError from None
    return text


def read_long_term(value: object) -> dict[str, str]:
    """Accept the npm package, and its JSON list, that names the long-term lines."""
    table = read_table(value)
    if set(table) != {"package", "file", "version", "channel"}:
        raise UnfitError
    read_inside(table["file"])
    return table


def read_homes(value: object) -> tuple[tuple[str, str], ...]:
    """Accept names of variables, each with a relative path."""
    pairs = read_variables(value)
    for _, directory in pairs:
        read_inside(directory)
    return pairs


def read_home_bins(value: object) -> tuple[str, ...]:
    """Accept relative paths, and directories of the user's by a variable."""
    texts = read_texts(value)
    return tuple(
        text if is_own_directory(text) else read_inside(text) for text in texts
    )


def read_pairs(value: object) -> dict[str, str]:
    """Accept the tool that a version goes with, by its suffix or by a table."""
    table = read_table(value)
    if set(table) != {"tool", "suffix", "table"}:
        raise UnfitError
    read_name(table["tool"])
    read_table_name(table["table"])
    return table


def read_lists(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Accept a table of lists of words, keyed by command."""
    if not isinstance(value, dict):
        raise UnfitError
    return tuple((read_command(key), read_texts(words)) for key, words in value.items())


def read_reshim_after(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Accept such a table, in whose lists one word may be empty."""
    if not isinstance(value, dict) or not all(
        isinstance(words, list) for words in value.values()
    ):
        raise UnfitError
    named = {
        key: [word for word in words if word != ""] for key, words in value.items()
    }
    empty = {key: ("",) * ("" in words) for key, words in value.items()}
    return tuple((key, empty[key] + words) for key, words in read_lists(named))


def read_phase(value: object) -> tuple[str, tuple[str, ...]]:
    """Accept `{name = "make", run = ["make", "-j{jobs}"]}`."""
    if not isinstance(value, dict) or set(value) != {"name", "run"}:
        raise UnfitError
    return read_text(value["name"]), read_texts(value["run"])


def read_phases(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Accept a list of phases, at least one."""
    phases = tuple(map(read_phase, read_list(value)))
    if not phases:
        raise UnfitError
    return phases


def read_needs(value: object) -> tuple[Need, ...]:
    """Accept a list of build requirements."""
    return tuple(map(_need, read_list(value)))


def _need(value: object) -> Need:
    if not isinstance(value, dict) or not set(value) <= _NEED:
        raise UnfitError
    texts = {key: read_text(value[key]) if key in value else "" for key in _NEED_TEXTS}
    if texts["version"] and not re.fullmatch(r"[A-Za-z_]\w*", texts["version"]):
        raise UnfitError
    programs = read_commands(value.get("programs", []))
    if not texts["what"] or not (programs or texts["header"] or texts["library"]):
        raise UnfitError
    packages = tuple((key, read_text(value[key])) for key in _MANAGERS if key in value)
    libraries, headers = (
        read_packages(value.get(key, [])) for key in ("libraries", "headers")
    )
    # A library is supplied completely, or not at all.
    parts = (texts["suite"], texts["option"], texts["soname"], libraries, headers)
    if any(parts) and not (all(parts) and "{supplied}" in texts["option"]):
        raise UnfitError
    return Need(
        programs=programs,
        packages=packages,
        sources=read_names(value.get("sources", [])),
        libraries=libraries,
        headers=headers,
        **texts,
    )
