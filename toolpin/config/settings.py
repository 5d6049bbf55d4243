"""Reads config.toml (the system's, then the user's) and the environment into Settings.

The later place wins; tables such as `[mirrors]` are merged entry by entry. The keys are
in `settings_schema`. It writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from toolpin.config.settings_schema import KEYS, MOST_JOBS, Key, key_of
from toolpin.errors import UsageError, shown
from toolpin.model import Origin
from toolpin.system.paths import Paths, read_bytes, system_config
from toolpin.toml_lines import line_of
from toolpin.toml_text import parse_toml

__all__ = ["MOST_JOBS", "Settings", "Stated", "effective", "read_settings", "stated_in"]

_DEFAULT = {key.name: key.default for key in KEYS}
# Returns the bytes of a settings file, None if it does not exist.
Read = Callable[[str], bytes | None]

_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


class Settings(NamedTuple):
    """The effective settings. `mirrors` are (prefix, replacement), longest first."""

    jobs: int = _DEFAULT["jobs"]
    sources: tuple[str, ...] = ()
    sources_from: str = ""  # where they are set, "" for `--source`
    offline: bool = False
    check_pairs: bool = True
    default_packages: bool = True
    idiomatic: str = _DEFAULT["idiomatic"]
    strict: bool = False
    allow: tuple[str, ...] = ()
    build_options: tuple[tuple[str, str], ...] = ()
    allow_plugins: tuple[str, ...] = ()
    plugin_index: str = _DEFAULT["plugin_index"]
    mirrors: tuple[tuple[str, str], ...] = ()
    credentials: tuple[tuple[str, str], ...] = ()
    connect_timeout_s: float = _DEFAULT["network.connect_timeout_s"]
    stall_timeout_s: float = _DEFAULT["network.stall_timeout_s"]
    trust_on_first_use: bool = False  # only on the command line, in no file

    def overridden(
        self,
        *,
        sources: Sequence[str] = (),
        jobs: int | None = None,
    ) -> Settings:
        """Return the settings with the command line's values, which take precedence."""
        settings = self
        if sources:
            settings = self._replace(sources=tuple(sources), sources_from="")
        if jobs is None:
            return settings
        if not 1 <= jobs <= MOST_JOBS:
            raise UsageError(
                f"--jobs must be a number from 1 to {MOST_JOBS}",
                [("received", str(jobs))],
            )
        return settings._replace(jobs=jobs)

    def rewrite(self, url: str) -> str:
        """Return the URL to request for a canonical URL: the mirror's, if one is set.

        A prefix ends at a `/`: `https://a/x` rewrites `https://a/x/y`, not `.../xy`.
        """
        for prefix, replacement in self.mirrors:
            if url == prefix or url.startswith(prefix.rstrip("/") + "/"):
                return replacement.rstrip("/") + url[len(prefix.rstrip("/")) :]
        return url


class Stated(NamedTuple):
    """An effective setting of a key, its value as checked, and its origin.

    The name is the key's own, or of one entry of a table.
    """

    key: Key
    name: str
    value: Any
    origin: Origin


def read_settings(
    paths: Paths, env: Mapping[str, str], read: Read = read_bytes
) -> Settings:
    """Return the effective settings. Raises UsageError with the file and key."""
    values: dict[str, Any] = {}
    tables: dict[str, dict[str, str]] = {key.name: {} for key in KEYS if key.is_table}
    for setting in effective(paths, env, read).values():
        key = setting.key
        if setting.name == "sources" and setting.value:
            values["sources_from"] = str(setting.origin)
        if key.is_table:
            tables[key.name][setting.name.removeprefix(f"{key.name}.")] = setting.value
        else:
            values[setting.name.rpartition(".")[2]] = setting.value
    for name, table in tables.items():
        values[name] = tuple(sorted(table.items(), key=lambda pair: -len(pair[0])))
    return Settings(**values)


def effective(
    paths: Paths, env: Mapping[str, str], read: Read = read_bytes
) -> dict[str, Stated]:
    """Return every effective setting by name, with defaults, in the schema's order.

    Raises UsageError for a file or a variable that the schema refuses.
    """
    results = {
        key.name: Stated(key, key.name, key.default, Origin("default"))
        for key in KEYS
        if not key.is_table
    }
    for file in (system_config(env), paths.user_config):
        settings = stated_in(read_text(file, read) or "", file)
        results |= {setting.name: setting for setting in settings}
    results |= {setting.name: setting for setting in _in_environment(env)}
    ordered = sorted(results.values(), key=lambda it: (KEYS.index(it.key), it.name))
    return {setting.name: setting for setting in ordered}


def stated_in(text: str, file: str) -> list[Stated]:
    """Return the settings in a file's text; UsageError with file:line for a fault."""
    table = parse_table(text, file)
    return [_checked(text, file, name, value) for name, value in _flat(table)]


def parse_table(text: str, file: str) -> dict[str, Any]:
    """Return the text's TOML. Raises UsageError with file:line for invalid TOML."""
    try:
        return parse_toml(text)
    except (ValueError, RecursionError) as error:
        match = _AT_LINE.search(str(error))
        lines = text.splitlines() or [""]
        number = min(int(match[1]) if match else len(lines), len(lines))
        facts = [("reason", str(error)), ("line", lines[number - 1].strip())]
        raise UsageError(f"{file}:{number} is not TOML", facts) from error


def read_text(file: str, read: Read = read_bytes) -> str | None:
    """Return a settings file's text, None without one."""
    try:
        data = read(file)
        return None if data is None else data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read", [("reason", str(error))]) from error


def unknown_setting(name: str, what: str, hint: str) -> UsageError:
    """Return the error for an unknown setting, with the nearest known one."""
    import difflib

    known = [f"{key.name}.{key.entry}" if key.is_table else key.name for key in KEYS]
    facts = [("settings", ", ".join(known))]
    if near := difflib.get_close_matches(name, known, n=1):
        facts.insert(0, ("similar", near[0]))
    return UsageError(what, facts, hint)


def unfit(key: Key, what: str, received: str) -> UsageError:
    """Return the error for a value that its key does not accept."""
    if key.is_secret:
        received = "not shown: it may be a secret"
    return UsageError(
        what,
        [("received", received), ("expected", key.expected), ("meaning", key.help)],
    )


def _flat(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each setting's name and value; the schema has two levels."""
    for name, value in table.items():
        if isinstance(value, dict):
            for entry, inner in value.items():
                yield f"{name}.{entry}", inner
        else:
            yield name, value


def _checked(text: str, file: str, name: str, value: object) -> Stated:
    table, _, entry = name.partition(".")
    line = line_of(text, (table, entry) if entry else (table,))
    key = key_of(name)
    if key is None and (whole := key_of(f"{name}.*")):
        what = f"{file}:{line}: {name} must be a table"
        raise unfit(whole, what, shown(value))
    if key is None:
        what = f"{file}:{line} sets {name}, which is not a setting"
        raise unknown_setting(name, what, f"toolpin config unset {name}")
    try:
        checked = key.read((entry, value) if key.is_table else value)
    except ValueError:
        what = f"{file}:{line}: {key.name} has an invalid value"
        raise unfit(key, what, f"{name} = {shown(value)}") from None
    return Stated(key, name, checked, Origin(file, line))


def _in_environment(env: Mapping[str, str]) -> Iterator[Stated]:
    for key in KEYS:
        if text := env.get(key.variable, "").strip():
            try:
                yield from _of_variable(key, text)
            except ValueError:
                what = f"{key.variable} has an invalid value"
                raise unfit(key, what, repr(text)) from None


def _of_variable(key: Key, text: str) -> Iterator[Stated]:
    origin = Origin(key.variable)
    if not key.is_table:
        yield Stated(key, key.name, key.read(key.parse(text)), origin)
        return
    for word in text.split():
        entry, _, value = word.partition("=")
        yield Stated(key, f"{key.name}.{entry}", key.read((entry, value)), origin)
