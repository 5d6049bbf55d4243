"""The text of stubs and of the library that they source; and the parser of stubs.

It decides which values are written into them; `shim_directory` decides where they go.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from toolpin.env_patch import quote
from toolpin.model import Pin
from toolpin.project.toolversions import FILENAME_VARIABLES, variable_for
from toolpin.project.validation import NAME, fits
from toolpin.system.paths import Paths, bundled

_MARKER = "# toolpin shim; `toolpin reshim` writes it again"
_LIBRARY = "# What every shim of toolpin sources: `toolpin reshim` writes it again.\n"
_TOOL = "# tool "
_OWN = "# own command of "
_AFTER = "# after "
_ADDED = "# added by "
_ASDF = "# asdf-plugin: "
# The marker that scripts written for asdf look for in a shim.
_AS_ASDF = "# the same, from anywhere: exec asdf exec "
_STUB_LIMIT_BYTES = 16 * 1024
_OTHER_FILE = '"' + "".join(f"${{{name}-}}" for name in FILENAME_VARIABLES) + '"'
# asdf looks up hooks at each run.
_RC = '"${{ASDF_CONFIG_FILE:-${{HOME-}}/.asdfrc}}"'
_HOOKS = (
    f"[ ! -r {_RC} ] ||\n"
    '  while IFS= read -r _toolpin_rest || [ -n "$_toolpin_rest" ]; do\n'
    "    case $_toolpin_rest in *pre_*_{command}*)"
    " _toolpin_tool= _toolpin_several= ;; esac\n"
    f"  done <{_RC}"
)
_GONE = "echo 'toolpin: the shims are broken; try: toolpin reshim'"


class ShimTool(NamedTuple):
    """The data of a tool that its stubs need.

    `names` are all names that a project file may use. After a command of `reshim_after`
    with one of its words among the arguments, the tool's commands may have changed. The
    bins of the tools that it `requires` follow its own on PATH, then those of the tools
    that it `uses`, if these are pinned and installed. `commands` are those that every
    version has: known without an install. `idiomatic` are the other files that pin,
    `spellings` the words in them with another meaning; one without a meaning is a
    prefix that is left out. Before a command of `hooked` a hook of the user runs.
    `script_reads` means that only its plugin can read those files. Versions of a
    `numbered` tool have no v at the start and no `.x` at the end: project files may
    write them so. `added` are command lines that install a command into a version
    without it.
    """

    name: str
    names: tuple[str, ...] = ()
    reshim_after: tuple[tuple[str, tuple[str, ...]], ...] = ()
    requires: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    idiomatic: tuple[str, ...] = ()
    spellings: tuple[tuple[str, str], ...] = ()
    hooked: tuple[str, ...] = ()
    script_reads: bool = False
    uses: tuple[str, ...] = ()
    numbered: bool = False
    added: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Stub(NamedTuple):
    """The header of a stub: its tools, each with what it requires, and `after`.

    `added` is the command line that installs the command where it is missing, or "". A
    tool that is only used follows the required ones, with a `?` before the name.
    `after` holds the words after which shims are refreshed. The command belongs to the
    tools `own`; for the others it comes from a package.
    """

    tools: tuple[tuple[str, ...], ...]
    after: tuple[str, ...]
    added: str = ""
    own: tuple[str, ...] = ()


def render_library(paths: Paths, python: str) -> dict[str, str]:
    """Render the texts that shims source, by path, for one store and one interpreter.

    What another one sources comes before it. Without comments: each run reads them.
    """
    words = {
        "@ANSWERS@": quote(paths.answers),
        "@CONFIG@": quote(paths.config),
        "@CR@": "\r",
        "@DATA@": quote(paths.data),
        "@MORE@": quote(paths.shim_library_more),
        "@PYTHON@": quote(python),
        "@SHIMS@": quote(paths.shims),
        "@STORES@": " ".join(
            quote(directory) for directory in (paths.data, paths.system) if directory
        ),
        "@SYSTEM@": quote(paths.system),
        "@TAB@": "\t",
    }
    return {
        path: _filled(os.path.basename(path), words)
        for path in (paths.shim_library_more, paths.shim_library)
    }


def _filled(name: str, words: Mapping[str, str]) -> str:
    with open(f"{bundled('shims')}/{name}", encoding="utf-8") as file:
        lines = [line.lstrip(" ") for line in file]
    text = "".join([_LIBRARY, *(line for line in lines if not line.startswith("#"))])
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def render_stub(
    command: str,
    providers: Sequence[str],
    known: Mapping[str, ShimTool],
    library: str,
    *,
    having: Sequence[Pin] | None = None,
) -> str:
    """Render the stub of a command of these tools; it sources `library`.

    `having` are the installs that have the command, newest first, if the `asdf` command
    works on the store, else None: then asdf's header and variables apply, too.
    """
    tools = [_tool(known, name) for name in providers]
    asdf = having is not None  # there the order of the file decides between tools
    own = [tool for tool in tools if asdf or _is_own(tool, command)]
    after = [word for tool in tools for word in _after(tool, command)]
    after.sort(key=bool)  # where the shim expects the empty word
    lines = ["#!/bin/sh", _MARKER]
    lines += [_TOOL + " ".join(_with_partners(tool)) for tool in tools]
    lines += [_OWN + tool.name for tool in own]
    if after:
        lines.append(_AFTER + " ".join(after))
    added = dict(pair for tool in tools for pair in tool.added)
    if command in added:
        lines.append(_ADDED + " ".join(added[command]))
    if having is not None:
        lines += [f"{_ASDF}{_asdf_spelling(pin)}" for pin in having]
        lines.append(_AS_ASDF + quote(command))
    lines.append(f"_toolpin_command={quote(command)}")
    lines.append(f"_toolpin_after={quote(_words(after))}")
    others = [tool for tool in tools if tool not in own]
    # A tool of that name may be pinned, without any other data about it.
    if not own and fits(command, NAME):
        own = [_tool(known, command)]
    lines += _choice(own, others, known, command, asdf=asdf)
    if asdf:  # another file than .tool-versions is for Python to read
        lines.append(f"[ -z {_OTHER_FILE} ] || _toolpin_tool= _toolpin_several=")
        lines.append(_HOOKS.format(command=quote(command)))
    lines.append(f"[ -r {quote(library)} ] || {{ {_GONE} >&2; exit 126; }}")
    lines.append(f". {quote(library)}")
    return "\n".join(lines) + "\n"


def read_stub(path: str) -> Stub | None:
    """Parse the header of a stub; None for another file."""
    text = owned_text(path)
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
        next(
            (line.removeprefix(_ADDED) for line in lines if line.startswith(_ADDED)), ""
        ),
        tuple(line.removeprefix(_OWN) for line in lines if line.startswith(_OWN)),
    )


def without_shims(env: Mapping[str, str], shims: str) -> dict[str, str]:
    """Return the environment with a PATH without shims, of other stores too.

    An `npm` found there would be a pinned one. `shims` is this store's shims directory.
    """
    directories = env.get("PATH", "").split(":")
    kept = [
        directory for directory in directories if read_stub(f"{directory}/npm") is None
    ]
    return {**env, "PATH": ":".join(entry for entry in kept if entry != shims)}


def owned_text(path: str) -> str | None:
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


def _is_own(tool: ShimTool, command: str) -> bool:
    """Return whether a command is the tool's own, and not of a package inside it."""
    return command in tool.commands or command in (tool.name, *tool.names)


def _choice(
    own: Sequence[ShimTool],
    others: Sequence[ShimTool],
    known: Mapping[str, ShimTool],
    command: str,
    *,
    asdf: bool,
) -> list[str]:
    """Return the lines by which the library finds the tool of a command, and its tree.

    None for a tool that needs Python: the shell handles tools that require, and use, at
    most one other.
    """
    tools = [*own, *others]
    if any(
        len(tool.requires) > 1 or len(tool.uses) > 1 or command in tool.hooked
        for tool in tools
    ):
        return ["_toolpin_tool=", "_toolpin_several="]
    if len(tools) == 1:
        return [*_lookups(tools[0], known, asdf=asdf), "_toolpin_several="]
    lines = ["_toolpin_tool="]
    for number, tool in enumerate(tools, 1):
        lines += [f"_toolpin_{number}() {{", *_lookups(tool, known, asdf=asdf), "}"]
    names = [f"_toolpin_{number}" for number in range(1, len(tools) + 1)]
    names.insert(len(own), "/")
    return [*lines, f"_toolpin_several={quote(' '.join(names))}"]


def _lookups(tool: ShimTool, known: Mapping[str, ShimTool], *, asdf: bool) -> list[str]:
    """Return the lines about a tool and its partners."""
    lines = _lookup("", tool, asdf=asdf)
    for role, names in (("need", tool.requires), ("use", tool.uses)):
        partners = [_lookup(role, _tool(known, name), asdf=asdf) for name in names]
        lines += partners[0] if partners else [f"_toolpin_{role}="]
    return lines


def _with_partners(tool: ShimTool) -> tuple[str, ...]:
    return (tool.name, *tool.requires, *(f"?{name}" for name in tool.uses))


def _lookup(role: str, tool: ShimTool, *, asdf: bool) -> list[str]:
    prefix = f"_toolpin_{role}_" if role else "_toolpin_"
    variable = variable_for(tool.name)
    partner_lines = variable.replace("TOOLPIN_", "ASDF_", 1)
    spelled = [("v", "")] * tool.numbered + list(tool.spellings)
    spellings = "?" if tool.script_reads else _words(map("=".join, spelled))
    other = f"${{{partner_lines}:+=${partner_lines}}}" if asdf else ""
    return [
        f"_toolpin_{role or 'tool'}={quote(tool.name)}",
        f"{prefix}names={quote(_words(tool.names or (tool.name,)))}",
        f"{prefix}files={quote(' '.join(tool.idiomatic))}",
        f"{prefix}spellings={quote(spellings)}",
        # `=` distinguishes a variable that is set and empty from one that is not set.
        f"{prefix}override=${{{variable}+=}}${{{variable}-{other}}}",
    ]


def _asdf_spelling(pin: Pin) -> str:
    """Return the name of an install in asdf: its directory `ref-x` is `ref:x`."""
    if pin.version.startswith("ref-"):
        return f"{pin.tool} ref:{pin.version.removeprefix('ref-')}"
    return f"{pin.tool} {pin.version}"


def _words(words: Iterable[str]) -> str:
    text = "".join(f" {word}" for word in words)
    return f"{text} " if text else ""


def _after(tool: ShimTool, command: str) -> tuple[str, ...]:
    for name, words in tool.reshim_after:
        if name == command:
            plain = [word for word in words if word.split() == [word]]
            return (*(("",) if "" in words else ()), *plain)
    return ()


def _tool(known: Mapping[str, ShimTool], name: str) -> ShimTool:
    return known.get(name) or ShimTool(name, (name,))
