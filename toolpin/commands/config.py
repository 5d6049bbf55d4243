"""`toolpin config list|get|set|unset`: the settings with their origins, and edits."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Actions, Arguments
from toolpin.config import settings
from toolpin.config.edit import required_key, set_value, unset_value
from toolpin.config.settings import Stated
from toolpin.config.settings_schema import key_of
from toolpin.errors import ToolpinError, printable
from toolpin.json_tables import origin_table
from toolpin.project import project_files
from toolpin.system.file_lock import file_lock_path, held
from toolpin.toml_lines import render_value

_USER = re.compile(r"//[^/\s]*@")


class Options(NamedTuple):
    """The arguments of the command line."""

    action: str
    origin: bool = False
    key: str = ""
    values: tuple[str, ...] = ()


_KEY: Arguments = {
    "key": "the setting, such as jobs or mirrors.https://nodejs.org/dist"
}
_ORIGIN: Arguments = {"--origin": "show where each value is set, as file:line"}
ACTIONS: Actions = {
    "list": ("show every setting in effect here", _ORIGIN),
    "get": ("show one setting", _ORIGIN | _KEY),
    "set": (
        "write a setting to your config.toml",
        _KEY | {"value ...": "the value; several words for a list"},
    ),
    "unset": ("remove a setting from your config.toml", _KEY),
}


def run(options: Options, app: App) -> int:
    """Run the action."""
    if options.action == "list":
        return _list(options, app)
    if options.action == "get":
        return _get(options, app)
    return _write(options, app)


def _list(options: Options, app: App) -> int:
    values = settings.effective(app.paths, app.env).values()
    rows = [setting._replace(value=_without_user(setting.value)) for setting in values]
    app.report.document("config list", [_record(row) for row in rows])
    table = [[row.name, render_value(row.value), str(row.origin)] for row in rows]
    app.report.table([cells if options.origin else cells[:2] for cells in table])
    return 0


def _get(options: Options, app: App) -> int:
    required_key(options.key)
    effective_setting = settings.effective(app.paths, app.env).get(options.key)
    if effective_setting is None:
        raise ToolpinError(f"{options.key} is not set", hint="toolpin config list")
    app.report.document("config get", _record(effective_setting))
    # A text alone, without quotes, for `$(toolpin config get KEY)`.
    text = (
        effective_setting.value
        if isinstance(effective_setting.value, str)
        else render_value(effective_setting.value)
    )
    origin = f"  {printable(str(effective_setting.origin))}" if options.origin else ""
    app.report.answer(f"{text}{origin}")
    return 0


def _write(options: Options, app: App) -> int:
    file = app.paths.user_config
    with held(file_lock_path(app.paths.locks, file)):
        is_changed = _edit(options, file)
    if is_changed and options.key == "idiomatic":
        # It is written into the shims, unlike all other settings.
        from toolpin.tasks.shim_refresh import refresh_shims

        refresh_shims(app.paths, app.registry)
    _report(options, app, changed=is_changed)
    return 0


def _edit(options: Options, file: str) -> bool:
    """Set or remove one setting, and return whether the file has changed."""
    before = settings.read_text(file) or ""
    if options.action == "set":
        after = set_value(before, file, options.key, " ".join(options.values))
    else:
        after = unset_value(before, file, options.key)
    if after != before:
        os.makedirs(os.path.dirname(file), exist_ok=True)
        project_files.write(file, after.encode(), anywhere=True)
        if _USER.search(after):  # a password must not be readable by others
            os.chmod(file, os.stat(file).st_mode & 0o700)
    return after != before


def _report(options: Options, app: App, *, changed: bool) -> None:
    file = app.paths.user_config
    if app.report.as_json:
        result = {"key": options.key, "file": file}
        app.report.document(f"config {options.action}", result, changed=changed)
    elif options.action == "set":
        value = _without_user(" ".join(options.values))
        app.report.remark(f"{file}: {options.key} = {value}")
    elif changed:
        app.report.remark(f"{file}: {options.key} removed")
    else:
        app.report.remark(f"{file} does not set {options.key}")
    key = key_of(options.key)
    if options.action == "set" and key and app.env.get(key.variable, "").strip():
        app.report.warn(f"{key.variable} is set and overrides the file")


def _without_user(value: object) -> object:
    """Return a value for the list of all, without a mirror's password.

    `config get` prints it in full.
    """
    return _USER.sub("//...@", value) if isinstance(value, str) else value


def _record(stated: Stated) -> dict[str, object]:
    return {
        "name": stated.name,
        "value": stated.value,
        "origin": origin_table(stated.origin),
        "expected": stated.key.expected,
        "help": stated.key.help,
    }
