"""Reads config.toml (the system's, then the user's) and the environment into Settings.

Keys, in any of the files; the later place wins, tables are merged key by key:

    jobs = 4                          installs at once
    sources = ["npm", "pypi"]         sources to use, in this order, by their id
    [mirrors]
    "https://nodejs.org/dist" = "https://mirror.example/node"
    [credentials]                     a bearer token, by origin, in a variable
    "https://mirror.example" = "env:MIRROR_TOKEN"
    [network]
    connect_timeout_s = 5
    stall_timeout_s = 15

Environment: TOOLPIN_JOBS, TOOLPIN_SOURCES (commas or blanks between), TOOLPIN_MIRRORS
(`FROM=TO`, blanks between), TOOLPIN_CREDENTIALS (`ORIGIN=env:VARIABLE`, blanks
between), TOOLPIN_CONNECT_TIMEOUT_S, TOOLPIN_STALL_TIMEOUT_S.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from toolpin.credentials import check_credentials
from toolpin.errors import UsageError
from toolpin.paths import SYSTEM_CONFIG, Paths

MOST_JOBS = 64

_TIMEOUTS = ("connect_timeout_s", "stall_timeout_s")
_CONTROL_OR_BLANK = re.compile(r"[\x00-\x20\x7f]")


class Settings(NamedTuple):
    """What the user has decided. `mirrors` are (prefix, replacement), longest first."""

    jobs: int = max(2, min(4, os.cpu_count() or 2))
    sources: tuple[str, ...] = ()
    mirrors: tuple[tuple[str, str], ...] = ()
    credentials: tuple[tuple[str, str], ...] = ()
    connect_timeout_s: float = 5.0
    stall_timeout_s: float = 15.0

    def rewrite(self, url: str) -> str:
        """Return the address to ask for a canonical URL: the mirror's, if one is set.

        A prefix ends at a `/`: `https://a/x` rewrites `https://a/x/y`, not `.../xy`.
        """
        for prefix, replacement in self.mirrors:
            if url == prefix or url.startswith(prefix.rstrip("/") + "/"):
                return replacement.rstrip("/") + url[len(prefix.rstrip("/")) :]
        return url


def read_settings(paths: Paths, env: Mapping[str, str]) -> Settings:
    """Return the settings that hold here. Raises UsageError with the file and key."""
    settings = Settings()
    for file in (SYSTEM_CONFIG, paths.user_config):
        settings = _apply(settings, _read_file(file), file)
    return _apply(settings, _read_environment(env), "the environment")


def _read_file(file: str) -> dict[str, Any]:
    try:
        with open(file, "rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file} cannot be read", [("because", str(error))]) from error


def _read_environment(env: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"network": {}}
    if sources := env.get("TOOLPIN_SOURCES", "").replace(",", " ").split():
        found["sources"] = sources
    if jobs := env.get("TOOLPIN_JOBS"):
        found["jobs"] = _number("TOOLPIN_JOBS", jobs)
    for key in _TIMEOUTS:
        variable = f"TOOLPIN_{key.upper()}"
        if text := env.get(variable):
            found["network"][key] = _number(variable, text)
    found["mirrors"] = _pairs(env.get("TOOLPIN_MIRRORS", ""))
    found["credentials"] = _pairs(env.get("TOOLPIN_CREDENTIALS", ""))
    return found


def _pairs(text: str) -> dict[str, str]:
    pairs = [entry.partition("=") for entry in text.split()]
    return {name: value for name, _, value in pairs}


def _number(variable: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"{variable} must be a number", [("received", repr(text))]
        ) from None


def _apply(settings: Settings, table: Mapping[str, Any], place: str) -> Settings:
    for key, value in table.items():
        if key == "jobs":
            jobs = _check_number(f"{place}: jobs", value, low=1, high=MOST_JOBS)
            settings = settings._replace(jobs=int(jobs))
        elif key == "sources":
            settings = settings._replace(sources=_check_sources(place, value))
        elif key == "mirrors":
            mirrors = dict(settings.mirrors) | _check_mirrors(place, value)
            longest_first = sorted(mirrors.items(), key=lambda pair: -len(pair[0]))
            settings = settings._replace(mirrors=tuple(longest_first))
        elif key == "credentials":
            merged = dict(settings.credentials) | check_credentials(place, value)
            settings = settings._replace(credentials=tuple(merged.items()))
        elif key == "network" and isinstance(value, dict):
            settings = _apply_network(settings, value, place)
        else:
            raise _unknown(place, key)
    return settings


def _apply_network(
    settings: Settings, table: Mapping[str, Any], place: str
) -> Settings:
    for key, value in table.items():
        if key not in _TIMEOUTS:
            raise _unknown(place, f"network.{key}")
        seconds = _check_number(f"{place}: network.{key}", value, low=0.1, high=3600)
        if key == "connect_timeout_s":
            settings = settings._replace(connect_timeout_s=seconds)
        else:
            settings = settings._replace(stall_timeout_s=seconds)
    return settings


def _unknown(place: str, key: str) -> UsageError:
    tables = ("mirrors", "credentials")
    known = ["jobs", "sources", *tables, *(f"network.{name}" for name in _TIMEOUTS)]
    return UsageError(
        f"{place} sets {key}, which is no setting", [("settings", ", ".join(known))]
    )


def _check_number(what: str, value: object, *, low: float, high: float) -> float:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if not numeric or not low <= float(str(value)) <= high:
        raise UsageError(
            f"{what} must be a number from {low} to {high}",
            [("received", repr(value))],
        )
    return float(str(value))


def _check_sources(place: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UsageError(
            f"{place}: sources must be a list of source ids",
            [("received", repr(value)), ("such as", '["upstream", "npm"]')],
        )
    return tuple(value)


def _check_mirrors(place: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise UsageError(f"{place}: mirrors must be a table of URL prefixes")
    for pair in value.items():
        if not all(_is_url(url) for url in pair):
            raise UsageError(
                f"{place}: mirrors must map a URL prefix to a URL prefix",
                [("received", f"{pair[0]!r} = {pair[1]!r}")],
            )
    return value


def _is_url(value: object) -> bool:
    return (
        isinstance(value, str)
        and value.startswith(("https://", "http://"))
        and not _CONTROL_OR_BLANK.search(value)
    )
