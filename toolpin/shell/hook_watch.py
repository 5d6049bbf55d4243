"""Records what the output in a directory depends on, for a shell to compare.

Files that pin, those that could, lockfiles, settings, installs, override variables. It
chooses no version.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from toolpin.app import App
from toolpin.config.idiomatic_level import VARIABLE
from toolpin.errors import ToolpinError
from toolpin.lockfile.header import FILENAME, lockfile_beside
from toolpin.model import Pin, Request
from toolpin.project import pin_files
from toolpin.project.project_files import LARGEST_LOCKFILE
from toolpin.project.toolversions import variable_for
from toolpin.resolver.local_resolution import locked_version
from toolpin.shell.activation import Watch
from toolpin.store.installs import RECORD, stores
from toolpin.system.paths import system_config

# The part of a file that is compared at every prompt: more than written by hand.
_MOST_BYTES = 64 * 1024
# A user and a password in a URL, and a header of TOML.
_USER = re.compile(r"(?<=://)[^/@\s\"']+(?=@)")
_TABLE = re.compile(rb"(?m)^[ \t]*\[[^\n]*\n?")


def watched_files(app: App) -> Watch:
    """Return the present state of a directory's files, and the variables."""
    present: list[str] = []
    absent: dict[str, None] = {}
    texts: list[tuple[str, bytes, bool]] = []
    for file in dict.fromkeys(_files(app)):
        if not os.path.lexists(file):
            absent[_nearest_missing(file)] = None
        elif result := _beginning(file, app):
            texts.append((file, *result))
        else:
            present.append(file)
    names = (*_overrides(app), VARIABLE)
    variables = tuple((name, app.env.get(name)) for name in names)
    return Watch(tuple(present), tuple(absent), tuple(texts), variables)


def watched_installs(requests: Iterable[Request], app: App) -> Watch:
    """Return which of the requested versions are installed now, and which are not."""
    files = [file for request in requests for file in _installs_of(request, app)]
    existing = [file for file in files if os.path.lexists(file)]
    missing = (file for file in files if file not in existing)
    return Watch(tuple(existing), tuple(dict.fromkeys(map(_nearest_missing, missing))))


def _nearest_missing(file: str) -> str:
    """Return the path whose creation affects a missing file: it, or a directory above.

    Many files lack the same directory, and each compared name costs at every prompt.
    """
    directory = os.path.dirname(file)
    while directory and not os.path.lexists(directory):
        file, directory = directory, os.path.dirname(directory)
    return file


def _files(app: App) -> Iterator[str]:
    idioms = app.idioms.names
    directories = (*pin_files.directories_up(app.directory), app.home)
    # The nearest lockfile applies to an override, whether a file pins beside it or not.
    overrides = any(map(app.env.get, _overrides(app)))
    of_directories = [
        [os.path.join(directory, name) for name in (pin_files.FILENAME, *idioms)]
        for directory in directories
    ]
    for pins in (*of_directories, [app.paths.global_file]):
        yield from pins
        if overrides or any(os.path.lexists(file) for file in pins):
            yield lockfile_beside(pins[0])
    yield from _settings(app)


def _overrides(app: App) -> list[str]:
    return list(map(variable_for, dict.fromkeys(app.registry.aliases.values())))


def _settings(app: App) -> tuple[str, str]:
    return app.paths.user_config, system_config(app.env)


def _installs_of(request: Request, app: App) -> Iterator[str]:
    for resolution in app.resolve(request):
        wanted = resolution.alternative
        if wanted.kind == "path":
            continue
        named = [f"ref-{wanted.value}" if wanted.kind == "ref" else wanted.value]
        if wanted.kind in ("version", "latest"):
            named.append(locked_version(request, wanted, app.where) or "")
        named.append(resolution.pin.version if resolution.pin else "")
        for version in filter(None, dict.fromkeys(named)):
            pin = Pin(request.tool, version)
            for paths in stores(app.paths):
                yield f"{paths.install(*pin)}/{RECORD}"
                yield f"{paths.incomplete}/{pin.tool}/{pin.version}"


def _beginning(file: str, app: App) -> tuple[bytes, bool] | None:
    """Return the relevant beginning of a file, and whether it is all; None for no text.

    A lockfile's header ends at its first empty line, and what follows chooses nothing.
    Every program that the shell starts may see it, so passwords in settings are left
    out.
    """
    is_settings = file in _settings(app)
    try:
        if is_settings:
            data = app.files.read_settings(file) or b""
        else:
            data = app.files.read(file, LARGEST_LOCKFILE)
    except (ToolpinError, OSError):
        return None
    end = _MOST_BYTES
    if os.path.basename(file) == FILENAME and (head := data.find(b"\n\n")) >= 0:
        end = head + 1
    if is_settings:
        end = min(end, len(_without_secrets(data)))
    if b"\0" in data[:end]:  # which a shell's variable cannot hold
        end = data.index(b"\0")
    while end < len(data) and data[end] & 0xC0 == 0x80:  # inside a character
        end -= 1
    kept = data[:end]
    return (kept, len(kept) == len(data)) if kept or not data else None


def _without_secrets(data: bytes) -> bytes:
    """Return the first part of a settings file: its plain keys, without passwords.

    It ends with the first header, so that a key that is added changes it.
    """
    table = _TABLE.search(data)
    plain = data[: table.end() if table else len(data)]
    user = _USER.search(plain.decode("latin-1"))  # one character per byte
    return plain[: user.start() if user else len(plain)]
