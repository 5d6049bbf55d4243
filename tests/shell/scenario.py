"""A scenario in an activated shell, written once: each line as every shell writes it.

The shells are interactive ones, so that each line ends at a prompt; fish, which has
prompts on a terminal alone, is sent the event that a prompt sends.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from tests.shell.store import Store
from tests.support.run import Result

SHELLS = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "--no-config"),
}
TOOLPIN = shlex.join((sys.executable, "-I", "-m", "toolpin"))

Line = Callable[[str], str]


def same(text: str) -> Line:
    """Return a line that every shell writes so."""
    return lambda _shell: text


def activate(*options: str) -> Line:
    """Return the line of an rc file."""

    def line(shell: str) -> str:
        command = " ".join((TOOLPIN, "activate", shell, *options))
        return f"{command} | source" if shell == "fish" else f'eval "$({command})"'

    return line


def export(name: str, value: str) -> Line:
    """Return the export of a variable."""
    text = shlex.quote(value)
    return _by_shell(f"export {name}={text}", f"set -gx {name} {text}")


def unset(name: str) -> Line:
    """Return the removal of a variable."""
    return _by_shell(f"unset {name}", f"set -e {name}")


def prepend(directory: str) -> Line:
    """Return the user's own edit of PATH."""
    return _by_shell(f"PATH={directory}:$PATH", f"set -gx PATH {directory} $PATH")


def show(name: str) -> Line:
    """Return what prints a variable, or `unset`."""
    return _by_shell(
        f'printf "%s\\n" "${{{name}-unset}}"',
        f"if set -q {name}; string join : -- ${name}; else; echo unset; end",
    )


def status() -> Line:
    """Return what prints the status that the last line left."""
    return _by_shell("echo status $?", "echo status $left")


def write(file: Path, text: str) -> Line:
    """Return what replaces a file."""
    return same(f"printf %s {shlex.quote(text)} >{shlex.quote(str(file))}")


def play(
    store: Store,
    shell: str,
    *lines: Line,
    start: Path | None = None,
    under: tuple[str, ...] = (),
) -> Result:
    """Run the lines in a new shell, which has not been activated yet.

    `under` is a program that runs the shell, such as strace.
    """
    # An event that is sent by hand leaves a status of its own.
    prompt = "\nset left $status; emit fish_prompt" if shell == "fish" else ""
    text = "".join(f"{line(shell)}{prompt}\n" for line in lines)
    env = {"PS1": "", "PS2": "", "HISTFILE": ""}
    return store.home.run(*under, *SHELLS[shell], stdin=text, cwd=start, env=env)


def _by_shell(posix: str, fish: str) -> Line:
    return lambda shell: fish if shell == "fish" else posix
