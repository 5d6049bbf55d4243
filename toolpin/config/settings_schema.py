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

from toolpin.errors import UsageError
from toolpin.http.credentials import check_credentials

MOST_JOBS = 64

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*")
_LEVEL = re.compile("none|plain|all")
_GIT_URL = re.compile(r"((https|ssh|file)://|[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:)[!-~]*")
_WEB_URL = re.compile(r"https?://[^\x00-\x20\x7f]*")


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


def _must(fits: object) -> None:
    """Raise ValueError if a value does not fit: one kind of error for every shape."""
    if not fits:
        raise ValueError


def _read_jobs(value: Any) -> int:  # noqa: ANN401 - TOML
    _must(type(value) is int and 1 <= value <= MOST_JOBS)
    return int(value)


def _read_seconds(value: Any) -> float:  # noqa: ANN401 - TOML
    _must(type(value) in (int, float) and 0.1 <= value <= 3600)
    return float(value)


def _read_text(value: object, shape: re.Pattern[str]) -> str:
    _must(isinstance(value, str) and shape.fullmatch(value))
    return str(value)


def _read_texts(value: Any, shape: re.Pattern[str]) -> tuple[str, ...]:  # noqa: ANN401
    _must(isinstance(value, list))
    return tuple(_read_text(element, shape) for element in value)


def _read_flag(value: object) -> bool:
    _must(type(value) is bool)
    return bool(value)


def _parse_flag(text: str) -> bool:
    _must(text.lower() in ("1", "true", "yes", "0", "false", "no"))
    return text.lower() in ("1", "true", "yes")


def _read_options(pair: tuple[object, object]) -> str:
    tool, words = pair
    _read_text(tool, _NAME)
    _must(isinstance(words, str) and words.isprintable())
    return str(words)


def _read_mirror(pair: tuple[object, object]) -> str:
    return [_read_text(url, _WEB_URL) for url in pair][1]


def _read_credential(pair: tuple[object, object]) -> str:
    try:
        check_credentials("config.toml", {str(pair[0]): pair[1]})
    except UsageError as error:
        raise ValueError from error
    return str(pair[1])


def _parse_seconds(text: str) -> float | int:
    return int(text) if text.isascii() and text.isdigit() else float(text)


def _parse_words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _flag(name: str, about: str, *, default: bool) -> Key:
    return Key(name, _read_flag, _parse_flag, "true or false", about, default)


def _seconds(name: str, about: str, default: float) -> Key:
    expected = "a number of seconds, 0.1 to 3600"
    return Key(name, _read_seconds, _parse_seconds, expected, about, default)


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
        partial(_read_texts, shape=_NAME),
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
        partial(_read_text, shape=_LEVEL),
        str,
        "none, plain or all",
        "the version files that are read besides .tool-versions; plain: those with "
        "versions only, such as .nvmrc; all: also package.json, go.mod and others",
        "plain",
    ),
    _flag(
        "strict",
        "fail if the version files of a directory disagree, instead of warning",
        default=False,
    ),
    Key(
        "allow",
        partial(_read_texts, shape=_NAME),
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
        partial(_read_texts, shape=_GIT_URL),
        _parse_words,
        'a list of URL prefixes, such as ["https://github.com/asdf-community/"]',
        "URLs from which an install may fetch locked asdf plugins",
        (),
    ),
    Key(
        "plugin_index",
        partial(_read_text, shape=_GIT_URL),
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
        "network.connect_timeout_s",
        "time limit for establishing a connection",
        5.0,
    ),
    _seconds(
        "network.stall_timeout_s",
        "time limit for a download that receives less than 1 KiB a second",
        15.0,
    ),
)
