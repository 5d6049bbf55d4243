"""Finds where everyone may write a store, and so decide what its users run."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator

from toolpin.errors import ToolpinError, as_word
from toolpin.system.paths import Paths, names_in

# What its users run, what decides that, and what others could lock.
_STORE = (
    "",
    *"installs shims lib lib/shim-more.sh lib/shim.sh lib/asdf plugins".split(),
    *"incomplete staging state helpers locks projects channels chosen".split(),
    *"idiomatic downloads asdf-command".split(),
)
_CONFIG = ("", "config.toml", "plugins")


def open_error(paths: Paths) -> ToolpinError | None:
    """Return the error of a world-writable store, None for a protected one.

    Of a user's store the config directory is checked, too. A sticky bit is not enough:
    anyone may add files that do not exist yet. The hint removes the permission.
    """
    results = {
        paths.data: _open(_places(paths)),
        paths.config: _open(_config_places(paths)),
    }
    tops = [as_word(os.path.realpath(top)) for top, places in results.items() if places]
    if not tops:
        return None
    store = "the system store" if paths.shared else "this store"
    return ToolpinError(
        f"everyone can write to {store}, and so change what its users run",
        [("writable", place) for places in results.values() for place in places],
        f"{'sudo ' if paths.shared else ''}chmod -R o-w {' '.join(tops)}",
    )


def _places(paths: Paths) -> Iterator[str]:
    for name in _STORE:
        yield f"{paths.data}/{name}".rstrip("/")
    for tool in names_in(paths.installs):
        yield f"{paths.installs}/{tool}"


def _config_places(paths: Paths) -> Iterator[str]:
    """Yield nothing for the machine's store: each user has a config directory."""
    if paths.shared:
        return
    for name in (*_CONFIG, paths.filename):
        yield f"{paths.config}/{name}".rstrip("/")
    for name in names_in(f"{paths.config}/plugins"):
        yield f"{paths.config}/plugins/{name}"


def _open(places: Iterable[str]) -> list[str]:
    return [place for place in places if _mode(place) & stat.S_IWOTH]


def _mode(path: str) -> int:
    """Return a mode; 0 for a link, which depends on its directory's mode."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return 0
    return 0 if stat.S_ISLNK(mode) else mode
