"""Checks a project file that is a link: its target must be a version file.

Git keeps links, so a checkout may name any file of its user. toolpin shows lines of the
files that it reads, and replaces those that it writes.
"""

from __future__ import annotations

import os

from toolpin.errors import UsageError, as_word
from toolpin.system.paths import find_paths, home_directory, upward

# Names of version files: `.node-version` may be a link to `.nvmrc`, and
# dotfiles have names such as `tool-versions.symlink` and `hm_.toolversions`.
_KINDS = ("tool-versions", "toolversions", "-version", "nvmrc")


def check_link(path: str, *, writing: bool = False) -> None:
    """Raise UsageError for a link whose target is not a version file.

    The name decides, because lines of the file may be shown. It is written only in the
    same project. Links in the home and config directory are the user's own: they may
    lead anywhere, under any name.
    """
    if not os.path.islink(path):
        return
    real = os.path.realpath(path)
    directory = os.path.realpath(os.path.dirname(path))
    home = os.path.realpath(home_directory(os.environ))
    is_own = directory in (home, os.path.realpath(find_paths(os.environ).config))
    name = os.path.basename(path).removeprefix(".")
    kinds = (name,) if name == "toolpin.lock" else (name, *_KINDS)
    is_kind = any(kind in os.path.basename(real) for kind in kinds)
    facts = [("link", os.readlink(path)), ("leads to", real)]
    if not (is_kind or (is_own and not writing)):
        raise UsageError(
            f"{path} is a link to a file with another name",
            [*facts, ("expected", f"a name with {name}")],
            f"rm {as_word(path)}",
        )
    top = checkout_of(directory, home)
    if writing and not (is_own or real.startswith(f"{top.rstrip('/')}/")):
        raise UsageError(
            f"{path} is a link to outside its project",
            [*facts, ("project", top), ("written", "nothing")],
            f"toolpin -C {as_word(os.path.dirname(real))} pin",
        )


def checkout_of(directory: str, home: str) -> str:
    """Return the checkout that a directory is in, or the directory itself.

    A home directory that is a repository does not count as a checkout.
    """
    for parent in upward(directory):
        if parent == home:
            break
        if os.path.lexists(f"{parent}/.git"):
            return parent
    return directory
