"""`toolpin config list|get|set|unset`: the settings, who said them, and the user's."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser
from typing import NamedTuple

from toolpin.app import App
from toolpin.errors import ToolpinError, printable
from toolpin.mutex import held, mutex_of_file
from toolpin.project import files
from toolpin.settings import read
from toolpin.settings.edit import required_key, set_value, unset_value
from toolpin.settings.read import Stated
from toolpin.settings.schema import key_of
from toolpin.toml_lines import render_value

_USER = re.compile(r"//[^/\s]*@")


class Options(NamedTuple):
    """The arguments of the command line."""

    action: str
    origin: bool = False
    key: str = ""
    value: tuple[str, ...] = ()


def add_arguments(parser: ArgumentParser) -> None:
    """Take what to do, and a setting: `jobs`, `mirrors.https://nodejs.org/dist`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="show every setting in effect here")
    getting = actions.add_parser("get", help="show one setting")
    for one in (listing, getting):
        one.add_argument(
            "--origin",
            action="store_true",
            help="show where each value is set, as file:line",
        )
    setting = actions.add_parser("set", help="write a setting to your config.toml")
    removing = actions.add_parser("unset", help="remove one from your config.toml")
    for one in (getting, setting, removing):
        one.add_argument("key", help="such as jobs, or mirrors.https://nodejs.org/dist")
    setting.add_argument("value", nargs="+", help="the value; several words for a list")


def run(options: Options, app: App) -> int:
    """Do the one action."""
    if options.action == "list":
        return _list(options, app)
    if options.action == "get":
        return _get(options, app)
    return _write(options, app)


def _list(options: Options, app: App) -> int:
    found = read.effective(app.paths, app.env).values()
    if app.report.as_json:
        rows = [one._replace(value=_without_user(one.value)) for one in found]
        app.report.document("config list", [_record(one) for one in rows])
        return 0
    app.report.table([_row(one, origin=options.origin) for one in found])
    return 0


def _get(options: Options, app: App) -> int:
    required_key(options.key)
    one = read.effective(app.paths, app.env).get(options.key)
    if one is None:
        raise ToolpinError(f"{options.key} is not set", hint="toolpin config list")
    if app.report.as_json:
        app.report.document("config get", _record(one))
        return 0
    # A text alone, without quotes: `$(toolpin config get KEY)` is what it is for.
    text = one.value if isinstance(one.value, str) else render_value(one.value)
    origin = f"  {printable(str(one.origin))}" if options.origin else ""
    app.report.answer(f"{text}{origin}")
    return 0


def _write(options: Options, app: App) -> int:
    file = app.paths.user_config
    with held(mutex_of_file(app.paths.locks, file)):
        is_changed = _edit(options, file)
    if is_changed and options.key == "idiomatic":
        # It is written into the shims, which no other setting is.
        from toolpin.upkeep.reshim import refresh_shims  # noqa: PLC0415

        refresh_shims(app.paths, app.registry)
    _tell(options, app, changed=is_changed)
    return 0


def _edit(options: Options, file: str) -> bool:
    """Set or remove the one setting, and tell whether the file has changed."""
    before = read.read_text(file) or ""
    if options.action == "set":
        after = set_value(before, file, options.key, " ".join(options.value))
    else:
        after = unset_value(before, file, options.key)
    if after != before:
        os.makedirs(os.path.dirname(file), exist_ok=True)
        files.write(file, after.encode(), anywhere=True)
        if _USER.search(after):  # a password is nobody else's to read
            os.chmod(file, os.stat(file).st_mode & 0o700)
    return after != before


def _tell(options: Options, app: App, *, changed: bool) -> None:
    file = app.paths.user_config
    if app.report.as_json:
        result = {"key": options.key, "file": file}
        app.report.document(f"config {options.action}", result, changed=changed)
    elif options.action == "set":
        value = _without_user(" ".join(options.value))
        app.report.remark(f"{file}: {options.key} = {value}")
    elif changed:
        app.report.remark(f"{file}: {options.key} removed")
    else:
        app.report.remark(f"{file} does not set {options.key}")
    key = key_of(options.key)
    if options.action == "set" and key and app.env.get(key.variable, "").strip():
        app.report.warn(f"{key.variable} is set and overrides the file")


def _row(one: Stated, *, origin: bool) -> list[str]:
    row = [one.name, render_value(_without_user(one.value))]
    return [*row, str(one.origin)] if origin else row


def _without_user(value: object) -> object:
    """Return a value for a list of all, in which nobody asked for a mirror's password.

    `config get` gives it whole.
    """
    return _USER.sub("//...@", value) if isinstance(value, str) else value


def _record(one: Stated) -> dict[str, object]:
    key = key_of(one.name)
    return {
        "name": one.name,
        "value": one.value,
        "origin": {"place": one.origin.place, "line": one.origin.line or None},
        "expected": key.expected if key else "",
        "help": key.help if key else "",
    }
