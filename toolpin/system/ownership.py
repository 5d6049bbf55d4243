"""Tells whose a path is: whether another user of this machine could put another there.

Light, and it judges nothing: a path in a user's own hands is fine for most purposes.
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Collection, Mapping


def foreign_access(path: str, besides: Collection[int] = ()) -> str:
    """Say how another user than this one and root can change a path; "" for not at all.

    By the path itself or a directory above it, as it is written or behind links. What
    does not exist yet is made by this user. `besides` are users who may.
    """
    trusted = {0, os.geteuid(), *besides}
    for item in dict.fromkeys((os.path.abspath(path), os.path.realpath(path))):
        parts = item.split("/")
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
    # In a directory like /tmp each entry is its owner's alone; a link's mode says
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
