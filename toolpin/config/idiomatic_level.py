"""Reads the setting `idiomatic`: which files other than `.tool-versions` pin.

Light: `exec` needs it, so the TOML parser is loaded only if a file names the setting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from toolpin.system.paths import Paths, read_bytes, system_config

VARIABLE = "TOOLPIN_IDIOMATIC"
DEFAULT = "plain"
LEVELS = ("none", "plain", "all")


def idiomatic_level(
    paths: Paths,
    env: Mapping[str, str],
    read: Callable[[str], bytes | None] = read_bytes,
) -> str:
    """Return `none`, `plain` or `all`. Raises UsageError for a wrong setting."""
    stated = env.get(VARIABLE, "").strip()
    if stated in LEVELS:
        return stated
    if not stated and not any(
        _names_it(file, read) for file in (system_config(env), paths.user_config)
    ):
        return DEFAULT
    from toolpin.config.settings import read_settings

    return read_settings(paths, env, read).idiomatic


def _names_it(file: str, read: Callable[[str], bytes | None]) -> bool:
    try:
        return b"idiomatic" in (read(file) or b"")
    except OSError:
        return False
