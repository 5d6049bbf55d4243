"""The errors that a user sees, and the exit code of each.

    ToolpinError              1   the request failed
    +-- NotPublished          1   no build of that version
    |   +-- NoFit             1   and none of its builds runs on this machine
    |   +-- NoChecksum        1   published, but without a checksum
    +-- UnknownTool           1   a tool that no plugin describes
    +-- Unreachable           1   the server gave no answer
    |   +-- Offline           1   not queried: toolpin is offline
    +-- Mismatch              1   the bytes are not the published ones
    +-- Refused               1   an archive or a file breaks the rules of safe input
    +-- UsageError            2   a command line or project file not understood
    +-- NotLocked             4   toolpin.lock is missing, stale or lacks this host
    +-- NotRunnable         126   a known command, with nothing that can run it
    |   +-- ScriptFailed    126   because a plugin's script has failed
    +-- UnknownCommand      127   a command that nothing here provides

A bug is every other exception: exit code 3. An interrupt ends the process by SIGINT. A
dry run that would install something: 5.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

EXIT_BUG = 3
EXIT_WOULD_INSTALL = 5


_PLAIN = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+:@%,/-"
)


class ToolpinError(Exception):
    """What happened, its facts as (label, value) pairs, and one command that helps."""

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        what: str,
        facts: Sequence[tuple[str, str]] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.facts = tuple(facts)
        self.hint = hint

    def render(self) -> str:
        """Render the lines that stderr shows, without a newline at the end."""
        lines = [f"toolpin: {printable(self.what)}", *fact_lines(self.facts)]
        if self.hint:
            lines.append(f"  try: {printable(self.hint)}")
        return "\n".join(lines)


class NotPublished(ToolpinError):
    """A source has no build of this version for this host."""


class NoFit(NotPublished):
    """A version has builds for this kind of machine, and none that runs on this one.

    `undigested` are those of the builds that are published without a checksum, by the
    label in `facts`.
    """

    undigested: frozenset[str] = frozenset()


class NoChecksum(NotPublished):
    """A build is published without a checksum, and none was recorded for it."""


class UnknownTool(ToolpinError):
    """A project names a tool that no plugin describes; its other tools still work."""


class Unreachable(ToolpinError):
    """A source could not be queried: no answer, a refusal or an error status."""


class Offline(Unreachable):
    """A source was not queried, because toolpin is offline."""


class Mismatch(ToolpinError):
    """Bytes differ from the digest that was published or recorded for them."""


class Refused(ToolpinError):
    """An archive or a file that breaks the rules; nothing of it was kept."""


class UsageError(ToolpinError):
    """A command line, a setting or a project file that cannot be understood."""

    exit_code = 2


class NotLocked(ToolpinError):
    """A request that requires a `toolpin.lock` entry for this host, and has none."""

    exit_code = 4


class NotRunnable(ToolpinError):
    """A known command without an installed version that may run."""

    exit_code = 126


class ScriptFailed(NotRunnable):
    """A command whose plugin script exited with `status`."""

    status = 1


class HookFailed(ToolpinError):
    """A user's hook or a plugin script that has reported why it failed."""


class UnknownCommand(ToolpinError):
    """A command that no tool here provides."""

    exit_code = 127


def fact_lines(facts: Sequence[tuple[str, str]]) -> list[str]:
    """Render facts as indented lines, with their values in one column."""
    width = max((len(label) for label, _ in facts), default=0)
    return [f"  {label:<{width}}  {printable(value)}" for label, value in facts]


@contextmanager
def listed(filename: str) -> Iterator[None]:
    """Raise Unreachable instead of NotPublished for a file that its source has named.

    A missing file does not mean that there is no build.
    """
    try:
        yield
    except NotPublished as error:
        what = f"{error.what}, though {filename} is listed"
        raise Unreachable(what, error.facts) from error


def shown(value: object) -> str:
    """Return the value that a file holds instead of the expected one, for an error.

    A value that is nested too deeply or too large a number is not written out.
    """
    try:
        return repr(value)[:200]
    except (RecursionError, ValueError):
        return f"a {type(value).__name__} that is too large to show"


def remedy(error: OSError, path: str, variable: str = "") -> str:
    """Return the command that helps with a path that cannot be written.

    It shows how full the disk is, sets the variable of another directory, or shows the
    owner.
    """
    directory = os.path.dirname(path) or "."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"df -h {as_word(directory)}"
    if variable:
        return f'export {variable}="$HOME/{variable.lower().replace("_", "-")}"'
    return f"ls -ld {as_word(directory)}"


def not_written(path: str, error: OSError, variable: str = "") -> ToolpinError:
    """Return the error of a file that cannot be written; `variable` as for `remedy`."""
    reason, hint = error.strerror or str(error), remedy(error, path, variable)
    return ToolpinError(f"{path} cannot be written", [("reason", reason)], hint)


def searched(directory: str) -> str:
    """Return which directories were searched for a project file, in words."""
    return directory if directory == "/" else f"{directory} and its parent directories"


def as_word(text: str) -> str:
    """Return a text as one shell word to paste, whatever it holds."""
    if text and _PLAIN.issuperset(text):
        return text
    if text.isprintable():
        return "'" + text.replace("'", "'\\''") + "'"
    # printf writes the characters that must not be in the line itself.
    escaped = "".join(
        chr(byte) if chr(byte) in _PLAIN - {"%"} else f"\\{byte:03o}"
        for byte in os.fsencode(text)
    )
    return f"\"$(printf '{escaped}')\""


def printable_lines(text: str) -> str:
    """Escape terminal control characters in each line of a text; its line ends stay.

    For toolpin's own texts, and for files that are shown as they are.
    """
    return "\n".join(map(printable, text.split("\n")))


def printable(text: str) -> str:
    """Escape control, format and surrogate characters.

    Newlines are escaped too, so that no name and no response can forge a line.
    """
    if text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable()
        else char.encode("unicode_escape", "surrogatepass").decode("ascii")
        for char in text
    )
