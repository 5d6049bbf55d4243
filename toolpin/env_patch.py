"""Converts an EnvPatch to text that sh reads, and back; and to a child's environment.

Pure: it neither writes records to disk nor chooses the patch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile

from toolpin.errors import ToolpinError
from toolpin.model import REQUIRED, EnvPatch, Home, RuntimeScripts

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"

_ESCAPED_QUOTE = "'\\''"
# sh expands it to the major version of the required tool.
_MAJOR = '"$toolpin_major"'
_CASE = "case ${"
_EXPORT = "export "
_BEHIND = " in /*) toolpin_behind=$toolpin_behind:"
_ESAC = " ;; esac\n"
# The shim has bash run exec-env; or sourcing the record fails, and the shim starts
# Python.
_RUNTIME_LINES: dict[RuntimeScripts, str] = {
    "env": "toolpin_asks='exec-env'\n",
    "all": "return 1\n",
}
# A record may name directories of the user's, `${CARGO_HOME:-$HOME/.cargo}/bin`.
_OWN = "${"
_OWN_HOME = ":-$HOME/"
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_LETTERS_AND_DIGITS = _LETTERS | frozenset("0123456789")
_IN_NAMES = _LETTERS_AND_DIGITS | frozenset(".-")
# What decides which program runs or how sh reads its script, and what sh keeps
# read-only or writes itself.
_REFUSED_NAMES = frozenset(
    "PATH IFS ENV BASH_ENV SHELLOPTS BASHOPTS UID EUID PPID PWD OLDPWD _".split()
)
_REFUSED_PREFIXES = ("LD_", "DYLD_", "toolpin_", "_toolpin_", "_tp_")


def quote(text: str) -> str:
    """Return `text` in single quotes, as sh reads it. NUL has no such form."""
    return "'" + text.replace("'", _ESCAPED_QUOTE) + "'"


def quote_fish(text: str) -> str:
    """Return `text` in single quotes, as fish reads it."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def is_ci(env: Mapping[str, str]) -> bool:
    """Return whether this is a CI job, where builds must not change by themselves."""
    return env.get("CI", "").lower() not in ("", "0", "false", "no")


def render_record(patch: EnvPatch) -> str:
    """Render the record of an install, for sh to source and `parse_record` to read.

    Raises ToolpinError for a directory or a variable that a record cannot hold.
    """
    check_patch(patch)
    lines = [f"toolpin_bins={_expanded(':'.join(patch.path))}\n"]
    lines += [f"{_EXPORT}{name}={quote(value)}\n" for name, value in patch.variables]
    lines += map(_home_line, patch.homes)
    lines += map(_behind_line, patch.behind)
    # Last: the lines above refer to the required tool.
    lines += [f"toolpin_major={quote(patch.major)}\n"] if patch.major else []
    lines += [f"toolpin_plugin={quote(patch.plugin)}\n"] if patch.plugin else []
    lines += [_RUNTIME_LINES[patch.runtime_scripts]] if patch.runtime_scripts else []
    return "".join(lines)


def parse_record(text: str) -> EnvPatch:
    """Return the patch whose record is exactly `text`.

    Raises ToolpinError for any other text, valid shell or not.
    """
    plain = text.replace(_ESCAPED_QUOTE, "\0").replace(f"'{_MAJOR}'", REQUIRED)
    pieces = plain.split("'")  # every second one was in quotes
    starts = [piece.rpartition("\n")[2] for piece in pieces[::2]]
    values = [piece.replace("\0", "'") for piece in pieces[1::2]]
    words = list(zip(starts, values, strict=False))
    own = dict(words)
    bins = own.get("toolpin_bins=", "")
    unquoted = "".join(pieces[::2])
    patch = EnvPatch(
        tuple(bins.split(":")) if bins else (),
        tuple(
            (start[len(_EXPORT) : -1], value)
            for start, value in words
            if start.startswith(_EXPORT)
        ),
        tuple(_homes(words)),
        own.get("toolpin_major=", ""),
        next((key for key, end in _RUNTIME_LINES.items() if text.endswith(end)), ""),
        own.get("toolpin_plugin=", ""),
        tuple(part.partition(_ESAC)[0] for part in unquoted.split(_BEHIND)[1:]),
    )
    if (rendered := render_record(patch)) != text:
        raise _not_a_record(text, rendered)
    return patch


def settle(patch: EnvPatch, major: str, env: Mapping[str, str]) -> EnvPatch:
    """Return the patch for a required tool of that major version, "" for none.

    Homes become variables, but where the user has set one. Directories of the user's
    are those of this environment.
    """
    homes = tuple(
        (home.variable, home.directory.replace(REQUIRED, major))
        for home in patch.homes
        if not (current := _set_by_user(home, env))
        or current == home.directory
        or current.startswith(f"{home.root}/")
    )
    path = tuple(directory.replace(REQUIRED, major) for directory in patch.path)
    own = (_own_directory(directory, env) for directory in patch.behind)
    return patch._replace(
        path=path,
        variables=patch.variables + homes,
        homes=(),
        behind=tuple(filter(None, own)),
    )


def moved(patch: EnvPatch, old: str, new: str) -> EnvPatch:
    """Return the patch of a record as if its store were in `new` instead of `old`."""
    new_installs = f"{new}/installs/"

    def at(path: str) -> str:
        return f"{new}/{path[len(old) + 1 :]}" if path.startswith(f"{old}/") else path

    return patch._replace(
        path=tuple(map(at, patch.path)),
        plugin=at(patch.plugin),
        variables=tuple(
            (
                name,
                new
                if value == old
                else value.replace(f"{old}/installs/", new_installs),
            )
            for name, value in patch.variables
        ),
        homes=tuple(
            home._replace(root=at(home.root), directory=at(home.directory))
            for home in patch.homes
        ),
    )


def _set_by_user(home: Home, env: Mapping[str, str]) -> str:
    values = (env.get(name, "") for name in (home.variable, *home.unless))
    return next(filter(None, values), "")


def apply(patch: EnvPatch, env: Mapping[str, str], shims_dir: str) -> dict[str, str]:
    """Return the child's environment: `env` with the patch.

    The patch's directories are first on PATH, then the shims: later entries of the
    caller's PATH never override a pin, nor do the user's directories of a tool.
    """
    path = env.get("PATH") or DEFAULT_PATH
    first = ":".join((*patch.path, shims_dir))
    if not f"{path}:".startswith(f"{first}:"):
        rest = [entry for entry in path.split(":") if entry != shims_dir]
        count = len(patch.path)
        while count and tuple(rest[:count]) == patch.path:
            del rest[:count]
        behind = [directory for directory in patch.behind if directory not in rest]
        path = ":".join((first, *behind, *rest))
    return {**env, **dict(patch.variables), "PATH": path}


def added(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the directories that one PATH adds to another, before and after.

    A relative directory, or an empty one, would depend on the shell's current
    directory.
    """
    known = before.split(":")
    directories = after.split(":")
    in_front = list(takewhile(lambda directory: directory not in known, directories))
    behind = [
        directory
        for directory in directories[len(in_front) :]
        if directory not in known
    ]
    return (
        [directory for directory in in_front if directory.startswith("/")],
        [directory for directory in behind if directory.startswith("/")],
    )


def _expanded(text: str) -> str:
    """Return text in quotes, in which sh expands the required tool's major version."""
    return _MAJOR.join(map(quote, text.split(REQUIRED)))


def _home_line(home: Home) -> str:
    names = ":-${".join((home.variable, *home.unless))
    return (
        f"{_CASE}{names}-}}{'}' * len(home.unless)} in '' | {quote(home.root)}/*) "
        f"{_EXPORT}{home.variable}={_expanded(home.directory)}{_ESAC}"
    )


def _homes(words: list[tuple[str, str]]) -> Iterator[Home]:
    """Yield the homes of lines that `_home_line` wrote, each of which has three words.

    Each word is the text before a quoted value, and the value.
    """
    for at, (start, _) in enumerate(words[:-2]):
        if start.startswith(_CASE):
            name, *unless = start.removeprefix(_CASE).partition("-}")[0].split(":-${")
            yield Home(name, words[at + 1][1], words[at + 2][1], tuple(unless))


def _behind_line(directory: str) -> str:
    """Return the line that adds a directory of the user's, if it is absolute."""
    home, brace, _ = directory.partition("}")
    return f"case {home}{brace}{_BEHIND}{directory}{_ESAC}"


def _own_directory(directory: str, env: Mapping[str, str]) -> str:
    """Return a directory of the user's, as sh would expand it; "" for a relative one.

    One that is expanded already is returned unchanged.
    """
    if not directory.startswith(_OWN):
        return directory
    name, _, rest = directory.removeprefix(_OWN).partition(_OWN_HOME)
    default, _, below = rest.partition("}")
    home = env.get(name) or f"{env.get('HOME', '')}/{default}"
    return f"{home}{below}" if home.startswith("/") and ":" not in home else ""


def is_own_directory(directory: str) -> bool:
    """Return whether a text is a directory of the user's, which a shell may expand."""
    name, is_home, rest = directory.removeprefix(_OWN).partition(_OWN_HOME)
    parts = rest.replace("}", "", 1).split("/")
    plain = all(part and _IN_NAMES.issuperset(part) for part in parts)
    known = directory.startswith(_OWN) and is_home and is_settable(name)
    return bool(known) and plain and "}/" in rest and not {".", ".."} & set(parts)


def check_patch(patch: EnvPatch) -> None:
    """Raise ToolpinError for a directory or a variable that no environment can hold."""
    behind = [entry for entry in patch.behind if not is_own_directory(entry)]
    for directory in (*patch.path, *behind, *filter(None, (patch.plugin,))):
        if not directory.startswith("/") or ":" in directory or "\0" in directory:
            raise ToolpinError(
                "PATH can hold only absolute directories without a colon",
                [("received", repr(directory))],
            )
    homes = [
        (name, home.root)
        for home in patch.homes
        for name in (home.variable, *home.unless)
    ]
    for name, value in (*patch.variables, *homes):
        if not is_settable(name):
            raise ToolpinError(
                "a plugin is not allowed to set this variable",
                [("received", repr(name))],
            )
        if "\0" in value or REQUIRED in value:
            raise ToolpinError(
                f"the value of {name} holds a NUL or an invalid character",
                [("received", repr(value))],
            )


def is_settable(name: str) -> bool:
    """Return whether an install may set a variable of this name."""
    return (
        name[:1] in _LETTERS
        and _LETTERS_AND_DIGITS.issuperset(name)
        and name not in _REFUSED_NAMES
        and not name.startswith(_REFUSED_PREFIXES)
    )


def _not_a_record(text: str, rendered: str) -> ToolpinError:
    expected = rendered.split("\n")
    for number, line in enumerate(text.split("\n"), 1):
        if expected[number - 1 : number] != [line]:
            break
    return ToolpinError(
        "this is not a valid record of an install",
        [
            ("line", str(number)),
            ("expected", f"toolpin_bins='DIRECTORY:...', then {_EXPORT}NAME='VALUE'"),
            ("received", repr(line[:60])),
        ],
    )
