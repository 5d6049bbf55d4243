"""Turns the published installs into the shims folder: one stub for every command.

Writes only what it made itself and leaves every foreign file alone. It does not
choose versions: the stubs and `toolpin exec` do.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from toolpin.env import quote
from toolpin.installs import commands, tools, versions
from toolpin.model import Pin
from toolpin.paths import Paths, bundled
from toolpin.toolversions import variable_for
from toolpin.words import RESERVED_COMMANDS

_MARKER = "# toolpin shim; `toolpin reshim` writes it again"
_TOOL = "# tool "
_AFTER = "# after "
_STUB_LIMIT_BYTES = 16 * 1024
_GONE = "echo 'toolpin: the shims are broken; try: toolpin reshim'"
_TEMPORARY = ".toolpin-"


class ShimTool(NamedTuple):
    """What stubs need to know of a tool.

    `names` is all that a project file may call it. After a command of `reshim_after`
    with one of its words among the arguments, the tool's commands may have changed.
    The bins of the tools that it `requires` follow its own on PATH. `commands` are
    those that every version has: known without an install.
    """

    name: str
    names: tuple[str, ...] = ()
    reshim_after: tuple[tuple[str, tuple[str, ...]], ...] = ()
    requires: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


class Stub(NamedTuple):
    """What a stub's header says: its tools, each with what it requires, and `after`.

    `after` holds the words that make a reshim due.
    """

    tools: tuple[tuple[str, ...], ...]
    after: tuple[str, ...]


class Changes(NamedTuple):
    """Names of commands: new, gone, and left alone because the file is foreign."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    skipped: tuple[str, ...]


def refresh(
    paths: Paths,
    known: Mapping[str, ShimTool],
    python: str,
    wanted: Collection[str] = (),
) -> Changes:
    """Write the library and the stubs that the published installs call for.

    Tools of `wanted`, and those that have had a stub, keep one for each command that
    all their versions have: a pin that is not installed must not run something else.
    `python` is the absolute interpreter that has toolpin. The caller holds the mutex.
    """
    library = render_library(paths, python)
    _make_folder(os.path.dirname(paths.shim_library))
    _make_folder(paths.shims)
    _write(paths.shim_library, library, 0o644)
    provided = _provided(paths)
    for tool in known.values():
        for command in tool.commands:
            if tool.name in wanted or _owned(f"{paths.shims}/{command}") is not None:
                provided.setdefault(command, [tool.name])
    added: list[str] = []
    skipped: list[str] = []
    for command, providers in sorted(provided.items()):
        path = f"{paths.shims}/{command}"
        old = _owned(path)
        if not _is_safe(command) or (old is None and os.path.lexists(path)):
            skipped.append(command)
            continue
        text = render_stub(command, providers, known, paths.shim_library)
        _write(path, text, 0o755)
        if old is None:
            added.append(command)
    return Changes(tuple(added), _remove_others(paths.shims, provided), tuple(skipped))


def are_in_place(paths: Paths, pins: Iterable[Pin], python: str) -> bool:
    """Say whether the library and all stubs of these installs are there.

    Writes nothing. Only `refresh` compares a stub with its plugin.
    """
    library = render_library(paths, python).encode(errors="surrogateescape")
    return _is_same(paths.shim_library, library, 0o644) and all(
        pin.tool in _tools_of(f"{paths.shims}/{command}")
        for pin in pins
        for command in commands(paths, pin)
        if _is_safe(command)
    )


def shimmed_tools(paths: Paths) -> set[str]:
    """Return the tools that have a stub, installed or not."""
    try:
        names = os.listdir(paths.shims)
    except FileNotFoundError:
        return set()
    return {tool for name in names for tool in _tools_of(f"{paths.shims}/{name}")}


def render_library(paths: Paths, python: str) -> str:
    """Render `shim.sh` for one store and one interpreter."""
    with open(f"{bundled('shims')}/shim.sh", encoding="utf-8") as file:
        text = file.read()
    words = {
        "@CONFIG@": quote(paths.config),
        "@CR@": "\r",
        "@DATA@": quote(paths.data),
        "@PYTHON@": quote(python),
        "@SHIMS@": quote(paths.shims),
        "@TAB@": "\t",
    }
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def render_stub(
    command: str,
    providers: Sequence[str],
    known: Mapping[str, ShimTool],
    library: str,
) -> str:
    """Render the stub of a command of these tools; it sources `library`."""
    found = [_tool(known, name) for name in providers]
    after = [word for tool in found for word in _after(tool, command)]
    lines = ["#!/bin/sh", _MARKER]
    lines += [_TOOL + " ".join((tool.name, *tool.requires)) for tool in found]
    if after:
        lines.append(_AFTER + " ".join(after))
    lines.append(f"_toolpin_command={quote(command)}")
    # The plain case has one tool that requires one other at most.
    first = found[0]
    plain = len(found) == 1 and len(first.requires) <= 1
    lines += _lookup("", first) if plain else ["_toolpin_tool="]
    lines.append(f"_toolpin_after={quote(_words(after))}")
    needed = [_tool(known, name) for name in first.requires] if plain else []
    lines += _lookup("need", needed[0]) if needed else ["_toolpin_need="]
    lines.append(f"[ -r {quote(library)} ] || {{ {_GONE} >&2; exit 126; }}")
    lines.append(f". {quote(library)}")
    return "\n".join(lines) + "\n"


def read_stub(path: str) -> Stub | None:
    """Read the header of a stub; None for a file that is not one."""
    text = _owned(path)
    if text is None:
        return None
    lines = text.split("\n")
    return Stub(
        tuple(
            tuple(line.removeprefix(_TOOL).split(" "))
            for line in lines
            if line.startswith(_TOOL)
        ),
        tuple(
            word
            for line in lines
            if line.startswith(_AFTER)
            for word in line.removeprefix(_AFTER).split(" ")
        ),
    )


def _tools_of(path: str) -> list[str]:
    stub = read_stub(path)
    return [tool for tool, *_ in stub.tools] if stub else []


def _lookup(role: str, tool: ShimTool) -> list[str]:
    prefix = f"_toolpin_{role}_" if role else "_toolpin_"
    variable = variable_for(tool.name)
    return [
        f"_toolpin_{role or 'tool'}={quote(tool.name)}",
        f"{prefix}names={quote(_words(tool.names or (tool.name,)))}",
        # `=` tells a variable that is set and empty from one that is not set.
        f"{prefix}override=${{{variable}+=}}${{{variable}-}}",
    ]


def _words(words: Iterable[str]) -> str:
    text = " ".join(words)
    return f" {text} " if text else ""


def _after(tool: ShimTool, command: str) -> tuple[str, ...]:
    for name, words in tool.reshim_after:
        if name == command:
            return tuple(word for word in words if word.split() == [word])
    return ()


def _tool(known: Mapping[str, ShimTool], name: str) -> ShimTool:
    return known.get(name) or ShimTool(name, (name,))


def _provided(paths: Paths) -> dict[str, list[str]]:
    """Return for each command the tools that have it in a published version."""
    provided: dict[str, list[str]] = {}
    for tool in tools(paths):
        names = {
            command
            for version in versions(paths, tool)
            for command in commands(paths, Pin(tool, version))
        }
        for command in names:
            provided.setdefault(command, []).append(tool)
    return provided


def _is_safe(command: str) -> bool:
    return (
        command.isprintable()
        and not command.startswith(("-", "."))
        and "/" not in command
        and " " not in command
        and command not in RESERVED_COMMANDS
    )


def _owned(path: str) -> str | None:
    """Return the text of a stub that toolpin wrote; None for any other file."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        with open(path, "rb") as file:
            data = file.read(_STUB_LIMIT_BYTES)
    except (OSError, ValueError):
        return None
    text = data.decode(errors="surrogateescape")
    return text if text.startswith(f"#!/bin/sh\n{_MARKER}\n") else None


def _remove_others(folder: str, provided: Mapping[str, object]) -> tuple[str, ...]:
    removed = []
    for name in sorted(os.listdir(folder)):
        path = f"{folder}/{name}"
        # The mutex is held: a temporary name is one that a killed process left.
        if _is_temporary(name) and os.path.isfile(path):
            os.unlink(path)
        elif name not in provided and _owned(path) is not None:
            os.unlink(path)
            removed.append(name)
    return tuple(removed)


def _is_temporary(name: str) -> bool:
    return name.startswith(_TEMPORARY) and name[len(_TEMPORARY) :].isdigit()


def _make_folder(folder: str) -> None:
    missing = not os.path.isdir(folder)
    os.makedirs(folder, exist_ok=True)
    if missing:
        os.chmod(folder, 0o755)


def _write(path: str, text: str, mode: int) -> None:
    """Put a file in place in one step; one that is the same already stays untouched."""
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
        with open(path, "rb") as file:
            return file.read(len(data) + 1) == data
    except OSError:
        return False
