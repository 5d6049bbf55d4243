"""An EnvPatch as text that sh reads, and back; and as a child's environment.

Pure: what writes the record to disk is elsewhere, and so is what chooses the patch.
"""

from __future__ import annotations

from collections.abc import Mapping

from toolpin.errors import ToolpinError
from toolpin.model import EnvPatch

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"

_BINS = "toolpin_bins="
_EXPORT = "export "
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_LETTERS_AND_DIGITS = _LETTERS | frozenset("0123456789")
# What decides which program runs or how sh reads its script, and what sh keeps
# read-only or writes itself.
_REFUSED_NAMES = frozenset(
    "PATH IFS ENV BASH_ENV SHELLOPTS BASHOPTS UID EUID PPID PWD OLDPWD _".split()
)
_REFUSED_PREFIXES = ("LD_", "DYLD_", "toolpin_", "_toolpin_")


def quote(text: str) -> str:
    """Return `text` in single quotes, as sh reads it. NUL has no such form."""
    return "'" + text.replace("'", "'\\''") + "'"


def render_record(patch: EnvPatch) -> str:
    """Render the record of an install, for sh to source and `parse_record` to read.

    Raises ToolpinError for a folder or a variable that a record cannot hold.
    """
    _check(patch)
    lines = [f"{_BINS}{quote(':'.join(patch.path))}\n"]
    lines += [f"{_EXPORT}{name}={quote(value)}\n" for name, value in patch.variables]
    return "".join(lines)


def parse_record(text: str) -> EnvPatch:
    """Return the patch whose record is exactly `text`.

    Raises ToolpinError for any other text, valid shell or not.
    """
    bins, position = _assignment(text, 0, _BINS)
    variables: list[tuple[str, str]] = []
    while position < len(text):
        equals = text.find("=", position) + 1
        start = text[position:equals]
        if not start.startswith(_EXPORT):
            raise _not_a_record(text, position)
        value, position = _assignment(text, position, start)
        variables.append((start[len(_EXPORT) : -1], value))
    patch = EnvPatch(tuple(bins.split(":")) if bins else (), tuple(variables))
    if render_record(patch) != text:
        raise _not_a_record(text, 0)
    return patch


def render_sh(patch: EnvPatch) -> str:
    """Render the patch as commands for the user's own POSIX shell."""
    _check(patch)
    lines = [f"export {name}={quote(value)}\n" for name, value in patch.variables]
    if patch.path:
        bins = quote(":".join(patch.path))
        lines.append(f'export PATH={bins}:"${{PATH:-{DEFAULT_PATH}}}"\n')
    return "".join(lines)


def apply(patch: EnvPatch, env: Mapping[str, str], shims_dir: str) -> dict[str, str]:
    """Return the child's environment: `env` with the patch, and the shims last."""
    path = env.get("PATH") or DEFAULT_PATH
    bins = ":".join(patch.path)
    if bins and not f"{path}:".startswith(f"{bins}:"):
        path = f"{bins}:{path}"
    if shims_dir not in path.split(":"):
        path = f"{path}:{shims_dir}"
    return {**env, **dict(patch.variables), "PATH": path}


def _assignment(text: str, position: int, start: str) -> tuple[str, int]:
    """Read `start` and a quoted value; return the value and where the next line is."""
    if not text.startswith(f"{start}'", position):
        raise _not_a_record(text, position)
    position += len(start) + 1
    value = ""
    while True:
        end = text.find("'", position)
        if end < 0:
            raise _not_a_record(text, position)
        value += text[position:end]
        if text.startswith("'\\''", end):
            value += "'"
            position = end + 4
        elif text.startswith("'\n", end):
            return value, end + 2
        else:
            raise _not_a_record(text, end)


def _check(patch: EnvPatch) -> None:
    for folder in patch.path:
        if not folder.startswith("/") or ":" in folder or "\0" in folder:
            raise ToolpinError(
                "PATH can hold only absolute folders without a colon",
                [("received", repr(folder))],
            )
    for name, value in patch.variables:
        if not is_settable(name):
            raise ToolpinError(
                "a tool may not set this variable", [("received", repr(name))]
            )
        if "\0" in value:
            raise ToolpinError(
                f"the value of {name} holds a NUL", [("received", repr(value))]
            )


def is_settable(name: str) -> bool:
    """Tell whether an install may set a variable of this name."""
    return (
        name[:1] in _LETTERS
        and _LETTERS_AND_DIGITS.issuperset(name)
        and name not in _REFUSED_NAMES
        and not name.startswith(_REFUSED_PREFIXES)
    )


def _not_a_record(text: str, position: int) -> ToolpinError:
    line = text.count("\n", 0, position) + 1
    return ToolpinError(
        "this is not a record of an install",
        [
            ("line", str(line)),
            ("expected", f"{_BINS}'FOLDER:...', then {_EXPORT}NAME='VALUE'"),
            ("received", repr(text[position : position + 60])),
        ],
    )
