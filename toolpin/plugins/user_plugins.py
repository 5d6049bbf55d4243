"""Adds plugin files to the user's plugins directory, and removes them.

Only valid files are added. Bundled plugins are never changed; a user's file replaces a
bundled one of the same name.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from toolpin.errors import ToolpinError, UsageError, as_word
from toolpin.plugins.registry import Registry
from toolpin.plugins.tool_file import Tool, examine, parse_tool
from toolpin.project import project_files
from toolpin.system.paths import Paths, bundled


def is_bundled(tool: Tool) -> bool:
    """Return whether a tool is bundled with toolpin."""
    return os.path.dirname(tool.file) == bundled("plugins")


def faults_of(file: str) -> list[UsageError]:
    """Return all faults of a plugin's file."""
    tool, faults = examine(_read(file), file)
    return faults + (_missing_tables(tool) if tool else [])


def read_tool(file: str) -> Tool:
    """Return the tool of a plugin's file, with the file's full path."""
    path = os.path.abspath(file)
    return parse_tool(_read(path), path)


class Added(NamedTuple):
    """The path of an added plugin file, and whether it has changed."""

    path: str
    changed: bool


def add(
    paths: Paths, registry: Registry, name: str, file: str, *, force: bool
) -> Added:
    """Copy a plugin's file, and the tables that it names.

    Raises UsageError for an invalid file or one of another tool, and ToolpinError for
    an existing file, unless forced.
    """
    source = os.path.abspath(file)
    text = _read(source)
    tool = parse_tool(text, file)
    if missing := _missing_tables(tool._replace(file=source)):
        raise missing[0]
    _check_names(tool, name, registry)
    directory = f"{paths.config}/plugins"
    target = f"{directory}/{name}.toml"
    before = _read(target) if os.path.exists(target) else None
    if before not in (None, text) and not force:
        raise ToolpinError(
            f"you have already added a plugin for {name}",
            [("file", target)],
            f"toolpin plugin add {name} {as_word(file)} --force",
        )
    tables = {
        f"{directory}/{table}": _read(f"{os.path.dirname(source)}/{table}")
        for table in sorted(_tables(tool))
    }
    for path, content in tables.items():
        if os.path.exists(path) and _read(path) != content and not force:
            raise ToolpinError(
                f"{path} already exists with different content",
                [("required by", file)],
                f"toolpin plugin add {name} {as_word(file)} --force",
            )
    os.makedirs(directory, exist_ok=True)
    for path, content in tables.items():
        project_files.write(path, content.encode(), anywhere=True)
    # The plugin last: without its tables it would be incomplete.
    project_files.write(target, text.encode(), anywhere=True)
    return Added(target, changed=before != text)


def remove(paths: Paths, registry: Registry, name: str) -> str:
    """Remove the user's file of a tool, and tables that no other one names.

    If one of the other files cannot be read, the tables stay.
    """
    own, faults = registry.canonical(name), registry.faults
    tool = None if own in faults else registry.require(name)
    target = f"{paths.config}/plugins/{own}.toml"
    if (tool and is_bundled(tool)) or not os.path.lexists(target):
        raise ToolpinError(
            f"{own} is bundled, and you have not added a plugin for it",
            [("file", tool.file if tool else target)],
        )
    others = [tool for tool in registry.tools if tool.name != own]
    used = {
        table for other in others if not is_bundled(other) for table in _tables(other)
    }
    try:
        os.unlink(target)
        for table in _tables(tool) - used if tool and not faults else ():
            os.unlink(f"{paths.config}/plugins/{table}")
    except OSError as error:
        raise ToolpinError(
            f"{error.filename} cannot be removed", [("reason", str(error.strerror))]
        ) from error
    return target


def _read(file: str) -> str:
    try:
        return project_files.read(file, anywhere=True).decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8", [("reason", str(error))]) from error


def _check_names(tool: Tool, name: str, registry: Registry) -> None:
    if tool.name != name:
        raise UsageError(
            f"{tool.file} is a plugin for another name",
            [("expected", name), ("received", tool.name)],
            f"toolpin plugin add {tool.name} {as_word(tool.file)}",
        )
    for filename in tool.names:
        if (own := registry.canonical(filename)) == name:
            continue
        if other := registry.get(filename):
            raise UsageError(
                f"{tool.file} uses a name that belongs to {own}",
                [("name", filename), ("file", other.file)],
            )


def _tables(tool: Tool) -> set[str]:
    return {companion.table for spec in tool.sources for companion in spec.companions}


def _missing_tables(tool: Tool) -> list[UsageError]:
    directory = os.path.dirname(os.path.abspath(tool.file))
    return [
        UsageError(
            f"{tool.file}: {table} is missing beside it",
            [("expected", f"{directory}/{table}")],
        )
        for table in sorted(_tables(tool))
        if not os.path.isfile(f"{directory}/{table}")
    ]
