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
    each,
    must,
    read_dict,
    read_inside,
    read_list,
    read_name,
    read_names,
    read_packages,
    read_str,
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
    must(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,127}", text))
    must(text not in RESERVED_COMMANDS)
    return text


read_commands = each(read_command)


def read_variables(value: object) -> tuple[tuple[str, str], ...]:
    """Accept names and values of variables that a tool may set."""
    table = read_table(value)
    must(all(map(is_settable, table)))
    return tuple(table.items())


def read_defaults(value: object) -> Defaults:
    """Accept variables, each with its value and the names of other variables."""
    table = read_lists(value)
    names = [word for name, words in table for word in (name, *words[1:])]
    must(all(map(is_settable, names)) and all(words for _, words in table))
    return table


def read_files(value: object) -> tuple[tuple[str, str], ...]:
    """Accept relative paths in an install, each with a line of text."""
    pairs = tuple(read_table(value).items())
    for path, _ in pairs:
        must(read_inside(path).partition("/")[0] != ".toolpin")
    return pairs


def read_default_packages(value: object) -> DefaultPackages:
    """Accept `{file = ".default-gems", run = ["gem", "install", "{words}"]}`.

    Or `{file}` for a command that reads the file itself.
    """
    table = read_dict(value)
    must(set(table) == {"file", "run"})
    command, *words = read_texts(table["run"]) or ("",)
    must(words.count("{words}") + words.count("{file}") == 1)
    (file,) = read_idioms([table["file"]])
    return DefaultPackages(file, (read_command(command), *words))


def read_idioms(value: object) -> tuple[str, ...]:
    """Accept a list of hidden files' names."""
    for text in (texts := read_texts(value)):
        must(text != ".tool-versions" and re.fullmatch(r"\.[a-z0-9][a-z0-9_.-]*", text))
    return texts


def read_spellings(value: object) -> dict[str, str]:
    """Accept a table of words without blanks, and what each means."""
    table = read_dict(value)
    for word, meaning in table.items():
        must(re.fullmatch(r"[!-<>-~]*", word))
        must(re.fullmatch(r"[A-Za-z0-9._+~:-]*[*]?", read_str(meaning)))
        must(("*" in meaning) <= (word[:1] == "*") and (word or meaning))
    return table


def read_manifests(value: object) -> dict[str, str]:
    """Accept a table of files that `idiomatic` can enable."""
    table = read_dict(value)
    must(table.keys() <= MANIFESTS.keys())
    return {file: read_text(name) for file, name in table.items()}


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
    must(set(table) == {"package", "file", "version", "channel"})
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
    must(set(table) == {"tool", "suffix", "table"})
    read_name(table["tool"])
    read_table_name(table["table"])
    return table


def read_lists(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Accept a table of lists of words, keyed by command."""
    table = read_dict(value)
    return tuple((read_command(key), read_texts(words)) for key, words in table.items())


def read_reshim_after(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Accept such a table, in whose lists one word may be empty."""
    lists = {key: read_list(words) for key, words in read_dict(value).items()}
    named = {
        key: [word for word in words if word != ""] for key, words in lists.items()
    }
    empty = {key: ("",) * ("" in words) for key, words in lists.items()}
    return tuple((key, empty[key] + words) for key, words in read_lists(named))


def read_phase(value: object) -> tuple[str, tuple[str, ...]]:
    """Accept `{name = "make", run = ["make", "-j{jobs}"]}`."""
    table = read_dict(value)
    must(set(table) == {"name", "run"})
    return read_text(table["name"]), read_texts(table["run"])


def read_phases(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Accept a list of phases, at least one."""
    phases = each(read_phase)(value)
    must(phases)
    return phases


def read_need(value: object) -> Need:
    """Accept a build requirement."""
    table = read_dict(value)
    must(table.keys() <= _NEED)
    texts = {key: read_text(table[key]) if key in table else "" for key in _NEED_TEXTS}
    must(re.fullmatch(r"([A-Za-z_]\w*)?", texts["version"]))
    programs = read_commands(table.get("programs", []))
    must(texts["what"] and (programs or texts["header"] or texts["library"]))
    packages = tuple((key, read_text(table[key])) for key in _MANAGERS if key in table)
    libraries, headers = (
        read_packages(table.get(key, [])) for key in ("libraries", "headers")
    )
    # A library is supplied completely, or not at all.
    parts = (texts["suite"], texts["option"], texts["soname"], libraries, headers)
    must(not any(parts) or (all(parts) and "{supplied}" in texts["option"]))
    return Need(
        programs=programs,
        packages=packages,
        sources=read_names(table.get("sources", [])),
        libraries=libraries,
        headers=headers,
        **texts,
    )


read_needs = each(read_need)
