"""Records the projects of this store, so that their versions are not pruned.

One file in the store, one `.tool-versions` per line, as `_line` writes it. A command
that installs, pins or locks adds a line when it first runs in a project; a project
whose directory is gone is left out when it is read.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable

from toolpin.errors import ToolpinError
from toolpin.model import Origin
from toolpin.project.pin_files import Where, candidates
from toolpin.system.paths import Paths, open_regular


def remember(paths: Paths, origins: Iterable[Origin]) -> None:
    """Record the files that requests come from.

    A store that cannot be written is not an error. Light: `install` calls it even when
    nothing else is to be done.
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
    # After an incomplete line, start a new one.
    text = "\n" * bool(rest) + "".join(f"{file}\n" for file in fresh)
    with contextlib.suppress(OSError):
        os.makedirs(paths.data, exist_ok=True)
        # Opening a named pipe fails at once.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(paths.projects, flags, 0o666), "ab") as notes:
            notes.write(os.fsencode(text))


def remember_here(paths: Paths, where: Where, others: Collection[str]) -> None:
    """Record the nearest file that pins, a `.tool-versions` or one of the `others`."""
    nearest = next(candidates(where, others), "")
    remember(paths, [Origin(nearest, 1)])


def known(paths: Paths) -> list[str]:
    """Return the directories of the projects that still exist, sorted.

    Their version files may have other names by now. Raises ToolpinError for one that
    cannot be read, which may still exist.
    """
    files = [
        file for line in _read(paths).split("\n") if os.path.isabs(file := _file(line))
    ]
    return sorted({os.path.dirname(file) for file in files if _exists(file)})


def _line(file: str) -> str:
    """Return a path as a line.

    A path with a newline is escaped and begins with a backslash.
    """
    if "\n" not in file:
        return file
    return "\\" + file.replace("\\", "\\\\").replace("\n", "\\n")


def _file(line: str) -> str:
    if not line.startswith("\\"):
        return line
    parts = line[1:].split("\\\\")
    return "\\".join(part.replace("\\n", "\n") for part in parts)


def _exists(file: str) -> bool:
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
    """Return the notes; their paths may hold bytes that are not text."""
    try:
        with open_regular(paths.projects) as notes:
            return os.fsdecode(notes.read())
    except OSError:
        return ""
