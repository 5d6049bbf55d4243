"""The keys of config.toml: what each expects and means, its default, its variable.

This is the reference for authors. `settings` reads files and variables by it; nothing
here touches the disk.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from toolpin.config.idiomatic_level import DEFAULT, LEVELS
from toolpin.http.credentials import is_credential

MOST_JOBS = 64

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_GIT_URL = re.compile(r"((https|ssh|file)://|[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:)[!-~]*")
_HTTP_URL = re.compile(r"https?://[^\x00-\x20\x7f]*")
_LEVEL = re.compile("|".join(LEVELS))


class Key(NamedTuple):
    """A setting. `read` checks a TOML value and raises ValueError for a wrong one.

    `parse` turns the text of a variable or of the command line into such a value. Of a
    table, each entry is a setting of its own, `table.entry`: `read` then takes the
    (entry, value) pair and returns the value. A wrong value of a secret one is not
    shown again.
    """

    name: str
    read: Callable[[Any], Any]
    parse: Callable[[str], Any]
    expected: str
    help: str
    default: Any
    is_table: bool = False
    is_secret: bool = False
    entry: str = "URL"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"TOOLPIN_{self.name.rpartition('.')[2].upper()}"


def key_of(name: str) -> Key | None:
    """Return the key of a setting: `mirrors.URL` belongs to `mirrors`."""
    for key in KEYS:
        entry = name.startswith(f"{key.name}.") and len(name) > len(key.name) + 1
        if (key.is_table and entry) or (not key.is_table and name == key.name):
            return key
    return None


def path_of(name: str) -> tuple[str, ...]:
    """Return the path of a setting in the file: an entry's name may hold dots."""
    table, dot, entry = name.partition(".")
    return (table, entry) if dot else (table,)


def _read_jobs(value: object) -> int:
    if type(value) is not int or not 1 <= value <= MOST_JOBS:
        raise ValueError
    return value


def _read_seconds(value: object) -> float:
    if type(value) not in (int, float) or not 0.1 <= float(str(value)) <= 3600:
        raise ValueError
    return float(str(value))


def _read_flag(value: object) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def _read_text(value: object, *, form: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ValueError
    return value


def _read_list(value: object, *, form: re.Pattern[str]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004 - one kind of error for every shape
    return tuple(_read_text(element, form=form) for element in value)


def _read_options(pair: tuple[object, object]) -> str:
    tool, words = pair
    _read_text(tool, form=_NAME)
    if not isinstance(words, str) or not words.isprintable():
        raise ValueError
    return words


def _read_mirror(pair: tuple[object, object]) -> str:
    _read_text(pair[0], form=_HTTP_URL)
    return _read_text(pair[1], form=_HTTP_URL)


def _read_credential(pair: tuple[object, object]) -> str:
    origin, reference = pair
    if not isinstance(reference, str) or not is_credential(str(origin), reference):
        raise ValueError
    return reference


def _parse_flag(text: str) -> bool:
    if text.lower() not in ("1", "true", "yes", "0", "false", "no"):
        raise ValueError
    return text.lower() in ("1", "true", "yes")


def _parse_seconds(text: str) -> float | int:
    return int(text) if text.isascii() and text.isdigit() else float(text)


def _parse_words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _flag(name: str, meaning: str, *, default: bool) -> Key:
    return Key(name, _read_flag, _parse_flag, "true or false", meaning, default)


def _seconds(name: str, meaning: str, default: float) -> Key:
    expected = "a number of seconds, 0.1 to 3600"
    return Key(name, _read_seconds, _parse_seconds, expected, meaning, default)


KEYS: tuple[Key, ...] = (
    Key(
        "jobs",
        _read_jobs,
        int,
        f"a whole number from 1 to {MOST_JOBS}",
        "number of parallel installs",
        max(2, min(4, os.cpu_count() or 2)),
    ),
    Key(
        "sources",
        partial(_read_list, form=_NAME),
        _parse_words,
        'a list of source ids, such as ["upstream", "npm"]',
        "the sources to use, in this order (default: all sources of a tool)",
        (),
    ),
    _flag("offline", "use cached files only, no network", default=False),
    _flag(
        "check_pairs",
        "fail on incompatible versions, such as of Elixir and OTP, instead of warning",
        default=True,
    ),
    _flag(
        "default_packages",
        "run the commands of files such as ~/.default-mix-commands in each new "
        "install; in CI only where this is set",
        default=True,
    ),
    Key(
        "idiomatic",
        partial(_read_text, form=_LEVEL),
        str,
        "none, plain or all",
        "the version files that are read besides .tool-versions; plain: those with "
        "versions only, such as .nvmrc; all: also package.json, go.mod and others",
        DEFAULT,
    ),
    _flag(
        "strict",
        "fail if the version files of a directory disagree, instead of warning",
        default=False,
    ),
    Key(
        "allow",
        partial(_read_list, form=_NAME),
        _parse_words,
        'a list of TOOL.NAME, such as ["erlang.crypto"]',
        "features that a plugin requires and that an install may be without",
        (),
    ),
    Key(
        "build_options",
        _read_options,
        str,
        'the build options of a tool, such as "--with-ssl=/opt/ssl"',
        "options for a build from source, in addition to those of the plugin",
        (),
        is_table=True,
        entry="TOOL",
    ),
    Key(
        "allow_plugins",
        partial(_read_list, form=_GIT_URL),
        _parse_words,
        'a list of URL prefixes, such as ["https://github.com/asdf-community/"]',
        "URLs from which an install may fetch locked asdf plugins",
        (),
    ),
    Key(
        "plugin_index",
        partial(_read_text, form=_GIT_URL),
        str,
        "a URL that git can fetch",
        "the repository with the index of asdf plugins",
        "https://github.com/asdf-vm/asdf-plugins",
    ),
    Key(
        "mirrors",
        _read_mirror,
        str,
        "a URL prefix and the URL prefix to use instead, http or https",
        "the mirror to use instead of a publisher's address; the longest prefix wins",
        (),
        is_table=True,
    ),
    Key(
        "credentials",
        _read_credential,
        str,
        "an origin (https, or http on this machine) and a variable, such as "
        '"env:MIRROR_TOKEN"',
        "the environment variable with the bearer token for a mirror's origin",
        (),
        is_table=True,
        is_secret=True,
    ),
    _seconds(
        "network.connect_timeout_s", "time limit for establishing a connection", 5.0
    ),
    _seconds(
        "network.stall_timeout_s",
        "time limit for a download that receives less than 1 KiB a second",
        15.0,
    ),
)
