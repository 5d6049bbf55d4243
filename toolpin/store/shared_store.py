"""Refuses to fill the machine's store where other users could change its content."""

from __future__ import annotations

from collections.abc import Mapping

from toolpin.errors import Refused
from toolpin.store.writable_paths import open_error
from toolpin.system.ownership import account_home, foreign_access
from toolpin.system.paths import Paths, home_directory


def check_shared(paths: Paths, cache: str, env: Mapping[str, str]) -> None:
    """Check who may write the machine's store, the cache and the home directory.

    The store would be filled from the cache, or from the servers that the settings of
    pip and npm in the home directory name. Raises Refused if others may write one of
    them.
    """
    if error := open_error(paths):
        facts = [*error.facts, ("changed", "nothing")]
        raise Refused(error.what, facts, (error.hint or "").removeprefix("sudo "))
    for name, path in (("cache", cache), ("home directory", home_directory(env))):
        if hold := foreign_access(path):
            raise _refused(name, path, hold, env)


def _refused(name: str, path: str, hold: str, env: Mapping[str, str]) -> Refused:
    home = account_home()
    how = "sudo -H" if "SUDO_UID" in env else f"HOME={home}"
    if name == "cache" and env.get("TOOLPIN_CACHE_DIR"):
        how = f"TOOLPIN_CACHE_DIR={home}/.cache/toolpin"
    return Refused(
        f"the {name} is writable by other users, who could change what all users run",
        [(name, path), ("reason", hold), ("changed", "nothing")],
        f"{how} toolpin install --system",
    )
