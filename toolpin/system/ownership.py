"""Finds the owner of a path: whether another user of this machine could replace it.

Light.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Collection, Mapping


def foreign_access(path: str, besides: Collection[int] = ()) -> str:
    """Return how a user other than this one and root can change a path; "" if none can.

    By the path itself or a directory above it, as written or after links. A path that
    does not exist yet will be created by this user. `besides` are users who may.
    """
    trusted = {0, os.geteuid(), *besides}
    for ancestor in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
        parts = ancestor.split("/")
        for count in range(len(parts), 0, -1):
            if output := _hold("/".join(parts[:count]) or "/", trusted):
                return output
    return ""


def account_home() -> str:
    """Return the home directory of this process's account, "" for none."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return ""


def sudo_user(env: Mapping[str, str]) -> set[int]:
    """Return who has become root by sudo: that user may do all that root may."""
    text = env.get("SUDO_UID", "")
    return {int(text)} if os.geteuid() == 0 and text.isdigit() else set()


def _hold(path: str, trusted: Collection[int]) -> str:
    try:
        status = os.lstat(path)
    except OSError:
        return ""
    if status.st_uid not in trusted:
        return f"{path} is {_name(status.st_uid)}'s"
    # In a directory like /tmp each entry belongs to its owner; a link's mode means
    # nothing.
    is_open = status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX
    if is_open and not stat.S_ISLNK(status.st_mode):
        return f"everyone can write to {path}"
    return ""


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
