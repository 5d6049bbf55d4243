"""A loopback upstream for the stories."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.run import Home
from tests.support.server import Server
from tests.support.upstream import Upstream


@pytest.fixture
def upstream(home: Home) -> Iterator[Upstream]:
    """An empty copy of nodejs.org that the machine's toolpin asks."""
    with Server() as server:
        copy = Upstream(server)
        copy.mirror_for(home)
        yield copy
