"""Edits the text of a config.toml: sets or removes one setting, keeps all else.

Pure: text in, text out. An edit that would change anything but its own setting is
refused; the file must be edited by hand then.
"""

from __future__ import annotations

import tomllib
from typing import Any

from toolpin.config.settings import parse_table, stated_in, unfit, unknown_setting
from toolpin.config.settings_schema import Key, key_of, path_of
from toolpin.errors import ToolpinError, UsageError
from toolpin.toml_lines import with_value, without


def set_value(text: str, file: str, name: str, words: str) -> str:
    """Return the text with the setting; UsageError for a value that is refused."""
    key = required_key(name)
    path = path_of(name)
    value = _parse(key, name, words)
    expected: dict[str, Any] = parse_table(text, file)
    holder = expected
    for part in path[:-1]:
        holder = holder.setdefault(part, {})
        if not isinstance(holder, dict):
            raise _by_hand(file, name)
    holder[path[-1]] = value
    edited = with_value(text, path, value)
    _check_edit(edited, expected, file, name)
    stated_in(edited, file)
    return edited


def unset_value(text: str, file: str, name: str) -> str:
    """Return the text without the setting, or without a whole table of them.

    Unknown keys can be removed, too: that is how a wrong one is fixed. A text without
    it is returned unchanged.
    """
    expected: dict[str, Any] = parse_table(text, file)
    path = (name,) if name in expected else path_of(name)
    holder = expected
    for part in path[:-1]:
        holder = holder.get(part, {})
    if not isinstance(holder, dict) or path[-1] not in holder:
        return text
    del holder[path[-1]]
    edited = without(text, path)
    _check_edit(edited, expected, file, name)
    return edited


def required_key(name: str) -> Key:
    """Return a setting's key. Raises UsageError for an unknown one."""
    key = key_of(name)
    if key is None and (table := key_of(f"{name}.*")):
        raise UsageError(
            f"{name} is a table of settings",
            [("expected", f"{name}.ENTRY"), ("meaning", table.help)],
        )
    if key is None:
        raise unknown_setting(name, f"{name} is not a setting", "toolpin config list")
    return key


def _parse(key: Key, name: str, words: str) -> object:
    try:
        value = key.parse(words)
        entry = name.removeprefix(f"{key.name}.")
        key.read((entry, value) if key.is_table else value)
    except ValueError:
        what = f"{name} has an invalid value"
        raise unfit(key, what, repr(words)) from None
    return value


def _check_edit(edited: str, expected: dict[str, Any], file: str, name: str) -> None:
    """Check that the edit changed its own setting, and nothing else."""
    try:
        result: dict[str, Any] | None = tomllib.loads(edited)
    except tomllib.TOMLDecodeError:
        result = None
    if _filled(result) != _filled(expected):
        raise _by_hand(file, name)


def _filled(table: dict[str, Any] | None) -> dict[str, Any] | None:
    """Leave out tables without entries: an empty header does not matter."""
    if table is None:
        return None
    return {key: value for key, value in table.items() if value != {}}


def _by_hand(file: str, name: str) -> ToolpinError:
    return ToolpinError(
        f"{file} cannot be edited by toolpin: edit it by hand",
        [("setting", name), ("changed", "nothing")],
    )
