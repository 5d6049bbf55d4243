"""Finds toolpin's lines in the startup files of shells, and which shells read them.

Pure: it gets texts by path, and reads their lines. Conditions in them are not
evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from toolpin.env_patch import quote, quote_fish

SHELLS = ("bash", "zsh", "fish")

_BASH_LOGIN = (".bash_profile", ".bash_login", ".profile")
_ZSH_LOGIN = (".zprofile", ".zlogin")
_ZSH = (".zshenv", ".zshrc")
_SOURCES = re.compile(r"(?:^|[\s;&|])(?:\.|source)\s+[\"']?([^\s\"';&|]+)")
_ACTIVATES = re.compile(r"\btoolpin[\"']?\s+activate\b(?:\s+(\w+))?")


class Line(NamedTuple):
    """A line that sets toolpin up; `hook` is the shell that it activates, or ""."""

    file: str
    number: int
    text: str
    hook: str

    def __str__(self) -> str:
        """Return `file:number`."""
        return f"{self.file}:{self.number}"


class Reading(NamedTuple):
    """The files that a shell reads when it is interactive, and as a login shell too.

    `login_file` is the one of a login shell that its user may add to.
    """

    interactive: frozenset[str]
    login: frozenset[str]
    login_file: str

    @property
    def all(self) -> frozenset[str]:
        """All files that the shell reads in either way."""
        return self.interactive | self.login


class Homes(NamedTuple):
    """The directories with startup files: the home directory, zsh's, and fish's."""

    home: str
    zsh: str
    fish: str


def homes(env: Mapping[str, str], home: str) -> Homes:
    """Return where the shells of an environment look for their startup files."""
    config = env.get("XDG_CONFIG_HOME") or f"{home}/.config"
    return Homes(home, env.get("ZDOTDIR") or home, f"{config}/fish")


def known_files(at: Homes) -> list[str]:
    """Return every startup file that may be there, without fish's conf.d."""
    names = (".bashrc", *_BASH_LOGIN)
    zsh = [f"{at.zsh}/{name}" for name in (*_ZSH, *_ZSH_LOGIN)]
    if at.zsh != at.home:  # where zsh does not look
        zsh += [f"{at.home}/{name}" for name in (*_ZSH, *_ZSH_LOGIN)]
    return [*(f"{at.home}/{name}" for name in names), *zsh, f"{at.fish}/config.fish"]


def reading(shell: str, at: Homes, texts: Mapping[str, str]) -> Reading:
    """Return the files that a shell reads; `texts` has the existing ones."""
    if shell == "fish":
        files = frozenset(file for file in texts if file.startswith(f"{at.fish}/"))
        return Reading(files, files, f"{at.fish}/config.fish")
    if shell == "zsh":
        both = _with_sourced([f"{at.zsh}/{name}" for name in _ZSH], texts)
        login = _with_sourced([f"{at.zsh}/{name}" for name in _ZSH_LOGIN], texts)
        return Reading(both, both | login, f"{at.zsh}/.zprofile")
    if shell != "bash":
        file = f"{at.home}/.profile"
        return Reading(frozenset(), _with_sourced([file], texts), file)
    candidates = [f"{at.home}/{name}" for name in _BASH_LOGIN]
    first = next((file for file in candidates if file in texts), candidates[0])
    interactive = _with_sourced([f"{at.home}/.bashrc"], texts)
    return Reading(interactive, _with_sourced([first], texts), first)


def rc_file(shell: str, at: Homes, os: str) -> str:
    """Return the file that a shell's line belongs in.

    Terminals on macOS start login shells, where bash does not read .bashrc.
    """
    names = {
        "zsh": f"{at.zsh}/.zshrc",
        "fish": f"{at.fish}/config.fish",
        "bash": f"{at.home}/{'.bash_profile' if os == 'macos' else '.bashrc'}",
    }
    return names.get(shell, f"{at.home}/.profile")


# For a file that sh may read as well, and a line for bash only.
READ_BASHRC = '[ -z "$BASH_VERSION" ] || . "$HOME/.bashrc"'


def rc_line(shell: str, shims: str, program: str = "") -> str:
    """Return the line that sets toolpin up in a shell.

    `program` is the path of toolpin if it is not on PATH.
    """
    if shell == "fish":
        program = quote_fish(program) if program else "toolpin"
        return f"{program} activate fish | source"
    if shell in SHELLS:
        program = quote(program) if program else "toolpin"
        return f'eval "$({program} activate {shell})"'
    return f'export PATH={quote(shims)}:"$PATH"'


def toolpin_lines(texts: Mapping[str, str], shims: str, home: str) -> list[Line]:
    """Return the lines of all files that set toolpin up, in the files' order."""
    spellings = [shims, "toolpin/shims"]
    if shims.startswith(f"{home}/"):
        below = shims.removeprefix(home)
        spellings += [f"{start}{below}" for start in ("$HOME", "${HOME}", "~")]
    lines = []
    for file, number, text in _lines(texts):
        hook = _ACTIVATES.search(text)
        if hook and "--shims" not in text and hook[1] != "sh":
            lines.append(Line(file, number, text, hook[1] or "?"))
        elif hook or any(command in text for command in spellings):
            lines.append(Line(file, number, text, ""))
    return lines


def lines_that(texts: Mapping[str, str], fits: Callable[[str], bool]) -> list[Line]:
    """Return the lines that match."""
    lines = _lines(texts)
    return [Line(file, number, text, "") for file, number, text in lines if fits(text)]


def _lines(texts: Mapping[str, str]) -> Iterable[tuple[str, int, str]]:
    """Yield each line that is not a comment."""
    for file, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.lstrip().startswith("#"):
                yield file, number, line.strip()


def _with_sourced(files: Iterable[str], texts: Mapping[str, str]) -> frozenset[str]:
    """Return the files, and those that they source, by name: `. "$HOME/.bashrc"`."""
    results: set[str] = set()
    waiting = [file for file in files if file in texts]
    while waiting:
        file = waiting.pop()
        if file in results:
            continue
        results.add(file)
        for _, _, line in _lines({file: texts[file]}):
            for match in _SOURCES.finditer(line):
                name = match[1].rpartition("/")[2]
                waiting += [text for text in texts if text.rpartition("/")[2] == name]
    return frozenset(results)
