"""Finds the tools that toolpin knows: the user's TOML files, then the bundled ones."""

from __future__ import annotations

import os
from collections.abc import Mapping

from toolpin.errors import ToolpinError, UsageError
from toolpin.model import Origin
from toolpin.paths import Paths, bundled
from toolpin.plugin.contract import Tool, parse_tool


class Registry:
    """The known tools, by every name they have."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = tools

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Every tool once, by name."""
        unique = {tool.name: tool for tool in self._tools.values()}
        return tuple(unique[name] for name in sorted(unique))

    @property
    def aliases(self) -> dict[str, str]:
        """Every name of every tool with the canonical one."""
        return {name: tool.name for name, tool in self._tools.items()}

    def canonical(self, name: str) -> str:
        """Return the tool's own name; a name that nobody knows is its own."""
        tool = self._tools.get(name)
        return tool.name if tool else name

    def get(self, name: str) -> Tool | None:
        """Return the tool of that name, if there is one."""
        return self._tools.get(name)

    def require(self, name: str, origin: Origin | None = None) -> Tool:
        """Return the tool of that name. Raises ToolpinError with names near it."""
        tool = self._tools.get(name)
        if tool:
            return tool
        import difflib  # noqa: PLC0415 - only a mistake needs it

        facts = [("wanted by", str(origin))] if origin else []
        near = difflib.get_close_matches(name, self._tools, n=3)
        if near:
            facts.append(("near it", ", ".join(near)))
        facts.append(("known", ", ".join(tool.name for tool in self.tools)))
        facts.append(("to add it", f"toolpin plugin add {name} FILE.toml"))
        facts.append(("to draft it", f"toolpin plugin new {name} --github OWNER/REPO"))
        raise ToolpinError(f"{name} is no tool that toolpin knows", facts)


def read_registry(paths: Paths) -> Registry:
    """Read every plugin. A user's file takes the place of a bundled one."""
    tools: dict[str, Tool] = {}
    for folder in (f"{paths.config}/plugins", bundled("plugins")):
        for file in _toml_files(folder):
            tool = _read_tool(file)
            for name in tool.names:
                tools.setdefault(name, tool)
    return Registry(tools)


def _toml_files(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [f"{folder}/{name}" for name in names if name.endswith(".toml")]


def _read_tool(file: str) -> Tool:
    try:
        with open(file, encoding="utf-8") as stream:
            tool = parse_tool(stream.read(), file)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read", [("because", str(error))]) from error
    expected = os.path.basename(file).removesuffix(".toml")
    if tool.name != expected:
        raise UsageError(
            f"{file}: tool.name must be the file's own name",
            [("expected", expected), ("received", tool.name)],
        )
    return tool
