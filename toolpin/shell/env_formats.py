"""An EnvPatch as the text of each format that `toolpin env` writes.

One row per format. A shell puts the directories before its own PATH; a file that no
shell expands gets a complete PATH. Values that a format cannot represent are refused.
Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from toolpin.env_patch import DEFAULT_PATH, check_patch, quote, quote_fish
from toolpin.errors import ToolpinError
from toolpin.model import EnvPatch
from toolpin.shell import fish, posix

# The default PATH of systemd, Docker and Debian.
BASE = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_JSON = "json"

_PLAIN = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/:._+@%,-"
)
# Docker's reader fails at a line of that length.
_DOCKER_LINE_BYTES = 64 * 1024


class _File(NamedTuple):
    """How a pair becomes a line of a file, and why it cannot: "" if it can.

    The third argument of `line` is the mark that ends a value.
    """

    line: Callable[[str, str, str], str]
    flaw: Callable[[str, str], str]


def render_env(form: str, patch: EnvPatch, base: Sequence[str], mark: str) -> str:
    """Render the patch in one of FORMATS; `base` are the directories after the tools'.

    A shell has its own base. `mark` is an unpredictable word that ends a value in
    GitHub's format. Raises ToolpinError for a value that the format cannot represent.
    """
    check_patch(patch)
    if form in _SHELLS:
        return _SHELLS[form](patch)
    pairs = standing(patch, base)
    if form == _JSON:
        import json

        return f"{json.dumps(dict(pairs), indent=1)}\n"
    for name, value in pairs:
        if why := _FILES[form].flaw(name, value):
            raise _refused(form, name, value, why)
    return "".join(_FILES[form].line(name, value, mark) for name, value in pairs)


def standing(patch: EnvPatch, base: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the variables with a complete PATH."""
    path = ":".join(dict.fromkeys((*patch.path, *base)))
    return (*patch.variables, ("PATH", path))


def _sh(patch: EnvPatch) -> str:
    lines = [posix.assign(name, value) for name, value in patch.variables]
    if patch.path:
        bins = quote(":".join(patch.path))
        lines.append(f'export PATH={bins}:"${{PATH:-{DEFAULT_PATH}}}"\n')
    return "".join(lines)


def _fish(patch: EnvPatch) -> str:
    lines = [fish.assign(name, value) for name, value in patch.variables]
    if patch.path:
        directories = " ".join(map(quote_fish, patch.path))
        lines.append(f"set -gx PATH {directories} $PATH\n")
    return "".join(lines)


def _dotenv(name: str, value: str, _mark: str) -> str:
    """Quote such that every reader, including sh, removes exactly the quotes."""
    if value and _PLAIN.issuperset(value):
        return f"{name}={value}\n"
    return f'{name}="{value}"\n' if "'" in value else f"{name}='{value}'\n"


def _systemd(name: str, value: str, _mark: str) -> str:
    """Quote as systemd.exec(5) has it for an EnvironmentFile: `%` is literal."""
    text = "".join(f"\\{sign}" if sign in '"\\`$' else sign for sign in value)
    return f'{name}="{text}"\n'


def _dotenv_flaw(_name: str, value: str) -> str:
    if "\\" in value or "$" in value:
        return "some readers of such files expand $ and \\ in any quotes"
    if "'" in value and ('"' in value or "`" in value):
        return "no quoting works for all readers"
    return _line_flaw(value) or _text_flaw(value)


def _systemd_flaw(_name: str, value: str) -> str:
    if any((sign < " " and sign != "\t") or sign == "\x7f" for sign in value):
        return "not every systemd accepts a newline or another control character"
    return _text_flaw(value)


def _github_flaw(name: str, value: str) -> str:
    if name == "NODE_OPTIONS" or name.startswith(("GITHUB_", "RUNNER_")):
        return "GitHub does not let a step set a variable of this name"
    return _text_flaw(value)


def _docker_flaw(name: str, value: str) -> str:
    if why := _line_flaw(value) or _text_flaw(value):
        return why
    if len(f"{name}={value}".encode()) >= _DOCKER_LINE_BYTES:
        return f"docker does not read lines of {_DOCKER_LINE_BYTES} bytes"
    return ""


def _line_flaw(value: str) -> str:
    if "\n" in value or "\r" in value:
        return "the format has one line for each variable, and no quotes for a newline"
    return ""


def _text_flaw(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        return "its readers accept UTF-8 only"
    return ""


def _refused(form: str, name: str, value: str, why: str) -> ToolpinError:
    shown = ascii(value)
    return ToolpinError(
        f"the format {form} cannot hold the value of {name}",
        [
            ("variable", name),
            ("value", shown if len(shown) <= 200 else f"{shown[:200]}..."),
            ("reason", why),
        ],
        "toolpin env --format sh",
    )


_SHELLS: dict[str, Callable[[EnvPatch], str]] = {"sh": _sh, "fish": _fish}
_FILES = {
    "dotenv": _File(_dotenv, _dotenv_flaw),
    "systemd": _File(_systemd, _systemd_flaw),
    "github": _File("{0}<<{2}\n{1}\n{2}\n".format, _github_flaw),
    "docker": _File("{0}={1}\n".format, _docker_flaw),
}
SHELLS = tuple(_SHELLS)
# Code for a shell to evaluate on failure: a script ends, as it would by
# the missing command; an interactive shell stays open.
FAILURES = {
    "sh": "case $- in *i*) (exit 126) ;; *) exit 126 ;; esac",
    "fish": "status is-interactive; or exit 126; /bin/sh -c 'exit 126'",
}
FORMATS = (*_SHELLS, _JSON, *_FILES)
