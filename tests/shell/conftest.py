"""A store with two versions of a tool, and each test by each road."""

from __future__ import annotations

import pytest

from tests.shell.scenario import SHELLS
from tests.shell.store import ROADS, Store, two_versions
from tests.shell.world import World
from tests.support.run import Home


@pytest.fixture
def store(home: Home) -> Store:
    """Two versions of nodejs; `npm` is only in the older one."""
    return two_versions(home)


@pytest.fixture(params=ROADS)
def road(request: pytest.FixtureRequest) -> str:
    """One of the ways to a command: a shim under some sh, or `toolpin exec`."""
    return str(request.param)


@pytest.fixture
def world(home: Home) -> World:
    """A user's machine."""
    return World(home)


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    """One of the shells that can be activated."""
    return str(request.param)
