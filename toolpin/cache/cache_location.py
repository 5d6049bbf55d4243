"""Finds the cache directory, from the environment.

Light: a Tab in a shell waits for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from toolpin.errors import UsageError


def cache_directory(env: Mapping[str, str]) -> str:
    """Return TOOLPIN_CACHE_DIR, or the system's cache directory for this user.

    Raises UsageError if it is not absolute.
    """
    if named := _named(env, "TOOLPIN_CACHE_DIR"):
        return named
    import platformdirs

    return os.path.normpath(platformdirs.user_cache_dir("toolpin"))


def ci_directory(env: Mapping[str, str]) -> str:
    """Return TOOLPIN_CI_DIR, which a CI keeps between jobs; "" if it is not set.

    It is for a CI that caches only paths inside the checkout: a commit may contain it,
    so its content is not used before it is verified.
    """
    return _named(env, "TOOLPIN_CI_DIR")


def _named(env: Mapping[str, str], variable: str) -> str:
    directory = env.get(variable, "")
    if directory and not os.path.isabs(directory):
        raise UsageError(
            f"{variable} must be an absolute path", [("received", repr(directory))]
        )
    return os.path.normpath(directory) if directory else ""
