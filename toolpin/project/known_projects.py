"""Remembers which projects were installed for, so that nothing of theirs is pruned.

One file of the store, a `.tool-versions` a line, as `_line` writes it. It grows by a
line when `install` runs in a project for the first time; a project whose directory is
gone is left out when it is read.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

from toolpin.errors import ToolpinError
from toolpin.model import Origin
from toolpin.system.paths import Paths, open_regular


def remember(paths: Paths, origins: Iterable[Origin]) -> None:
    """Note the files that requests come from. A store that takes no note is no failure.

    Light: `install` calls it where it has nothing else to do.
    """
    files = {
        _line(origin.place)
        for origin in origins
        if origin.line and os.path.isabs(origin.place)
    }
    *lines, rest = _read(paths).split("\n")
    fresh = sorted(files - set(lines))
    if not fresh:
        return
    # Behind a line that was cut short a line begins, too.
    text = "\n" * bool(rest) + "".join(f"{file}\n" for file in fresh)
    with contextlib.suppress(OSError):
        os.makedirs(paths.data, exist_ok=True)
        # Where a pipe has its name, this fails at once.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(paths.projects, flags, 0o666), "ab") as notes:
            notes.write(os.fsencode(text))


def known(paths: Paths) -> list[str]:
    """Return the directories of the projects that are still there, sorted.

    What names versions there may have another name by now. Raises ToolpinError for one
    that cannot be looked at: it is not gone.
    """
    files = [
        file for line in _read(paths).split("\n") if os.path.isabs(file := _file(line))
    ]
    return sorted({os.path.dirname(file) for file in files if _is_there(file)})


def _line(file: str) -> str:
    """Return a path as a line: one with a newline begins with a backslash, escaped."""
    if "\n" not in file:
        return file
    return "\\" + file.replace("\\", "\\\\").replace("\n", "\\n")


def _file(line: str) -> str:
    if not line.startswith("\\"):
        return line
    parts = line[1:].split("\\\\")
    return "\\".join(part.replace("\\n", "\n") for part in parts)


def _is_there(file: str) -> bool:
    try:
        os.lstat(file)
    except FileNotFoundError:
        return os.path.isdir(os.path.dirname(file))
    except NotADirectoryError:
        return False
    except (OSError, ValueError) as error:
        raise ToolpinError(
            "a known project cannot be read",
            [
                ("path", file),
                ("reason", getattr(error, "strerror", None) or str(error)),
                ("projects", "the versions it requires are unknown"),
            ],
        ) from error
    return True


def _read(paths: Paths) -> str:
    """Return the notes; their paths may hold bytes that are no text."""
    try:
        with open_regular(paths.projects) as notes:
            return os.fsdecode(notes.read())
    except OSError:
        return ""
