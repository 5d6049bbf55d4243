"""What an install is made with: folders, settings, clients, a builder, in one value."""

from __future__ import annotations

from typing import NamedTuple

from toolpin.cache.verified import Cache
from toolpin.model import Host
from toolpin.paths import Paths
from toolpin.plugin.registry import Registry
from toolpin.progress import Board
from toolpin.settings.read import Settings
from toolpin.sources.clients import Clients
from toolpin.steps.building import Builder


class Means(NamedTuple):
    """The means of one run. `host` is this machine, or one that is installed for."""

    paths: Paths
    registry: Registry
    settings: Settings
    host: Host
    cache: Cache
    clients: Clients
    builder: Builder
    board: Board
