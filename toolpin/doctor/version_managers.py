"""Identifies the version manager of a PATH directory or of an rc file's line.

Pure: by names and variables alone, no files are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class Manager(NamedTuple):
    """Another manager: the variables that name its root, and the default root.

    `root` is below the home directory. `words` identify a line that sets it up.
    """

    name: str
    variables: tuple[str, ...]
    root: str
    words: tuple[str, ...]


MANAGERS = (
    Manager("asdf", ("ASDF_DATA_DIR", "ASDF_DIR"), ".asdf", ("asdf",)),
    Manager("mise", ("MISE_DATA_DIR",), ".local/share/mise", ("mise",)),
    Manager("pyenv", ("PYENV_ROOT",), ".pyenv", ("pyenv",)),
    Manager("rbenv", ("RBENV_ROOT",), ".rbenv", ("rbenv",)),
    Manager("nodenv", ("NODENV_ROOT",), ".nodenv", ("nodenv",)),
    Manager("nvm", ("NVM_DIR",), ".nvm", ("nvm", "NVM_DIR")),
    Manager("fnm", ("FNM_MULTISHELL_PATH", "FNM_DIR"), ".local/share/fnm", ("fnm",)),
    Manager("volta", ("VOLTA_HOME",), ".volta", ("volta", "VOLTA_HOME")),
)


def manager_of(directory: str, env: Mapping[str, str], home: str) -> str:
    """Return the name of the manager that a directory belongs to, "" for none."""
    for manager in MANAGERS:
        roots = [env.get(name, "") for name in manager.variables]
        for root in (*roots, f"{home}/{manager.root}"):
            if root and f"{directory}/".startswith(f"{root.rstrip('/')}/"):
                return manager.name
    return ""


def sets_up(line: str, name: str) -> bool:
    """Return whether a line of an rc file seems to set a manager up."""
    words = [
        word for manager in MANAGERS if manager.name == name for word in manager.words
    ]
    return any(re.search(rf"\b{word}\b", line) for word in words)
