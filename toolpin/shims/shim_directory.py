"""Turns the published installs into the shims directory: one stub per command.

Writes only its own files and leaves all others unchanged. It does not choose versions:
the stubs and `toolpin exec` do.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from toolpin.model import Pin
from toolpin.project.validation import RESERVED_COMMANDS
from toolpin.shims.stubs import (
    ShimTool,
    owned_text,
    read_stub,
    render_library,
    render_stub,
)
from toolpin.store.installs import commands, programs, tools, versions
from toolpin.system.paths import Paths, open_regular
from toolpin.versions import sort_key

_TEMPORARY = ".toolpin-"
_ASDFS_BYTES = 16 * 1024


class Changes(NamedTuple):
    """Names of commands: added, removed, and without a shim, with `why_skipped`."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    skipped: tuple[str, ...]


def refresh(
    paths: Paths,
    known: Mapping[str, ShimTool],
    python: str,
    wanted: Collection[str] = (),
    *,
    kept: Collection[str] = (),
) -> Changes:
    """Write the library and the stubs for the published installs.

    Tools of `wanted`, and those that already had a stub, keep one for each command that
    all their versions have: a pin that is not installed must not run something else.
    `python` is the absolute path of toolpin's interpreter. Stubs of the `kept` tools,
    whose plugins cannot be read now, stay unchanged. The caller holds the file lock.
    """
    library = render_library(paths, python)
    _make_directory(os.path.dirname(paths.shim_library))
    _make_directory(paths.shims)
    for path, text in library.items():
        _write(path, text, 0o644)
    having = _having(paths)
    provided = {
        command: list(dict.fromkeys(pin.tool for pin in pins))
        for command, pins in having.items()
    }
    has_asdf = os.path.exists(paths.asdf_note)
    for tool in known.values():
        for command in tool.commands:
            if (
                tool.name in wanted
                or command in provided
                or owned_text(f"{paths.shims}/{command}") is not None
            ):
                providers = provided.setdefault(command, [])
                providers += [] if tool.name in providers else [tool.name]
    added: list[str] = []
    skipped: list[str] = []
    for command, providers in sorted(provided.items()):
        path = f"{paths.shims}/{command}"
        old = owned_text(path)
        foreign = old is None and os.path.lexists(path) and not _is_asdfs(path)
        if not _is_safe(command) or foreign:
            skipped.append(command)
            continue
        if old is not None and not _tools_of(path).isdisjoint(kept):
            continue
        pins = having.get(command, []) if has_asdf else None
        text = render_stub(command, providers, known, paths.shim_library, having=pins)
        _write(path, text, 0o755)
        if old is None:
            added.append(command)
    removed = _remove_others(paths.shims, provided, kept)
    return Changes(tuple(added), removed, tuple(skipped))


def why_skipped(paths: Paths, command: str) -> str:
    """Return the reason why a command has no shim."""
    path = f"{paths.shims}/{command}"
    if command in RESERVED_COMMANDS:
        return (
            f"{command} gets no shim, its name is reserved; try: toolpin exec {command}"
        )
    if os.path.lexists(path):
        return f"{path} was not created by toolpin and is left unchanged"
    return f"{command!r} gets no shim: its name is not allowed for one"


def are_in_place(paths: Paths, pins: Iterable[Pin], python: str) -> bool:
    """Return whether the library and all stubs of these installs exist.

    Writes nothing. Only `refresh` compares a stub with its plugin.
    """
    return has_library(paths, python) and not missing_stubs(paths, pins)


def has_library(paths: Paths, python: str) -> bool:
    """Return whether the library exists, as this toolpin writes it."""
    return all(
        _is_same(path, text.encode(errors="surrogateescape"), 0o644)
        for path, text in render_library(paths, python).items()
    )


def missing_stubs(paths: Paths, pins: Iterable[Pin]) -> tuple[str, ...]:
    """Return the commands of these installs that have no stub of their tool."""
    results = {
        command
        for pin in pins
        for command in commands(paths, pin)
        if _is_safe(command) and pin.tool not in _tools_of(f"{paths.shims}/{command}")
    }
    return tuple(sorted(results))


def shimmed_tools(paths: Paths) -> set[str]:
    """Return the tools that have a stub, installed or not."""
    try:
        names = os.listdir(paths.shims)
    except FileNotFoundError:
        return set()
    return {tool for name in names for tool in _tools_of(f"{paths.shims}/{name}")}


def _tools_of(path: str) -> set[str]:
    stub = read_stub(path)
    return {tool for tool, *_ in stub.tools} if stub else set()


def _having(paths: Paths) -> dict[str, list[Pin]]:
    """Return for each command the published versions that have it, by tool."""
    having: dict[str, list[Pin]] = {}
    for tool in tools(paths):
        for version in sorted(versions(paths, tool), key=sort_key, reverse=True):
            pin = Pin(tool, version)
            for command in commands(paths, pin):
                having.setdefault(command, []).append(pin)
    from toolpin.shims import asdf_note

    for tool, version, *directories in asdf_note.of_paths(paths):
        names = {
            program for directory in directories for program in programs(directory)
        }
        for command in sorted(names):
            having.setdefault(command, []).insert(0, Pin(tool, version))
    return having


def _is_asdfs(path: str) -> bool:
    """Return whether a file in the shims directory was written by asdf, and may go."""
    try:
        with open_regular(path) as file:
            data = file.read(_ASDFS_BYTES)
    except OSError:
        return False
    return b"\n# asdf-plugin: " in data and b"asdf exec " in data


def _is_safe(command: str) -> bool:
    return (
        command.isprintable()
        and not command.startswith(("-", "."))
        and "/" not in command
        and " " not in command
        and command not in RESERVED_COMMANDS
    )


def _remove_others(
    directory: str, provided: Mapping[str, object], kept: Collection[str]
) -> tuple[str, ...]:
    removed = []
    for name in sorted(os.listdir(directory)):
        path = f"{directory}/{name}"
        # The file lock is held: a temporary name is one that a killed process left.
        if _is_temporary(name) and os.path.isfile(path):
            os.unlink(path)
        elif name in provided or not _tools_of(path).isdisjoint(kept):
            continue
        elif owned_text(path) is not None:
            os.unlink(path)
            removed.append(name)
    return tuple(removed)


def _is_temporary(name: str) -> bool:
    return name.startswith(_TEMPORARY) and name[len(_TEMPORARY) :].isdigit()


def _make_directory(directory: str) -> None:
    missing = not os.path.isdir(directory)
    os.makedirs(directory, exist_ok=True)
    if missing:
        os.chmod(directory, 0o755)


def _write(path: str, text: str, mode: int) -> None:
    """Write a file in one step; an identical one stays untouched."""
    data = text.encode(errors="surrogateescape")
    if _is_same(path, data, mode):
        return
    temporary = f"{os.path.dirname(path)}/{_TEMPORARY}{os.getpid()}"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _is_same(path: str, data: bytes, mode: int) -> bool:
    try:
        if stat.S_IMODE(os.lstat(path).st_mode) != mode:
            return False
        with open_regular(path) as file:
            return file.read(len(data) + 1) == data
    except OSError:
        return False
