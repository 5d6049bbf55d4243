"""Directories that one run of the tests makes once, for all of its workers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.run import Home


def made_once(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]
) -> Path:
    """Return the directory `name` of this run; the first worker to need it makes it.

    `make` gets the path of an empty directory. The result is read by all workers at
    once: it is changed only by what takes a lock of its own.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    place = base / name
    with FileLock(f"{place}.lock"):
        if not place.exists():
            unfinished = base / f"{name}.unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(place)
    return place


def shared_apt(factory: pytest.TempPathFactory) -> Path:
    """Return where all tests of a run keep Debian's lists, as a machine does."""
    return made_once(factory, "helpers", lambda place: (place / "apt").mkdir()) / "apt"


def share_apt(home: Home, factory: pytest.TempPathFactory) -> Home:
    """Let a machine use the lists that another test has fetched."""
    home.data.mkdir()
    (home.data / "helpers").mkdir()
    (home.data / "helpers/apt").symlink_to(shared_apt(factory))
    return home
