"""Where the cache lies, from the environment. Light: a Tab in a shell waits for it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from toolpin.errors import UsageError


def cache_folder(env: Mapping[str, str]) -> str:
    """Return TOOLPIN_CACHE_DIR, or the system's place for this user's caches.

    Raises UsageError when it is not absolute.
    """
    folder = env.get("TOOLPIN_CACHE_DIR") or _of_the_system()
    if not os.path.isabs(folder):
        raise UsageError(
            "TOOLPIN_CACHE_DIR must be an absolute path", [("received", repr(folder))]
        )
    return os.path.normpath(folder)


def _of_the_system() -> str:
    import platformdirs  # noqa: PLC0415 - costs as much as Python's own start

    return platformdirs.user_cache_dir("toolpin")
