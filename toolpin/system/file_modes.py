"""The modes of what toolpin creates: 0755 and 0644, whatever umask it was started with.

They are set by the umask of this process, so that they apply to every directory, file
lock and log, and to files that pip, npm and a plugin's scripts create for toolpin.
Private files are created with 0600. A directory that existed keeps its mode. Light,
because `exec` imports it.
"""

from __future__ import annotations

import os

_OWN = 0o022
# The umask that the user has set; None until it is replaced.
_users: int | None = None


def use_own_umask() -> None:
    """Set the umask of this process to toolpin's."""
    global _users  # noqa: PLW0603 - a umask is the whole process's, too
    before = os.umask(_OWN)
    if _users is None:
        _users = before


def restore_umask() -> None:
    """Restore the user's umask, for a program that runs next."""
    if _users is not None:
        os.umask(_users)


def for_user(mode: int) -> int:
    """Return the mode of a new file of the user, as in a project, by their umask.

    Example: 0o600 for 0o644 under the umask 077.
    """
    return mode & ~(_users or 0)
