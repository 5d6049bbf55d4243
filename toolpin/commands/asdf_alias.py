"""`toolpin asdf-alias DIR`: writes an `asdf` command that runs toolpin."""

from __future__ import annotations

import os
import sys
from typing import NamedTuple

from toolpin.app import App
from toolpin.commands import Arguments
from toolpin.env_patch import quote
from toolpin.errors import ToolpinError, not_written
from toolpin.store.unimported import import_line, unimported
from toolpin.system.atomic_write import rewrite

_MARK = "# asdf by toolpin: `toolpin asdf-alias` writes it\n"


class Options(NamedTuple):
    """The arguments of the command line."""

    dir: str
    remove: bool = False


ARGUMENTS: Arguments = {
    "dir": "a directory that is on PATH",
    "--remove": "remove it again",
}


def run(options: Options, app: App) -> int:
    """Write or remove the command. Another program's `asdf` is left unchanged."""
    directory = os.path.normpath(os.path.join(app.directory, options.dir))
    place = f"{directory}/asdf"
    before = _read(place)
    if before is not None and _MARK not in before:
        raise ToolpinError(
            f"{place} was not created by toolpin and is left unchanged",
            hint="toolpin help asdf-alias",
        )
    after = None if options.remove else _text()
    try:
        _write(place, after)
    except OSError as error:
        raise not_written(place, error) from error
    app.report.remark(f"{place} is {'gone' if options.remove else 'there'}")
    foreign_text = "" if options.remove else unimported(app.paths, app.env)
    if foreign_text:
        line = import_line(foreign_text)
        app.report.remark(f"{foreign_text} has versions that are not here; try: {line}")
    app.report.document("asdf-alias", {"file": place}, changed=before != after)
    return 0


def _text() -> str:
    """Return the script; its interpreter is the one that toolpin runs with."""
    python = quote(sys.executable)
    return f'#!/bin/sh\n{_MARK}exec {python} -I -m toolpin.asdf_cli "$@"\n'


def _read(place: str) -> str | None:
    """Return the existing file as text; None without one."""
    if not os.path.lexists(place):
        return None
    try:
        with open(place, encoding="utf-8", errors="replace") as file:
            return file.read(10_000)
    except OSError:
        return ""


def _write(place: str, text: str | None) -> None:
    if text is None:
        if os.path.lexists(place):
            os.unlink(place)
        return
    os.makedirs(os.path.dirname(place), exist_ok=True)
    rewrite(place, text.encode(), 0o755)
