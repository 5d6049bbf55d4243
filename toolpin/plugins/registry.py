"""Finds the tools that toolpin supports: the user's TOML files, then bundled ones.

An asdf plugin with a bundled tool's name is used if the user has chosen it; others come
after all TOML files. Every command needs the names, few need more: names are found
without the parser, and a file is parsed when its tool is requested.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from toolpin.errors import ToolpinError, UnknownTool, UsageError, as_word
from toolpin.model import Origin
from toolpin.plugins import light_fields
from toolpin.project.idiomatic import Idioms
from toolpin.project.pin_files import logical_cwd
from toolpin.project.validation import COMMAND, NAME, fits, is_plain, respell
from toolpin.system.paths import Paths, bundled, names_in, open_regular

if TYPE_CHECKING:
    from toolpin.plugins.tool_file import Tool

_NOTE_BYTES = 10_000


class Registry:
    """The known tools, by every name they have. Files are parsed when needed.

    `files` has the file of each tool by its own name, `aliases` every name of every
    tool with its own name, `idiomatic` the tool of each file beside `.tool-versions`,
    and `paired` the tools that may require a version of another. A directory is an asdf
    plugin. `passed_over` has the unused asdf plugins, by the names of the tools that
    replace them. `index` has what most commands need of bundled tools: for that, their
    files are not read.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        aliases: Mapping[str, str],
        paired: frozenset[str] = frozenset(),
        idiomatic: Mapping[str, str] | None = None,
        passed_over: Mapping[str, str] | None = None,
        *,
        paths: Paths | None = None,
        index: Mapping[str, light_fields.LightFields] | None = None,
    ) -> None:
        self.paired = paired
        self._paths = paths
        self._index = index or {}
        self.passed_over = passed_over or {}
        self._idiomatic = idiomatic or {}
        self._files = files
        self.aliases = dict(aliases)
        self._read: dict[str, Tool] = {}

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Every tool with a valid plugin, once, by name. Parses all files."""
        result = (self.readable(name) for name in sorted(self._files))
        return tuple(tool for tool in result if tool)

    @property
    def faults(self) -> dict[str, UsageError]:
        """The faults of invalid files, by tool name. Parses all files.

        An invalid file stops only its own tool, when it is requested. A file whose name
        is not a valid tool name is only reported here.
        """
        results = {}
        for name in sorted(self._files):
            try:
                self._tool(name)
            except UsageError as error:
                results[name] = error
        return results

    def idioms(self, level: str) -> Idioms:
        """Return the other files that pin: none, plain ones or all."""
        files = {} if level == "none" else self._idiomatic
        readers = {
            tool: self._reader(tool)
            for tool in set(files.values()) & self._self_reading
        }
        manifests: dict[str, tuple[tuple[str, str], ...]] = {}
        for tool in sorted(self._files) if level == "all" else ():
            for file, name in self._manifests_of(tool).items():
                manifests[file] = (*manifests.get(file, ()), (tool, name))
        return Idioms(files, self.spell, manifests, readers)

    def spell(self, name: str, word: str) -> str:
        """Return the canonical form of a word in a project file for a tool.

        Only for tools with a TOML file: versions of asdf plugins may begin with a v, or
        end in .x.
        """
        if not word:
            return word
        if own := self._index.get(self.canonical(name)):
            return respell(word, light_fields.pairs_of(own.spellings))
        if is_plain(word) and not self._has_prefix(name):
            return word
        tool = self.readable(name)
        if tool is None or not tool.file.endswith(".toml"):
            return word
        return respell(word, tool.spellings)

    def _has_prefix(self, name: str) -> bool:
        """Return whether a user's file may state what precedes a number."""
        file = self._files.get(self.canonical(name), "")
        try:
            return file.endswith(".toml") and '""' in _text(file)
        except UsageError:
            return False

    def canonical(self, name: str) -> str:
        """Return the canonical name of a tool; an unknown name unchanged."""
        return self.aliases.get(name, name)

    def get(self, name: str) -> Tool | None:
        """Return the tool of that name, if there is one. Raises UsageError."""
        return self._tool(self.aliases[name]) if name in self.aliases else None

    def readable(self, name: str) -> Tool | None:
        """Return the tool of that name; None for an unknown or invalid one."""
        own = self.canonical(name)
        try:
            return self._tool(own) if own in self._files else None
        except UsageError:
            return None

    def requires_of(self, tool: str) -> tuple[str, ...]:
        """Return the tools that a tool requires; () for an invalid one."""
        known = self._index.get(self.canonical(tool)) or self.readable(tool)
        return known.requires if known else ()

    def commands_of(self, tool: str) -> tuple[str, ...]:
        """Return the commands of every version; () for an invalid tool."""
        known = self._index.get(self.canonical(tool)) or self.readable(tool)
        return known.commands if known else ()

    def _manifests_of(self, name: str) -> Mapping[str, str]:
        if own := self._index.get(name):
            return light_fields.pairs_of(own.manifests)
        tool = self.readable(name)
        return tool.manifests if tool else {}

    def require(self, name: str, origin: Origin | None = None) -> Tool:
        """Return the tool of that name. Raises ToolpinError with names near it."""
        self.check(name, origin)
        return self._tool(self.aliases[name])

    def check(self, name: str, origin: Origin | None = None) -> None:
        """Raise UnknownTool with names near it for a name that no tool has."""
        if name in self.aliases:
            return
        import difflib

        facts = [("required by", str(origin))] if origin else []
        close_matches = difflib.get_close_matches(name, self.aliases, n=3)
        near = list(dict.fromkeys(self.aliases[match] for match in close_matches))
        if near:
            facts.append(("similar", ", ".join(near)))
            facts.append(("to add it", self.adding(name)))
        hint = f"toolpin plugin show {near[0]}" if near else self.adding(name)
        if self._paths and fits(name, NAME):
            from toolpin.store import unimported

            if directory := unimported.with_plugin(name, self._paths, os.environ):
                facts.append(("asdf's plugin", f"{directory}/plugins/{name}"))
                hint = unimported.import_line(directory)
        raise UnknownTool(f"no plugin provides {name}", facts, hint)

    def adding(self, name: str) -> str:
        """Return the command that adds a tool: asdf's index, or else a TOML file.

        An index that was not fetched yet may have it; the command fetches it.
        """
        index = f"{self._paths.plugin_index}/plugins" if self._paths else ""
        is_listed = fits(name, NAME) and os.path.isfile(f"{index}/{name}")
        if os.path.isdir(index) and not is_listed:
            return f"toolpin plugin add {as_word(name)} {as_word(f'{name}.toml')}"
        return f"toolpin plugin add {as_word(name)}"

    @property
    def _self_reading(self) -> set[str]:
        """The tools whose asdf plugin reads the files of other managers itself."""
        script = "bin/parse-legacy-file"
        return {
            name
            for name, file in self._files.items()
            if not file.endswith(".toml") and os.path.isfile(f"{file}/{script}")
        }

    def _reader(self, name: str) -> Callable[[str], list[str]]:
        def read_words(path: str) -> list[str]:
            from toolpin.plugins.asdf.script_runner import Scripts

            paths = self._paths or Paths("", "")
            cwd = logical_cwd(os.environ)
            return Scripts(paths, name, os.environ, cwd).parse_legacy_file(path)

        return read_words

    def with_scripts(self, names: Collection[str]) -> Registry:
        """Return the registry with asdf plugins of these names added."""
        from toolpin.plugins.script_plugin import scripted_tool

        scripts = Registry(
            {**self._files, **dict.fromkeys(names, "")},
            {**{name: name for name in names}, **self.aliases},
            self.paired - set(names),
            self._idiomatic,
            self.passed_over,
            paths=self._paths,
            index={key: self._index[key] for key in self._index.keys() - set(names)},
        )
        for name in names:
            scripts._read[name] = scripted_tool(name, "", scripts._also(name))
        return scripts

    def _tool(self, name: str) -> Tool:
        if name not in self._read:
            file = self._files[name]
            if os.path.isdir(file):
                from toolpin.plugins.script_plugin import read_tool

                self._read[name] = read_tool(name, file, self._also(name))
            else:
                self._read[name] = _parse(_text(file), file)
        return self._read[name]

    def _also(self, name: str) -> tuple[str, ...]:
        """Return the other names of a tool."""
        return tuple(
            key for key, own in self.aliases.items() if own == name and key != name
        )


def read_registry(paths: Paths) -> Registry:
    """Find every plugin.

    A user's file replaces a bundled one. If it is invalid, its tool keeps the bundled
    one's other names, so that no other tool gets them.
    """
    files: dict[str, str] = {}
    damaged: set[str] = set()
    scripted = script_directories(paths)
    passed_over: dict[str, str] = {}
    aliases: dict[str, str] = {}
    paired: set[str] = set()
    idiomatic: dict[str, str] = {}
    own_plugins = [
        (name, file, _light_fields(name, file))
        for name, file in _toml_files(f"{paths.config}/plugins")
    ]
    bundled_plugins = _bundled_fields()
    for name, file, fields in (*own_plugins, *bundled_plugins):
        if name in files and name not in damaged:
            continue
        files.setdefault(name, file)
        if fields is None:
            damaged.add(name)
        also, used = (fields.also, fields.idiomatic) if fields else ((), ())
        for alias in (name, *also) if fits(name, NAME) else ():
            aliases.setdefault(alias, name)
        for filename in used:
            idiomatic.setdefault(filename, name)
        if fields and fields.has_pairs:
            paired.add(name)
    for name, directory in scripted.items():
        own = aliases.get(name, name)
        if own in files and not (own == name and is_chosen(paths, files, name)):
            passed_over[own] = directory
            continue
        files[name] = directory
        aliases.setdefault(name, name)
        paired.discard(name)
        for entry in noted_files(paths, name):
            idiomatic.setdefault(entry, name)
    return Registry(
        files,
        aliases,
        frozenset(paired),
        idiomatic,
        passed_over,
        paths=paths,
        index={
            name: fields
            for name, file, fields in bundled_plugins
            if files[name] == file
        },
    )


def noted_files(paths: Paths, name: str) -> tuple[str, ...]:
    """Return the recorded files of other managers that an asdf plugin reads.

    Without a record, or if the script has changed since, the script is run.
    """
    note = f"{paths.idiomatic}/{name}"
    script = f"{paths.plugins}/{name}/bin/list-legacy-filenames"
    with contextlib.suppress(OSError):
        changed = os.stat(script).st_mtime_ns
        if not os.path.exists(note) or os.stat(note).st_mtime_ns < changed:
            _query_files(paths, name)
    try:
        with open_regular(f"{paths.idiomatic}/{name}") as file:
            return tuple(file.read(_NOTE_BYTES).decode().split())
    except (OSError, UnicodeDecodeError):
        return ()


def _query_files(paths: Paths, name: str) -> None:
    """Run the script that lists the files. Raises OSError for a read-only store."""
    from toolpin.plugins.asdf.script_runner import Scripts

    note_files(paths, name, ())  # what the script runs must not run it again
    scripts = Scripts(paths, name, os.environ, os.getcwd())
    try:
        note_files(paths, name, scripts.legacy_filenames())
    except ToolpinError:
        os.unlink(f"{paths.idiomatic}/{name}")


def note_files(paths: Paths, name: str, files: Iterable[str]) -> None:
    """Record the other managers' files that an asdf plugin reads.

    Invalid file names, and `.tool-versions`, are left out.
    """
    plain = [
        file
        for file in files
        if fits(file.removeprefix("."), COMMAND) and file != paths.filename
    ]
    os.makedirs(paths.idiomatic, exist_ok=True)
    with open(f"{paths.idiomatic}/{name}", "w", encoding="utf-8") as file:
        file.write("".join(f"{filename}\n" for filename in plain))


def script_directories(paths: Paths) -> dict[str, str]:
    """Return the asdf plugins with their directories."""
    return {
        name: f"{paths.plugins}/{name}"
        for name in names_in(paths.plugins)
        if fits(name, NAME) and os.path.isdir(f"{paths.plugins}/{name}/bin")
    }


def is_chosen(paths: Paths, files: Mapping[str, str], name: str) -> bool:
    """Return whether the user has chosen an asdf plugin over the bundled one."""
    mine = os.path.dirname(files[name]) == f"{paths.config}/plugins"
    return not mine and os.path.exists(f"{paths.chosen}/{name}")


def _light_fields(name: str, file: str) -> light_fields.LightFields | None:
    """Return what every command needs of a user's plugin.

    None where it cannot be read: the error is raised when its tool is requested.
    """
    try:
        text = _text(file)
        fields = light_fields.plain_fields(text) if fits(name, NAME) else None
        if fields is None:
            tool = _parse(text, file)
            fields = light_fields.LightFields(
                tool.also, tool.idiomatic, has_pairs=bool(tool.pairs)
            )
    except UsageError:
        return None
    return fields


def _bundled_fields() -> list[tuple[str, str, light_fields.LightFields]]:
    directory = bundled("plugins")
    index = light_fields.parse_index(_text(f"{directory}/{light_fields.INDEX}"))
    return [(name, f"{directory}/{name}.toml", index[name]) for name in index]


def _toml_files(directory: str) -> list[tuple[str, str]]:
    return [
        (name.removesuffix(".toml"), f"{directory}/{name}")
        for name in names_in(directory)
        if name.endswith(".toml")
    ]


def _text(file: str) -> str:
    try:
        with open(file, encoding="utf-8") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read", [("reason", str(error))]) from error


def _parse(text: str, file: str) -> Tool:
    from toolpin.plugins.tool_file import parse_tool

    tool = parse_tool(text, file)
    expected = os.path.basename(file).removesuffix(".toml")
    if tool.name != expected:
        raise UsageError(
            f"{file}: tool.name must be the file's own name",
            [("expected", expected), ("received", tool.name)],
        )
    return tool
